"""A batch as the pair (inputs, targets): as it is, or with the labels found by name in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.utils import _pytree as pytree

from batchwright.core.errors import InputError, shown

LABEL_NAMES = ("labels", "label", "targets", "target", "y")
"""Where labels are looked for in a dictionary, the first name first."""


def pair_of(batch: Any) -> tuple[Any, Any]:
    """``(inputs, targets)`` of a pair, or of a dictionary in which the labels are found by name.

    Of a dictionary the inputs are its other entries, a single one without its name. Entries without a tensor
    (texts, file names) cannot enter a model and are left out.

    Raises:
        InputError: neither a pair nor a dictionary with labels and something beside them.

    >>> pair_of({"pixels": Tensor([1.0]), "name": ["a"], "label": Tensor([0.0])})
    (tensor([1.]), tensor([0.]))
    """
    if isinstance(batch, Mapping):
        label = label_name(batch)
        inputs = {name: value for name, value in batch.items() if name != label and _has_tensors(value)}
        if not inputs:
            raise InputError(f"a batch must hold inputs beside its labels, got only {_listed(batch)}")
        return (next(iter(inputs.values())) if len(inputs) == 1 else inputs), batch[label]
    if isinstance(batch, (tuple, list)) and len(batch) == 2:
        return batch[0], batch[1]
    what = f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else type(batch).__name__
    raise InputError(
        f"a batch must be a pair (inputs, targets) or a dictionary with labels, got {what}: make one with "
        "collate_fn=lambda items: (torch.stack([i[0] for i in items]), torch.tensor([i[1] for i in items]))"
    )


def label_name(names: Any) -> str:
    """The entry of a dictionary that holds the labels.

    Raises:
        InputError: none of the names that are looked for.
    """
    found = next((name for name in LABEL_NAMES if name in names), None)
    if found is None:
        raise InputError(
            f"a dictionary of data must hold its labels under {', '.join(LABEL_NAMES[:-1])} or "
            f"{LABEL_NAMES[-1]}, got {_listed(names)}: rename one, or pass a pair (inputs, labels)"
        )
    return found


def _has_tensors(value: Any) -> bool:
    return any(isinstance(leaf, Tensor) for leaf in pytree.tree_leaves(value))


def _listed(names: Any) -> str:
    return shown(list(names))
