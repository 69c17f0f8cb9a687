"""One JSON document: Transformers' trainer_state.json, a list of records, or Keras' history as lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchwright.core.errors import InputError
from batchwright.integrations.logs.columns import put_columns
from batchwright.integrations.logs.contract import LogFormat
from batchwright.integrations.logs.dictionaries import put_fields
from batchwright.integrations.logs.recorder import Recorder

_LISTS = ("log_history", "history", "logs", "records", "log")
_MOST_CHARACTERS = 500_000_000


def put_document(recorder: Recorder, document: Any, source: str) -> None:
    """Whatever of records or columns a document holds, put into the recorder.

    Raises:
        InputError: it holds neither.
    """
    if isinstance(document, Mapping):
        inner = next(
            (document[name] for name in _LISTS if isinstance(document.get(name), (list, dict))), None
        )
        if inner is not None:
            return put_document(recorder, inner, source)
        if any(isinstance(column, (list, tuple)) for column in document.values()):
            return put_columns(
                recorder, {str(k): v for k, v in document.items() if isinstance(v, (list, tuple))}
            )
        if put_fields(recorder, document):
            return None
    if isinstance(document, (list, tuple)):
        if document and all(isinstance(row, Mapping) for row in document):
            recorder.unread += sum(not put_fields(recorder, row) and "loss" in row for row in document)
            return None
        if document and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in document):
            return put_columns(recorder, {"loss": document})
    raise InputError(f"{source} has no loss: give records or lists with a name such as loss in them")


def _recognise(lines: Sequence[str]) -> float:
    """A bracket first, and a document that does not end with its first line."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if first[:1] not in ("{", "["):
        return 0.0
    try:
        document = json.loads(first)
    except (ValueError, RecursionError):
        return 0.97 if first in ("{", "[", "[{") or _is_begun(first) else 0.0
    only = sum(bool(line.strip()) for line in lines) == 1
    columns = isinstance(document, dict) and any(isinstance(v, list) for v in document.values())
    return 0.98 if columns or (only and isinstance(document, list)) else 0.0


def _is_begun(first: str) -> bool:
    """Whether a line opens more brackets than it closes."""
    opened, closed = (sum(first.count(c) for c in brackets) for brackets in ("{[", "}]"))
    return opened > closed and first[1:2] in ("", " ", '"', "{")


def _read(lines: Iterable[str], recorder: Recorder) -> None:
    text = "\n".join(lines)
    if len(text) > _MOST_CHARACTERS:
        raise InputError(
            f"a JSON log may have at most {_MOST_CHARACTERS:,} characters: save it as JSON lines"
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the log begins like JSON and is not: {str(error)[:80]}") from None
    put_document(recorder, document, "the log")


DOCUMENT = LogFormat("json", _recognise, _read)
