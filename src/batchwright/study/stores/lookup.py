"""Which study a name means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from batchwright.core.errors import StoreError, shown

_LISTED = 8
"""Names that a message lists; the rest are counted."""


class Named(NamedTuple):
    """A study's names."""

    study_id: str
    name: str | None
    task: str


def find(name: str, studies: Iterable[Named]) -> str:
    """The id of the one study that ``name`` means: its id, its name, the beginning of its id, or its task.

    >>> studies = [Named("digits-1a", "mine", "digits"), Named("task-2b", None, "own-digits")]
    >>> [find(name, studies) for name in ("digits-1a", "mine", "task", "own-digits")]
    ['digits-1a', 'digits-1a', 'task-2b', 'task-2b']

    Raises:
        StoreError: nothing is called so, or more than one study is.
    """
    known = list(studies)
    means = (
        lambda s: s.study_id == name,
        lambda s: s.name == name,
        lambda s: bool(name) and s.study_id.startswith(name),
        lambda s: s.task == name,
    )
    for meant in means:
        found = [study.study_id for study in known if meant(study)]
        if len(found) == 1:
            return found[0]
        if found:
            raise StoreError(f"{shown(name)} names {len(found)} studies: {_listed(found)}")
    raise _unknown(name, known)


def _unknown(name: str, known: list[Named]) -> StoreError:
    if not known:
        return StoreError(f"unknown study {shown(name)}: the store holds none yet")
    names = list(dict.fromkeys(n for s in known for n in (s.study_id, s.name) if n))
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return StoreError(f"unknown study {shown(name)}: {hint}Known: {_listed(names)}")


def _listed(names: list[str]) -> str:
    """The first few, and how many more there are.

    >>> _listed(list("abcdefghij"))
    'a, b, c, d, e, f, g, h and 2 more'
    """
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
