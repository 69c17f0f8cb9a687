"""Live objects: numbers, lists by name, Keras' History, a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from batchwright.core.errors import InputError, shown
from batchwright.integrations.logs.columns import put_columns
from batchwright.integrations.logs.document import put_document
from batchwright.integrations.logs.numbers import number_of, series_role
from batchwright.integrations.logs.recorder import Recorder

_FORMS = "a path, text, a list of losses, a mapping of names to lists, a data frame or -"


def put_object(recorder: Recorder, given: Any) -> str:
    """What an object holds, into the recorder; returns the name of its form.

    Raises:
        InputError: it is none of the forms.
    """
    history = getattr(given, "history", None)
    if isinstance(history, Mapping):
        given = history
    if hasattr(given, "columns") and hasattr(given, "__getitem__") and not isinstance(given, Mapping):
        put_columns(recorder, _frame(given))
        return "data-frame"
    if isinstance(given, Mapping):
        put_document(recorder, {str(k): _listed(v) for k, v in given.items()}, "the mapping")
        return "history"
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
        return _put_list(recorder, _listed(given), given)
    raise InputError(f"a log must be {_FORMS}, got {type(given).__name__}")


def _put_list(recorder: Recorder, items: list[Any], given: Any) -> str:
    if items and all(isinstance(item, Mapping) for item in items):
        put_document(recorder, items, "the list")
        return "records"
    values = [number_of(item) for item in items]
    if not values or any(value is None for value in values):
        raise InputError(f"a log must be {_FORMS}, got {shown(given)}")
    for value in values:
        assert value is not None
        recorder.put(recorder.record(), "loss", "train", value)
    return "numbers"


def _listed(value: Any) -> Any:
    """Arrays and tensors as lists; anything else as it is."""
    convert = getattr(value, "tolist", None)
    if callable(convert):
        return convert()
    return list(value) if isinstance(value, (tuple, range)) else value


def _frame(given: Any) -> dict[str, list[Any]]:
    """The columns of a data frame, in which nan is a blank wherever the row has another loss."""
    columns = {str(name): _listed(given[name]) for name in given.columns}
    roles = [name for name in columns if series_role(name.rpartition(" - ")[2]) in ("train", "validation")]
    for i in range(len(given)):
        row = [columns[name][i] for name in roles]
        if any(value == value for value in row):
            for name in columns:
                if columns[name][i] != columns[name][i]:
                    columns[name][i] = None
    return columns
