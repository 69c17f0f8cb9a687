"""Gradients example by example, in chunks that fit a memory budget.

The model is copied once and put into evaluation mode (dropout off, batch norm with its running statistics),
so that one example's loss does not depend on the others beside it, and so that the caller's model, buffers,
mode and random state are never touched.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.utils import _pytree as pytree

from batchwright.core.errors import InputError
from batchwright.core.shapes import Indices
from batchwright.task.task import Task

MEMORY_BYTES = 512 << 20
"""Default memory budget of a chunk."""
_COPIES = 4
"""A chunk's gradients exist about four times at once: as returned, by parameter, joined, squared."""


class PerExampleGradients:
    """Gradients of the training loss at a model's present parameters.

    Args:
        model: read, never written to.
        task: its training examples and per-example loss.
        memory_bytes: bounds the gradients held at once, shape (chunk, P).
        weights: optional positive vector, shape (P,): gradients are multiplied by it entry by entry (the
            preconditioner of an adaptive optimizer).

    Attributes:
        count: P, the number of trainable parameters.
        chunk: examples whose gradients are held at once.
        vectorised: whether one call computes a chunk (``torch.func.vmap``); else example by example.

    Raises:
        InputError: no trainable parameters.
    """

    def __init__(
        self, model: nn.Module, task: Task, *, memory_bytes: int = MEMORY_BYTES, weights: Tensor | None = None
    ) -> None:
        self._model = copy.deepcopy(model).eval()
        self._params = {n: p for n, p in self._model.named_parameters() if p.requires_grad}
        if not self._params:
            raise InputError(f"task {task.name!r}: the model has no trainable parameters")
        self._task = task
        first = next(iter(self._params.values()))
        self.device, self.dtype = first.device, first.dtype
        self._data = task.train.to(self.device, self.dtype)
        self.count = sum(p.numel() for p in self._params.values())
        self._weights = weights
        row = self.count * first.element_size() * _COPIES
        self.chunk = max(1, min(4096, memory_bytes // row))
        self.vectorised = True

    @property
    def examples(self) -> int:
        """N, the number of training examples."""
        return len(self._data)

    # --- one example at a time ---

    def chunks(self, indices: Indices) -> Iterator[Tensor]:
        """Gradients of the examples at ``indices``, shape (at most ``chunk``, P), in their order."""
        for piece in indices.split(self.chunk):
            rows = self._rows(*self._data.gather(piece, seed=0))
            yield rows if self._weights is None else rows * self._weights

    def _rows(self, inputs: Any, targets: Any) -> Tensor:
        if self.vectorised:
            try:
                return self._all_at_once(inputs, targets)
            except (RuntimeError, NotImplementedError, ValueError):
                # Data-dependent control flow, in-place updates, operators without a batching rule.
                self.vectorised = False
        count = len(pytree.tree_leaves(inputs)[0])
        return torch.stack([self._single(inputs, targets, i) for i in range(count)])

    def _all_at_once(self, inputs: Any, targets: Any) -> Tensor:
        params = {n: p.detach() for n, p in self._params.items()}
        per_parameter = vmap(grad(self._loss_of_one), in_dims=(None, 0, 0))(params, inputs, targets)
        rows = [per_parameter[name].reshape(len(per_parameter[name]), -1) for name in self._params]
        return torch.cat(rows, dim=1)

    def _loss_of_one(self, params: dict[str, Tensor], inputs: Any, targets: Any) -> Tensor:
        inputs, targets = (pytree.tree_map(lambda leaf: leaf.unsqueeze(0), x) for x in (inputs, targets))
        if self._task.forward is None:
            outputs = functional_call(self._model, params, (inputs,))
        else:
            outputs = functional_call(_Forward(self._model, self._task.forward), _inside(params), (inputs,))
        return self._task.loss(outputs, targets)[0]

    def _single(self, inputs: Any, targets: Any, i: int) -> Tensor:
        one = pytree.tree_map(lambda leaf: leaf[i : i + 1], (inputs, targets))
        return _joined(torch.autograd.grad(self._losses(*one).sum(), self._parameters(), allow_unused=True),
                       self._parameters())  # fmt: skip

    # --- whole batches ---

    def mean(self, indices: Indices) -> Tensor:
        """The gradient of the mean loss over ``indices``, shape (P,); chunks are weighted by their sizes."""
        total = torch.zeros(self.count, device=self.device, dtype=self.dtype)
        parameters = self._parameters()
        for piece in indices.split(self._batch_chunk):
            loss = self._losses(*self._data.gather(piece, seed=0)).sum() / len(indices)
            total += _joined(torch.autograd.grad(loss, parameters, allow_unused=True), parameters)
        return total if self._weights is None else total * self._weights

    def hessian_products(self, indices: Indices, vectors: Tensor) -> Tensor:
        """H v for each row v of ``vectors``, shape (k, P), H the Hessian of the mean loss over ``indices``.

        By double backward: one graph of the gradient a chunk, kept for all vectors (Pearlmutter 1994).
        """
        parameters = self._parameters()
        total = torch.zeros_like(vectors)
        for piece in indices.split(self._batch_chunk):
            loss = self._losses(*self._data.gather(piece, seed=0)).sum() / len(indices)
            first = torch.autograd.grad(loss, parameters, create_graph=True, allow_unused=True)
            joined = _joined(first, parameters)
            for k, vector in enumerate(vectors):
                if joined.requires_grad:
                    second = torch.autograd.grad(
                        joined, parameters, vector, retain_graph=True, allow_unused=True
                    )
                    total[k] += _joined(second, parameters)
        return total

    @property
    def _batch_chunk(self) -> int:
        return 2048

    def _parameters(self) -> list[Tensor]:
        return list(self._params.values())

    def _losses(self, inputs: Any, targets: Any) -> Tensor:
        forward = self._task.forward
        outputs = self._model(inputs) if forward is None else forward(self._model, inputs)
        return self._task.loss(outputs, targets)


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


def _joined(gradients: Any, parameters: list[Tensor]) -> Tensor:
    """One vector; zeros for parameters that the loss did not use."""
    pieces = [
        (torch.zeros_like(p) if g is None else g).reshape(-1)
        for g, p in zip(gradients, parameters, strict=True)
    ]
    return torch.cat(pieces)
