"""The spec of a study as version 1 wrote it into identities: every field of that time, defaults included."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_FIELDS: dict[str, Any] = {
    "task": {"name", "options", "examples", "subset_seed", "data_dir"},
    "batch_sizes": None,
    "optimizer": {
        "name", "lr", "momentum", "momentum_form", "betas", "eps", "weight_decay", "decay_form", "l1",
        "clip_norm", "schedule", "options",
    },
    "target": {"metric", "value", "split"},
    "max_epochs": None,
    "search": {"max_rates", "search_seeds", "confirm_seeds", "tie", "patience", "first_budget"},
    "budget_trainings": None,
    "order": None,
    "micro_batch_size": None,
    "average_half_life": None,
    "evaluation_ratio": None,
    "seed": None,
    "device": None,
    "dtype": None,
    "autocast": None,
}  # fmt: skip


def as_version_1(spec: BaseModel) -> dict[str, Any] | None:
    """The JSON document that version 1 hashed; None where a later field is set, which it did not know."""
    whole, given = spec.model_dump(mode="json"), spec.model_dump(mode="json", exclude_defaults=True)
    document = {}
    for name, value in whole.items():
        if name not in _FIELDS:
            if name in given:
                return None
            continue
        known = _FIELDS[name]
        if known is not None:
            if set(given.get(name, {})) - known:
                return None
            value = {field: value[field] for field in value if field in known}
        document[name] = value
    return document
