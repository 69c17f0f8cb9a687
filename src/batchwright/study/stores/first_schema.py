"""What schema 1 left unsaid, worked out from what it kept. Frozen: it describes stores that exist."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

_SEEDS = 200
"""Seed indices that are tried; a study confirmed at most four rates on a handful of seeds each."""


def fits(study_id: str, spec_json: str, fingerprint: str) -> bool:
    """Whether a study of schema 1 was one of the task with this fingerprint.

    Its id ended in a digest of the results' version (1), the fingerprint and the spec as it was then; the
    fingerprint itself was not kept.

    Args:
        study_id: as stored.
        spec_json: the spec as stored.
        fingerprint: of the task as it is now.
    """
    try:
        spec = json.loads(spec_json)
    except ValueError:
        return False
    text = json.dumps([1, fingerprint, spec], sort_keys=True)
    return study_id.endswith("-" + hashlib.blake2b(text.encode(), digest_size=5).hexdigest())


def request_json(command: str) -> str:
    """What a saved command line asked for beside the spec, as JSON.

    >>> request_json("batchwright study digits --objective=steps --measure sharpness --seed 1")
    '{"objective": "steps", "measures": ["sharpness"]}'
    """
    objective, measures = "time", []
    for option, value in _options(command):
        if option == "objective":
            objective = value
        elif option == "measure":
            measures.append(value)
    return json.dumps({"objective": objective, "measures": measures})


def _options(command: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(command)
    except ValueError:
        return
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            yield name.removeprefix("--"), value if equals else following


def place(study_spec: str, lr: float, purpose: str, seed: int) -> tuple[int, int] | None:
    """Rate index and seed index of a run, from the floats that stood for them; None where they fit none.

    Rates were lr_k = round4(lr_0 sqrt(2)^k), seeds derive_seed(study's seed, purpose, index) mod 2^31.
    """
    try:
        spec: dict[str, Any] = json.loads(study_spec)
        start, root = float(spec["optimizer"]["lr"]), int(spec["seed"])
        rate_index = round(2 * math.log2(lr / start))
    except (ValueError, TypeError, KeyError, ArithmeticError):
        return None
    on_grid = float(f"{start * 2 ** (rate_index / 2):.4g}") == lr
    seed_index = _seed_indices(root, purpose).get(seed)
    return (rate_index, seed_index) if on_grid and seed_index is not None else None


@cache
def _seed_indices(root: int, purpose: str) -> dict[int, int]:
    seeds = {}
    for index in range(_SEEDS):
        text = f"{root}/{purpose}/{index}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        seeds[(int.from_bytes(digest, "big") >> 1) % 2**31] = index
    return seeds


def run_identity(result_json: str) -> str | None:
    """``RunSpec.identity()`` of a stored result, None where it cannot be read."""
    from batchwright.training.spec import RunSpec  # with torch, which only the migration needs

    try:
        return RunSpec.model_validate(json.loads(result_json)["spec"]).identity()
    except (ValueError, TypeError, KeyError):
        return None
