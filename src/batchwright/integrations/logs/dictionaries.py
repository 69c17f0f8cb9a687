"""One dictionary a line, as JSON or as Python prints it: Transformers' console, JSON lines, fairseq."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchwright.integrations.logs.contract import LogFormat
from batchwright.integrations.logs.numbers import NUMBER, number_of, place_kind, series_role
from batchwright.integrations.logs.recorder import NAN, Recorder

_FIELD = re.compile(
    rf"(['\"])(?P<name>[^'\"]+)\1\s*:\s*(?:(['\"])(?P<quoted>[^'\"]*)\3|(?P<bare>{NUMBER}|None|null))"
)
_SPLIT = re.compile(r"^(?:train|valid|val|eval|train_inner)[_/]")
_FAIRSEQ = re.compile(r"\|\s*(?:train_inner|train|valid\w*)\s*\|\s*\{")


def put_fields(recorder: Recorder, fields: Mapping[str, Any], run: int = 0) -> bool:
    """A record of named values; False where it has none that is understood.

    fairseq's ``update`` is a part of the epoch where ``num_updates`` counts; its prefixes are passed over.
    """
    places: dict[str, float] = {}
    values = []
    for name, cell in fields.items():
        kind = place_kind(name) or place_kind(_SPLIT.sub("", name))
        role = None if kind else series_role(name)
        if kind is None and role is None:
            continue
        value = number_of(cell)
        if value is None:
            continue
        if kind is not None:
            if kind == "step" and name.endswith("update") and any(n.endswith("num_updates") for n in fields):
                kind, places["epoch"] = "epoch", value
            elif kind not in places:
                places[kind] = value
        elif role is not None and cell is not None:
            values.append((name, role, value))
    if not values:
        return False
    record = recorder.record(
        epoch=places.get("epoch", NAN), step=places.get("step", NAN), of=places.get("of", NAN), run=run
    )
    recorder.put_all(record, values)
    return True


def fields_of(line: str) -> dict[str, str | None]:
    """The fields of a dictionary in a line, whatever stands before it.

    >>> fields_of("12:00 | train | {'loss': '9.1', \\"epoch\\": 1, 'x': None}")
    {'loss': '9.1', 'epoch': '1', 'x': None}
    """
    begin = line.find("{")
    if begin < 0:
        return {}
    found: dict[str, str | None] = {}
    for match in _FIELD.finditer(line, begin):
        bare = match["bare"]
        found[match["name"]] = (
            match["quoted"] if match["quoted"] is not None else None if bare in ("None", "null") else bare
        )
    return found


def _recognise(lines: Sequence[str]) -> float:
    """Lines with a dictionary that closes and has a loss, among those that are not blank."""
    with_loss = sum("}" in line and any(series_role(name) for name in fields_of(line)) for line in lines)
    filled = sum(bool(line.strip()) for line in lines)
    return 0.0 if not with_loss else 0.7 + 0.28 * min(1.0, with_loss / filled)


def _recognise_fairseq(lines: Sequence[str]) -> float:
    return 0.99 if any(_FAIRSEQ.search(line) for line in lines) else 0.0


def _recognise_transformers(lines: Sequence[str]) -> float:
    found = [line for line in lines if line.lstrip().startswith("{'") and "'epoch'" in line]
    return 0.99 if any("'loss'" in line or "'eval_loss'" in line for line in found) else 0.0


def _read(lines: Iterable[str], recorder: Recorder) -> None:
    for line in lines:
        if "{" not in line:
            continue
        fields = fields_of(line)
        if not put_fields(recorder, fields) and "loss" in line:
            recorder.unread += 1


DICTIONARIES = (
    LogFormat("fairseq", _recognise_fairseq, _read),
    LogFormat("transformers", _recognise_transformers, _read),
    LogFormat("json-lines", _recognise, _read),
)
