"""Offline runs of Weights & Biases, read back record by record with its own messages.

A ``.wandb`` file is ``:W&B`` and three bytes, then LevelDB's log: blocks of 32 KiB with records of a checksum, a
length and a type (1 whole, 2 first, 3 middle, 4 last), each a ``Record``.
"""

import json
import math
import struct
from dataclasses import replace

import pytest

from batchwright.core.errors import InputError
from batchwright.integrations.export.wandb import run_id_of, to_wandb

pytest.importorskip("wandb", reason="wandb is not installed")
BLOCK, HEAD = 32768, 7


def records(path):
    from wandb.proto.wandb_internal_pb2 import Record

    content = path.read_bytes()
    assert content[:4] == b":W&B"
    at, whole = HEAD, b""
    while at + HEAD <= len(content):
        if BLOCK - at % BLOCK < HEAD:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        if kind == 0:
            break
        whole = (b"" if kind in (1, 2) else whole) + content[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if kind in (1, 4):
            yield Record.FromString(whole)


def read(folder, run_id):
    """The run, its configuration, its history by step, its last summary and its exit code."""
    (path,) = folder.glob(f"wandb/offline-run-*-{run_id}/run-{run_id}.wandb")
    run, config, history, summary, code = None, {}, {}, {}, None
    for record in records(path):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
            config |= {item.key: json.loads(item.value_json) for item in run.config.update}
        elif kind == "history":
            items = {i.key or ".".join(i.nested_key): json.loads(i.value_json) for i in record.history.item}
            history[items["_step"]] = items
        elif kind == "summary":
            summary |= {
                i.key or ".".join(i.nested_key): json.loads(i.value_json) for i in record.summary.update
            }
        elif kind == "exit":
            code = record.exit.exit_code
    return run, config, history, summary, code


@pytest.fixture(scope="module")
def few(whole_study):
    """Runs of each ending; a run of wandb's takes its time."""
    return replace(whole_study, runs=whole_study.runs[:3])


@pytest.fixture(scope="module")
def folder(few, tmp_path_factory):
    place = tmp_path_factory.mktemp("offline")
    assert to_wandb(few, str(place)).new == 3
    return place


def test_runs_come_back(few, folder):
    for run in few.runs:
        found, config, history, summary, code = read(folder, run_id_of(few.study_id, run.key))
        assert (found.project, found.display_name, found.job_type) == (
            few.study_id,
            run.name,
            run.row["purpose"],
        )
        assert {name: config[name] for name in run.parameters()} == run.parameters()
        curves = run.curves()
        assert list(history) == [row.step for row in curves]
        for row in curves:
            for name, value in row.values.items():
                stored = history[row.step][name]
                assert stored == value or (math.isnan(value) and math.isnan(float(stored)))
        assert {name: summary[name] for name in run.outcome()} == run.outcome()
        assert summary["status"] == run.status
        assert code == (1 if run.status == "diverged" else 0)


def test_the_answer_is_a_run_of_its_own(few, folder):
    found, _, _, summary, _ = read(folder, run_id_of(few.study_id, "answer"))
    assert (found.display_name, found.notes) == ("answer", few.text)
    assert {name: summary[name] for name in few.answer()} == few.answer()


def test_a_second_export_doubles_nothing(few, gone_on, folder):
    again = to_wandb(few, str(folder))
    assert (again.new, again.there, again.replaced) == (0, 3, 0)
    changed = to_wandb(replace(gone_on, runs=gone_on.runs[:3]), str(folder))
    assert (changed.new, changed.there, changed.replaced) == (0, 2, 1)
    assert len(list(folder.glob("wandb/offline-run-*"))) == 4
    key = next(run.key for run in few.runs if run.status == "stopped")
    assert read(folder, run_id_of(few.study_id, key))[3]["steps_to_target"] == 7.5


def test_without_the_library(few, tmp_path, without):
    without("wandb")
    with pytest.raises(InputError, match=r"wandb needs wandb: pip install 'batchwright\[wandb\]'"):
        to_wandb(few, str(tmp_path))
