"""A run on its way through worker processes, and what becomes of it when its process dies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from batchwright.training.record import RunResult
    from batchwright.training.spec import RunSpec


@dataclass(order=True)
class Job:
    """A run on its way, or runs that share a program. Jobs are ordered by what is to be started first.

    Attributes:
        priority: whether it is no suspect, its batch size, its turn.
        runs: by their keys.
        stop_at: pause after so many updates.
        deaths: processes that died while this was the only job at work on them.
    """

    priority: tuple[bool, int, int]
    runs: dict[str, RunSpec] = field(compare=False)
    stop_at: int | None = field(compare=False)
    deaths: int = field(default=0, compare=False)

    @classmethod
    def of(cls, runs: Mapping[str, RunSpec], stop_at: int | None, turn: int) -> Self:
        """A new one. Small batches need the most steps and each waits for its neighbour: they are the longest
        chain, so they go first, and the short runs at large batches fill the gaps."""
        return cls((True, next(iter(runs.values())).batch_size, turn), dict(runs), stop_at)

    @property
    def batch_size(self) -> int:
        return self.priority[1]

    @property
    def suspect(self) -> bool:
        """Whether it was at work when a process died; it is then run with no other beside it."""
        return not self.priority[0]

    def suspected(self) -> Self:
        """The same, to be run alone."""
        _, batch_size, turn = self.priority
        return replace(self, priority=(False, batch_size, turn))

    def after_death(self, *, alone: bool, most: int) -> tuple[list[Self], list[tuple[str, RunResult]]]:
        """What follows from the death of the process that it was on.

        Args:
            alone: whether no other job was on that process.
            most: deaths on its own after which it is given up.

        Returns:
            Jobs to be run again, each alone, and the results of runs that are given up.
        """
        from batchwright.study.executors.runner import failed
        from batchwright.training.record import Status

        again = replace(self.suspected(), deaths=self.deaths + alone)
        if again.deaths < most:
            return [again], []
        if len(self.runs) > 1:  # one of them is guilty, or all of them are too much together
            return [replace(again, runs={key: spec}, deaths=0) for key, spec in self.runs.items()], []
        message = f"worker process died {again.deaths} times"
        return [], [(key, failed(spec, Status.OUT_OF_MEMORY, message)) for key, spec in self.runs.items()]
