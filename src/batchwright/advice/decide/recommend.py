"""The recommendation: the best batch size for an objective, the set that is as good, and when not to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_args

from batchwright.advice.curve.fit import CurveFit
from batchwright.advice.decide.doubts import Doubt, doubts
from batchwright.advice.decide.question import Question
from batchwright.advice.decide.ties import UNREPEATED_SEED_SD, Comparison, as_good, best_of, compare_costs
from batchwright.advice.decide.unreached import Reach, no_answer
from batchwright.advice.result import Objective, Recommendation
from batchwright.core.action import Action
from batchwright.core.errors import InputError, unknown_name
from batchwright.core.remark import Remark, remark
from batchwright.study.result import BatchSizeResult


def recommend(
    batch_sizes: Sequence[BatchSizeResult],
    *,
    objective: Objective,
    examples: int,
    asked: Action,
    curve: CurveFit | None = None,
    max_batch_that_fits: int | None = None,
    reach: Reach | None = None,
) -> Recommendation:
    """Recommend a batch size with its learning rate, or say what is missing.

    `time`: the least (median seconds a step) x (steps to target). E(B) always rises and S(B) always falls, so
    `examples` takes the largest batch size within 20% of the least examples and `steps` the smallest within
    20% of the fewest steps. Beside it stands the set that cannot be told from the best at 90% or lies within
    5% (see ``advice.decide.ties``). Inconclusive where that set spans most of the tried range and more than a
    factor of 8; where runs of the best failed or were cut short; where its learning rate lay on an edge; where
    it is the end of a tried range that could be extended; or with fewer than three answers. The best guess is
    given all the same.

    Args:
        batch_sizes: the tuned outcome at each tried batch size.
        objective: what to minimise.
        examples: N, the number of training examples; with 1 and what fits, a natural end of the range.
        asked: the action that asked, for the next steps.
        curve: its misfit measures the noise that choosing a learning rate leaves on log steps.
        max_batch_that_fits: the largest batch size that fits in memory, where known.
        reach: how far the runs came, for the case that none reached the target.

    Raises:
        InputError: no batch size, one that is given twice, or an unknown objective.
    """
    rows = sorted(batch_sizes, key=lambda row: row.batch_size)
    _check(rows, objective, examples)
    question = Question(asked, examples, max_batch_that_fits)
    comparison = compare_costs(rows, objective, None if curve is None else curve.plain_misfit_sd)
    if not comparison.costs:
        return nothing(objective, no_answer(rows, question, reach))
    best = best_of(comparison, objective)
    members = as_good(comparison, objective)
    row = next(r for r in rows if r.batch_size == best.batch_size)
    reasons = doubts(rows, row, members, question)
    return Recommendation(
        verdict="inconclusive" if reasons else "recommended",
        objective=objective,
        batch_size=row.batch_size,
        lr=row.lr,
        batch_sizes=members,
        interval=(members[0], members[-1]),
        doubts=tuple(reason.why for reason in reasons),
        caveats=tuple(_caveats(rows, comparison, members)),
        next=distinct([reason.action for reason in reasons]),
        costs=_costs(rows, row.batch_size),
    )


def nothing(objective: Objective, reason: Doubt) -> Recommendation:
    """No answer at all, for this reason."""
    return Recommendation(
        verdict="inconclusive",
        objective=objective,
        batch_size=None,
        lr=None,
        batch_sizes=(),
        interval=None,
        doubts=(reason.why,),
        next=(reason.action,),
    )


def distinct(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Each action once, in order."""
    return tuple(action for i, action in enumerate(actions) if action not in actions[:i])


def _check(rows: Sequence[BatchSizeResult], objective: str, examples: int) -> None:
    if objective not in get_args(Objective):
        raise unknown_name("objective", objective, get_args(Objective))
    if not rows:
        raise InputError("a recommendation needs one batch size or more, got none")
    sizes = [row.batch_size for row in rows]
    if len(set(sizes)) < len(sizes):
        raise InputError(f"each batch size must be given once, got {', '.join(map(str, sizes))}")
    if sizes[0] < 1 or sizes[-1] > examples:
        outside = sizes[0] if sizes[0] < 1 else sizes[-1]
        raise InputError(
            f"batch sizes must be between 1 and {examples} (the training examples), got {outside}"
        )


def _caveats(rows: Sequence[BatchSizeResult], comparison: Comparison, members: Sequence[int]) -> list[Remark]:
    """What does not stand against the answer but must be known beside it."""
    answered = [cost.batch_size for cost in comparison.costs]
    caveats = []
    holes = [b for b in answered if members[0] < b < members[-1] and b not in members]
    if holes:
        caveats.append(remark("study.holes_in_set", count=len(holes), batch_sizes=holes))
    silent = [row.batch_size for row in rows if row.batch_size not in answered]
    if silent:
        caveats.append(remark("study.without_answer", count=len(silent), batch_sizes=silent))
    if not comparison.dof:
        caveats.append(remark("study.one_seed", spread=UNREPEATED_SEED_SD))
    suspect = [row.batch_size for row in rows if row.timing is not None and row.timing.suspect]
    if suspect:
        caveats.append(remark("study.suspect_timing", count=len(suspect), batch_sizes=suspect))
    return caveats


def _costs(rows: Sequence[BatchSizeResult], best: int) -> tuple[dict[str, Any], ...]:
    """Seconds, examples and steps of every batch size over the best's; None where there is no answer."""
    logs = {o: {c.batch_size: c.log for c in compare_costs(rows, o).costs} for o in get_args(Objective)}

    def ratio(objective: str, batch_size: int) -> float | None:
        known = logs[objective]
        if batch_size not in known or best not in known:
            return None
        return math.exp(known[batch_size] - known[best])

    return tuple(
        {
            "batch_size": row.batch_size,
            "seconds_ratio": ratio("time", row.batch_size),
            "examples_ratio": ratio("examples", row.batch_size),
            "steps_ratio": ratio("steps", row.batch_size),
        }
        for row in rows
    )
