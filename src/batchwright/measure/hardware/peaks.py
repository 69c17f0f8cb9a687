"""Peak memory of updates by batch size, and the largest that fits, from one child process after another."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.errors import BatchwrightError
from batchwright.core.remark import Remark, remark
from batchwright.measure.hardware.largest import LargestFit, largest_that_fits
from batchwright.measure.hardware.memory import MemoryChild, MemoryTrial, MemoryUnknownError, ModelBytes
from batchwright.task.task import Task
from batchwright.training.spec import RunSpec

_TOLERANCE = 0.01
"""The border is known to this share; resident memory says no more."""
_SEARCH_SECONDS = 40.0


def powers_of_two(total: int) -> list[int]:
    """Those below ``total``.

    >>> powers_of_two(9)
    [1, 2, 4, 8]
    """
    return [2**k for k in range(total.bit_length()) if 2**k < total]


class PeakMemory:
    """What is known of the memory of updates at different batch sizes.

    Attributes:
        found: the search for the largest that fits; None where memory cannot be measured (``note`` says why).
        facts: bytes that do not depend on the batch.
    """

    def __init__(self, spec: RunSpec, task: Task, budget: int, total: int) -> None:
        self._spec, self._task, self._budget, self._total = spec, task, budget, total
        self._trials: dict[int, MemoryTrial] = {}
        self.found: LargestFit | None = None
        self.facts: ModelBytes | None = None
        self.note: Remark | None = None

    def search(self, wanted: Sequence[int]) -> None:
        """The largest that fits, and the peak of every wanted size up to it."""
        ladder = sorted({*powers_of_two(self._total), self._total, *wanted})
        try:
            with MemoryChild(self._spec, self._task, budget_bytes=self._budget) as child:

                def measure(size: int) -> MemoryTrial:
                    if size not in self._trials:
                        self._trials[size] = child.measure(size)
                    return self._trials[size]

                child.measure(ladder[0])  # starts the process, which takes seconds of its own
                self.facts = child.facts
                room = None if self.facts is None else float(self._budget - self.facts.resident_bytes)
                self.found = largest_that_fits(
                    measure, ladder, room_bytes=room, tolerance=_TOLERANCE, limit_seconds=_SEARCH_SECONDS
                )
        except MemoryUnknownError as error:
            self.note = error.reason
            return
        if self.found.value is None:
            if all(trial.error for trial in self.found.trials):
                raise BatchwrightError(f"the model runs at no batch size: {self.found.trials[-1].error}")
            self.note = next(t.reason for t in self.found.trials if not t.error)

    def refusal(self, size: int) -> Remark | None:
        """Why this size must not be run in the caller's process; None where it may."""
        if self.found is None:
            return None  # nothing is known
        trial = self._trials.get(size)
        if trial is not None and not trial.fits:
            return trial.reason
        fits = self.found.value is not None and size <= self.found.value
        return None if fits else remark("memory.beyond_budget")

    def peak(self, size: int) -> int | None:
        """Peak memory of an update above that of the loaded process, in bytes; None where it is not known."""
        trial = self._trials.get(size)
        return None if trial is None else trial.peak_memory_bytes

    def retries(self, size: int) -> int | None:
        """How often the CUDA allocator had to free its cache and start over; None on a CPU."""
        trial = self._trials.get(size)
        return None if trial is None else trial.allocator_retries

    def slope(self) -> float | None:
        """Bytes an example, between the largest size with a known peak and the one at half of it."""
        peaks = sorted((b, t.peak_memory_bytes) for b, t in self._trials.items() if t.peak_memory_bytes)
        lower = [(b, p) for b, p in peaks if b <= peaks[-1][0] / 2] if peaks else []
        if not lower or lower[-1][1] is None or peaks[-1][1] is None:
            return None
        return max(0.0, (peaks[-1][1] - lower[-1][1]) / (peaks[-1][0] - lower[-1][0]))
