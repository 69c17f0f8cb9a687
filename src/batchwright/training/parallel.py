"""One run over several processes, each of which makes its part of every update: torchrun's ranks.

``batch_size`` stays the number of examples an update, whatever the number of ranks W. A batch is cut into pieces of
min(micro_batch_size, ceil(batch_size / W)) examples, and rank r makes the pieces r, r + W, ... With l_i the loss of
example i, every rank computes the gradient of its part of sum_i l_i / divisor, and the parts are added up:

    g = sum_r sum_{i of r} grad l_i / divisor

so a batch that W does not divide, a short last batch, and ranks that get nothing of it are no special cases. Norms,
clipping and the optimizer's step follow on every rank from the same g. The run is, to the rounding of a sum in
another order, the one that a single process makes with the same pieces as micro-batches; dropout and augmentation
are drawn a piece, in the one as in the other.

Rank 0 evaluates and tells the others, so that all end at the same step.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TypeVar

from batchwright.core.errors import InputError
from batchwright.core.torchrun import place_in_torchrun

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from batchwright.training.feed import Feed
    from batchwright.training.gradient import GradientEngine

T = TypeVar("T")


class Ranks:
    """The processes that make a run together, as one of them sees them.

    Attributes:
        rank: its own number, from 0 on.
        world_size: how many there are.
        local_rank: its number on its machine, which is that of its GPU.
    """

    def __init__(self, rank: int, world_size: int, local_rank: int) -> None:
        self.rank, self.world_size, self.local_rank = rank, world_size, local_rank

    @classmethod
    def of_torchrun(cls) -> Self | None:
        """The ranks of this process, where torchrun started it; None in a process by itself."""
        place = place_in_torchrun()
        return None if place is None else cls(*place)

    @property
    def first(self) -> bool:
        """Whether this is the rank that writes, prints and evaluates."""
        return self.rank == 0

    def begin(self, device: str) -> None:
        """Meet the others: over gloo on a CPU, over NCCL on GPUs, of which each rank takes its own.

        Raises:
            InputError: a device by its number.
        """
        import torch
        import torch.distributed as dist

        if device.startswith("cuda:"):
            raise InputError(
                f"device must be cpu or cuda under torchrun, where each rank has its own, got {device}"
            )
        if dist.is_initialized():
            return
        if device == "cuda":
            torch.cuda.set_device(self.local_rank)
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
        atexit.register(_part)

    def sum_(self, tensor: Tensor) -> Tensor:
        """The sum over all ranks, in place and the same on each."""
        import torch.distributed as dist

        dist.all_reduce(tensor)
        return tensor

    def of_first(self, make: Callable[[], T]) -> T:
        """What rank 0 makes, on every rank; the others make nothing."""
        import torch.distributed as dist

        made = [make() if self.first else None]
        dist.broadcast_object_list(made)
        return made[0]  # type: ignore[return-value]

    def piece_of(self, size: int, micro: int) -> int:
        """Examples of the pieces into which a batch is cut.

        >>> Ranks(0, 2, 0).piece_of(7, 7), Ranks(0, 2, 0).piece_of(7, 2)
        (4, 2)
        """
        return min(micro, -(-size // self.world_size))


def refuse_shared_statistics(model: nn.Module, ranks: Ranks) -> None:
    """Refuse layers whose result depends on which examples share a forward pass.

    Raises:
        InputError: batch normalisation on several ranks.
    """
    from torch.nn.modules.batchnorm import _NormBase

    for name, module in model.named_modules():
        shared = isinstance(module, _NormBase) and (
            module.track_running_stats or "Batch" in type(module).__name__
        )
        if shared and ranks.world_size > 1:
            raise InputError(
                f"{type(module).__name__} ({name}) would take its statistics from each rank's share of the batch "
                "alone, not from the batch: train with one process, or use LayerNorm or GroupNorm"
            )


def gradients_in_pieces(
    engine: GradientEngine, feed: Feed, ranks: Ranks | None, span: tuple[int, int], micro: int, divisor: int
) -> tuple[Sequence[Tensor | None], Tensor]:
    """Gradients and per-example losses of one update, made piece by piece, over all ranks if there are several.

    Args:
        engine, feed: of the run.
        ranks: None for one process.
        span: stream positions [start, stop) of the batch.
        micro: examples of a piece.
        divisor: of the sum of the losses.
    """
    start, stop = span
    places = [(a, min(a + micro, stop)) for a in range(start, stop, micro)]
    own = places if ranks is None else places[ranks.rank :: ranks.world_size]
    gradients, losses = engine.accumulate([(*feed.piece(a, b), a) for a, b in own], divisor)
    if ranks is None:
        return gradients, losses
    return _summed(engine.params, gradients, losses, own, span, ranks)


def _summed(
    params: Sequence[Tensor], gradients: Sequence[Tensor | None], losses: Tensor, own: Sequence[tuple[int, int]],
    span: tuple[int, int], ranks: Ranks,
) -> tuple[list[Tensor | None], Tensor]:  # fmt: skip
    """Everything that is to be added up in one buffer: gradients, which of them there are, losses in their places."""
    import torch

    dtype, device = _wide(params), params[0].device
    all_losses = torch.zeros(span[1] - span[0], dtype=dtype, device=device)
    taken = 0
    for a, b in own:
        all_losses[a - span[0] : b - span[0]] = losses[taken : taken + b - a]
        taken += b - a
    there = torch.tensor([float(g is not None) for g in gradients], dtype=dtype, device=device)
    flat = [
        torch.zeros(p.numel(), dtype=dtype, device=device) if g is None else g.reshape(-1).to(dtype)
        for p, g in zip(params, gradients, strict=True)
    ]
    parts = [*flat, there, all_losses]
    *flat, there, all_losses = ranks.sum_(torch.cat(parts)).split([len(part) for part in parts])
    summed: list[Tensor | None] = [
        g.view(p.shape).to(p.dtype) if present else None
        for p, g, present in zip(params, flat, there.tolist(), strict=True)
    ]
    return summed, all_losses


def _wide(params: Sequence[Tensor]) -> torch.dtype:
    """The type in which gradients are added up: that of the parameters, single precision at the least."""
    import torch

    dtype = torch.float32
    for p in params:
        dtype = torch.promote_types(dtype, p.dtype)
    return dtype


def _part() -> None:
    import torch.distributed as dist

    with suppress(Exception):
        dist.destroy_process_group()
