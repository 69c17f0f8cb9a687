"""What the runs so far say: each an observation, all of them one posterior, and the costs that follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from batchwright.advice.quick.arms import Arm, lead_of
from batchwright.advice.quick.posterior import Array, Observation, Posterior, prior, sample
from batchwright.core.remark import Remark
from batchwright.measure.gradients.noise import Noise
from batchwright.optim.catalogue import CATALOGUE
from batchwright.study.spec import StudySpec

CRITICAL_GUESS, CRITICAL_GUESS_SD = 200.0, 1.3
STALLED = 2.0
"""A run stalls when its best level is older than this factor in steps."""
_LEAST_SHARE = 0.3
"""No run is judged before this share of the reference run's steps."""
_FAILED_AT_LEAST = 1.5
_MISFIT = 0.06
"""How far a batch size's steps lie off the curve through all of them, on log steps."""
_FURTHER_MISFIT = 0.10
"""What each doubling beyond the batch sizes that were tried adds to that: the law's exponent, 1 here, is
known
to about 0.15, and d log S / d log2 B changes by ln 2 of it where steps still fall as 1/B."""
_LEAST_CHANCE = 0.10
_FEWEST_BATCH_SIZES = 2
"""Batch sizes that must have been tried for an answer, if there are as many."""


@dataclass
class Evidence:
    """Everything that was run, and what it says."""

    arms: list[Arm] = field(default_factory=list)
    reference: Arm | None = None
    posterior: Posterior | None = None
    noise: Noise | None = None
    """The gradient's noise late in the reference run, as the optimizer sees it; a cross-check."""
    ended: Remark | None = None
    """Why no further run was started."""

    @property
    def reference_steps(self) -> float:
        """Steps to target of the reference run; there must be one."""
        steps = None if self.reference is None else self.reference.steps_to_target
        assert steps is not None
        return steps


