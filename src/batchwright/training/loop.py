"""One run: gradient descent, mini-batch and stochastic gradient descent in the same loop.

    for state in updates(spec):
        print(state.step, state.loss)

The loop is a generator that yields after every update. It knows nothing of measurements: whatever the
caller does between two updates (other than writing to the model) leaves the trajectory bitwise the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from batchwright.core.errors import BatchwrightError, one_line
from batchwright.task.load import load_task
from batchwright.task.task import Task
from batchwright.training.checkpoint import load
from batchwright.training.parallel import Ranks
from batchwright.training.record import RunResult, Status
from batchwright.training.snapshot import Snapshot
from batchwright.training.spec import RunSpec
from batchwright.training.state import Run

__all__ = [
    "Run",
    "advance",
    "advance_to_status",
    "continue_to",
    "evaluation_wanted",
    "failed_to_start",
    "is_out_of_memory",
    "judge",
    "record_if_due",
    "run",
    "start",
    "updates",
]


def updates(
    spec: RunSpec, task: Task | None = None, *, resume: Snapshot | Path | None = None
) -> Iterator[Run]:
    """Train, yielding the run's state after every update; the last state has ``status`` set.

    Args:
        spec: everything that determines the run.
        task: the live task; loaded from ``spec.task`` if not given.
        resume: a checkpoint to continue bitwise from (see ``training.checkpoint``).

    Raises:
        InputError: the spec does not fit the task, or the checkpoint does not fit the spec.
    """
    yield from advance(start(spec, task, resume=resume))


def start(
    spec: RunSpec,
    task: Task | None = None,
    *,
    resume: Snapshot | Path | None = None,
    ranks: Ranks | None = None,
) -> Run:
    """The run before its first update (or at the checkpoint), evaluated once if it is new."""
    state = Run(spec, load_task(spec.task) if task is None else task, graphs=True, ranks=ranks)
    if resume is None:
        state.evaluate()
    else:
        state.restore(resume if isinstance(resume, Snapshot) else load(resume))
    return state


def advance(state: Run) -> Iterator[Run]:
    """Continue a run to its end, yielding after every update."""
    if state.status is None and state.out_of_budget():
        state.finish(Status.BUDGET_EXHAUSTED)
    while state.status is None:
        before = state.position
        state.update()
        over = record_if_due(state)
        if evaluation_wanted(state, before, over):
            state.evaluate()
            judge(state, over)
        yield state


def record_if_due(state: Run) -> bool:
    """After an update: record what is due, and end a run that diverged. Whether the budget is used up."""
    state.latest = ()
    over = state.out_of_budget()
    if state.record_due() or over:
        state.record()
        if state.diverged():
            state.finish(Status.DIVERGED)
    return over


def evaluation_wanted(state: Run, before: int, over: bool) -> bool:
    """Whether a run that still goes on is to be evaluated after the update that began at position ``before``."""
    return state.status is None and (over or state.evaluation_due(before))


def judge(state: Run, over: bool) -> None:
    """After an evaluation: end a run that diverged, reached the target or has its budget used up."""
    if state.diverged():
        state.finish(Status.DIVERGED)
    elif state.crossing() is not None:
        state.finish(Status.TARGET_REACHED)
    elif over:
        state.finish(Status.BUDGET_EXHAUSTED)


def advance_to_status(state: Run) -> Iterator[Run]:
    """Like :func:`advance`, but an error of the model ends the run with a status instead of an exception."""
    try:
        yield from advance(state)
    except BatchwrightError:
        raise
    except Exception as error:
        state.finish(*_failure(error))
        yield state


def continue_to(state: Run, step: int) -> Run:
    """Advance a live run until ``step`` updates were made or it ends, whichever comes first.

    The pause leaves no trace: nothing is evaluated or recorded for its sake, and a run continued in pieces
    is the run made in one go. An error of the model ends the run with a status, as in
    :func:`advance_to_status`.
    """
    if state.step < step:
        for _ in advance_to_status(state):
            if state.step >= step:
                break
    return state


def failed_to_start(spec: RunSpec, error: Exception) -> RunResult:
    """The result of a run whose model cannot be built or evaluated; our own errors are raised again."""
    if isinstance(error, BatchwrightError):
        raise error
    status, message = _failure(error)
    return RunResult(spec=spec, status=status, message=message, updates=0, examples=0)


def _failure(error: Exception) -> tuple[Status, str]:
    status = Status.OUT_OF_MEMORY if is_out_of_memory(error) else Status.FAILED
    return status, f"{type(error).__name__}: {one_line(error)}"


def run(spec: RunSpec, task: Task | None = None) -> RunResult:
    """Train to the end. Divergence, out-of-memory and errors of the model are statuses, not exceptions.

    Raises:
        InputError: the spec does not fit the task.
    """
    try:
        state = start(spec, task)
    except Exception as error:
        return failed_to_start(spec, error)
    for _ in advance_to_status(state):
        pass
    return state.result()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the device or the host ran out of memory."""
    text = str(error).lower()
    return (
        isinstance(error, (torch.OutOfMemoryError, MemoryError))
        or "out of memory" in text
        or "can't allocate memory" in text
        or "not enough memory" in text
    )
