"""``small-or-large``: the table that compares small and large batches, put together from other lessons' verdicts.

Nothing is run here. Each row takes the verdict of a part of another lesson, with the number that decided it; the
table says which side a row favours, if its claim holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from batchwright.advice.lesson import Part
from batchwright.core.chart import Field, Panel
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.lab import Lab

Side = Literal["small", "large"]
SIDES: tuple[Side, ...] = ("small", "large")


@dataclass(frozen=True)
class ComparedRow:
    """A row of the table.

    Attributes:
        name: of the row, and of the number that decides it.
        lesson, part: whose verdict it takes.
        favours: the side that is better off where the claim holds.
    """

    name: str
    lesson: str
    part: str
    favours: Side


ROWS = (
    ComparedRow("update_time", "batch-time", "same_step", "large"),
    ComparedRow("epoch_time", "batch-time", "shorter_epoch", "large"),
    ComparedRow("strong", "gradient-noise", "with_replacement", "large"),
    ComparedRow("accurate_enough", "gradient-noise", "little_is_enough", "small"),
    ComparedRow("optimisation", "optimisation-gap", "worse_training_fixed", "small"),
    ComparedRow("optimisation_tuned", "optimisation-gap", "worse_training_tuned", "small"),
    ComparedRow("generalisation", "generalisation", "worse_same_rate", "small"),
    ComparedRow("generalisation_tuned", "generalisation", "worse_tuned_rate", "small"),
)


def experiment(lab: Lab) -> Found:
    """Take the verdicts, and draw up the table."""
    parts = [taken(lab, row) for row in ROWS]
    return Found(parts=parts, panels=[table(parts)])


def taken(lab: Lab, row: ComparedRow) -> Part:
    """The part that a row stands for, under the row's name, with the number that decided it."""
    part = lab.lesson(row.lesson).part(row.part)
    decided = part.measurements[0].model_copy(update={"name": row.name})
    return Part(name=row.name, verdict=part.verdict, condition=part.condition, measurements=(decided,))


def advantage(part: Part, favours: Side) -> dict[Side, float | None]:
    """1 for the side that a row favours and 0 for the other; half of that where the claim holds in part; a half
    for both where it does not hold; nothing where it cannot be told."""
    if part.verdict == "cannot_tell":
        return {"small": None, "large": None}
    lead = {"holds": 0.5, "holds_when": 0.25, "does_not_hold": 0.0}[part.verdict]
    return {side: 0.5 + (lead if side == favours else -lead) for side in SIDES}


def table(parts: Sequence[Part]) -> Panel:
    """Rows of the table against its two sides, in colour."""
    found = [advantage(part, row.favours) for part, row in zip(parts, ROWS, strict=True)]
    return Panel(
        name="table", title=remark("lesson.small_or_large.table.title"),
        takeaway=remark("lesson.small_or_large.table.takeaway"), x=remark("lesson.small_or_large.axis.side"),
        y=remark("lesson.small_or_large.axis.row"),
        field=Field(
            x=(0, 1), y=tuple(range(len(ROWS))), look="cells",
            values=tuple(tuple(row[side] for side in SIDES) for row in found),
            label=remark("lesson.small_or_large.axis.advantage"),
        ),
        x_names=tuple(remark(f"lesson.small_or_large.{side}") for side in SIDES),
        y_names=tuple(remark(f"lesson.small_or_large.row.{row.name}") for row in ROWS),
    )  # fmt: skip


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for name in ("batch-time", "gradient-noise", "optimisation-gap", "generalisation"):
        result = bw.lesson(name, progress=False).result
        for part in result.parts:
            print(name, part.name, part.verdict, part.measurements[0].value)
