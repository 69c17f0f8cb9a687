"""Which branches a run gets: their batch sizes, and how long they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.batches import check_batch_size
from batchwright.core.errors import InputError, shown
from batchwright.measure.branched.result import Measured

FEWEST_UPDATES = 6
"""Of the branch with the largest batch size."""
_LARGEST_FACTOR = 16
_CHECKS = 9
_MOST_SAMPLE = 1024
_TRIALS = 3
"""Learning rates that are tried at each batch size, at the least."""
_HALF_LIVES = 16


@dataclass(frozen=True, kw_only=True)
class BranchPlan:
    """How every point of a run is measured.

    Attributes:
        batch_size: B, the run's.
        factors: k of the branches, 1 among them; each k B is a whole number.
        examples: of every branch, a multiple of every k B.
        seeds: of every branch.
        tolerance: share of what the branch with the run's batch size gains.
        measured_on: the split of the losses, at most ``sample`` of its examples.
    """

    batch_size: int
    factors: tuple[float, ...]
    examples: int
    seeds: int = 3
    tolerance: float = 0.05
    measured_on: Measured = "train"
    sample: int = _MOST_SAMPLE

    def size(self, factor: float) -> int:
        """k B."""
        return round(factor * self.batch_size)

    def updates(self, factor: float) -> int:
        """Of the branch with k."""
        return self.examples // self.size(factor)

    def checks(self, factor: float) -> list[int]:
        """Updates after which the loss is measured: evenly in the log of the examples, from a sixteenth on."""
        updates = self.updates(factor)
        return sorted({max(1, round(updates * 2 ** (-j / 2))) for j in range(_CHECKS)})

    @property
    def half_life(self) -> float:
        """Half-life in examples of the average of the weights, whose loss counts where it is the lower one.

        The last iterate scatters by what its learning rate and batch size make of the noise, which a decay would take
        away: without the average a lower rate wins every short race (Wu et al. 2018, arXiv 1803.02021).
        """
        return self.examples / _HALF_LIVES

    @property
    def examples_a_point(self) -> int:
        """Trained at every point, at the least: by the seeds, and before that by the one that chooses rates."""
        return self.examples * len(self.factors) * (self.seeds + _TRIALS)


def branch_plan(
    *, batch_size: int, training_examples: int, examples: int, factors: Sequence[float] | None = None,
    seeds: int = 3, tolerance: float = 0.05, measured_on: str = "train",
) -> BranchPlan:  # fmt: skip
    """A plan of branches with about so many examples each, rounded up to whole batches of the largest.

    Args:
        batch_size: B.
        training_examples: N, which no batch exceeds.
        examples: wanted of every branch.
        factors: k, powers of two; by default from 1/2 to 16, as far as the largest makes six updates.

    Raises:
        InputError: factors that are no powers of two or do not fit, too short branches, or a value out of range.
    """
    check_batch_size(batch_size, training_examples)
    for name, count, least in (("seeds", seeds, 2), ("branch_examples", examples, 1)):
        if count < least:
            raise InputError(f"{name} must be {least} or more, got {count}")
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance must be a share between 0 and 1, got {tolerance:g}")
    if measured_on not in ("train", "validation"):
        raise InputError(f"measured_on must be train or validation, got {shown(measured_on)}")
    chosen = _default(batch_size, training_examples, examples) if factors is None else _checked(factors)
    fits = [k for k in chosen if (k * batch_size) % 1 == 0 and k * batch_size <= training_examples]
    if factors is not None and len(fits) < len(chosen):
        odd = next(k for k in chosen if k not in fits)
        raise InputError(
            f"factors must give whole batches of at most {training_examples} examples, got {odd:g} times {batch_size}"
        )
    if max(fits) < 2:
        raise InputError(
            f"the branch with batch size {2 * batch_size} must make {FEWEST_UPDATES} updates, at most "
            f"{training_examples} examples each, got {examples} examples a branch: raise `branch_examples` or lower "
            "`batch_size`"
        )
    largest = round(max(fits) * batch_size)
    updates = max(math.ceil(examples / largest), FEWEST_UPDATES if factors is not None else 1)
    return BranchPlan(
        batch_size=batch_size, factors=tuple(fits), examples=updates * largest, seeds=seeds,
        tolerance=tolerance, measured_on="train" if measured_on == "train" else "validation",
    )  # fmt: skip


def _default(batch_size: int, training_examples: int, examples: int) -> list[float]:
    factors = [0.5, 1.0]
    k = 2.0
    while k <= _LARGEST_FACTOR and FEWEST_UPDATES * k * batch_size <= examples:
        factors.append(k)
        k *= 2
    return factors


def _checked(factors: Sequence[float]) -> list[float]:
    """In order, each once, with 1."""
    for k in factors:
        if not (0 < k <= 2**20 and math.log2(k).is_integer()):
            raise InputError(f"factors must be powers of two such as 0.5, 2 or 16, got {k:g}")
    return sorted({1.0, *map(float, factors)})
