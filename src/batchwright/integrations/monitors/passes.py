"""Squared gradient norms of a loop's backward passes, taken by hooks while they run.

A hook on a parameter sees the gradient of this pass alone, before it is accumulated, DistributedDataParallel
reduces it over the ranks and before anybody clips it; a weight that is used in several places calls it once, with
the sum. When a pass has ended, and with it the reduction, what has been accumulated is read from ``.grad``: that of
the last pass is the gradient of the whole batch, still unclipped and under the same loss scale. Nothing is kept but
one number a parameter and pass, and nothing is written, so that training goes on bitwise as without hooks. They are
there in measured steps alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from batchwright.core.errors import InputError

_HALVES = (torch.float16, torch.bfloat16)


class BackwardPasses:
    """The passes since :meth:`watch`, each with the squared norm of its own gradient.

    A pass is a call of ``backward``, told from others by torch's number of its graph task, as torch's own
    ``register_multi_grad_hook`` does. Where a micro-batch has several (reentrant checkpointing starts one a segment),
    :meth:`close` says where it ends.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._parameters: list[nn.Parameter] = []
        self._handles: list[RemovableHandle] = []
        self._seen_norms: dict[int, Tensor] = {}
        self._open: dict[int, list[tuple[int, Tensor]]] = {}
        self._whole: Tensor | None = None

    def watch(self) -> None:
        """Begin anew with the parameters that are trained now."""
        self.release()
        self._parameters = [p for p in self._model.parameters() if p.requires_grad]
        for i, p in enumerate(self._parameters):
            self._handles.append(p.register_hook(partial(self._seen, i)))
            self._handles.append(p.register_post_accumulate_grad_hook(partial(self._accumulated, i)))

    def release(self) -> None:
        """Take the hooks away, and forget what they saw."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._seen_norms, self._open, self._whole = [], {}, {}, None

    @property
    def count(self) -> int:
        """Passes that :meth:`close` or :meth:`each` has not taken."""
        return len(self._open)

    def close(self) -> Tensor | None:
        """|g|^2 of the passes since the last call as of one; None where no parameter had a gradient.

        Raises:
            InputError: a parameter had two gradients: the square of their sum is not the sum of their squares.
        """
        seen = [pair for norms in self._open.values() for pair in norms]
        self._open = {}
        if len({index for index, _ in seen}) < len(seen):
            raise InputError(
                "a micro-batch must give each parameter one gradient, got several backward passes over the same "
                "parameters: add its losses up and call backward once"
            )
        return _sum_of_squares([norm for _, norm in seen])

    def each(self) -> list[Tensor]:
        """|g|^2 of every pass since the last call."""
        passes, self._open = list(self._open.values()), {}
        found = (_sum_of_squares([norm for _, norm in norms]) for norms in passes)
        return [squares for squares in found if squares is not None]

    def whole(self) -> Tensor | None:
        """|g|^2 of what was accumulated, and reduced over the ranks, when the last pass ended."""
        return self._whole

    def _seen(self, index: int, gradient: Tensor) -> None:
        self._seen_norms[index] = _norm(gradient)

    def _accumulated(self, index: int, parameter: Tensor) -> None:
        """What ``torch.autograd.grad`` computes beside the training is seen too, but never accumulated."""
        task = torch._C._current_graph_task_id()
        if task not in self._open:
            self._open[task] = []
            _after_this_pass(self._read_whole)
        self._open[task].append((index, self._seen_norms[index]))

    def _read_whole(self) -> None:
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        self._whole = _sum_of_squares([_norm(gradient) for gradient in gradients])


def _after_this_pass(call: Callable[[], None]) -> None:
    """Call when the running backward pass has ended and its gradients are reduced.

    DistributedDataParallel waits for its reduction in a callback of its own, which may come after one that was
    queued at the first gradient: so this one queues itself once more.
    """
    queue = torch.autograd.Variable._execution_engine.queue_callback
    queue(lambda: queue(call))


def _norm(gradient: Tensor) -> Tensor:
    values = gradient.detach()
    if values.is_sparse:
        values = values.coalesce().values()
    return torch.linalg.vector_norm(values, dtype=torch.float32 if values.dtype in _HALVES else None)


def _sum_of_squares(norms: list[Tensor]) -> Tensor | None:
    """On the first one's device; float64 where any of them is."""
    if not norms:
        return None
    return torch.stack([norm.to(norms[0].device) for norm in norms]).square().sum()
