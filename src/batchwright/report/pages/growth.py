"""Growing batches against the best fixed one, as part of a study's page."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from batchwright.advice.growth.result import Cost, GrowthRace, GrowthSide
from batchwright.core.action import Action
from batchwright.core.numbers import TIMES, measured
from batchwright.report.page import Block, NextStep, Note, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.steps import OPTIMIZER, RUN, TASK, following
from batchwright.report.text.catalogue import between, text


def growth_blocks(found: GrowthRace) -> list[Block]:
    """The verdict, the sides beside each other, and what was not raced."""
    heading = text("growth.heading")
    return [
        Sentence(text=growth_words(found), heading=heading),
        _table(found),
        *(
            Note(text=text(f"growth.left_out.{why}", side=_name(kind)))
            for kind, why in found.left_out.items()
        ),
        Note(text=text("growth.reading"), role="reading"),
    ]


def growth_words(found: GrowthRace) -> str:
    """Which side came first, with the ratio that decides."""
    cost = text(f"growth.cost.{found.cost}")
    if found.winner is not None:
        return text(
            "growth.wins", side=_name(found.winner), start=_start(found, found.winner), cost=cost,
            ratio=_ratio(found.side(found.winner)),
        )  # fmt: skip
    if found.clock_in_doubt and found.cost == "seconds":
        return text("growth.clock")
    if found.verdict == "fixed_wins":
        return text("growth.fixed", cost=cost, others=_others(found))
    others = _others(found)
    return text("growth.cannot_tell", cost=cost, others=others) if others else text("growth.nothing_raced")


def _others(found: GrowthRace) -> str:
    """The growing sides with their ratios, as a clause."""
    growing = [side for side in found.sides if side.growth is not None]
    words = [text("growth.side", side=_name(side.kind), ratio=_ratio(side)) for side in growing]
    return text("growth.and", first=words[0], second=words[1]) if len(words) > 1 else "".join(words)


def _name(kind: str) -> str:
    return text(f"growth.kind.{kind}")


def _start(found: GrowthRace, kind: str) -> str:
    side = next(s for s in found.sides if s.kind == kind)
    return text("growth.start", batch_size=side.batch_size, lr=side.lr)


def _ratio(side: GrowthSide | None) -> str:
    """Such as 0.86x (90%: 0.80 to 0.93), or how many seeds reached the target."""
    if side is None:
        return ""
    if side.ratio is None:
        return text("growth.missed", reached=side.reached, seeds=side.seeds)
    low, high = side.ratio.interval
    return text("growth.ratio", value=side.ratio.value, interval=between(low, high, form=measured))


def _table(found: GrowthRace) -> Table:
    """One row a side, medians over the seeds that reached the target."""
    sides = found.sides
    ratio = text("growth.column.ratio")
    values = [1.0 if side is sides[0] else _value(side) for side in sides]
    return Table(
        caption=text("growth.caption", seeds=sides[0].seeds),
        best=next((place for place, side in enumerate(sides) if side.kind == (found.winner or "fixed")), None),
        columns=[
            column(text("growth.column.side"), [_name(side.kind) for side in sides]),
            column(text("growth.column.batch_sizes"), [_sizes(side) for side in sides], optional=2),
            column(text("growth.column.lr"), [side.lr for side in sides], "rate", optional=3),
            column(text("growth.column.seeds"), [f"{s.reached}/{s.seeds}" for s in sides], optional=1),
            column(text("growth.column.steps"), _medians(sides, "steps"), "count"),
            column(text("growth.column.examples"), _medians(sides, "examples"), "count"),
            column(text("growth.column.seconds"), _medians(sides, "seconds"), "seconds"),
            column(ratio, values, "ratio"),
            column(
                text("growth.column.interval"), [None if s.ratio is None else s.ratio.interval for s in sides],
                "ratio", like=ratio, optional=4,
            ),
        ],
    )  # fmt: skip


def _value(side: GrowthSide) -> float | None:
    return None if side.ratio is None else side.ratio.value


def _medians(sides: Sequence[GrowthSide], cost: Cost) -> list[float | None]:
    return [statistics.median(side.cost(cost)) if side.reached else None for side in sides]


def _sizes(side: GrowthSide) -> str:
    """The batch size, or from which one it grows and how."""
    if side.growth is None:
        return str(side.batch_size)
    growth, first = side.growth, side.batch_size
    how = {"factor": f"{TIMES}{growth.factor:g}", "epochs": growth.every_epochs}
    if growth.largest is None:
        return text("growth.sizes.on", first=first, **how)
    return text("growth.sizes", first=first, last=growth.largest, **how)


def growth_steps(found: GrowthRace, task: str, action: Action | None) -> list[NextStep]:
    """The run with the growing batch, where it wins."""
    side = None if found.winner is None else found.side(found.winner)
    if side is None or side.growth is None:
        return []
    growth = side.growth
    train = following(
        action, "train", task, (*TASK, "examples", "target", *OPTIMIZER, *RUN), batch_size=side.batch_size,
        lr=side.lr, last_batch="run_on", grow_factor=growth.factor, grow_every=growth.every_epochs,
        grow_to=growth.largest, grow_lr_power=growth.lr_power or None, evaluate="log",
    )  # fmt: skip
    return [NextStep(action=train, why=text("growth.next"))]
