"""What is stored, read back with every field checked: a damaged one is one line, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from batchwright.core.errors import StoreError, one_line
from batchwright.study.stores.contract import ListedStudy, RunFacts, RunRow, StudyRow

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], text: str, what: str) -> Model:
    """A stored JSON text as the model that wrote it.

    Args:
        model: the pydantic model.
        text: the stored cell.
        what: names the cell and its store, such as ``the answer of study digits-1 in runs/studies.sqlite``.

    Raises:
        StoreError: the text is cut off, or a field is missing or of the wrong type.

    >>> from batchwright.core.remark import Remark
    >>> parse(Remark, '{"code": 3}', "the remark")
    Traceback (most recent call last):
        ...
    batchwright.core.errors.StoreError: the remark is damaged (code: must be a valid string, got 3)
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise StoreError(f"{what} is damaged ({one_line(error)})") from None


def study_row(row: Mapping[Any, Any], where: str) -> StudyRow:
    """A row of the studies' table, checked.

    Raises:
        StoreError: a cell of the wrong type, or damaged JSON.
    """
    return _study(StudyRow, row, where)


def listed_study(row: Mapping[Any, Any], where: str) -> ListedStudy:
    """The same for a line of the list of studies."""
    return _study(ListedStudy, row, where)


def run_row(row: Mapping[Any, Any]) -> RunRow:
    """The same for a run; its ``result``, where the row has one, as the model."""
    what = f"run {row['run_key']} of study {row['study_id']}"
    run: RunRow = _checked(_adapter(RunFacts), row, what)
    if "result" in row:
        from batchwright.training.record import RunResult  # with torch: a list of studies does without

        run["result"] = parse(RunResult, row["result"], what)
    return run


def data(text: str, what: str) -> Any:
    """Stored JSON data without a model.

    >>> data("[1, 2", "the measurement")
    Traceback (most recent call last):
        ...
    batchwright.core.errors.StoreError: the measurement is damaged (Expecting ',' delimiter at character 6)
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise StoreError(f"{what} is damaged ({error.msg} at character {error.pos + 1})") from None
    except (TypeError, RecursionError) as error:
        raise StoreError(f"{what} is damaged ({one_line(error)})") from None


def _study(kind: Any, row: Mapping[Any, Any], where: str) -> Any:
    what = f"study {row['study_id']} in {where}"
    cells = dict(row)
    for name in ("request", "action"):
        if cells[name] is not None:
            cells[name] = data(cells[name], f"the {name} of {what}")
    return _checked(_adapter(kind), cells, what)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _checked(adapter: TypeAdapter[Any], row: Mapping[Any, Any], what: str) -> Any:
    try:
        return adapter.validate_python(dict(row))
    except ValidationError as error:
        raise StoreError(f"{what} is damaged ({one_line(error)})") from None
