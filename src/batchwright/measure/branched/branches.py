"""The branches of one point: learning rates tried with a seed of its own, then the best trained with the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from batchwright.core.streams import derive_seed
from batchwright.measure.branched.efficiency import Array
from batchwright.measure.branched.plan import BranchPlan
from batchwright.optim.candidates import rescaled_candidates
from batchwright.optim.scaling import ScalingRule
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Task
from batchwright.training.branch import branch
from batchwright.training.evaluate import Evaluator
from batchwright.training.state import Run

_DIVERGED_ABOVE = 1e3
_MOST_DOUBLINGS = 4
_LATE = 3
"""Checks at the end of a branch, over its second half, by whose mean loss a rule is chosen."""
Trained = Callable[[int], None]
"""Told how many examples were trained on."""


@dataclass(frozen=True, kw_only=True)
class TrainedBranch:
    """The losses of one batch size: ``examples`` of the checks, 0 first, and ``losses`` of shape (seeds, checks)."""

    rule: ScalingRule
    optimizer: OptimizerSpec
    examples: tuple[int, ...]
    losses: Array


def train_branches(
    run: Run, task: Task, evaluator: Evaluator, plan: BranchPlan, trained: Trained
) -> dict[float, TrainedBranch]:
    """Every branch of ``plan`` from where the run stands, by its factor k.

    The seeds are those of the order of the examples, the same for every k: branches are compared in pairs. The
    learning rate with the run's batch size, and the rule that carries it to the others, are chosen with a seed
    that takes no part in the result.
    """
    start = evaluator(run.model)[0]
    first = math.inf if start is None else start

    def losses(k: float, optimizer: OptimizerSpec, seed: int, checks: Sequence[int]) -> list[float]:
        made = branch(
            run, task, batch_size=plan.size(k), optimizer=optimizer,
            seed=derive_seed(run.spec.seed, "branch", run.step, seed),
            average_half_life=plan.half_life,
        )  # fmt: skip
        found = _losses(made, evaluator, checks, first)
        trained(plan.examples)
        return found

    def late(k: float, optimizer: OptimizerSpec) -> float:
        return float(np.mean(losses(k, optimizer, 0, plan.checks(k)[-_LATE:])))

    branches = {}
    own = _tuned(run.spec.optimizer, partial(late, 1.0))
    for k in plan.factors:
        candidates = rescaled_candidates(own, plan.batch_size, plan.size(k))
        rule = next(iter(candidates))
        if len(candidates) > 1:
            found = {name: late(k, spec) for name, spec in candidates.items()}
            rule = min(found, key=lambda name: found[name])
        checks = plan.checks(k)
        rows = [[first, *losses(k, candidates[rule], seed, checks)] for seed in range(1, plan.seeds + 1)]
        branches[k] = TrainedBranch(
            rule=rule, optimizer=candidates[rule],
            examples=(0, *(n * plan.size(k) for n in checks)), losses=np.array(rows),
        )  # fmt: skip
    return branches


def _tuned(spec: OptimizerSpec, late: Callable[[OptimizerSpec], float]) -> OptimizerSpec:
    """The run's optimizer at the best learning rate nearby, by factors of two.

    Without this a larger batch gets the merit of the larger rate that comes with it.
    """
    losses = {0: late(spec)}
    for direction in (1, -1):
        best, power = losses[0], direction
        while abs(power) <= _MOST_DOUBLINGS:
            losses[power] = late(_at(spec, power))
            if not losses[power] < best:
                break
            best, power = losses[power], power + direction
        if min(losses, key=lambda j: losses[j]) != 0:
            break
    return _at(spec, min(losses, key=lambda j: losses[j]))


def _at(spec: OptimizerSpec, doublings: int) -> OptimizerSpec:
    return spec.model_copy(update={"lr": spec.lr * 2.0**doublings})


def _losses(made: Run, evaluator: Evaluator, checks: Sequence[int], first: float) -> list[float]:
    """After so many updates each; infinite from where the branch diverged on."""
    found: list[float] = []
    for check in checks:
        while made.step < check:
            made.update()
        loss = _loss(made, evaluator)
        if loss is None or loss > _DIVERGED_ABOVE * first:
            return [*found, *[math.inf] * (len(checks) - len(found))]
        found.append(loss)
    return found


def _loss(made: Run, evaluator: Evaluator) -> float | None:
    """The lower of the last weights' loss and the averaged ones'; None where the last weights' is not finite.

    The average alone lags behind: where there is little noise it would be the lag that is compared.
    """
    last = evaluator(made.model)[0]
    if last is None or made.average is None:
        return last
    with made.average.applied():
        averaged = evaluator(made.model)[0]
    return last if averaged is None else min(last, averaged)
