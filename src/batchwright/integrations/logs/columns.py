"""Named columns of equal or unequal length into records: tables, histories, data frames."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright.integrations.logs.numbers import MISSING, number_of, place_kind, series_role
from batchwright.integrations.logs.recorder import NAN, Recorder

_BOUND = re.compile(r"__(?:MIN|MAX)$")
_OF_RUN = re.compile(r"^(?P<run>.+?) - (?P<name>[^-].*)$")
_COUNTED = re.compile(r"^(?:x|t|n|i|index|idx|time|unnamed:? ?\d*|序号)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    """What a column is: a place, a series of a run, or nothing that is read (both None)."""

    place: str | None = None
    name: str = ""
    role: str | None = None
    run: int = 0


def headings_of(names: Sequence[str], recorder: Recorder) -> list[Heading]:
    """What each column is by its name.

    Weights & Biases names a column ``run - quantity`` and adds its least and largest values, which are left out.
    Where no name is a loss, the one column that is no place is taken for it.
    """
    found = []
    for name in names:
        plain = name.strip().strip('"')
        kind = place_kind(plain)
        if kind is not None or _BOUND.search(plain):
            found.append(Heading(place=kind))
            continue
        run = 0
        match = _OF_RUN.match(plain)
        if match:
            if place_kind(match["name"]) or series_role(match["name"]) is None:
                found.append(Heading())
                continue
            run, plain = recorder.begin_run(match["run"]), match["name"]
        found.append(Heading(name=plain, role=series_role(plain), run=run))
    if not any(h.role in ("train", "validation") for h in found):
        found = _only_value(names, found)
    return found


def _only_value(names: Sequence[str], found: list[Heading]) -> list[Heading]:
    """The heading of the only column that may be a loss: TensorBoard's Value, or the second of two."""
    plain = [name.strip().strip('"').lower() for name in names]
    if "value" in plain and "step" in plain:
        chosen = plain.index("value")
    else:
        open_ones = [i for i, h in enumerate(found) if h.place is None and not _COUNTED.match(plain[i])]
        counted = [i for i, h in enumerate(found) if h.place is None and _COUNTED.match(plain[i])]
        if len(open_ones) != 1:
            return found
        chosen = open_ones[0]
        if len(counted) == 1 and not any(h.place for h in found) and plain[counted[0]] != "time":
            found[counted[0]] = Heading(place="step")
    found[chosen] = Heading(name=names[chosen].strip().strip('"') or "loss", role="train")
    return found


def put_row(recorder: Recorder, headings: Sequence[Heading], cells: Sequence[Any]) -> bool:
    """One row; a blank cell is no value. False where no cell that should be a number is one."""
    places: dict[str, float] = {}
    values: list[tuple[Heading, float]] = []
    bad = False
    for heading, cell in zip(headings, cells, strict=False):
        if heading.place is None and heading.role is None:
            continue
        value = number_of(cell)
        if value is None:
            bad = True
            continue
        if heading.place is not None:
            places.setdefault(heading.place, value)
        elif not _is_blank(cell):
            values.append((heading, value))
    by_run: dict[int, int] = {}
    for heading, value in values:
        if heading.run not in by_run:
            by_run[heading.run] = recorder.record(
                epoch=places.get("epoch", NAN),
                step=places.get("step", NAN),
                of=places.get("of", NAN),
                run=heading.run,
            )
        recorder.put(by_run[heading.run], heading.name, heading.role or "other", value)
    return not bad or bool(values)


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().strip("\"'").lower() in MISSING)


def put_columns(recorder: Recorder, columns: Mapping[str, Sequence[Any]]) -> None:
    """Columns as lists; shorter ones end earlier. A missing number in a list counts as none."""
    headings = headings_of(list(columns), recorder)
    lists = [list(column) for column in columns.values()]
    for i in range(max(map(len, lists), default=0)):
        recorder.unread += not put_row(recorder, headings, [c[i] if i < len(c) else None for c in lists])
