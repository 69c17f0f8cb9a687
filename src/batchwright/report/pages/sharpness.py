"""Sharpness by several definitions, as part of a page."""

from __future__ import annotations

from batchwright.measure.sharpness.definitions import Sharpness
from batchwright.report.page import Block, Note, Table
from batchwright.report.pages.parts import column
from batchwright.report.text.catalogue import say, text


def sharpness_blocks(found: Sharpness) -> list[Block]:
    """One table of all measures, and what none of them can say."""
    rows: list[tuple[str, float | None]] = [
        (
            text("sharpness.keskar", space=text(f"keskar_space.{box.subspace}"), epsilon=box.epsilon),
            _share(box.value),
        )
        for box in found.keskar
    ]
    shares = [value for _, value in rows]
    sam = found.sam
    rises = [
        (text("sharpness.sam.maximum", rho=sam.rho), sam.maximum),
        (text("sharpness.sam.one_step", rho=sam.rho), sam.one_step),
        (text("sharpness.averaged", sigma=found.averaged.sigma), found.averaged.value),
    ]
    table = Table(
        heading=text("sharpness.heading"),
        caption=text("sharpness.caption"),
        columns=[
            column(text("sharpness.column.measure"), [name for name, _ in (*rows, *rises)]),
            column(text("sharpness.column.share"), [*shares, *(None for _ in rises)], "share"),
            column(
                text("sharpness.column.rise"),
                [*(None for _ in rows), *(value for _, value in rises)],
                "number",
            ),
        ],
    )
    return [table, Note(text=say(found.caveat))]


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
