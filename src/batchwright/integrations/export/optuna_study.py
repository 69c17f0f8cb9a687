"""Optuna, both ways: a study's runs as trials, and the trials of anybody's Optuna study as a table of runs.

A run is a trial with the parameters ``batch_size`` and ``lr``. Its value is what the study minimises: steps to
target, times the measured seconds a step at its batch size where the objective is time, times the batch size where
it is examples. ``target_reached`` is COMPLETE, ``budget_exhausted`` and ``stopped`` are PRUNED, the rest is FAIL.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from batchwright.core.errors import InputError, one_line, shown
from batchwright.integrations.export.study import (
    FAILURES,
    ExportedRun,
    ExportedStudy,
    Written,
    folder_of,
    needs,
)

FILE = "optuna-journal.log"
"""Optuna's journal takes a trial in 10 ms; its SQLite storage takes 700 ms for one with its curve."""
SCHEME = "optuna:"
_MADE_BY = "batchwright_study"
_FACTS = ("run_key", "purpose", "seed", "status", "updates", "steps_to_target", "seconds")
_VALUES = {"time": "seconds_to_target", "examples": "examples_to_target", "steps": "steps_to_target"}
_COSTS = ("steps_to_target", "examples_to_target")


def storage_at(place: str) -> str:
    """A storage of Optuna's by URL, or the journal in a folder."""
    return place if "://" in place else str(folder_of(place) / FILE)


def to_optuna(study: ExportedStudy, place: str) -> Written:
    """Write a study's runs as trials of the Optuna study of its id.

    Trials that are there already stay. Optuna's finished trials cannot be changed: where a run went on since, or the
    answer times a step otherwise, the Optuna study is written anew.

    Args:
        study: what to write.
        place: a folder, which gets a journal, or a storage URL.

    Raises:
        InputError: optuna is not installed, the storage cannot be opened, or holds another study of this name.
    """
    optuna = _library()
    location = storage_at(place)
    value_name, trials = _trials(study, optuna)
    storage = _opened(optuna, location)
    there = Counter[Any]()
    replaced = 0
    if study.study_id in optuna.get_all_study_names(storage):
        kept = optuna.load_study(study_name=study.study_id, storage=storage)
        if kept.user_attrs.get(_MADE_BY) != study.study_id:
            raise InputError(
                f"{location} holds a study {study.study_id!r} that was not exported from here: choose another output"
            )
        there.update(_same(trial) for trial in kept.trials)
        wanted = Counter(_same(trial) for trial in trials)
        if there - wanted or kept.metric_names != [value_name]:
            replaced = there.total()
            optuna.delete_study(study_name=study.study_id, storage=storage)
            there.clear()
    with _quietly(optuna):
        target = optuna.create_study(
            study_name=study.study_id, storage=storage, direction="minimize", load_if_exists=True
        )
        target.set_metric_names([value_name])
    facts = {_MADE_BY: study.study_id, "task": study.facts["task"], **study.answer(), "answer": study.text}
    for name, fact in facts.items():
        target.set_user_attr(name, fact)
    new = [trial for trial in trials if not there[_same(trial)]]
    target.add_trials(new)
    return Written(location, new=len(new) - replaced, there=there.total(), replaced=replaced)


def _same(trial: Any) -> tuple[Any, ...]:
    """What of a trial may not change: equal for the same run that ended in the same way."""
    return (trial.user_attrs.get("run_key"), trial.user_attrs.get("updates"), trial.state, trial.value)


def _trials(study: ExportedStudy, optuna: Any) -> tuple[str, list[Any]]:
    """The name of their value, and the trials."""
    objective = "steps" if study.result is None else study.result.recommendation.objective
    per_step = {} if study.result is None else _seconds_a_step(study.result)
    if objective == "time" and any(run.row["batch_size"] not in per_step for run in study.runs):
        objective = "steps"
    if not study.runs:
        return _VALUES[objective], []
    sizes = [run.row["batch_size"] for run in study.runs]
    rates = [run.row["lr"] for run in study.runs]
    spaces = {
        "batch_size": optuna.distributions.IntDistribution(min(sizes), max(sizes), log=True),
        "lr": optuna.distributions.FloatDistribution(min(rates), max(rates), log=True),
    }
    made = []
    for run in study.runs:
        factor = {
            "time": per_step.get(run.row["batch_size"]),
            "examples": run.row["batch_size"],
            "steps": 1.0,
        }[objective]
        made.append(_trial(run, float(factor or 1.0), spaces, optuna))
    return _VALUES[objective], made


def _seconds_a_step(result: Any) -> dict[int, float]:
    rows = result.batch_sizes
    return {row.batch_size: row.seconds_per_step for row in rows if row.seconds_per_step is not None}


def _trial(run: ExportedRun, factor: float, spaces: dict[str, Any], optuna: Any) -> Any:
    states = optuna.trial.TrialState
    steps = run.row["steps_to_target"]
    reached = run.status == "target_reached" and steps is not None
    state = states.FAIL if run.status in FAILURES else states.COMPLETE if reached else states.PRUNED
    began = datetime.fromtimestamp(run.began)
    facts = {
        "run_key": run.key, "purpose": run.row["purpose"], "seed": run.row["seed"], "status": run.status,
        "updates": run.row["updates"], "steps_to_target": steps, "seconds": run.row["seconds"],
    }  # fmt: skip
    trial = optuna.trial.create_trial(
        state=state,
        value=steps * factor if reached and steps is not None else None,
        params={"batch_size": run.row["batch_size"], "lr": run.row["lr"]},
        distributions=spaces,
        user_attrs=facts,
        intermediate_values=_towards_target(run),
    )
    trial.datetime_start = began
    trial.datetime_complete = began + timedelta(seconds=run.row["seconds"])
    return trial