class Inference:
    """Reads the evidence; ``log_seconds`` gives log seconds a step at log batch sizes."""

    def __init__(
        self, spec: StudySpec, log_seconds: Callable[[Array], Array], middle: int, evidence: Evidence
    ) -> None:
        self.spec, self.log_seconds, self.middle, self.evidence = spec, log_seconds, middle, evidence
        self.sizes = sorted(spec.batch_sizes)

    def observe(self, arm: Arm) -> Observation | None:
        """What one run says about its steps to target; None while it has shown nothing."""
        reference, reference_steps = self.evidence.reference, self.evidence.reference_steps
        assert reference is not None
        at = math.log(arm.batch_size), math.log(arm.lr)
        if arm.steps_to_target is not None:
            return Observation(*at, math.log(arm.steps_to_target))
        doublings = math.log2(arm.batch_size / reference.batch_size)
        usual = self.like_reference(arm.batch_size)
        if arm.failed or (arm.stalled(STALLED) and arm.step > usual):
            # It may have failed early, but the rate is lost all the same.
            steps = max(arm.step, usual)
            return Observation(*at, math.log(_FAILED_AT_LEAST * steps), 0.1, is_bound=True)
        against = lead_of(arm, reference)
        if against is None:
            return None
        steps = math.log(reference_steps) + against.log_ratio
        return Observation(*at, steps, against.remainder_sd(doublings))

    def far_enough(self, arm: Arm) -> bool:
        """Whether a run went far enough on its way for a comparison."""
        return arm.step >= _LEAST_SHARE * self.like_reference(arm.batch_size)

    def tried(self) -> set[int]:
        """The batch sizes at which a run went far enough."""
        return {arm.batch_size for arm in self.evidence.arms if self.far_enough(arm)}

    def tried_enough(self) -> bool:
        """Whether more than one batch size was tried: one alone says nothing of the others."""
        return len(self.tried()) >= min(_FEWEST_BATCH_SIZES, len(self.sizes))

    def like_reference(self, batch_size: int) -> float:
        """The reference's steps at another batch size, if smaller batches were all noise, larger no gain."""
        return self.evidence.reference_steps * max(1.0, self.middle / batch_size)

    def observations(self) -> list[Observation]:
        """Every run that has shown something."""
        seen = [self.observe(arm) for arm in self.evidence.arms]
        return [o for o in seen if o is not None]

    def update(self) -> None:
        """Sample the posterior of all observations anew."""
        self.evidence.posterior = self._sample(
            self.observations(), self.evidence.reference_steps, self.evidence.posterior
        )

    def _sample(
        self, observations: list[Observation], reference_steps: float, start: Posterior | None
    ) -> Posterior:
        reference = self.evidence.reference
        assert reference is not None
        before = prior(
            math.log(reference_steps),
            math.log(reference.lr),
            math.log(CRITICAL_GUESS),
            CRITICAL_GUESS_SD,
            CATALOGUE[self.spec.optimizer.name].adaptive,
        )
        seed = self.spec.run_seed("search", 0)
        return sample(observations, before, math.log(self.middle), seed, start)

    def posterior_at(self, level: float) -> Posterior | None:
        """The posterior of the steps to an easier level of the metric; None if no run reached it."""
        reference = self.evidence.reference
        steps = None if reference is None else reference.steps_to(level)
        if steps is None:
            return None
        seen = [
            Observation(math.log(arm.batch_size), math.log(arm.lr), math.log(reached))
            for arm in self.evidence.arms
            if (reached := arm.steps_to(level)) is not None
        ]
        return self._sample(seen, steps, self.evidence.posterior)

    def candidates(self, posterior: Posterior) -> list[tuple[int, int]]:
        """Batch sizes and rate indices on the study's grid, about the posterior's best rates."""
        start, step = math.log(self.spec.optimizer.lr), math.log(2) / 2
        log_sizes = np.log(np.array(self.sizes, dtype=float))
        best = np.quantile(posterior.best_log_lr(log_sizes), [0.1, 0.9], axis=0)
        chosen = []
        for size, low, high in zip(self.sizes, best[0], best[1], strict=True):
            first, last = math.floor((low - start) / step) - 1, math.ceil((high - start) / step) + 1
            chosen += [(size, index) for index in range(first, last + 1)]
        return chosen

    def logs(self, places: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
        """Log batch sizes and log learning rates of places on the grid."""
        sizes, rates = zip(*places, strict=True)
        return np.log(np.array(sizes, dtype=float)), np.log([self.spec.rate(index) for index in rates])

    def doublings_beyond(self) -> Array:
        """How far each batch size lies beyond those that were tried far enough, in doublings; signed."""
        tried = self.tried() or {self.middle}
        logs = np.log2(np.array(self.sizes, dtype=float))
        low, high = math.log2(min(tried)), math.log2(max(tried))
        return np.asarray(np.minimum(logs - low, 0.0) + np.maximum(logs - high, 0.0))


@dataclass(frozen=True)
class Costs:
    """Per batch size: the rate to use, samples of log seconds and log steps to target there.

    ``log_seconds`` and ``log_steps`` have shape (batch sizes, samples); ``chance`` is the share of samples in
    which the batch size is the fastest or within 5% of it; ``rate_intervals`` hold the best rate at 90%.
    """

    batch_sizes: list[int]
    rate_indices: list[int]
    rates: list[float]
    rate_intervals: list[tuple[float, float]]
    log_seconds: Array
    log_steps: Array
    chance: Array

    def as_good(self) -> list[int]:
        """Positions of the batch sizes that may be the fastest or within 5% of it; the best among them."""
        return [i for i in range(len(self.batch_sizes)) if self.chance[i] >= _LEAST_CHANCE or i == self.best]

    @property
    def best(self) -> int:
        """Position of the least expected seconds."""
        return int(np.argmin(np.exp(self.log_seconds - self.log_seconds.min()).mean(axis=1)))


def costs_by_batch_size(inference: Inference, posterior: Posterior | None = None) -> Costs:
    """What the posterior (the race's own by default) says of every batch size at the rate to use there."""
    posterior = posterior or inference.evidence.posterior
    assert posterior is not None
    log_sizes = np.log(np.array(inference.sizes, dtype=float))
    places = inference.candidates(posterior)
    log_steps = posterior.log_steps(*inference.logs(places)).T
    chosen = []
    for size in inference.sizes:
        mine = np.array([i for i, place in enumerate(places) if place[0] == size])
        # The mean of the steps, not of their logs: beside the best rate lies a cliff on the upper side.
        chosen.append(mine[int(np.argmin(np.exp(log_steps[mine] - log_steps[mine].min()).mean(axis=1)))])
    steps = log_steps[chosen]
    random = np.random.default_rng(0)
    steps = steps + _MISFIT * random.standard_normal(steps.shape)
    # Beyond what was tried every sample bends its own way, further with every doubling.
    steps = steps + _FURTHER_MISFIT * np.outer(
        inference.doublings_beyond(), random.standard_normal(steps.shape[1])
    )
    seconds = steps + inference.log_seconds(log_sizes)[:, None]
    near = seconds <= seconds.min(axis=0) + math.log(1.05)
    ends = np.exp(np.quantile(posterior.best_log_lr(log_sizes), [0.05, 0.95], axis=0)).T
    indices = [places[i][1] for i in chosen]
    rates = [inference.spec.rate(index) for index in indices]
    intervals = [(float(low), float(high)) for low, high in ends]
    return Costs(list(inference.sizes), indices, rates, intervals, seconds, steps, near.mean(axis=1))
