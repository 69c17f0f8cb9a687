"""The page of a loss surface."""

from __future__ import annotations

from batchwright.core.numbers import seconds
from batchwright.measure.surface.lines import SurfacePlane
from batchwright.report.draw.surface import draw_line, draw_plane
from batchwright.report.old_page import Page, section, table
from batchwright.report.text import surface as surface_words
from batchwright.report.text.surface import Found


def surface_page(found: Found, *, task: str, command: str, next_step: str) -> Page:
    """A line, a plane or an interpolation: its sentence, its drawings, the numbers behind them."""
    columns, rows = surface_words.columns(found, rows=25)
    numbers = table(columns, rows)
    if isinstance(found, SurfacePlane):
        drawings = [
            section(split, f"{split.capitalize()} loss", "", draw_plane(found, split), numbers)
            for split in ("train", "validation")
        ]
    else:
        title = "Loss and metrics along the line"
        drawings = [section("line", title, "", draw_line(found), numbers)]
    train, validation = found.examples["train"], found.examples["validation"]
    return Page(
        title=f"{task}: loss surface",
        eyebrow=f"{task} \u00b7 loss surface over {train:,} training and {validation:,} validation examples",
        sentence=surface_words.sentence(found),
        sections=drawings,
        notes=surface_words.lines(found),
        next_steps=[next_step],
        command=command,
        about=[("took", seconds(found.seconds))],
    )
