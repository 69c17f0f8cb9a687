"""Results that version 1 stored, with sentences and command lines inside, read as the data of today."""

from __future__ import annotations

import math
import shlex
from typing import Any

from batchwright.core.action import Action
from batchwright.study.result import as_stored


def recommendation_of_1(data: Any) -> Any:
    """Caveats in words become remarks; the first were the reasons of an inconclusive verdict."""
    if not isinstance(data, dict) or "sentence" not in data:
        return data
    data = dict(data)
    caveats = [as_stored(words) for words in data.get("caveats", ())]
    first = 1 if data.get("verdict") == "inconclusive" else 0
    data["doubts"], data["caveats"] = caveats[:first], caveats[first:]
    data["next"] = [action for line in data.pop("next_steps", ()) if (action := action_of(line))]
    del data["sentence"]
    return data


def study_result_of_1(data: Any) -> Any:
    """The command that asked for it becomes an action; rates get their place on the study's grid."""
    if not isinstance(data, dict) or "command" not in data:
        return data
    data = dict(data)
    start = data.get("spec", {}).get("optimizer", {}).get("lr")
    if start and isinstance(data.get("batch_sizes"), list):
        data["batch_sizes"] = [
            row | {"rate_index": round(2 * math.log2(row["lr"] / start)) if row.get("lr") else None}
            for row in data["batch_sizes"]
        ]
    command = data.pop("command")
    data.setdefault("action", action_of(command) if isinstance(command, str) else None)
    return data


def advice_evidence_of_1(data: Any) -> Any:
    """``ended`` and ``agreement`` in words become remarks."""
    if not isinstance(data, dict):
        return data
    words = {name: data[name] for name in ("ended", "agreement") if isinstance(data.get(name), str)}
    return data | {name: as_stored(text) if text else None for name, text in words.items()}


def action_of(line: str) -> Action | None:
    """A stored command line as an action; None where it is none.

    >>> action_of("batchwright study digits --batch-sizes 4,8 --set hidden=16 --strict").arguments
    {'batch_sizes': '4,8', 'set': {'hidden': '16'}, 'strict': True}
    """
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if len(words) < 3 or words[0] != "batchwright":
        return None
    arguments: dict[str, Any] = {}
    rest = words[3:]
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not name.startswith("--"):
            return None
        key = name[2:].replace("-", "_")
        if not equals and rest and not rest[0].startswith("--"):
            value, equals = rest.pop(0), "="
        given: Any = value if equals else True
        option, named, content = value.partition("=")
        if named and key in ("set", "optimizer_option"):
            given = {**arguments.get(key, {}), option: content}
        arguments[key] = given
    return Action(command=words[1], subject=words[2], arguments=arguments)
