"""One run after another of one task, in this process, each paused where it is asked to be."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence

from batchwright.core.errors import BatchwrightError, one_line
from batchwright.task.task import Task
from batchwright.training.loop import Run, continue_to, failed_to_start, start
from batchwright.training.record import RunResult, Status
from batchwright.training.replicas import run_replicas
from batchwright.training.spec import RunSpec

logger = logging.getLogger(__name__)

KEPT_ALIVE = 8
"""Paused runs that are kept, each with its model and its optimizer's state; others are run afresh."""
_TO_ITS_END = 2**63


class Runner:
    """Runs specs of one task.

    Args:
        task: the live task.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._paused: OrderedDict[str, Run] = OrderedDict()

    def run(self, spec: RunSpec, stop_at: int | None = None) -> RunResult:
        """The run to its end, or paused after ``stop_at`` updates; what goes wrong is its status."""
        try:
            return self._run(spec, _TO_ITS_END if stop_at is None else stop_at)
        except BatchwrightError as error:
            return failed(spec, Status.FAILED, one_line(error))
        except Exception as error:
            return failed_to_start(spec, error)

    def run_all(self, specs: Sequence[RunSpec], stop_at: int | None = None) -> list[RunResult]:
        """Several runs as one program; a single one by itself, and each by itself where that goes wrong."""
        if len(specs) > 1:
            try:
                return run_replicas(specs, self._task)
            except Exception:
                logger.info("not_together", exc_info=True)
        return [self.run(spec, stop_at) for spec in specs]

    def _run(self, spec: RunSpec, stop_at: int) -> RunResult:
        identity = spec.identity()
        state = self._paused.pop(identity, None)
        if state is None or state.spec != spec:
            state = start(spec, self._task)
        continue_to(state, stop_at)
        if state.status is None:
            self._paused[identity] = state
            if len(self._paused) > KEPT_ALIVE:
                self._paused.popitem(last=False)
        return state.result().up_to(stop_at)


def failed(spec: RunSpec, status: Status, message: str) -> RunResult:
    """The result of a run that never came back."""
    return RunResult(spec=spec, status=status, message=message, updates=0, examples=0)
