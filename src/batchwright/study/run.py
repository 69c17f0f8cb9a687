"""Do a study: run what is missing, time the steps, measure what was asked for; conclude nothing.

Everything that is found goes into the store at once, so a study that is interrupted or killed continues where
it was, and what follows (``advice.conclude``) can be asked again of the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from batchwright.core.action import Action
from batchwright.core.errors import unknown_name
from batchwright.measure.hardware.alone import SecondsPerStep, seconds_per_step
from batchwright.measure.hardware.load import TOO_BUSY
from batchwright.study.driver import Driver, Progress, StudyRuns
from batchwright.study.ends import RunEnd, run_ends
from batchwright.study.executors.contract import Executor
from batchwright.study.key import RunKey
from batchwright.study.sitting import sitting
from batchwright.study.spec import StudySpec, check_study
from batchwright.study.stores.contract import Store
from batchwright.task.task import Task
from batchwright.training.record import RunResult, Status
from batchwright.training.replicas import replicas_at_once
from batchwright.training.spec import RunSpec

MEASURES = ("sharpness", "growth")
"""What a study can measure beside the steps to target; ``growth`` follows from its answer (``advice.growth``)."""
_TIMING = "seconds_per_step"
_ENDS = "end/"
_FINISHED = (Status.TARGET_REACHED, Status.DIVERGED, Status.OUT_OF_MEMORY, Status.FAILED)
"""Ends that come from the run itself and not from its budget."""


@dataclass(frozen=True)
class Findings:
    """What a study found, before anything is concluded.

    Attributes:
        runs: every search and its runs.
        timings: seconds a step by batch size.
        ends: where the winners ended, where it was asked for; None otherwise.
        new: whether anything was run, timed or measured that was not stored before.
    """

    study_id: str
    runs: StudyRuns
    timings: Mapping[int, SecondsPerStep]
    ends: tuple[RunEnd, ...] | None
    new: bool


def study_identity(spec: StudySpec, task: Task, store: Store) -> str:
    """The id under which the study is stored: its own, or that of version 1 if it was begun by that."""
    before = spec.identity_of_version_1(task.fingerprint)
    if before is not None and any(row["study_id"] == before for row in store.studies()):
        return before
    return spec.identity(task.fingerprint)


def run_study(
    spec: StudySpec,
    task: Task,
    store: Store,
    executor: Executor,
    *,
    study_id: str | None = None,
    name: str | None = None,
    action: Action | None = None,
    request: Mapping[str, Any] | None = None,
    measures: Sequence[str] = (),
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda phase: None,
) -> Findings:
    """Run a study to its end, taking over every run that the store already holds.

    Args:
        spec: what to study.
        task: the live task that ``spec.task`` names.
        store: where findings are kept; only this process writes to this study.
        executor: where runs are executed; closed before the steps are timed.
        study_id: where it is stored; by default its identity.
        name: a name for the study beside its id.
        action: what asked for it, kept with it.
        request: what was asked for beside the spec (objective, measures), kept with it.
        measures: ``sharpness`` also measures where each batch size's winners end.
        progress: called with (runs finished, runs expected).
        say: called with the code of each phase when it begins.

    Raises:
        InputError: the spec does not fit the task, or an unknown measure.
        RunFailedError: the model raised an error.
    """
    check_study(spec, task)
    check_measures(measures)
    study_id = study_id or study_identity(spec, task, store)
    with sitting(
        store, study_id, kind="study", name=name, task=task, spec=spec, request=request or {}, action=action
    ):
        try:
            return _find(spec, task, store, executor, study_id, measures, progress, say)
        finally:
            executor.close()


def _find(
    spec: StudySpec,
    task: Task,
    store: Store,
    executor: Executor,
    study_id: str,
    measures: Sequence[str],
    progress: Progress | None,
    say: Callable[[str], None],
) -> Findings:
    driver = Driver(
        spec,
        examples=len(task.train),
        higher_is_better=task.higher_is_better(spec.target.metric),
        book=StoredRuns(store, study_id, task.fingerprint or None),
        executor=executor,
        at_once=partial(replicas_at_once, task=task),
        progress=progress,
    )
    runs = driver.run()
    executor.close()  # the steps are timed alone on the machine
    say("timing")
    timings, timed = _timings(spec, study_id, runs, task, store)
    ends, measured = _ends(spec, study_id, runs, task, store, wanted="sharpness" in measures, say=say)
    return Findings(study_id, runs, timings, ends, new=bool(runs.executed or timed or measured))


class StoredRuns:
    """The runs of a store as the driver sees them: those of this study, and those of others that fit exactly.

    A kept run answers a spec if it ended by itself within the budget, or ended with just this budget: then
    running it again would give the same, evaluation by evaluation.
    """

    def __init__(self, store: Store, study_id: str, fingerprint: str | None) -> None:
        self.store, self.study_id, self.fingerprint = store, study_id, fingerprint
        self._own = {row["run_key"] for row in store.runs(study_id)}

    def find(self, key: RunKey, spec: RunSpec) -> tuple[RunResult, bool] | None:
        kept = self.store.known_run(spec.identity(), fingerprint=self.fingerprint, study_id=self.study_id)
        if kept is None or not answers(kept, spec):
            return None
        return kept, str(key) in self._own

    def keep(self, key: RunKey, result: RunResult) -> None:
        self.store.add_run(self.study_id, key, result)


def answers(kept: RunResult, spec: RunSpec) -> bool:
    """Whether a kept run of the same identity is what running ``spec`` would give."""
    limit = spec.budget.steps
    if kept.status in _FINISHED:
        tested = not spec.test_at_end or kept.spec.test_at_end or kept.status is not Status.TARGET_REACHED
        return tested and (limit is None or kept.updates <= limit)
    return kept.status is Status.BUDGET_EXHAUSTED and kept.spec.budget == spec.budget


def _timings(
    spec: StudySpec, study_id: str, runs: StudyRuns, task: Task, store: Store
) -> tuple[dict[int, SecondsPerStep], bool]:
    """Seconds a step at every batch size that has a rate, measured once and kept if the machine was calm.

    Returns:
        The timings, and whether they were measured now.
    """
    kept = store.measurements(study_id).get(_TIMING, {})
    timings = {int(size): SecondsPerStep.model_validate(value) for size, value in kept.items()}
    rates = {size: found.rate for size, found in runs.found.items() if found.rate is not None}
    if set(rates) <= set(timings):
        return timings, False
    keys = [RunKey(size, rate, "confirm", 0) for size, rate in sorted(rates.items())]
    measured = seconds_per_step([spec.run(key, 1) for key in keys], task)
    timings = dict(zip(sorted(rates), measured, strict=True))
    if others_load(timings) <= TOO_BUSY and not any(t.suspect for t in measured):
        document = {str(size): value.model_dump(mode="json") for size, value in timings.items()}
        store.put_measurement(study_id, _TIMING, document)
    return timings, True


def others_load(timings: Mapping[int, SecondsPerStep]) -> float:
    """The largest share of the machine that others used while steps were timed."""
    return max((t.others_load or 0.0 for t in timings.values()), default=0.0)


def _ends(
    spec: StudySpec,
    study_id: str,
    runs: StudyRuns,
    task: Task,
    store: Store,
    *,
    wanted: bool,
    say: Callable[[str], None],
) -> tuple[tuple[RunEnd, ...] | None, bool]:
    """Where the winners ended, each kept as soon as it is measured; those kept earlier are shown unasked.

    Returns:
        The ends, None where none were asked for or kept, and whether any was measured now.
    """
    stored = store.measurements(study_id)
    kept = {name.removeprefix(_ENDS): end for name, end in stored.items() if name.startswith(_ENDS)}
    if not wanted:
        return (tuple(RunEnd.model_validate(end) for end in kept.values()) if kept else None), False
    say("sharpness")
    found = []
    for key, end in run_ends(spec, task, runs, kept):
        found.append(end)
        if str(key) not in kept:
            store.put_measurement(study_id, f"{_ENDS}{key}", end.model_dump(mode="json"))
    return tuple(found), len(found) != len(kept)


def check_measures(measures: Sequence[str]) -> None:
    """Refuse what a study cannot measure."""
    for measure in measures:
        if measure not in MEASURES:
            raise unknown_name("measure", measure, MEASURES)
