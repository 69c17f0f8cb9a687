"""An MLflow experiment in a SQLite file, read back by its own client."""

import math
from dataclasses import replace

import pytest

from batchwright.core.errors import InputError
from batchwright.integrations.export.mlflow import to_mlflow

pytest.importorskip("mlflow", reason="mlflow is not installed")
STATES = {
    "target_reached": "FINISHED",
    "budget_exhausted": "FINISHED",
    "stopped": "KILLED",
    "diverged": "FAILED",
}


@pytest.fixture(scope="module")
def few(whole_study):
    """Runs of each ending; a database of MLflow's takes its time."""
    return replace(whole_study, runs=whole_study.runs[:4])


@pytest.fixture(scope="module")
def folder(few, tmp_path_factory):
    place = tmp_path_factory.mktemp("mlflow")
    assert to_mlflow(few, str(place)).new == 4
    return place


def client_of(folder):
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")


def runs_of(client, study):
    experiment = client.get_experiment_by_name(study.study_id)
    return {
        run.data.tags["batchwright.run_key"]: run for run in client.search_runs([experiment.experiment_id])
    }


def test_runs_come_back_with_parameters_and_outcome(few, folder):
    found = runs_of(client_of(folder), few)
    assert found.keys() == {run.key for run in few.runs}
    for run in few.runs:
        stored = found[run.key]
        assert stored.data.params == {name: str(value) for name, value in run.parameters().items()}
        assert stored.info.status == STATES[run.status]
        assert stored.info.run_name == run.name
        assert stored.info.start_time == round(run.began * 1000)
        outcome = {
            n.removeprefix("outcome/"): v for n, v in stored.data.metrics.items() if n.startswith("outcome/")
        }
        assert outcome == run.outcome()
        assert stored.data.tags["batchwright.status"] == run.status


def test_curves_come_back_exactly(few, folder):
    client = client_of(folder)
    found = runs_of(client, few)
    for run in few.runs[:2]:
        curves = run.curves()
        for name in {name for row in curves for name in row.values}:
            history = client.get_metric_history(found[run.key].info.run_id, name)
            expected = {row.step: row.values[name] for row in curves if name in row.values}
            stored = {metric.step: metric.value for metric in history}
            assert len(history) == len(stored)
            assert stored.keys() == expected.keys()
            for step, value in expected.items():
                assert stored[step] == value or math.isnan(value)


def test_the_answer_describes_the_experiment(few, folder):
    experiment = client_of(folder).get_experiment_by_name(few.study_id)
    assert experiment.tags["mlflow.note.content"] == few.text
    assert experiment.tags["batchwright.answer.batch_size"] == str(few.result.recommendation.batch_size)
    assert experiment.tags["batchwright.answer.lr"] == str(few.result.recommendation.lr)
    assert experiment.artifact_location == (folder / "artifacts").as_uri()


def test_a_second_export_doubles_nothing(few, gone_on, folder):
    again = to_mlflow(few, str(folder))
    assert (again.new, again.there, again.replaced) == (0, 4, 0)
    changed = to_mlflow(replace(gone_on, runs=gone_on.runs[:4]), str(folder))
    assert (changed.new, changed.there, changed.replaced) == (0, 3, 1)
    found = runs_of(client_of(folder), few)
    assert len(found) == 4
    place = next(run.key for run in few.runs if run.status == "stopped")
    assert found[place].data.metrics["outcome/steps_to_target"] == 7.5


def test_a_run_whose_export_was_interrupted_is_written_anew(few, folder):
    client = client_of(folder)
    client.update_run(runs_of(client, few)[few.runs[0].key].info.run_id, status="RUNNING")
    written = to_mlflow(replace(few, runs=few.runs[:1]), str(folder))
    assert (written.new, written.there, written.replaced) == (0, 0, 1)


def test_an_experiment_of_somebody_else_is_left_alone(few, folder):
    other = replace(few, facts={**few.facts, "study_id": "own"})
    client_of(folder).create_experiment("own")
    with pytest.raises(InputError, match="holds an experiment 'own' that was not exported from here"):
        to_mlflow(other, str(folder))


def test_without_the_library(few, tmp_path, without):
    without("mlflow", "mlflow.exceptions", "mlflow.tracking")
    with pytest.raises(InputError, match=r"MLflow needs mlflow: pip install 'batchwright\[mlflow\]'"):
        to_mlflow(few, str(tmp_path))
