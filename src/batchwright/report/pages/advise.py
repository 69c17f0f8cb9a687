"""The page of advice: that of a study, with the runs it was inferred from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batchwright.advice.result import AdviceResult
from batchwright.report.page import Block, Page, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.study import answer_page
from batchwright.report.text.catalogue import say, text


def advise_page(result: AdviceResult, curves: Sequence[Mapping[str, Any]] = ()) -> Page:
    """Advice, as a page.

    Args:
        result: the advice.
        curves: validation-loss curves of its runs, one mapping a run; see ``draw.grids.loss_curves``.
    """
    evidence: list[Block] = [
        Sentence(text=words, heading=text("advice.runs.heading")) for words in _evidence_words(result)
    ]
    if result.evidence.runs:
        evidence.append(runs_behind(result))
    made = text(
        "advice.made", study_id=result.study_id, executed=result.runs_executed, reused=result.runs_reused
    )
    return answer_page(result, curves, caption=text("advice.table.caption"), made=made, evidence=evidence)


def _evidence_words(result: AdviceResult) -> list[str]:
    """What it took, why it ended there, and whether the noise scale agrees."""
    words = [cost_words(result)]
    if result.evidence.ended is not None:
        words.append(text("advice.ended", reason=say(result.evidence.ended).rstrip(".")))
    if result.evidence.agreement is not None:
        words.append(say(result.evidence.agreement))
    return words


def cost_words(result: AdviceResult) -> str:
    """What it took, in trainings where the budget was one; a training of milliseconds is said as that."""
    cost = result.cost
    values = {"executed": len(result.evidence.runs), "examples": cost.examples, "took": result.seconds}
    if cost.trainings is None:
        return text("advice.cost", **values)
    if cost.least_seconds is not None:
        training = cost.seconds / cost.trainings
        return text("advice.cost.least", training=training, least=cost.least_seconds, **values)
    return text("advice.cost.trainings", trainings=cost.trainings, **values)


def runs_behind(result: AdviceResult) -> Table:
    """The runs that the advice was inferred from, in the order in which they were started."""
    runs = result.evidence.runs
    best = result.recommendation
    return Table(
        caption=text("advice.runs.caption"),
        brief=False,
        members=[i for i, run in enumerate(runs) if run.batch_size in best.batch_sizes],
        columns=[
            column(text("study.column.batch_size"), [run.batch_size for run in runs], "batch_size"),
            column(text("study.column.lr"), [run.lr for run in runs], "rate"),
            column(text("advice.runs.seed"), [run.seed + 1 for run in runs], "count"),
            column(text("advice.runs.made"), [run.steps for run in runs], "count"),
            column(text("advice.runs.ended"), [_status(run.status) for run in runs]),
            column(
                text("advice.runs.implied"),
                [run.implied_steps for run in runs],
                "count",
                prefix=[">" if run.bound else "" for run in runs],
            ),
            column(text("advice.runs.error"), [run.implied_sd for run in runs], "share"),
        ],
    )


def _status(status: str) -> str:
    """How a run ended, in words."""
    return text(f"advice.status.{status}")
