"""Which column of a table means what: headings matched kindly, and the matches said aloud."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.advice.table.headings import (
    HEADINGS,
    INSTEAD_OF,
    MULTIPLES,
    NOT_SECONDS,
    PER_DEVICE,
    SOME_TARGET,
    TIMES,
    UNIT_WORDS,
)
from batchwright.core.errors import DataError, InputError, unknown_name
from batchwright.core.remark import Remark, remark

COSTS = ("steps_to_target", "examples_to_target", "tokens_to_target", "epochs_to_target")
"""What a run needed, the first that a table has being taken."""
POOL_ALL = "none"
"""As ``workload_column``: no column names a workload, all rows are of one."""
_HOW_IT_ENDED = ("censored", "reached", "status")
_SEVERAL = ("workload", "run", "not_needed")
_UNIT = re.compile(r"^(.*?)\s*[(\[{]([^()\[\]{}]*)[)\]}]\s*$")


@dataclass(frozen=True)
class Columns:
    """Where a table has what.

    Attributes:
        places: the column of each meaning.
        batch: ``batch_size`` or ``device_batch_size``.
        cost: which of ``COSTS`` is read.
        workload: the columns that name a workload together.
        run: those that name a repetition.
        factors: columns that a batch size of one device is to be multiplied by.
        multiples: what each cell of a column is to be multiplied by, where its heading says so.
        in_tokens: whether batch sizes count tokens.
        made: a second column of steps, which says how far a run came that missed its target.
        ignored: columns that mean nothing here.
        remarks: choices that were made.
    """

    places: dict[str, int]
    batch: str
    cost: str
    workload: tuple[int, ...]
    run: tuple[int, ...]
    factors: tuple[int, ...]
    multiples: dict[int, float]
    in_tokens: bool
    made: int | None
    ignored: tuple[int, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class _Heading:
    meaning: str | None
    unit: str | None
    multiple: float


def letters_of(heading: str) -> str:
    """What of a heading matters.

    >>> letters_of("Steps_to  75.9%"), letters_of("批 大小")
    ('stepsto759', '批大小')
    """
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", heading).lower())


_KNOWN = {meaning: frozenset(map(letters_of, names)) for meaning, names in HEADINGS.items()}


def read_headings(
    headings: Sequence[str],
    source: str,
    *,
    dataset_size: float | None = None,
    devices: float | None = None,
    workload_column: str | Sequence[str] | None = None,
) -> Columns:
    """What each column means.

    >>> columns = read_headings(["Global Batch-Size", "Samples (k)", "seed", "colour"], "t.csv")
    >>> columns.places, columns.multiples, columns.ignored
    ({'batch_size': 0, 'examples_to_target': 1}, {1: 1000.0}, (3,))

    Args:
        headings: as they stand in the table.
        source: what the table is called in messages.
        dataset_size, devices: given, epochs and batch sizes of one device can be read.
        workload_column: heading(s) of the workload, or ``"none"``.

    Raises:
        DataError: no batch size, neither steps nor examples, or two columns that mean the same.
        InputError: a ``workload_column`` that is not there, or a bad number.
    """
    for name, value in (("dataset_size", dataset_size), ("devices", devices)):
        if value is not None and not (1 <= value < math.inf):
            raise InputError(f"{name} must be a number of 1 or more, got {value:g}")
    read = [_read(heading) for heading in headings]
    chosen = _chosen(headings, workload_column)
    found = _by_meaning(read, leave=chosen or ())
    remarks: list[Remark] = []
    places = {
        meaning: _one_of(meaning, several, headings, source, remarks)
        for meaning, several in found.items()
        if meaning not in _SEVERAL
    }
    names = _Names(headings, source, places)
    batch, factors = _batch(names, devices, remarks)
    in_tokens = read[places[batch]].unit == "tokens"
    cost = _cost(names, dataset_size, in_tokens, remarks)
    _check_one_says_how_it_ended(names)
    others = [i for i in found.get("steps_to_target", ()) if i != places[cost]]
    workload = tuple(found.get("workload", ())) if chosen is None else chosen
    run = tuple(found.get("run", ()))
    understood = {*places.values(), *workload, *run, *others, *found.get("not_needed", ())}
    return Columns(
        places=places,
        batch=batch,
        cost=cost,
        workload=workload,
        run=run,
        factors=factors,
        multiples={i: h.multiple for i, h in enumerate(read) if h.multiple != 1},
        in_tokens=in_tokens,
        made=others[0] if cost == "steps_to_target" and others else None,
        ignored=tuple(i for i in range(len(headings)) if i not in understood),
        remarks=tuple(remarks),
    )


@dataclass(frozen=True)
class _Names:
    headings: Sequence[str]
    source: str
    places: dict[str, int]

    def of(self, meaning: str) -> str:
        return self.headings[self.places[meaning]]


def _read(heading: str) -> _Heading:
    """A heading with the unit in brackets behind it, if any: ``Batch size (per GPU)``, ``steps [k]``."""
    for digit, plain in (("\u00b3", "^3"), ("\u2074", "^4"), ("\u2076", "^6"), ("\u00d7", "x")):
        heading = heading.replace(digit, plain)
    whole, unit, multiple = letters_of(heading), None, 1.0
    stem = whole
    match = _UNIT.match(unicodedata.normalize("NFKC", heading))
    if match and letters_of(match[2]) not in ("s", "es"):  # step(s), batch(es)
        stem = letters_of(match[1])
        text = match[2].strip().lower()
        for word in (text.replace(" ", ""), *re.split(r"[\s/]+", text)):
            multiple = MULTIPLES.get(word, multiple)
            unit = UNIT_WORDS.get(word, unit)
    meaning = _meaning(whole) or _meaning(stem)
    if unit == "device" and meaning == "batch_size":
        meaning = "device_batch_size"
    elif unit in ("tokens", "epochs") and meaning in COSTS:
        meaning = f"{unit}_to_target"
    elif unit == "seconds" and meaning in (*COSTS, "batch_size"):
        meaning = None
    return _Heading(meaning, unit, multiple)


def _meaning(letters: str) -> str | None:
    if re.fullmatch(PER_DEVICE, letters):
        return "device_batch_size"
    for meaning, names in _KNOWN.items():
        if letters in names:
            return meaning
    return next((m for m, pattern in SOME_TARGET.items() if re.fullmatch(pattern, letters)), None)


def _by_meaning(read: Sequence[_Heading], leave: Sequence[int]) -> dict[str, list[int]]:
    """The columns of each meaning but those to leave."""
    found: dict[str, list[int]] = {}
    for place, heading in enumerate(read):
        if heading.meaning is not None and place not in leave:
            found.setdefault(heading.meaning, []).append(place)
    return found


def _check_one_says_how_it_ended(names: _Names) -> None:
    ended = [names.of(meaning) for meaning in _HOW_IT_ENDED if meaning in names.places]
    if len(ended) > 1:
        both = " and ".join(map(repr, ended[:2]))
        raise DataError(f"{names.source}: columns {both} both say how a run ended: remove all but one")


def _chosen(headings: Sequence[str], wanted: str | Sequence[str] | None) -> tuple[int, ...] | None:
    """The columns that the caller says name a workload; None where nothing was said."""
    if wanted is None:
        return None
    if wanted == POOL_ALL and POOL_ALL not in headings:
        return ()
    if isinstance(wanted, str):
        wanted = [wanted] if letters_of(wanted) in map(letters_of, headings) else wanted.split(",")
    places = []
    for name in wanted:
        same = [i for i, heading in enumerate(headings) if heading == name.strip()]
        same = same or [i for i, heading in enumerate(headings) if letters_of(heading) == letters_of(name)]
        if not same:
            raise unknown_name("workload_column", name[:80], [*(h[:80] for h in headings[:40]), POOL_ALL])
        places.append(same[0])
    return tuple(places)


def _one_of(
    meaning: str, several: Sequence[int], headings: Sequence[str], source: str, remarks: list[Remark]
) -> int:
    """The only column of a meaning, or the one that has its very name."""
    if len(several) == 1:
        return several[0]
    own = [i for i in several if letters_of(headings[i]) == letters_of(meaning)]
    if len(own) != 1 or meaning == "batch_size":
        both = " and ".join(repr(headings[i]) for i in several[:2])
        raise DataError(f"{source}: columns {both} both mean {meaning}: rename or remove all but one")
    passed = [headings[i] for i in several if i != own[0]]
    remarks.append(remark("fit_table.read_as", heading=headings[own[0]], meaning=meaning, others=passed))
    return own[0]


def _batch(names: _Names, devices: float | None, remarks: list[Remark]) -> tuple[str, tuple[int, ...]]:
    """Under which meaning the batch size stands, and the columns it is to be multiplied by."""
    places = names.places
    if "batch_size" in places or "device_batch_size" not in places:
        if "batch_size" not in places:
            raise _missing(names, ("batch_size",))
        if devices is not None:
            remarks.append(remark("fit_table.unused", argument="devices", heading=names.of("batch_size")))
        return "batch_size", ()
    if devices is not None and "devices" in places:
        raise InputError(f"devices must be left out where the column {names.of('devices')!r} says it")
    if devices is None and "devices" not in places:
        raise _missing(names, ("batch_size",))
    factors = [m for m in ("devices", "accumulation") if m in places]
    by = [f"{number:g}" for number in (devices,) if number is not None] + [repr(names.of(m)) for m in factors]
    remarks.append(remark("fit_table.per_device", heading=names.of("device_batch_size"), by=by))
    return "device_batch_size", tuple(places[m] for m in factors)


def _cost(names: _Names, dataset_size: float | None, in_tokens: bool, remarks: list[Remark]) -> str:
    """Which column says what a run needed."""
    can_be_read = {
        "steps_to_target": True,
        "examples_to_target": not in_tokens,
        "tokens_to_target": in_tokens,
        "epochs_to_target": dataset_size is not None,
    }
    present = [cost for cost in COSTS if cost in names.places]
    cost = next((cost for cost in present if can_be_read[cost]), None)
    if cost is None and in_tokens and present:
        raise DataError(
            f"{names.source}: {names.of(present[0])!r} must count tokens, as the batch sizes do: write "
            "tokens_to_target or steps_to_target"
        )
    if cost is None:
        raise _missing(names, COSTS[:2])
    if others := [names.of(other) for other in present if other != cost]:
        remarks.append(remark("fit_table.fitted_one", heading=names.of(cost), others=others))
    if cost == "epochs_to_target":
        remarks.append(remark("fit_table.from_epochs", heading=names.of(cost), dataset_size=dataset_size))
    elif dataset_size is not None:
        remarks.append(remark("fit_table.unused", argument="dataset_size", heading=names.of(cost)))
    return cost


def _missing(names: _Names, needed: Sequence[str]) -> DataError:
    headings = [heading[:80] for heading in names.headings]
    found = ", ".join(repr(h) for h in headings[:12]) + (" and more" if len(headings) > 12 else "")
    start = f"{names.source}: no column is {' or '.join(needed)}; found {found}"
    for meaning, fix in INSTEAD_OF[needed[0]].items():
        if meaning in names.places:
            return DataError(f"{start}: {names.of(meaning)[:80]!r} will not do, {fix}")
    if needed[0] != "batch_size" and (times := [h for h in headings if re.match(TIMES, letters_of(h))]):
        return DataError(f"{start}: {times[0]!r} will not do, {NOT_SECONDS}")
    known = {letters_of(name): meaning for meaning in needed for name in HEADINGS[meaning]}
    free = [h for i, h in enumerate(headings) if i not in names.places.values()]
    for heading in free:
        if near := difflib.get_close_matches(letters_of(heading), known, n=1, cutoff=0.7):
            return DataError(f"{start}: did you mean {known[near[0]]} by {heading!r}? Then rename it")
    return DataError(f"{start}: needed are batch_size, and steps_to_target or examples_to_target")
