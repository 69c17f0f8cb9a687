"""A page: one description of any result, as blocks that the terminal, HTML and a notebook each render.

A page holds values, not text made of them: a column says what its numbers are (``seconds``, ``count``, ...),
and one rule (``report.text.columns``) gives the whole column one unit and its digits, wherever it is shown.
Sentences come from ``report.text``; a figure is a function that draws when somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from batchwright.core.action import Action
from batchwright.report.text.language import current_language

if TYPE_CHECKING:
    from batchwright.report.draw.files import Drawing

Kind = Literal["text", "count", "seconds", "number", "rate", "ratio", "share", "bytes", "batch_size"]
"""What a column's values are. ``rate``: a learning rate; ``share``: a part of 1, shown in percent;
``number``: anything else measured, three significant digits."""

Cell = float | int | str | None | tuple[float | None, float | None]
"""A value; a pair is an interval (an open end is None); None is shown as a dash."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A heading and the values under it, one a row.

    Attributes:
        heading: unique in its table.
        values: numbers in base units, or text.
        kind: what they are.
        prefix: put before each value, such as ``>`` for a bound; one a row, or none.
        like: heading of the column whose unit and digits it takes: an interval those of its value.
        optional: 0 is always shown; of the others the highest goes first where a terminal is too narrow.
        links: anchors of the same page, one a row, or none.
    """

    heading: str
    values: Sequence[Cell]
    kind: Kind = "text"
    prefix: Sequence[str] = ()
    like: str = ""
    optional: int = 0
    links: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns of equal length; ``best`` and ``members`` mark rows by position."""

    columns: Sequence[Column]
    caption: str = ""
    heading: str = ""
    best: int | None = None
    members: Sequence[int] = ()
    brief: bool = True
    """Whether a terminal shows it too; a page always does."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """Words. The first ``answer`` of a page is its headline; ``text`` is a paragraph, on a page under its
    ``heading`` if it has one.
    """

    text: str
    role: Literal["answer", "text"] = "text"
    heading: str = ""
    anchor: str = ""
    """A name by which a table's cells link to it."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """Source code to be copied, on a page only."""

    text: str
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Up to four numbers under the headline: (name, shown value). A terminal leaves them out."""

    items: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture: ``draw()`` returns a matplotlib figure; ``takeaway`` says what it shows.

    ``name`` is unique in the page and names the file it is saved to; ``table`` holds the numbers behind it.
    """

    name: str
    title: str
    takeaway: str
    draw: Callable[[], Drawing]
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Note:
    """``caveat``: weakens the answer, shown beside it. ``reading``: how to read the numbers, on a page only.
    ``remark``: worth knowing, shown everywhere.
    """

    text: str
    role: Literal["caveat", "reading", "remark"] = "remark"


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What to run next, and why (may be empty)."""

    action: Action
    why: str = ""


Block = Sentence | Code | Facts | Table | Figure | Note | NextStep


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a result says, in the order in which it says it.

    Attributes:
        title: of the document.
        eyebrow: one line over the headline: the task, what was measured.
        blocks: in reading order.
        verdict: for a badge: ``recommended``, ``inconclusive``, ``clock_in_doubt`` (all but the seconds
            stands) or "".
        action: what made it, to be repeated; None where it was not recorded.
        about: facts of the measurement: what it took, versions, machine.
        details: longer things folded away, such as a study's spec: (heading, text).
        language: of its words, in which it is shown also where another one is spoken by then.
    """

    title: str
    eyebrow: str
    blocks: Sequence[Block]
    verdict: str = ""
    action: Action | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    details: Sequence[tuple[str, str]] = ()
    language: str = field(default_factory=current_language)

    def all(self, kind: type[Any]) -> list[Any]:
        """The blocks of one kind, in order."""
        return [block for block in self.blocks if isinstance(block, kind)]

    @property
    def inconclusive(self) -> bool:
        """Whether something must be run before the answer can be relied on."""
        return self.verdict in ("inconclusive", "clock_in_doubt")

    @property
    def headline(self) -> str:
        """The first answer."""
        answers = [b.text for b in self.all(Sentence) if b.role == "answer"]
        return answers[0] if answers else self.title
