"""Every figure of a study, drawn at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from batchwright.advice.result import StudyResult
from batchwright.report.draw import grids, series
from batchwright.report.draw.cost import draw_cost
from batchwright.report.draw.learning_rates import draw_learning_rates
from batchwright.report.draw.loss import draw_loss
from batchwright.report.draw.timing import draw_timing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_all(result: StudyResult, curves: Sequence[Mapping[str, Any]] = ()) -> dict[str, Figure]:
    """Every figure the study has data for, by name, the objective's own cost first.

    Names: ``seconds``, ``steps``, ``examples`` (to target), ``learning-rates``, ``timing``, ``loss``.
    """
    costs = {
        "seconds": series.seconds_series(result),
        "steps": series.steps_series(result),
        "examples": series.examples_series(result),
    }
    objective = {"time": "seconds"}.get(result.recommendation.objective, result.recommendation.objective)
    names = sorted(costs, key=lambda name: name != objective)
    figures = {name: draw_cost(costs[name]) for name in names if costs[name]}
    if rates := grids.learning_rate_map(result):
        figures["learning-rates"] = draw_learning_rates(rates)
    if timing := grids.timing_series(result):
        figures["timing"] = draw_timing(timing)
    if losses := grids.loss_curves(result, curves):
        figures["loss"] = draw_loss(losses)
    return figures
