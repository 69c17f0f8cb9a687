"""What a study would run, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchwright.report.page import Page, Sentence
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from batchwright.core.action import Action
    from batchwright.study.estimate import StudyEstimate


def plan_page(plan: StudyEstimate, *, workers: int, stored: int, action: Action | None = None) -> Page:
    """The number of runs, and at most how long they take.

    Args:
        plan: the estimate.
        workers: processes that it would run in.
        stored: runs that need not be made again.
        action: what asked for it.
    """
    key = "plan.unknown" if plan.seconds is None else "plan.seconds"
    said = text(
        key, sizes=plan.batch_sizes, runs=plan.runs, stored=stored, seconds=plan.seconds, count=workers
    )
    return Page(
        title=text("plan.title"),
        eyebrow=plan.study_id,
        blocks=[Sentence(text=said, role="answer")],
        action=action,
    )
