"""The processes that share an update: who they are, and their sums in one all-reduce of a few numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from batchwright.core.errors import InputError
from batchwright.measure.gradients.micro_batches import MicroBatchSums

_SHARDED = ("FullyShardedDataParallel", "FSDPModule", "DeepSpeedEngine")


class WatchedRanks:
    """The ranks over which a model's gradients are averaged: one, or those of a process group.

    Args:
        model: a DistributedDataParallel brings its group with it.
        process_group: of a model that is wrapped elsewhere.

    Raises:
        InputError: a model whose parameters are spread over the ranks.
    """

    def __init__(self, model: nn.Module, process_group: Any = None) -> None:
        model = getattr(model, "_orig_mod", model)  # of torch.compile
        if isinstance(model, DistributedDataParallel):
            process_group = model.process_group
        kinds = {kind.__name__ for module in model.modules() for kind in type(module).__mro__}
        sharded = sorted(kinds.intersection(_SHARDED))
        if sharded:
            raise InputError(
                f"the noise monitor needs whole gradients on every rank, got {sharded[0]}: use it where the model "
                "is not sharded, or DistributedDataParallel"
            )
        self._group = process_group
        self.count = 1 if process_group is None else int(torch.distributed.get_world_size(process_group))

    def added_up(self, sums: MicroBatchSums, device: torch.device) -> MicroBatchSums:
        """The sums over all ranks; every rank has to call it."""
        if self.count == 1:
            return sums
        dtype = torch.float32 if device.type == "mps" else torch.float64
        values = torch.tensor(sums.values(), dtype=dtype, device=device)
        torch.distributed.all_reduce(values, group=self._group)
        return MicroBatchSums(*map(float, values))
