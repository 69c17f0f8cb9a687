"""Numbers alone: one a line, several a line, or pairs of a count and a loss."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from batchwright.integrations.logs.contract import LogFormat
from batchwright.integrations.logs.numbers import number_of
from batchwright.integrations.logs.recorder import Recorder

_BETWEEN = re.compile(r"[\s,;|\[\]()]+")


def _numbers(line: str) -> list[float] | None:
    """The numbers of a line that holds nothing else; None where it holds more."""
    parts = [part for part in _BETWEEN.split(line) if part]
    found = [number_of(part) for part in parts]
    return None if any(value is None for value in found) else [value for value in found if value is not None]


def _recognise(lines: Sequence[str]) -> float:
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    plain = sum(bool(_numbers(line)) for line in filled)
    return 0.9 if filled and plain >= 0.9 * len(filled) else 0.0


def _read(lines: Iterable[str], recorder: Recorder) -> None:
    """Two numbers a line of which the first counts up are a step and a loss; all others are losses."""
    rows = _rows(lines, recorder)
    held: list[list[float]] = []
    for row in rows:
        held.append(row)
        if len(held) == 3:
            break
    counted = (
        len(held) == 3
        and all(len(row) == 2 and row[0] == int(row[0]) for row in held if row[0] == row[0])
        and all(a[0] < b[0] for a, b in pairwise(held))
    )
    for row in (*held, *rows):
        if counted and len(row) == 2:
            recorder.put(recorder.record(step=row[0]), "loss", "train", row[1])
        else:
            for value in row:
                recorder.put(recorder.record(), "loss", "train", value)


def _rows(lines: Iterable[str], recorder: Recorder) -> Iterator[list[float]]:
    for line in lines:
        row = _numbers(line)
        if row:
            yield row
        elif row is None and not line.lstrip().startswith("#"):
            recorder.unread += 1


PLAIN = LogFormat("numbers", _recognise, _read)
