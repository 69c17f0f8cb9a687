"""Event files, read back by TensorBoard's own reader."""

import numpy as np
import pytest

from batchwright.core.errors import InputError
from batchwright.integrations.export.tensorboard import to_tensorboard

pytest.importorskip("tensorboard", reason="tensorboard is not installed")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    found.Reload()
    return found


def plugin_data(found, tag):
    from tensorboard.plugins.hparams import plugin_data_pb2

    return plugin_data_pb2.HParamsPluginData.FromString(found.SummaryMetadata(tag).plugin_data.content)


def test_curves_come_back_in_single_precision(study, tmp_path):
    to_tensorboard(study, str(tmp_path))
    for run in study.runs:
        found = read(tmp_path / study.study_id / run.name)
        curves = run.curves()
        for tag in {name for row in curves for name in row.values}:
            events = found.Scalars(tag)
            expected = [(row.step, np.float32(row.values[tag])) for row in curves if tag in row.values]
            np.testing.assert_array_equal([(e.step, np.float32(e.value)) for e in events], expected)
        assert found.Scalars("train/loss")[0].wall_time == pytest.approx(
            run.began + run.result.steps[0].seconds, abs=1e-6
        )


def test_parameters_outcome_and_status(study, tmp_path):
    from tensorboard.plugins.hparams import api_pb2

    endings = {"target_reached": api_pb2.STATUS_SUCCESS, "budget_exhausted": api_pb2.STATUS_SUCCESS}
    endings |= {"diverged": api_pb2.STATUS_FAILURE, "stopped": api_pb2.STATUS_UNKNOWN}
    to_tensorboard(study, str(tmp_path))
    for run in study.runs:
        found = read(tmp_path / study.study_id / run.name)
        hparams = plugin_data(found, "_hparams_/session_start_info").session_start_info.hparams
        given = {
            n: v.string_value if v.HasField("string_value") else v.number_value for n, v in hparams.items()
        }
        assert given == run.parameters()
        assert plugin_data(found, "_hparams_/session_end_info").session_end_info.status == endings[run.status]
        assert found.Tensors("status/text_summary")[0].tensor_proto.string_val == [run.status.encode()]
        for name, value in run.outcome().items():
            (event,) = found.Scalars(f"outcome/{name}")
            assert (event.step, event.value) == (run.row["updates"], np.float32(value))


def test_the_answer_stands_beside_the_runs(study, tmp_path):
    to_tensorboard(study, str(tmp_path))
    found = read(tmp_path / study.study_id)
    assert found.Tensors("answer/text_summary")[0].tensor_proto.string_val == [study.text.encode()]
    assert found.Scalars("answer/batch_size")[0].value == study.result.recommendation.batch_size
    config = plugin_data(found, "_hparams_/experiment").experiment
    assert {info.name for info in config.hparam_infos} == set(study.runs[0].parameters())
    assert "outcome/steps_to_target" in {info.name.tag for info in config.metric_infos}


def test_a_second_export_replaces_the_first(study, gone_on, tmp_path):
    runs = len(study.runs)
    first = to_tensorboard(study, str(tmp_path))
    before = sorted((p, p.read_bytes()) for p in tmp_path.rglob("*") if p.is_file())
    again = to_tensorboard(study, str(tmp_path))
    assert (first.new, first.replaced, again.new, again.replaced) == (runs, 0, 0, runs)
    assert sorted((p, p.read_bytes()) for p in tmp_path.rglob("*") if p.is_file()) == before
    to_tensorboard(gone_on, str(tmp_path))
    (place,) = [run.name for run in study.runs if run.status == "stopped"]
    assert [e.value for e in read(tmp_path / study.study_id / place).Scalars("outcome/steps_to_target")] == [
        7.5
    ]


def test_our_own_reader_of_logs_reads_it(study, tmp_path):
    from batchwright.integrations.logs.read import read_log

    to_tensorboard(study, str(tmp_path))
    (path,) = (tmp_path / study.study_id / study.runs[0].name).iterdir()
    (run,) = read_log(path).runs
    assert len(run.of_role("train")[0].values) == len(study.runs[0].result.steps)


def test_without_the_library(study, tmp_path, without):
    without("tensorboard.compat.proto.event_pb2")
    with pytest.raises(
        InputError, match=r"TensorBoard needs tensorboard: pip install 'batchwright\[tensorboard\]'"
    ):
        to_tensorboard(study, str(tmp_path))
