"""The local critical batch size along a run: branches at each point, and what they say (Merrill et al. 2025).

From a checkpoint, branches with other batch sizes and rescaled learning rates train on equally many examples
(arXiv 2505.23971). Two definitions of what they show are measured: the largest batch whose loss at the end stays
within a tolerance, theirs; and the batch at which twice the examples of the smallest batches are needed, from the
efficiencies (``measure.branched.efficiency``). The first depends on the tolerance and never rises above the largest
branch; the second is in the unit of the critical batch of a study, and has an interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch

from batchwright.core.errors import InputError
from batchwright.core.statistics import t_quantile
from batchwright.core.streams import generator
from batchwright.measure.branched.branches import Trained, TrainedBranch, train_branches
from batchwright.measure.branched.efficiency import EfficiencyFit, fit_efficiencies, smoothed_curve
from batchwright.measure.branched.plan import BranchPlan
from batchwright.measure.branched.result import (
    Branch,
    BranchedPoint,
    LocalCriticalBatch,
    WhyUnresolved,
    WithinTolerance,
)
from batchwright.measure.estimate import Estimate
from batchwright.measure.gradients.along import noise_of_run
from batchwright.measure.own_copy import another_of
from batchwright.task.task import Task
from batchwright.training.evaluate import Evaluator
from batchwright.training.loop import updates
from batchwright.training.record import Status
from batchwright.training.spec import RunSpec
from batchwright.training.state import Run

TOLERANCES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Swept beside the one that was asked for, since the answer depends on it."""
_BEYOND = 2.0
"""A critical batch so many times beyond the branches is only bounded: the convention of a study's fit."""
_TOO_EFFICIENT = 1.1
"""An efficiency of a larger batch that is surely above this has another learning rate's merit in it."""


def branched_points(
    spec: RunSpec, task: Task, plan: BranchPlan, *, every: int, trained: Trained = lambda _: None
) -> Iterator[BranchedPoint]:
    """Train, measuring the local critical batch size after every ``every`` updates; the run itself stays the same.

    A run that diverges ends the points.

    Args:
        spec: of the run, with its budget.
        task: the live task.
        plan: of the branches; see :func:`~batchwright.measure.branched.plan.branch_plan`.
        every: updates between two points.
        trained: told of the examples that branches were trained on.

    Raises:
        InputError: ``every`` below 1, or a spec that does not fit the task.
    """
    if every < 1:
        raise InputError(f"every must be a number of updates from 1 on, got {every}")
    evaluator: Evaluator | None = None
    own = task.with_fields(model=lambda: another_of(task))
    for run in updates(spec, task):
        if run.status is Status.DIVERGED:
            return
        if run.step % every:
            continue
        evaluator = evaluator or evaluator_of(run, plan)
        yield measured_point(run, own, evaluator, plan, trained)


def evaluator_of(run: Run, plan: BranchPlan) -> Evaluator:
    """The loss over the split of the plan, or over a fixed sample of it."""
    split = run.task.split(plan.measured_on)
    if len(split) > plan.sample:
        order = torch.randperm(len(split), generator=generator(run.spec.seed, "probe", "branched"))
        split = split.subset(order[: plan.sample])
    placed = split.to(run.device, next(run.model.parameters()).dtype)
    return Evaluator(run.task, placed, autocast=run.spec.autocast or run.task.autocast)


def measured_point(
    run: Run, task: Task, evaluator: Evaluator, plan: BranchPlan, trained: Trained
) -> BranchedPoint:
    """What the branches say where a run stands."""
    noise = noise_of_run(run, task, sample="auto", seed=run.spec.seed)
    branches = train_branches(run, task, evaluator, plan, trained)
    found = fit_efficiencies({k: (b.examples, b.losses) for k, b in branches.items()})
    why = _why_unresolved(found, branches[1.0], plan)
    start = float(branches[1.0].losses[0, 0])
    ends = {k: smoothed_curve(b.examples, b.losses).last for k, b in branches.items()}
    return BranchedPoint(
        step=run.step, examples=run.examples_seen, epoch=run.epoch, loss=start,
        critical_batch=local_critical_batch(found, plan, why), unresolved_because=why,
        within=tuple(
            within_tolerance(ends, start, share, plan) for share in sorted({*TOLERANCES, plan.tolerance})
        ),
        noise_scale=noise.raw.noise_scale,
        preconditioned_noise_scale=noise.preconditioned.noise_scale if noise.preconditioned else None,
        branches=tuple(_branch(k, branches[k], ends[k], found, plan) for k in plan.factors),
    )  # fmt: skip


