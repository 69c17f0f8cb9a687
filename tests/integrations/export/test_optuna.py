"""Trials of Optuna, written and read back by its own storage, and its studies as tables."""

from dataclasses import replace

import pytest

import batchwright as bw
from batchwright.advice.table.read import read_table
from batchwright.core.errors import InputError
from batchwright.integrations.export.optuna_study import study_named, table_of_trials, to_optuna

optuna = pytest.importorskip("optuna", reason="optuna is not installed")
STATES = {"target_reached": "COMPLETE", "budget_exhausted": "PRUNED", "stopped": "PRUNED", "diverged": "FAIL"}


@pytest.fixture(autouse=True)
def _quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def loaded(study, folder):
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    storage = JournalStorage(JournalFileBackend(str(folder / "optuna-journal.log")))
    return optuna.load_study(study_name=study.study_id, storage=storage)


def check(study, found):
    """Every run is one trial, with its values."""
    per_step = {row.batch_size: row.seconds_per_step for row in study.result.batch_sizes}
    trials = {trial.user_attrs["run_key"]: trial for trial in found.trials}
    assert len(found.trials) == len(trials) == len(study.runs)
    for run in study.runs:
        trial, steps = trials[run.key], run.row["steps_to_target"]
        assert trial.params == {"batch_size": run.row["batch_size"], "lr": run.row["lr"]}
        assert trial.state.name == STATES[run.status]
        assert trial.value == (None if steps is None else steps * per_step[run.row["batch_size"]])
        assert trial.user_attrs["steps_to_target"] == steps
        assert trial.user_attrs["seed"] == run.row["seed"]
        curve = {e.step: e.loss for e in run.result.evaluations if e.split == "validation"}
        assert trial.intermediate_values == curve


@pytest.mark.parametrize("storage", ["journal", "sqlite"])
def test_runs_come_back_as_trials(study, tmp_path, storage):
    study = study if storage == "journal" else replace(study, runs=study.runs[:4])  # SQLite takes its time
    place = str(tmp_path) if storage == "journal" else f"sqlite:///{tmp_path}/optuna.db"
    written = to_optuna(study, place)
    assert (written.new, written.there) == (len(study.runs), 0)
    found = (
        study_named(f"optuna:{tmp_path}/optuna-journal.log")
        if storage == "journal"
        else study_named(f"optuna:{place}")
    )
    check(study, found)
    assert found.metric_names == ["seconds_to_target"]
    assert found.user_attrs["batch_size"] == study.result.recommendation.batch_size
    assert found.user_attrs["answer"] == study.text


def test_a_second_export_adds_nothing_and_a_changed_run_is_not_doubled(study, gone_on, tmp_path):
    to_optuna(study, str(tmp_path))
    again = to_optuna(study, str(tmp_path))
    assert (again.new, again.there, again.replaced) == (0, len(study.runs), 0)
    check(study, loaded(study, tmp_path))
    changed = to_optuna(gone_on, str(tmp_path))
    assert (changed.new, changed.there, changed.replaced) == (0, 0, len(study.runs))
    check(gone_on, loaded(study, tmp_path))


def test_new_runs_are_added(study, tmp_path):
    to_optuna(replace(study, runs=study.runs[:4]), str(tmp_path))
    again = to_optuna(replace(study, runs=study.runs[:6]), str(tmp_path))
    assert (again.new, again.there, again.replaced) == (2, 4, 0)


def test_a_study_of_somebody_else_is_left_alone(study, tmp_path):
    place = f"sqlite:///{tmp_path}/own.db"
    optuna.create_study(study_name=study.study_id, storage=place)
    with pytest.raises(InputError, match="was not exported from here: choose another output"):
        to_optuna(study, place)


def test_an_export_is_fitted_to_the_same_runs_as_the_table(study, tmp_path):
    to_optuna(study, str(tmp_path))
    rows = [{k: v for k, v in run.row.items() if k != "result"} for run in study.runs]
    (ours,) = read_table(rows).workloads
    (theirs,) = read_table(table_of_trials(loaded(study, tmp_path))).workloads
    assert theirs.batch_size.tolist() == ours.batch_size.tolist()
    assert theirs.steps.tolist() == ours.steps.tolist()
    assert theirs.censored.tolist() == ours.censored.tolist()


# --- anybody's study ---


def somebodys(named, values):
    """Trials of batch size and steps: None for one that was pruned after 900 steps, nan for one that failed."""
    study = optuna.create_study(study_name="mine")
    if named:
        study.set_metric_names(["steps_to_target"])
    spaces = {"batch_size": optuna.distributions.IntDistribution(1, 4096)}
    for size, steps in values:
        state = "FAIL" if steps == "failed" else "PRUNED" if steps is None else "COMPLETE"
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState[state],
                value=(steps if named else 0.1) if state == "COMPLETE" else None,
                params={"batch_size": size},
                distributions=spaces,
                user_attrs={} if named or state != "COMPLETE" else {"steps_to_target": steps},
                intermediate_values={300: 0.5, 900: 0.3} if steps is None else {},
            )
        )
    return study


RUNS = [(16, 8400.0), (64, 2210.0), (256, 765.0), (1024, 372.0)]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_study_of_optunas_is_fitted(named):
    expected = bw.fit({"batch_size": [b for b, _ in RUNS], "steps": [s for _, s in RUNS]})
    found = bw.fit(somebodys(named, RUNS))
    assert found.result.workloads[0].critical_batch == expected.result.workloads[0].critical_batch


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_pruned_trials_are_cut_short_and_failed_ones_counted():
    study = somebodys(True, [*RUNS, (4096, None), (2048, "failed")])
    (runs,) = read_table(table_of_trials(study)).workloads
    assert runs.steps.tolist()[4:] == [900.0]
    assert runs.censored.tolist() == [False] * 4 + [True]
    assert runs.failed == {2048: 1}


def test_a_study_of_losses_says_what_it_lacks():
    study = optuna.create_study(study_name="losses")
    study.add_trial(optuna.trial.create_trial(value=0.1, params={}, distributions={}))
    with pytest.raises(InputError, match="must say its trials' steps to target"):
        bw.fit(study)
    with pytest.raises(InputError, match="must have a finished trial, got none"):
        bw.fit(optuna.create_study(study_name="empty"))


def test_a_place_that_is_not_there(tmp_path, study):
    with pytest.raises(InputError, match="got no file"):
        bw.fit(f"optuna:{tmp_path}/nothing.db")
    to_optuna(study, str(tmp_path))
    with pytest.raises(InputError, match="got 'other'"):
        bw.fit(f"optuna:{tmp_path}/optuna-journal.log#other")


def test_without_the_library(study, tmp_path, without):
    without("optuna")
    with pytest.raises(InputError, match=r"Optuna needs optuna: pip install 'batchwright\[optuna\]'"):
        to_optuna(study, str(tmp_path))
