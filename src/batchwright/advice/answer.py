"""From a study spec to its answer: run what is missing, time the steps, fit, recommend."""

from __future__ import annotations

import math
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batchwright.advice.decide.easier import at_target, easier_values
from batchwright.advice.decide.evidence import critical_batch, fit_points, points_of
from batchwright.advice.decide.recommend import recommend
from batchwright.advice.decide.sharp_ends import sharp_ends
from batchwright.advice.result import EasierTarget, Objective, Recommendation, StudyResult
from batchwright.core.errors import InputError, unknown_name
from batchwright.measure.hardware.alone import CALM_LOAD, SecondsPerStep, seconds_per_step
from batchwright.study.driver import Driver, Progress, StudyRuns, rate_value
from batchwright.study.ends import RunEnd, run_ends
from batchwright.study.executors.execute import Executor
from batchwright.study.spec import StudySpec, check_study
from batchwright.study.stores.sqlite import Store
from batchwright.study.summary import batch_size_results, trials
from batchwright.task.task import Task, TaskReference
from batchwright.training.environment import environment

_TIMING = "seconds_per_step"
_ENDS = "run_end/"
MEASURES = ("sharpness",)
"""What a study can measure beside the steps to target."""
_TOO_BUSY = 0.3
"""Share of the machine used by others above which seconds a step support no answer, and are not kept."""


def run_study(
    spec: StudySpec,
    task: Task,
    store: Store,
    executor: Executor,
    *,
    objective: Objective = "time",
    name: str | None = None,
    command: str = "",
    measures: Sequence[str] = (),
    progress: Progress | None = None,
    remark: Callable[[str], None] | None = None,
) -> StudyResult:
    """Run a study to its answer, reusing every run that the store already holds.

    Each finished run is kept at once, so a study that is interrupted or killed continues where it was.

    Args:
        spec: what to study.
        task: the live task that ``spec.task`` names.
        store: where runs are kept; only this process writes to it.
        executor: where runs are executed.
        objective: what to minimise: ``time``, ``examples`` or ``steps`` to target.
        name: a name for the study beside its id.
        command: the command line, for the report.
        measures: ``sharpness`` also measures where each batch size's winners end.
        progress: called with (runs finished, runs expected).
        remark: called with a short text when a phase begins.

    Raises:
        InputError: the spec does not fit the task, or an unknown measure.
        RunFailedError: the model raised an error.
    """
    check_study(spec, task)
    check_measures(measures)
    began = time.perf_counter()
    study_id = spec.identity(task.fingerprint)
    store.begin_study(
        study_id,
        name=name,
        task=task.name,
        spec_json=spec.model_dump_json(),
        fingerprint=task.fingerprint or None,
        request={"objective": objective, "measures": list(measures)},
        action=None,
        command=command,
    )
    try:
        runs = Driver(spec, study_id, len(task.train), store, executor, progress).run()
        executor.close()  # the steps are timed alone on the machine
        if remark is not None:
            remark("seconds a step, alone on the machine")
        timed_anew = _TIMING not in store.measurements(study_id)
        timings = _timings(spec, study_id, runs, task, store)
        result = conclude(spec, task, runs, timings, objective=objective, study_id=study_id, command=command)
        ends_kept = _kept_ends(study_id, store)
        if "sharpness" in measures or ends_kept:
            if "sharpness" in measures:
                ends = _ends(spec, study_id, result, task, store, remark)
            else:
                ends = [RunEnd.model_validate(end) for end in ends_kept.values()]
            result = result.model_copy(update={"sharpness": sharp_ends(ends)})
            timed_anew = timed_anew or len(ends) != len(ends_kept)
    except BaseException:
        executor.close()
        store.end_study(study_id, status="interrupted", seconds=time.perf_counter() - began)
        raise
    seconds = time.perf_counter() - began
    result = result.model_copy(update={"seconds": seconds})
    store.end_study(study_id, status="complete", seconds=seconds)
    if runs.executed or timed_anew or store.study(study_id)["result"] is None:
        store.keep_result(study_id, result.model_dump_json())
    return result


def conclude(
    spec: StudySpec, task: Task, runs: StudyRuns, timings: Mapping[int, SecondsPerStep], *,
    objective: Objective, study_id: str, command: str = "",
) -> StudyResult:  # fmt: skip
    """The answer that the runs and the timings support; nothing is executed."""
    rows = batch_size_results(spec, runs, timings)
    fit = fit_points(points_of(rows, runs), spec)
    examples = len(task.train)
    recommendation = recommend(
        rows, objective=objective, examples=examples, curve=fit, task=command_words(spec.task)
    )
    if objective == "time":
        recommendation = _doubted_if_busy(
            recommendation, timings, f"batchwright study {command_words(spec.task)}"
        )
    easier = tuple(
        at_target(spec, task, runs, rows, value, objective, recommendation.batch_sizes)
        for value in easier_values(spec, task, runs)
    )
    caveats = [*recommendation.caveats, *_caveats(spec, task, runs, easier)]
    return StudyResult(
        study_id=study_id,
        task=task.name,
        target=spec.target.model_dump(mode="json"),
        recommendation=recommendation.model_copy(
            update={"at_easier_targets": easier, "caveats": tuple(caveats)}
        ),
        critical_batch=critical_batch(fit),
        batch_sizes=rows,
        trials=trials(spec, runs),
        runs_executed=runs.executed,
        runs_reused=runs.reused,
        complete=not runs.not_run,
        command=command,
        spec=spec.model_dump(mode="json"),
        environment=environment(),
    )


