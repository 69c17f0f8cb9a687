"""Which column of a table means what: headings matched kindly, and the matches said aloud."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from batchwright.core.errors import DataError

HEADINGS: dict[str, tuple[str, ...]] = {
    "batch_size": (
        "batch_size", "batch", "bs", "b", "batch_sz", "global_batch_size", "global_batch", "global_bs", "gbs",
        "total_batch_size", "effective_batch_size", "train_batch_size", "training_batch_size", "batch_sizes",
        "mini_batch_size", "mini_batch",
    ),
    "steps_to_target": (
        "steps_to_target", "steps", "step", "num_steps", "train_steps", "training_steps", "updates",
        "n_steps", "updates_to_target", "num_updates", "iterations", "iters", "iterations_to_target",
        "optimizer_steps", "steps_to_convergence", "steps_to_train", "steps_to_accuracy", "steps_to_result",
    ),
    "examples_to_target": (
        "examples_to_target", "examples", "num_examples", "examples_seen", "samples", "samples_to_target",
        "num_samples", "samples_seen", "sequences", "sequences_to_target", "images", "images_to_target",
        "samples_to_convergence", "examples_to_convergence", "samples_to_train",
    ),
    "workload": ("workload", "task", "model", "benchmark", "problem", "name", "experiment"),
    "run": ("run", "run_id", "run_key", "seed", "trial", "repeat", "replicate", "repetition"),
    "censored": (
        "censored", "is_censored", "right_censored", "cut_short", "timed_out", "budget_exhausted",
        "truncated",
    ),
    "reached": ("reached", "reached_target", "target_reached", "converged", "success", "succeeded"),
    "status": ("status", "outcome", "result", "end", "ended"),
    "lr": ("lr", "learning_rate", "base_lr", "max_lr", "peak_lr"),
}  # fmt: skip
"""The headings read as each meaning, its own name first; case, spaces, dots, - and _ do not matter."""

UNITS = {
    "batch_size": "examples per update",
    "steps_to_target": "updates",
    "examples_to_target": "examples",
}
COSTS = ("steps_to_target", "examples_to_target")
_HOW_IT_ENDED = ("censored", "reached", "status")

_NOT_THESE = (
    (
        r"(micro|.*device|.*gpu|local|.*worker|.*rank|.*node).*(batch|bs).*|(batch|bs).*(device|gpu|worker|rank|node)",
        "batch_size must count all examples of an update: multiply by devices and accumulation steps",
    ),
    (r"epochs?(totarget|totrain)?", "write examples_to_target = epochs x examples in the data set"),
    (r"tokens?(totarget|seen)?", "write examples_to_target in the unit that batch_size counts"),
    (r"(time|seconds|minutes|hours).*", "seconds depend on the hardware: write steps_to_target"),
)
"""Headings that look like what is needed and are not, each with what to do."""


def read_headings(headings: Sequence[str], source: str) -> tuple[dict[str, int], list[str]]:
    """The place of each meaning among the headings, and notes on columns passed over.

    >>> read_headings(["Global Batch-Size", "Samples", "seed", "colour"], "t.csv")[0]
    {'batch_size': 0, 'examples_to_target': 1, 'run': 2}

    Raises:
        DataError: no batch size, neither steps nor examples, or two columns that mean the same.
    """
    places: dict[str, int] = {}
    notes: list[str] = []
    for meaning, names in HEADINGS.items():
        known = [_letters(name) for name in names]
        found = [i for i, heading in enumerate(headings) if _means(heading, known)]
        own = [i for i in found if _letters(headings[i]) == known[0]]
        if len(found) > 1 and (len(own) != 1 or meaning == "batch_size"):
            both = " and ".join(repr(headings[i]) for i in found[:2])
            raise DataError(f"{source}: columns {both} both mean {meaning}: rename or remove all but one")
        if found:
            places[meaning] = (own or found)[0]
        if len(found) > 1:
            passed = ", ".join(repr(headings[i]) for i in found if i != own[0])
            notes.append(f"Read {headings[own[0]]!r} as {meaning}, not {passed}.")
    for needed in (("batch_size",), COSTS):
        if not any(meaning in places for meaning in needed):
            raise _missing(needed, headings, places, source)
    ended = [m for m in _HOW_IT_ENDED if m in places]
    if len(ended) > 1:
        both = " and ".join(repr(headings[places[m]]) for m in ended[:2])
        raise DataError(f"{source}: columns {both} both say how a run ended: remove all but one")
    return places, notes


def steps_made(headings: Sequence[str], places: dict[str, int]) -> int | None:
    """A second column of steps beside the one to the target: how far a run came that missed it."""
    known = [_letters(name) for name in HEADINGS["steps_to_target"]]
    others = [
        i
        for i, heading in enumerate(headings)
        if _means(heading, known) and i != places.get("steps_to_target")
    ]
    return others[0] if others else None


def _letters(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.lower())


def _means(heading: str, known: Sequence[str]) -> bool:
    """Whether the heading, with or without a unit in brackets behind it, is one of the known ones."""
    return _letters(heading) in known or _letters(re.sub(r"[(\[].*", "", heading)) in known


def _missing(
    needed: Sequence[str], headings: Sequence[str], places: dict[str, int], source: str
) -> DataError:
    wanted = " or ".join(needed)
    found = ", ".join(repr(h) for h in headings[:12]) + (" and more" if len(headings) > 12 else "")
    start = f"{source}: no column is {wanted}; found {found}"
    free = [h for i, h in enumerate(headings) if i not in places.values()]
    for heading in free:
        for pattern, fix in _NOT_THESE:
            if re.fullmatch(pattern, _letters(heading)):
                return DataError(f"{start}: {heading!r} will not do, {fix}")
    known = {_letters(name): meaning for meaning in needed for name in HEADINGS[meaning]}
    for heading in free:
        if near := difflib.get_close_matches(_letters(heading), known, n=1, cutoff=0.7):
            return DataError(f"{start}: did you mean {known[near[0]]} by {heading!r}? Then rename it")
    return DataError(f"{start}: needed are batch_size, and steps_to_target or examples_to_target")
