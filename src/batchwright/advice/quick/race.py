"""The runs that advice rests on: a race of learning rates at one batch size, then the most promising others.

1. *Rates*: at one moderate batch size learning rates a factor of 4 apart are trained side by side, ever
   further; whoever needs 1.5 times the leader's steps to the same level drops out, the range grows past its
   edge, and the leader's neighbours at a factor of 2 join.
2. *Reference*: the leader goes on to the target. Its counted work is one training, the unit of the budget.
3. *Improvement*: every next run is the batch size and learning rate with the greatest expected improvement
   in log seconds to target under the posterior of all runs so far. It stops once it is clearly behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from batchwright.advice.quick.arms import Arm, lead_of
from batchwright.advice.quick.budget import Meter
from batchwright.advice.quick.inference import STALLED, Evidence, Inference, costs_by_batch_size
from batchwright.advice.quick.legs import Legs
from batchwright.core.errors import BatchwrightError
from batchwright.core.remark import remark
from batchwright.measure.gradients.noise import Noise, measure_noise
from batchwright.measure.gradients.preconditioner import weights_of
from batchwright.study.key import RunKey

_FIRST_STEPS = 8
_GROWTH = 1.5
_DROPPED_BEHIND = math.log(1.5)
_REFINED_FROM, _HALF_WAY = 0.15, 0.5
_MAX_RATES = 10
_NOISE_ROWS, _NOISE_AT = 256, 0.75
_LEAST_IMPROVEMENT = 0.01
_SEEDS = 3
_DROP_SD, _DROP_FACTOR = 1.3, 1.05
_MAX_ARMS = 40


class Race:
    """Starts, compares and stops runs, within what the meter allows; decides on what they showed alone."""

    def __init__(
        self,
        legs: Legs,
        meter: Meter,
        *,
        middle: int,
        say: Callable[[str, dict[str, Any]], None] = lambda code, values: None,
    ) -> None:
        self.legs, self.meter, self.middle, self.say = legs, meter, middle, say
        self.spec = legs.spec
        self.log_seconds = meter.times.log_seconds
        self.sizes = sorted(self.spec.batch_sizes)
        self.evidence = Evidence()
        self.inference = Inference(self.spec, self.log_seconds, middle, self.evidence)

    def run(self) -> Evidence:
        """All three stages, within the budget."""
        self._race_rates()
        if self.evidence.reference is not None:
            self._improve()
            self._confirm()
        for arm in self.evidence.arms:
            self.legs.keep(arm)
        return self.evidence

    def _spent(self) -> bool:
        """Whether to stop. A budget in trainings lasts until a second batch size was tried: one gives no answer."""
        if not self.meter.is_spent(self.evidence.arms):
            return False
        return self.meter.allowance.seconds is not None or self.inference.tried_enough()

    # --- stage 1 ---

    def _begin(self, batch_size: int, rate_index: int, seed: int = 0) -> Arm:
        arm = self.legs.begin(RunKey(batch_size, rate_index, "search", seed))
        self.evidence.arms.append(arm)
        return arm

    def _race_rates(self) -> None:
        """Learning rates side by side at the middle batch size until one reaches the target."""
        arms = {k: self._begin(self.middle, k) for k in (-4, 0, 4)}
        alive, horizon = set(arms), _FIRST_STEPS
        while not self._spent():
            for k in sorted(alive):
                self.legs.to_step(arms[k], horizon)
            leader = self._leader(arms, alive)
            reached = [a for a in arms.values() if a.steps_to_target is not None]
            if reached:
                self._found_reference(min(reached, key=lambda a: a.steps_to_target or math.inf))
                return
            if added := self._neighbours(arms, leader):
                arms |= {k: self._begin(self.middle, k) for k in added}
                alive |= set(added)
                continue
            if self.evidence.noise is None and self._progress(arms[leader]) >= _NOISE_AT:
                self.evidence.noise = self._noise(arms[leader])
            self.say("advice.rates", {"batch_size": self.middle, "steps": horizon})
            alive = self._survivors(arms, alive, leader)
            if all(arms[k].ended for k in alive) and not (alive := self._revived(arms)):
                return
            horizon = math.ceil(horizon * _GROWTH)

    def _neighbours(self, arms: dict[int, Arm], leader: int) -> list[int]:
        """Rates to add: past an edge that leads; beside a leader that is well on its way."""
        if len(arms) >= _MAX_RATES:
            return []
        past = [leader - 4] if leader == min(arms) else [leader + 4] if leader == max(arms) else []
        beside = [leader - 2, leader + 2] if self._progress(arms[leader]) >= _REFINED_FROM else []
        return sorted({k for k in (past or beside) if k not in arms})

    def _leader(self, arms: dict[int, Arm], alive: set[int]) -> int:
        """The rate that needs the fewest steps to the levels reached so far; of equals that nearest the start.

        A metric that has not moved yet, such as an accuracy at the share of its largest class, tells no rate
        from another: the range must not grow to one side for that.
        """
        able = [k for k in alive if not arms[k].failed and arms[k].best_level() is not None]
        going = sorted(able, key=lambda k: (abs(k), k))
        if not going:
            return min(arms)
        leader = going[0]
        for k in going:
            against = lead_of(arms[k], arms[leader])
            if against is not None and against.log_ratio < 0:
                leader = k
        return leader

    def _survivors(self, arms: dict[int, Arm], alive: set[int], leader: int) -> set[int]:
        """The leader and those close behind: fewer, the further the leader is on its way, from half way on none.

        A rate that leads early may stall short of the target: then the next lower one goes on beside it.
        """
        behind = {k: self._behind(arms[k], arms[leader]) for k in alive if k != leader}
        close = sorted((value, k) for k, value in behind.items() if value <= _DROPPED_BEHIND)
        progress = self._progress(arms[leader])
        close = close[: 3 if progress < _REFINED_FROM else 2 if progress < _HALF_WAY else 0]
        if arms[leader].stalled(STALLED):
            lower = [k for k in arms if k < leader and not arms[k].ended]
            return {leader, *(k for _, k in close), *lower[-1:]}
        return {leader, *(k for _, k in close)}

    def _revived(self, arms: dict[int, Arm]) -> set[int]:
        """Of the rates that were stopped on the way, the one that came furthest: none that went on reached it."""
        stopped = [(arm.best_level(), k) for k, arm in arms.items() if not arm.ended]
        levels = [(level, k) for level, k in stopped if level is not None]
        if not levels:
            return set()
        sign = 1.0 if self.legs.higher_is_better else -1.0
        return {max(levels, key=lambda found: (sign * found[0], -abs(found[1])))[1]}

    def _behind(self, arm: Arm, leader: Arm) -> float:
        """Log of its steps over the leader's to equal levels; infinite where it failed or shows nothing."""
        against = None if arm.failed else lead_of(arm, leader)
        return math.inf if against is None else against.log_ratio

    def _progress(self, arm: Arm) -> float:
        """Share of the way from the first value of the metric to the target."""
        first, now, target = arm.start_value, arm.best_level(), self.spec.target.value
        if first is None or now is None or first == target:
            return 0.0
        return (now - first) / (target - first)

    def _noise(self, arm: Arm) -> Noise | None:
        """The noise at an arm's present point; None where the model does not allow to measure it."""
        run = self.legs.live(arm)
        weights = weights_of(run.updater, run.model, run.spec)
        try:
            return measure_noise(run.model, self.legs.task, sample=_NOISE_ROWS, weights=weights)
        except (RuntimeError, BatchwrightError):
            return None  # too little memory, or examples that cannot be taken one by one

    def _found_reference(self, arm: Arm) -> None:
        self.evidence.reference = arm
        self.meter.training_seconds = self.meter.seconds_of(arm)

    # --- stage 3 ---

    def _improve(self) -> None:
        evidence = self.evidence
        self.inference.update()
        while True:
            if len(evidence.arms) >= _MAX_ARMS:
                evidence.ended = remark("advice.ended.enough_runs", count=_MAX_ARMS)
                return
            if self._spent():
                evidence.ended = remark("advice.ended.budget_spent")
                return
            elsewhere = not self.inference.tried_enough() and self.meter.is_spent(evidence.arms)
            choice, improvement = self._most_promising(elsewhere=elsewhere)
            if choice is None or (improvement < _LEAST_IMPROVEMENT and not elsewhere):
                evidence.ended = remark("advice.ended.no_promise")
                return
            arm = choice if isinstance(choice, Arm) else self._begin(*choice)
            self.say("advice.run", {"batch_size": arm.batch_size, "lr": arm.lr})
            self._run_while_promising(arm)
            self.inference.update()

    def _confirm(self) -> None:
        """While budget is left: the batch sizes that may be the best at their rates, on further seeds."""
        while not self._spent() and len(self.evidence.arms) < _MAX_ARMS:
            table = costs_by_batch_size(self.inference)
            about = {*table.as_good(), max(table.best - 1, 0), min(table.best + 1, len(self.sizes) - 1)}
            runs = {i: self._seeds_at(table.batch_sizes[i], table.rate_indices[i]) for i in sorted(about)}
            fewest = min(runs, key=lambda i: (runs[i], -table.chance[i]))
            if runs[fewest] >= _SEEDS:
                self.evidence.ended = remark("advice.ended.confirmed", seeds=_SEEDS)
                return
            arm = self._begin(table.batch_sizes[fewest], table.rate_indices[fewest], runs[fewest])
            self.say("advice.again", {"batch_size": arm.batch_size, "seed": arm.key.seed + 1})
            limit = 2 * self.inference.like_reference(arm.batch_size)
            while not arm.ended and not self._spent() and arm.step < limit:
                self.legs.go_on(arm)
            self.inference.update()

    def _seeds_at(self, batch_size: int, rate_index: int) -> int:
        """Runs so far at a batch size and this rate."""
        return sum(a.key[:2] == (batch_size, rate_index) for a in self.evidence.arms)

    def _run_while_promising(self, arm: Arm) -> None:
        best = self._best_log_cost()
        while not arm.ended and not self._spent():
            self.legs.go_on(arm)
            if not self.inference.far_enough(arm):
                continue  # the first steps say little about the rest
            seen = self.inference.observe(arm)
            if seen is None or seen.is_bound:
                arm.dropped = True
                return
            cost = seen.log_steps + float(self.log_seconds(np.array([seen.log_batch]))[0])
            if cost - _DROP_SD * seen.sd > best + math.log(_DROP_FACTOR):
                arm.dropped = True
                return

    def _best_log_cost(self) -> float:
        return min(
            math.log(a.steps_to_target) + float(self.log_seconds(np.log([a.batch_size]))[0])
            for a in self.evidence.arms
            if a.steps_to_target is not None
        )

    def _most_promising(self, *, elsewhere: bool) -> tuple[Arm | tuple[int, int] | None, float]:
        """The run with the greatest expected improvement over the best finished one, in log seconds.

        Args:
            elsewhere: at another batch size than the reference's.
        """
        posterior = self.evidence.posterior
        assert posterior is not None
        finished = [a for a in self.evidence.arms if a.steps_to_target is not None]
        places = self.inference.candidates(posterior)
        if elsewhere:
            places = [place for place in places if place[0] != self.middle]
        batch, lr = self.inference.logs(places)
        costs = posterior.log_steps(batch, lr) + self.log_seconds(batch)
        own = np.log([a.batch_size for a in finished]), np.log([a.lr for a in finished])
        known = posterior.log_steps(*own) + self.log_seconds(own[0])
        incumbent = known[:, int(np.argmin(known.mean(axis=0)))]
        improvement = np.maximum(incumbent[:, None] - costs, 0.0).mean(axis=0)
        for i in np.argsort(-improvement):
            near = self._near(*places[i])
            if near is None:
                return places[i], float(improvement[i])
            if not (near.ended or near.dropped or near.stalled(STALLED)):
                return near, float(improvement[i])
        return None, 0.0

    def _near(self, batch_size: int, rate_index: int) -> Arm | None:
        """The run that went furthest at a batch size and this rate."""
        close = [a for a in self.evidence.arms if a.key[:2] == (batch_size, rate_index)]
        return max(close, key=lambda a: a.step, default=None)
