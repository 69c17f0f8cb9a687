"""The lessons by name, in the order of the articles. Listing them imports none of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchwright.advice.lesson import Part
from batchwright.core.chart import Panel
from batchwright.core.errors import unknown_name
from batchwright.core.remark import Remark

if TYPE_CHECKING:
    from batchwright.lessons.lab import Lab

LESSONS = (
    "three-methods", "paths", "gradient-noise", "cache", "batch-time", "least-squares", "batch-guidelines",
    "averages", "momentum", "adaptive", "decay", "plateau", "local-minima", "rprop", "lenet-batch-size",
    "data-size", "weight-decay", "normalisation", "bands", "critical-points", "minimum-ratio",
    "optimisation-gap", "generalisation", "noisy-escape", "small-or-large", "have-both",
)  # fmt: skip
"""Every lesson; ``small-or-large`` comes after those whose verdicts it puts together."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an experiment returns.

    Attributes:
        parts: what the claim says, part by part, judged.
        panels: pictures, as data.
        notes: what else is to be said, such as data that were missing.
    """

    parts: Sequence[Part]
    panels: Sequence[Panel] = ()
    notes: Sequence[Remark] = ()


@dataclass(frozen=True)
class Lesson:
    """A lesson: its experiment, and the short code that a reader copies."""

    name: str
    experiment: Callable[[Lab], Found]
    example: Callable[[], None]


def lesson_named(name: str) -> Lesson:
    """The lesson of this name.

    Raises:
        InputError: there is none; with the nearest.
    """
    if name not in LESSONS:
        raise unknown_name("lesson", name, LESSONS)
    module = importlib.import_module(f"batchwright.lessons.phenomena.{name.replace('-', '_')}")
    return Lesson(name, module.experiment, module.example)
