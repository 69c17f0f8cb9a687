"""What a ``DataLoader`` says of its data: the data set, the collate function, a subset.

Its batch size, shuffling, ``drop_last`` and worker processes are not read: batches are what a study varies,
and its runs have processes of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.utils.data import (
    BatchSampler,
    DataLoader,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    default_collate,
)

from batchwright.core.errors import InputError
from batchwright.task.data import Collate


def parts_of(loader: DataLoader[Any]) -> tuple[Any, Collate | None, Sequence[int] | None]:
    """``(data set, collate function, positions)``; None for torch's own function and for all positions.

    A ``SubsetRandomSampler`` is read as the subset that it draws from.

    Raises:
        InputError: a sampler or a data set that decides by itself how often an example is drawn or which go
            into one batch.
    """
    name = "train=loader.dataset"
    if loader.batch_sampler is None:
        raise InputError(
            "a DataLoader with batch_size=None takes batches that somebody else made, and a study makes its "
            f"own: pass the data set of single examples, as {name}"
        )
    collate: Collate | None = None if loader.collate_fn is default_collate else loader.collate_fn
    if isinstance(loader.dataset, IterableDataset):
        return loader.dataset, collate, None
    if type(loader.batch_sampler) is not BatchSampler:
        raise InputError(
            f"a DataLoader's {type(loader.batch_sampler).__name__} decides which examples go into one batch, "
            f"and a study does: pass the data set alone, as {name}"
        )
    sampler = loader.sampler
    if type(sampler) is SubsetRandomSampler:
        return loader.dataset, collate, sampler.indices
    if type(sampler) is SequentialSampler or (type(sampler) is RandomSampler and _draws_each_once(sampler)):
        return loader.dataset, collate, None
    raise InputError(
        f"a DataLoader's {type(sampler).__name__} decides how often an example is drawn, and a study draws "
        f"each once an epoch: pass the data set alone, as {name}, or a torch.utils.data.Subset of it"
    )


def _draws_each_once(sampler: RandomSampler) -> bool:
    return not sampler.replacement and sampler.num_samples == len(sampler.data_source)
