"""Gradients example by example, in chunks that fit a memory budget.

The model is copied once, so that the caller's parameters, buffers and mode are never touched; whatever draws
at random does so from a stream of its own. In evaluation mode (the default: dropout off, batch norm with its
running statistics) one example's loss does not depend on the others beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils import _pytree as pytree

from batchwright.core.errors import InputError
from batchwright.core.params import flat_gradient
from batchwright.core.shapes import FlatParams, Gradients, Indices, Losses, Vectors
from batchwright.core.streams import derive_seed, global_randomness
from batchwright.measure.examples import in_memory
from batchwright.measure.own_copy import own_copy
from batchwright.measure.saved import saved_storages
from batchwright.task.task import Task
from batchwright.training.gradient import draws_randomness

Mode = Literal["evaluation", "training"]
MEMORY_BYTES = 512 << 20
"""Default memory budget."""
_COPIES = 4
"""A chunk's gradients exist about four times at once: by parameter, joined, weighted, as temporaries."""
_KEPT = 6
"""A backward pass through a backward pass needs about six times what the forward pass keeps."""
_CACHE_BYTES = 8 << 20
"""On a CPU larger chunks fall out of its caches: LeNet's takes half as long again in chunks of 2048."""
_MOST = 4096


class PerExampleGradients:
    """Gradients of the training loss at a model's present parameters.

    Tied parameters count once; parameters that the loss does not use have zero gradients.

    Args:
        model: read, never written to.
        task: its training examples and per-example loss; its augmentation and autocast are left out.
        memory_bytes: bounds what is held at once: gradients of shape (chunk, P) and what autograd keeps; and
            the items of a map-style data set, which are read once.
        weights: optional positive vector, shape (P,): gradients are multiplied by it entry by entry (the
            preconditioner of an adaptive optimizer).
        mode: ``"training"`` leaves dropout on, one mask an example.
        seed: of what the model draws (stream ``probe``).

    Attributes:
        count: P, the number of trainable parameters.
        chunk: examples whose gradients are held at once.
        batch_chunk: examples a backward pass of the mean gradient.
        vectorised: whether one call computes a chunk (``torch.func.vmap``); else example by example.
        deterministic: whether an example's gradient is the same every time.

    Raises:
        InputError: no memory, no trainable parameters, batch norm that couples the examples of a batch, or a
            model that cannot be copied.
    """

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        *,
        memory_bytes: int = MEMORY_BYTES,
        weights: FlatParams | None = None,
        mode: Mode = "evaluation",
        seed: int = 0,
    ) -> None:
        if memory_bytes < 1:
            raise InputError(f"memory_bytes must be at least 1, got {memory_bytes}")
        self._model = own_copy(model, task).train(mode == "training")
        self._params = {n: p for n, p in self._model.named_parameters() if p.requires_grad}
        if not self._params:
            raise InputError(f"task {task.name!r}: the model has no trainable parameters")
        _refuse_coupled_examples(self._model)
        self._task, self._seed = task, seed
        first = next(iter(self._params.values()))
        self.device, self.dtype = first.device, first.dtype
        self._data = in_memory(task.train, self._model, memory_bytes)
        self.count = sum(p.numel() for p in self._params.values())
        self._weights = weights
        self._random = draws_randomness(self._model)
        self.deterministic = mode == "evaluation" or not self._random
        self.vectorised = True
        self.memory_bytes = memory_bytes
        self._row_bytes = _COPIES * self.count * first.element_size()
        kept = self._kept_bytes()
        self.chunk = max(1, min(_MOST, memory_bytes // (self._row_bytes + _KEPT * kept)))
        self.batch_chunk = max(1, min(_MOST, memory_bytes // (_KEPT * kept)))
        if self.device.type == "cpu":
            row = self.count * first.element_size()
            self.chunk = min(self.chunk, max(64, 2 * _CACHE_BYTES // row))
            self.batch_chunk = min(self.batch_chunk, max(64, _CACHE_BYTES // kept))

    @property
    def examples(self) -> int:
        """N, the number of training examples."""
        return len(self._data)

    @property
    def vectors_at_once(self) -> int:
        """Vectors of shape (P,) that fit the memory budget together."""
        return max(1, self.memory_bytes // self._row_bytes)

    # --- one example at a time ---

    def chunks(self, indices: Indices) -> Iterator[Tensor]:
        """Gradients of the examples at ``indices``, shape (at most ``chunk``, P), in their order."""
        for piece in indices.split(self.chunk):
            yield self._rows(piece)  # not kept here while the next chunk is made

    def _rows(self, piece: Indices) -> Gradients:
        inputs, targets = self._data.gather(piece, seed=0)
        rows = self._all_at_once(inputs, targets, piece) if self.vectorised else None
        if rows is None:
            rows = self._one_by_one(inputs, targets, piece)
        return rows if self._weights is None else rows.mul_(self._weights)

    def _all_at_once(self, inputs: Any, targets: Any, piece: Indices) -> Gradients | None:
        """A chunk in one call; None, now and ever after, where ``vmap`` refuses the model."""
        params = {n: p.detach() for n, p in self._params.items()}
        gradients = vmap(grad(self._loss_of_one), in_dims=(None, 0, 0), randomness="different")
        try:
            with self._randomness(piece), sdpa_kernel(SDPBackend.MATH):  # the fused ones have no batching
                by_parameter = gradients(params, inputs, targets)
        except (RuntimeError, NotImplementedError, ValueError):
            # Data-dependent control flow, in-place updates, operators without a batching rule.
            self.vectorised = False
            return None
        # Of a parameter without dimensions, one number an example.
        return torch.cat([by_parameter.pop(name).reshape(len(piece), -1) for name in self._params], dim=1)

    def _loss_of_one(self, params: dict[str, Tensor], inputs: Any, targets: Any) -> Tensor:
        inputs, targets = (pytree.tree_map(lambda leaf: leaf.unsqueeze(0), x) for x in (inputs, targets))
        if self._task.forward is None:
            outputs = functional_call(self._model, params, (inputs,))
        else:
            outputs = functional_call(_Forward(self._model, self._task.forward), _inside(params), (inputs,))
        return self._task.loss(outputs, targets)[0]

    def _one_by_one(self, inputs: Any, targets: Any, piece: Indices) -> Gradients:
        rows = torch.empty(len(piece), self.count, device=self.device, dtype=self.dtype)
        with self._randomness(piece):
            for i in range(len(piece)):
                one = pytree.tree_map(lambda leaf, i=i: leaf[i : i + 1], (inputs, targets))
                rows[i] = self._joined(self._derivatives(self._losses(*one).sum()))
        return rows

    # --- whole batches ---

    def mean(self, indices: Indices) -> FlatParams:
        """The gradient of the mean loss over ``indices``, shape (P,); chunks are weighted by their sizes."""
        total = torch.zeros(self.count, device=self.device, dtype=self.dtype)
        for piece in indices.split(self.batch_chunk):
            with self._randomness(piece):
                loss = self._losses(*self._data.gather(piece, seed=0)).sum() / len(indices)
                total += self._joined(self._derivatives(loss))
        return total if self._weights is None else total * self._weights

    def hessian_products(self, indices: Indices, vectors: Vectors) -> Vectors:
        """H v for each row v of ``vectors``, shape (k, P), H the Hessian of the mean loss over ``indices``.

        By double backward: one graph of the gradient a chunk, kept for all vectors (Pearlmutter 1994).
        """
        total = torch.zeros_like(vectors)
        for piece in indices.split(self.batch_chunk):
            # Attention's fused kernels have no second derivative.
            with self._randomness(piece), sdpa_kernel(SDPBackend.MATH):
                loss = self._losses(*self._data.gather(piece, seed=0)).sum() / len(indices)
                gradient = self._joined(self._derivatives(loss, create_graph=True))
            if not gradient.requires_grad:  # a loss linear in the parameters
                continue
            for k, vector in enumerate(vectors):
                total[k] += self._joined(self._derivatives(gradient, vector, retain_graph=True))
        return total

    def _derivatives(self, value: Tensor, vector: Tensor | None = None, **options: bool) -> Any:
        return torch.autograd.grad(value, list(self._params.values()), vector, allow_unused=True, **options)

    def _joined(self, gradients: Any) -> FlatParams:
        """One vector; zeros for parameters that the loss did not use."""
        return flat_gradient(gradients, list(self._params.values()))

    def _losses(self, inputs: Any, targets: Any) -> Losses:
        forward = self._task.forward
        outputs = self._model(inputs) if forward is None else forward(self._model, inputs)
        return self._task.loss(outputs, targets)

    def _randomness(self, piece: Tensor) -> AbstractContextManager[None]:
        """The same draws whenever the same examples come by."""
        if not self._random:
            return nullcontext()
        return global_randomness(derive_seed(self._seed, "probe", "model", int(piece[0])), python_too=True)

    def _kept_bytes(self) -> int:
        """Bytes that autograd keeps of one example's forward pass, parameters apart; at least 1."""
        own = {p.untyped_storage().data_ptr() for p in self._model.parameters()}
        piece = torch.zeros(1, dtype=torch.long)
        with self._randomness(piece):
            inputs, targets = self._data.gather(piece, seed=0)
            storages = saved_storages(lambda: self._losses(inputs, targets))
        return max(1, sum(size for place, size in storages.items() if place not in own))


def _refuse_coupled_examples(model: nn.Module) -> None:
    for name, module in model.named_modules():
        if not isinstance(module, _BatchNorm):
            continue
        if module.running_mean is None:
            raise InputError(
                f"per-example gradients need examples that do not depend on each other; batch norm {name!r} "
                "keeps no running statistics: build it with track_running_stats=True"
            )
        if module.training:
            raise InputError(
                "per-example gradients need examples that do not depend on each other; batch norm "
                f"{name!r} in training mode ties those of a batch together: measure in evaluation mode"
            )


class _Forward(nn.Module):
    """A task's own ``forward(model, inputs)`` as a module, for ``functional_call``."""

    def __init__(self, model: nn.Module, forward: Any) -> None:
        super().__init__()
        self.inner = model
        self._forward = forward

    def forward(self, inputs: Any) -> Any:
        return self._forward(self.inner, inputs)


def _inside(params: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"inner.{name}": value for name, value in params.items()}
