"""A picture as data: what is plotted over what. ``report.draw.chart`` draws it, in the reader's language.

Words are remarks: a code and the values that its sentence needs. Values that are not finite are None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, field_validator

from batchwright.core.remark import Remark

Look = Literal["line", "dots", "both", "dashed", "bars"]
Numbers = tuple[float | None, ...]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _finite(values: Any) -> Any:
    if isinstance(values, Iterable) and not isinstance(values, (str, bytes)):
        return tuple(_finite(value) for value in values)
    if values is None or isinstance(values, str):
        return values
    number = float(values)
    return number if math.isfinite(number) else None


class Series(_Data):
    """One line, row of dots or row of bars.

    Attributes:
        label: what it is, in the key; None for one that the axes name.
        x, y: as many of each.
        low, high: a band about a line, error bars about dots.
        look: how it is drawn.
        colour: position in the palette; by default the series' own position in its panel.
    """

    label: Remark | None = None
    x: Numbers
    y: Numbers
    low: Numbers = ()
    high: Numbers = ()
    look: Look = "both"
    colour: int | None = None

    _numbers = field_validator("x", "y", "low", "high", mode="before")(_finite)


class Mark(_Data):
    """A reference line across a panel."""

    value: float
    label: Remark | None = None
    upright: bool = False
    """At this x; otherwise at this y."""


class Field(_Data):
    """Values over a grid behind the series, shape (len(y), len(x)).

    Attributes:
        look: ``contours`` of a smooth function, ``cells`` with each value in colour.
        numbers: whether each cell also shows its value.
        label: what the values are.
    """

    x: Numbers
    y: Numbers
    values: tuple[Numbers, ...]
    look: Literal["contours", "cells"] = "contours"
    numbers: bool = False
    label: Remark | None = None

    _numbers = field_validator("x", "y", "values", mode="before")(_finite)


class Panel(_Data):
    """One picture.

    Attributes:
        name: unique among the panels that are shown together.
        title, takeaway: what it shows, and what is seen in it.
        x, y: names of the axes.
        x_names: words in the place of the numbers 0, 1, 2, ... of the x axis.
        key: whether the series are named in a key.
    """

    name: str
    title: Remark
    takeaway: Remark
    x: Remark
    y: Remark
    series: tuple[Series, ...] = ()
    field: Field | None = None
    marks: tuple[Mark, ...] = ()
    x_log: bool = False
    y_log: bool = False
    x_names: tuple[Remark | str, ...] = ()
    y_names: tuple[Remark | str, ...] = ()
    equal: bool = False
    """Whether both axes have one scale."""


def series(x: Iterable[Any], y: Iterable[Any], label: Remark | None = None, **further: Any) -> Series:
    """A series from anything that iterates over numbers.

    >>> series(range(2), [0.5, float("nan")]).y
    (0.5, None)
    """
    return Series(x=x, y=y, label=label, **further)  # type: ignore[arg-type]


def over_seeds(x: Iterable[Any], values: Any, label: Remark | None = None, **further: Any) -> Series:
    """The geometric mean of positive ``values``, shape (len(x), seeds), with a band from the least to the largest.

    >>> over_seeds([1], [[1.0, 4.0]]).y
    (2.0,)
    """
    logs = np.log(np.asarray(values, dtype=float))
    ends = {"low": np.exp(logs.min(axis=1)), "high": np.exp(logs.max(axis=1))}
    return series(x, np.exp(logs.mean(axis=1)), label, **ends, **further)


def over_grid(x: Iterable[Any], y: Iterable[Any], values: Any, **further: Any) -> Field:
    """Values over a grid, shape (len(y), len(x)), from arrays or anything that iterates over numbers."""
    return Field(x=x, y=y, values=values, **further)  # type: ignore[arg-type]
