"""What the front door returns: a result as data, and every way to look at it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.core.errors import BatchwrightError, InputError, unknown_name

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure as Drawing

    from batchwright.core.action import Action
    from batchwright.report.page import Figure, Page

_REPR_WIDTH = 100
DRAWINGS = (".svg", ".png", ".pdf")
PAGES = (".html", ".htm")


class Inconclusive(BatchwrightError):  # noqa: N818 - it is a verdict
    """Nothing can be recommended, and ``strict`` was asked for; ``answer`` holds what was found."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.page.headline)
        self.answer = answer


@dataclass(frozen=True, repr=False, eq=False)
class Answer:
    """A result and its presentations. Nothing here computes or measures anything.

    Attributes:
        result: the result itself: frozen, serialisable data.
        page: what it says, as blocks.
        document: the same as JSON values, as the command line prints it.
        rows: its table, one mapping of plain values a row.
        files: what was written already, by kind: ``report``, ``figure``.
    """

    result: Any
    page: Page
    document: Any
    rows: Callable[[], Sequence[Mapping[str, Any]]]
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "document", spoken(self.document))

    # --- the answer ---

    @property
    def batch_size(self) -> int | None:
        """The recommended batch size; None where inconclusive, or where none was asked for."""
        return self._recommended("batch_size")

    @property
    def lr(self) -> float | None:
        """The recommended learning rate; None where there is none."""
        return self._recommended("lr")

    @property
    def best_guess(self) -> Any:
        """The batch size and learning rate that look best so far, also where that is inconclusive."""
        return getattr(getattr(self.result, "recommendation", None), "best_guess", None)

    @property
    def conclusive(self) -> bool:
        """False where the question was for a recommendation and the evidence supports none."""
        advice = getattr(self.result, "recommendation", None)
        return advice is None or advice.verdict != "inconclusive"

    @property
    def next(self) -> tuple[Action, ...]:
        """What to do next, as data."""
        from batchwright.report.page import NextStep

        return tuple(step.action for step in self.page.all(NextStep))

    def _recommended(self, name: str) -> Any:
        return getattr(self.result.recommendation, name) if self._recommends else None

    @property
    def _recommends(self) -> bool:
        return hasattr(self.result, "recommendation") and self.conclusive

    # --- looking at it ---

    def plot(self, name: str | None = None) -> Drawing:
        """A matplotlib figure of the page: the one of this name, else the first.

        Raises:
            InputError: there is no figure, or none of this name.
        """
        from batchwright.app.notebook import show_figures
        from batchwright.report.draw.files import drawn

        show_figures()
        figures = self.figures
        if not figures:
            raise InputError(f"there is nothing to draw: {self.page.headline}")
        if name is not None and name not in figures:
            raise unknown_name("figure", name, figures)
        return drawn(figures[name or next(iter(figures))], self.page.language)

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """The page's figures by name; each draws when asked to."""
        from batchwright.report.page import Figure

        return {figure.name: figure for figure in self.page.all(Figure)}

    def to_frame(self) -> pandas.DataFrame:
        """The table of the result, one row a batch size (or whatever it is made of), in base units."""
        import pandas

        return pandas.DataFrame(list(self.rows()))

    def to_json(self) -> str:
        """The document of ``--json``."""
        return json.dumps(self.document, indent=1, allow_nan=False, default=str)

    def save(self, path: str | os.PathLike[str], *, figure: str | None = None) -> Path:
        """Write the answer: ``.html`` a page, ``.json`` the document, ``.csv`` the table, else a figure.

        Args:
            path: its ending says what is written: .html, .json, .csv, .svg, .png or .pdf.
            figure: the figure's name, where the page has several.

        Raises:
            InputError: another ending, or a place that cannot be written.
        """
        target = Path(path)
        writers: dict[str, Callable[[Path], None]] = {
            **dict.fromkeys(PAGES, self._save_page),
            ".json": lambda to: _write_text(to, self.to_json() + "\n"),
            ".csv": self._save_table,
            **dict.fromkeys(DRAWINGS, lambda to: self._save_figure(to, figure)),
        }
        if target.suffix.lower() not in writers:
            raise InputError(f"an answer is saved as {', '.join(writers)}, got {target.name!r}")
        with writing(target):
            writers[target.suffix.lower()](target)
        return target

    def _save_page(self, path: Path) -> None:
        from batchwright.report.render.html import write_page

        write_page(self.page, path)

    def _save_table(self, path: Path) -> None:
        rows = self.rows()
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(k for row in rows for k in row)))
            writer.writeheader()
            writer.writerows(rows)

    def _save_figure(self, path: Path, name: str | None) -> None:
        from batchwright.report.draw.files import save_figure

        save_figure(self.plot(name), path)

    def __repr__(self) -> str:
        from batchwright.report.render.actions import call
        from batchwright.report.render.terminal import page_text

        report = self.files.get("report", "")
        return page_text(self.page, width=_REPR_WIDTH, report=report, write=call).rstrip()

    def _repr_html_(self) -> str:
        from batchwright.report.render.notebook import page_fragment

        return page_fragment(self.page, report=self.files.get("report", ""))


def spoken(value: Any) -> Any:
    """A document in which every remark is its sentence: the codes are in the result.

    The doubts of a study stay codes; ``sentence`` says them.

    >>> spoken({"note": {"code": "common.as_stored", "values": {"text": "so"}}, "n": [1]})
    {'note': 'so', 'n': [1]}
    """
    if isinstance(value, Mapping):
        if value.keys() == {"code", "values"}:
            from batchwright.report.text.catalogue import text

            return text(value["code"], **value["values"])
        return {name: part if name == "doubts" else spoken(part) for name, part in value.items()}
    return [spoken(part) for part in value] if isinstance(value, (list, tuple)) else value


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


class writing:  # noqa: N801 - a context manager, used as a function
    """Turn what the system says about a file that cannot be written into one line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise InputError(f"{self._path} must be writable: {error.strerror or error}") from None
