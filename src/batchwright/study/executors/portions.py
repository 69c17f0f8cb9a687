"""How many waiting jobs a worker far away takes at once: one to two seconds of them, by what earlier ones took."""

from __future__ import annotations

import heapq

from batchwright.study.executors.job import Job

SECONDS = 1.5
"""Of work in one call: a call costs milliseconds, and what shares a process that dies is run again."""
_WEIGHT = 0.5
"""Of the latest job in the running mean."""


class Portions:
    """Cuts a queue into calls. When a run starts depends on the clock; never what it gives, or what comes next."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def learn(self, job: Job, seconds: float) -> None:
        """What a job took."""
        before = self._seconds.get(job.batch_size, seconds)
        self._seconds[job.batch_size] = before + _WEIGHT * (seconds - before)

    def take(self, waiting: list[Job], workers: int) -> list[Job]:
        """The next call's jobs, taken off the heap: a suspect alone, else no more than this worker's share.

        >>> portions = Portions()
        >>> queue = [Job((True, 8, turn), {}, None) for turn in range(6)]
        >>> len(portions.take(queue, 2)), len(queue)  # nothing is known of their time yet
        (1, 5)
        >>> portions.learn(queue[0], 0.5)
        >>> len(portions.take(queue, 1))
        3
        """
        share = max(1, -(-len(waiting) // max(1, workers)))
        taken: list[Job] = []
        expected = 0.0
        while waiting and len(taken) < share and expected < SECONDS:
            if waiting[0].suspect and taken:
                break
            job = heapq.heappop(waiting)
            taken.append(job)
            if job.suspect:
                break
            expected += self._seconds.get(job.batch_size, SECONDS)
        return taken
