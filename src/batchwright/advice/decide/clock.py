"""Seconds that were measured beside other work, and what may rest on them."""

from __future__ import annotations

from batchwright.advice.result import Recommendation
from batchwright.core.action import Action
from batchwright.core.remark import remark
from batchwright.measure.hardware.load import CALM_LOAD, TOO_BUSY


def doubted_if_busy(recommendation: Recommendation, load: float, asked: Action) -> Recommendation:
    """Seconds measured beside other work can be off by any factor: no answer in time rests on them.

    Steps, rates and the critical batch size are untouched by load, so everything else stays as it is.

    Args:
        recommendation: as if the machine had been at rest.
        load: the largest share of the machine that others used while steps were timed.
        asked: the action that asked; the same again times the steps anew.
    """
    if recommendation.objective != "time" or load <= CALM_LOAD:
        return recommendation
    if load <= TOO_BUSY:
        caveats = (*recommendation.caveats, remark("study.others_load", load=load))
        return recommendation.model_copy(update={"caveats": caveats})
    return recommendation.model_copy(
        update={
            "verdict": "inconclusive",
            "doubts": (*recommendation.doubts, remark("study.clock_in_doubt", load=load)),
            "next": (*recommendation.next, asked),
        }
    )