def _timings(
    spec: StudySpec, study_id: str, runs: StudyRuns, task: Task, store: Store
) -> dict[int, SecondsPerStep]:
    """Seconds a step at every batch size that has a rate, measured once and kept if the machine was calm."""
    kept = store.measurements(study_id).get(_TIMING, {})
    timings = {int(size): SecondsPerStep.model_validate(value) for size, value in kept.items()}
    rates = {size: found.rate for size, found in runs.found.items() if found.rate is not None}
    if not set(rates) <= set(timings):
        specs = [
            spec.run(size, rate_value(spec.optimizer.lr, rate), spec.run_seed("confirm", 0), 1)
            for size, rate in sorted(rates.items())
        ]
        timings = dict(zip(sorted(rates), seconds_per_step(specs, task), strict=True))
        if _busy(timings) <= _TOO_BUSY:
            store.put_measurement(
                study_id,
                _TIMING,
                {str(size): value.model_dump(mode="json") for size, value in timings.items()},
            )
    return timings


def _ends(
    spec: StudySpec, study_id: str, result: StudyResult, task: Task, store: Store,
    remark: Callable[[str], None] | None,
) -> list[RunEnd]:  # fmt: skip
    """Where the winners ended; each is kept as soon as it is measured."""
    kept, found = _kept_ends(study_id, store), []
    for key, end in run_ends(spec, task, result.batch_sizes, kept):
        found.append(end)
        if remark is not None:
            remark(f"sharpness where the winners ended: {len(found)} measured")
        if key not in kept:
            store.put_measurement(study_id, f"{_ENDS}{key}", end.model_dump(mode="json"))
    return found


def _kept_ends(study_id: str, store: Store) -> dict[str, Any]:
    kept = store.measurements(study_id)
    return {name.removeprefix(_ENDS): end for name, end in kept.items() if name.startswith(_ENDS)}


def _busy(timings: Mapping[int, SecondsPerStep]) -> float:
    """The largest share of the machine that others used while steps were timed."""
    return max((t.others_load or 0.0 for t in timings.values()), default=0.0)


def _doubted_if_busy(
    advice: Recommendation, timings: Mapping[int, SecondsPerStep], command: str
) -> Recommendation:
    """Seconds measured beside other work can be off by any factor: no answer in time rests on them."""
    busy = _busy(timings)
    if busy <= CALM_LOAD:
        return advice
    caveat = (
        f"Other processes used {busy:.0%} of the machine while steps were timed, so seconds may be far off."
    )
    if busy <= _TOO_BUSY:
        return advice.model_copy(update={"caveats": (*advice.caveats, caveat)})
    return advice.model_copy(
        update={
            "verdict": "inconclusive",
            "caveats": (caveat, *advice.caveats),
            "next_steps": (command, *advice.next_steps),
            "sentence": f"Inconclusive: {caveat} Run it again on an idle machine: only steps are timed anew.",
        }
    )


def _caveats(spec: StudySpec, task: Task, runs: StudyRuns, easier: Sequence[EasierTarget]) -> list[str]:
    """What the reader must know beside the recommendation's own caveats."""
    caveats = []
    schedule = spec.optimizer.schedule
    if task.schedule is not None or schedule.horizon is not None:
        caveats.append(
            "The learning-rate schedule has a horizon and was studied as it is: steps to target depend on it."
        )
    if runs.not_run:
        sizes = ", ".join(map(str, runs.not_run))
        needed = (
            "" if runs.budget_needed is None else f"; going on takes --budget {math.ceil(runs.budget_needed)}"
        )
        caveats.append(f"The budget did not cover batch sizes {sizes}{needed}.")
    if easier and any(e.moves for e in easier):
        caveats.append("At an easier target another batch size is best: the answer holds for this target.")
    return caveats


def command_words(reference: TaskReference) -> str:
    """The task as a command line names it, options included, so that next steps can be run as printed.

    >>> command_words(TaskReference(name="digits", options={"hidden": 32}, examples=500))
    'digits --set hidden=32 --examples 500'
    """
    words = [reference.name]
    for name, value in reference.options.items():
        shown = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
        words += ["--set", f"{name}={shown}"]
    if reference.examples is not None:
        words += ["--examples", str(reference.examples)]
    if reference.data_dir is not None:
        words += ["--data", reference.data_dir]
    return shlex.join(words)


def check_measures(measures: Sequence[str]) -> None:
    """Refuse what a study cannot measure."""
    for measure in measures:
        if measure not in MEASURES:
            raise unknown_name("measure", measure, MEASURES)


def check_objective(objective: str) -> Objective:
    """Refuse an objective that a study on one machine cannot answer."""
    if objective == "cost":
        raise InputError("objective cost needs prices of two or more devices; a study has one: use time")
    if objective not in ("time", "examples", "steps"):
        raise unknown_name("objective", objective, ["time", "examples", "steps"])
    return objective  # type: ignore[return-value]


def stored_curves(result: StudyResult, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Validation curves of the confirmation runs at the chosen rates, as plain lists for the report.

    Args:
        result: the study.
        rows: its stored runs with their results (``Store.runs(..., curves=True)``).
    """
    chosen = {row.batch_size: row.lr for row in result.batch_sizes}
    curves = []
    for row in rows:
        if row["purpose"] != "confirm" or row["lr"] != chosen.get(row["batch_size"]):
            continue
        evaluations = [e for e in row["result"].evaluations if e.split == result.target["split"]]
        curves.append(
            {
                "batch_size": row["batch_size"],
                "lr": row["lr"],
                "seed": row["seed"],
                "steps": [e.step for e in evaluations],
                "examples": [e.examples_seen for e in evaluations],
                "loss": [e.loss for e in evaluations],
            }
        )
    return curves
