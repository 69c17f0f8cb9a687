"""What was asked, so that a next step can ask the same with one thing changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from batchwright.core.action import Action

_ONCE = frozenset(
    {"budget", "name", "strict", "dry_run", "report", "figure", "as_json", "progress", "measure"}
)
"""Not repeated: a budget that was too small, a name that belongs to one study, and how it is shown."""


@dataclass(frozen=True)
class Question:
    """The action that asked, the training examples, and what fits in memory."""

    asked: Action
    examples: int
    max_batch_that_fits: int | None = None

    @property
    def largest(self) -> int:
        """The natural upper end: all training examples, or the largest batch that fits."""
        return min(self.examples, self.max_batch_that_fits or self.examples)

    def study(self, batch_sizes: Sequence[int] = (), **changed: Any) -> Action:
        """The study that asks the same of these batch sizes, cut to the natural ends, with ``changed``
        arguments.

        Without batch sizes those that were asked for stay.
        """
        kept = {name: value for name, value in self.asked.arguments.items() if name not in _ONCE}
        sizes = sorted({min(max(b, 1), self.largest) for b in batch_sizes})
        if sizes:
            kept["batch_sizes"] = sizes
        return Action(command="study", subject=self.asked.subject, arguments={**kept, **changed})

    def again(self, **changed: Any) -> Action:
        """The same verb on the same subject with ``changed`` arguments."""
        kept = {name: value for name, value in self.asked.arguments.items() if name not in _ONCE}
        return Action(command=self.asked.command, subject=self.asked.subject, arguments={**kept, **changed})
