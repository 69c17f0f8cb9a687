"""What an experiment works with: seeds, runs side by side that are made once, and other lessons' results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar

import numpy as np
import torch

from batchwright.advice.lesson import LessonResult
from batchwright.app.progress import Watch
from batchwright.app.study_question import worker_count
from batchwright.app.train_many import ManyRuns
from batchwright.lessons.catalogue import lesson_named
from batchwright.training.environment import environment
from batchwright.training.record import RunResult
from batchwright.training.threads import one_thread

T = TypeVar("T")
R = TypeVar("R")
_SEEDS_APART = 1000
"""Between the seeds of two root seeds; no experiment takes more."""


class Lab:
    """Where experiments are made; a context manager.

    Attributes:
        seed: root of all random streams of the experiments.
        full: whether the long form is wanted: all seeds, all sizes, the largest data that are installed.
        workers: processes for runs and calls that do not depend on one another.
        threads: that torch uses where steps are timed; everything else of an experiment runs in one, since where
            others use the machine a second thread makes small operations many times slower.
    """

    def __init__(
        self, *, seed: int = 0, full: bool = False, workers: int | None = None, watch: Watch | None = None
    ) -> None:
        self.seed, self.full, self.workers = seed, full, worker_count(workers, "cpu")
        self.threads = torch.get_num_threads()
        self._watch = watch
        self._many = ManyRuns(self.workers)
        self._pool: Any = None
        self._results: dict[str, LessonResult] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._many.__exit__(*error)
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None

    def lesson(self, name: str) -> LessonResult:
        """The result of a lesson, which is run unless it was before."""
        if name not in self._results:
            lesson = lesson_named(name)
            began = time.perf_counter()
            with one_thread():
                found = lesson.experiment(self)
            self._results[name] = LessonResult(
                name=name, parts=tuple(found.parts), panels=tuple(found.panels), notes=tuple(found.notes),
                seed=self.seed, full=self.full, seconds=time.perf_counter() - began,
                environment=environment(),
            )  # fmt: skip
        return self._results[name]

    # --- what an experiment takes -----------------------------------------------------------------

    def seeds(self, count: int) -> list[int]:
        """So many seeds, which no other root seed shares.

        >>> Lab(seed=2, workers=1).seeds(3)
        [2000, 2001, 2002]
        """
        return [_SEEDS_APART * self.seed + number for number in range(count)]

    def random(self, *purpose: str | int) -> np.random.Generator:
        """A stream of random numbers of its own for every purpose, the same whenever it is asked for."""
        from batchwright.core.streams import derive_seed

        return np.random.default_rng(derive_seed(self.seed, "lesson", *purpose))

    def runs(self, settings: Iterable[Mapping[str, Any]]) -> list[RunResult]:
        """The runs that ``bw.train`` makes with each of the settings, side by side; each is made once.

        Seconds of runs made side by side are no measure of speed.
        """
        return self._many(list(settings), self._watch)

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """``function`` of each item, side by side in processes of one thread; order is kept.

        The function stands at the top of its module: processes find it by its name.
        """
        if self.workers == 1 or len(items) < 2:
            return [function(item) for item in items]
        return list(self._processes().map(function, items))

    def available(self, *tasks: str) -> str:
        """The first of these tasks whose data are installed; the last where none is."""
        from batchwright.task.catalogue import catalogue

        there = {row["name"] for row in catalogue() if row["available"]}
        return next((name for name in tasks if name in there), tasks[-1])

    def progress(self, done: float, expected: float) -> None:
        """Say how far an experiment is."""
        if self._watch is not None:
            self._watch(done, expected)

    def _processes(self) -> Any:
        if self._pool is None:
            from batchwright.study.executors.workers import worker_pool

            self._pool = worker_pool(self.workers)
        return self._pool