def _towards_target(run: ExportedRun) -> dict[int, float]:
    """The target's metric by step, where it was finite."""
    target = run.result.spec.target
    if target is None:
        return {}
    rows = (e for e in run.result.evaluations if e.split == target.split)
    found = ((e.step, e.value(target.metric)) for e in rows)
    return {step: value for step, value in found if value is not None}


# --- the other way ---


def is_optuna_study(given: Any) -> bool:
    """Whether this is a study of Optuna's, told without importing it."""
    return type(given).__module__.partition(".")[0] == "optuna" and hasattr(given, "trials")


def study_named(text: str) -> Any:
    """The Optuna study that ``optuna:STORAGE#STUDY`` names; without ``#STUDY`` the only one there.

    Args:
        text: STORAGE is a URL, or the path of a journal or of a SQLite file.

    Raises:
        InputError: optuna is not installed, or nothing is called so.
    """
    optuna = _library()
    location, _, name = text.removeprefix(SCHEME).partition("#")
    if "://" not in location and not Path(location).is_file():
        raise InputError(f"{SCHEME}STORAGE#STUDY must name a file or a URL, got no file {shown(location)}")
    storage = _opened(optuna, location)
    names = optuna.get_all_study_names(storage)
    if not name and len(names) == 1:
        name = names[0]
    if name not in names:
        raise InputError(
            f"{SCHEME}STORAGE#STUDY must name a study of {location} ({', '.join(names) or 'none'}), got "
            f"{shown(name)}"
        )
    return optuna.load_study(study_name=name, storage=storage)


def table_of_trials(study: Any) -> list[dict[str, Any]]:
    """Trials as rows that :func:`~batchwright.advice.table.read.read_table` reads.

    Steps to target, or examples, are the user attribute ``steps_to_target`` (``examples_to_target``), else the
    trial's value where the study's metric has this name. Parameters are columns. COMPLETE reached the target;
    PRUNED was cut short, after the user attribute ``updates`` or its last intermediate step; FAIL failed.
    Trials that wait or run are left out.

    Raises:
        InputError: no trial is finished, or nothing says what a trial's steps are.
    """
    finished = [trial for trial in study.trials if trial.state.is_finished()]
    if not finished:
        raise InputError(f"Optuna study {study.study_name!r} must have a finished trial, got none")
    cost = _cost(study, finished)
    if any(_FACTS[0] in trial.user_attrs for trial in finished):
        return [_exported_row(trial) for trial in finished]
    return [_row(trial, cost, study.metric_names) for trial in finished]


def _cost(study: Any, trials: Sequence[Any]) -> str:
    named = [*(study.metric_names or ()), *(name for trial in trials for name in trial.user_attrs)]
    for cost in _COSTS:
        if cost in named:
            return cost
    raise InputError(
        f"Optuna study {study.study_name!r} must say its trials' steps to target: as user attribute "
        "steps_to_target (or examples_to_target), or as the value with set_metric_names(['steps_to_target'])"
    )


def _exported_row(trial: Any) -> dict[str, Any]:
    """A trial that :func:`to_optuna` wrote, as the table of a study's runs has it."""
    return {**trial.params, **{name: trial.user_attrs.get(name) for name in _FACTS}}


def _row(trial: Any, cost: str, metric_names: Sequence[str] | None) -> dict[str, Any]:
    state = trial.state.name
    value = trial.user_attrs.get(cost)
    if value is None and state == "COMPLETE" and cost in (metric_names or ()):
        value = trial.values[list(metric_names or ()).index(cost)]
    if state == "PRUNED" and value is None:
        made = trial.user_attrs.get("updates", max(trial.intermediate_values, default=None))
        if made is not None:
            value = made if cost == "steps_to_target" else made * trial.params["batch_size"]
    status = {"COMPLETE": "target_reached", "PRUNED": "budget_exhausted", "FAIL": "failed"}[state]
    if value is None and status != "failed":
        status, value = "budget_exhausted", "DNF"
    return {**trial.params, "trial": trial.number, cost: value, "status": status}


def _library() -> Any:
    try:
        import optuna
    except ImportError:
        raise needs("Optuna", "optuna") from None
    return optuna


@contextmanager
def _quietly(optuna: Any) -> Iterator[None]:
    """Without the line that Optuna logs of every study, and without its word that names of values are new."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _opened(optuna: Any, location: str) -> Any:
    """A storage by URL, or the SQLite file or the journal of this path."""
    try:
        if "://" in location:
            return optuna.storages.get_storage(location)
        if _is_sqlite(Path(location)):
            return optuna.storages.get_storage(f"sqlite:///{Path(location).resolve().as_posix()}")
        from optuna.storages.journal import JournalFileBackend

        return optuna.storages.JournalStorage(JournalFileBackend(location))
    except Exception as error:
        raise InputError(f"Optuna's storage {location} cannot be opened ({one_line(error)})") from None


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"
