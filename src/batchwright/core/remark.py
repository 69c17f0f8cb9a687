"""Something to be said of a result, as data: a code and the values that its sentence needs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Remark(BaseModel):
    """A caveat, a reason or a note. ``report.text`` makes the sentence, in the reader's language.

    Attributes:
        code: the sentence's key in the catalogue, such as ``study.seeds_missed``.
        values: what the sentence names, JSON values in base units (seconds, bytes, shares of 1).
    """

    model_config = ConfigDict(frozen=True)

    code: str
    values: dict[str, Any] = Field(default_factory=dict)


def remark(code: str, **values: Any) -> Remark:
    """A remark with its values as keywords.

    >>> remark("study.seeds_missed", reached=3, seeds=5).values
    {'reached': 3, 'seeds': 5}
    """
    return Remark(code=code, values=values)