def _branch(k: float, of: TrainedBranch, end: float, found: EfficiencyFit, plan: BranchPlan) -> Branch:
    half = t_quantile(found.degrees) * found.errors[k]
    value = found.efficiencies[k]
    return Branch(
        batch_size=plan.size(k), lr=of.optimizer.lr, rule=of.rule, updates=plan.updates(k), loss=_finite(end),
        losses=tuple(_finite(float(loss)) for loss in of.losses[:, -1]),
        efficiency=Estimate(value=value, interval=(max(0.0, value - half), value + half)),
    )  # fmt: skip


def _finite(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None


def _why_unresolved(found: EfficiencyFit, base: TrainedBranch, plan: BranchPlan) -> WhyUnresolved | None:
    t = t_quantile(found.degrees)
    falls = base.losses[:, 0] - base.losses[:, -1]
    if not falls.mean() > t * falls.std(ddof=1) / math.sqrt(len(falls)) or not np.isfinite(falls).all():
        return "no_fall"
    e, errors = found.efficiencies, found.errors
    if any(e[k] - t * errors[k] > _TOO_EFFICIENT for k in e if k > 1):
        return "rate_too_low"
    factors = sorted(e)
    for place, k in enumerate(factors):
        for larger in factors[place + 1 :]:
            if e[larger] - e[k] > t * math.hypot(errors[k], errors[larger]) + 0.05:
                return "not_monotone"
    if found.share - found.half <= 0 or _critical(found.share, plan) > _BEYOND * plan.size(factors[-1]):
        return "above_largest"
    return "below_smallest" if _critical(found.share, plan) < plan.size(factors[0]) / _BEYOND else None


def _critical(share: float, plan: BranchPlan) -> float:
    """B_crit = B (1 - u) / u; below 0 where even the smallest batch is far too large."""
    return plan.batch_size * (1 - share) / share if share > 0 else math.inf


def local_critical_batch(
    found: EfficiencyFit, plan: BranchPlan, why: WhyUnresolved | None
) -> LocalCriticalBatch:
    """B_crit with its 90% interval on the log scale, or the bound that the branches leave.

    log B_crit is -logit(u) + log B, so that its standard error is that of u over u (1 - u). No bound reaches further
    than twice beyond the branches.
    """
    low_u, high_u = found.share - found.half, found.share + found.half
    if why == "above_largest":
        most = _BEYOND * plan.size(max(plan.factors))
        return LocalCriticalBatch(value=None, interval=(min(max(_critical(high_u, plan), 0.0), most), None))
    if why == "below_smallest":
        least = plan.size(min(plan.factors)) / _BEYOND
        return LocalCriticalBatch(value=None, interval=(None, max(_critical(low_u, plan), least)))
    if why is not None:
        return LocalCriticalBatch(value=None, interval=(None, None))
    value = _critical(found.share, plan)
    half = found.half / (found.share * (1 - found.share))
    return LocalCriticalBatch(value=value, interval=(value * math.exp(-half), value * math.exp(half)))


def within_tolerance(
    ends: Mapping[float, float], start: float, share: float, plan: BranchPlan
) -> WithinTolerance:
    """The largest k B with every branch from B to it ending within ``share`` of the base branch's fall of its end."""
    allowed = share * (start - ends[1.0])
    largest = 1.0
    for k in sorted(k for k in ends if k > 1):
        if ends[k] > ends[1.0] + allowed:
            break
        largest = k
    return WithinTolerance(tolerance=share, loss=allowed, largest=plan.size(largest) if allowed > 0 else None)
