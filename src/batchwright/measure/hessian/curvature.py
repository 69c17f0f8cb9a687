"""Exact Hessian and Gauss-Newton products of the mean training loss, over any amount of data.

The examples are taken in chunks, each weighted by its size. A chunk's graph of the gradient is built once
and kept for all later products while the memory budget allows, else built again for each block of vectors.
On a CPU the kept graphs are shared out among threads, chunk by chunk rather than operation by operation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams, Indices, Vectors
from batchwright.measure.gradients.per_example import MEMORY_BYTES, Mode, PerExampleGradients
from batchwright.measure.hessian.mean_loss import MeanLoss
from batchwright.measure.hessian.piecewise_linear import piecewise_linear_trace
from batchwright.task.task import Task
from batchwright.training.threads import one_thread_each

_OVERHEAD = 2
"""A process grows by about twice what the graphs hold: gaps between long-lived tensors are lost to others."""
_SHARED_FROM = 50e6
"""Floating-point operations of a pass over the examples from which a thread for each share of the chunks pays
(dense nets in chunks of 32 to 256; it takes 7 ms instead of 5 at 20e6, 8 instead of 12 at 80e6)."""
_UNEVEN = 1.1
"""Longest share of the chunks, relative to the mean, up to which a thread each measured no loss (dense nets;
convolutional ones gain a fifth)."""


class Curvature:
    """Second derivatives of the mean training loss L(w) = 1/N sum_i l_i(w) at a model's present parameters.

    The model is copied; the caller's weights, buffers, mode and random state are left alone. Tied parameters
    count once; parameters that the loss does not use have zero derivatives. Items of a map-style data set are
    read once.

    Args:
        model: read, never written to.
        task: its training examples and per-example loss; its augmentation and autocast are left out.
        examples: a stratified subset of so many training examples; all of them by default.
        chunk: examples a backward pass.
        memory_bytes: bounds the graphs that are kept, at least one chunk's exists while it is used; and the
            items that are read.
        mode: of dropout and batch norm; the model's present one by default.
        seed: of the subset, and of what the model draws in the determinism check (stream ``probe``).

    Attributes:
        count: P, the number of trainable parameters.
        products: products with a vector so far, Hessian and Gauss-Newton together.

    Raises:
        InputError: no trainable parameters, a chunk below 1, batch norm that couples the examples of a
            batch, two passes over the data that give different gradients, or a model that cannot be copied.
    """

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        *,
        examples: int | None = None,
        chunk: int = 128,
        memory_bytes: int = MEMORY_BYTES,
        mode: Mode | None = None,
        seed: int = 0,
    ) -> None:
        self._mean = MeanLoss(
            model, task, examples=examples, chunk=chunk, memory_bytes=memory_bytes, mode=mode, seed=seed
        )
        self.device, self.dtype, self.count = self._mean.device, self._mean.dtype, self._mean.count
        self._shared_out = self.device.type == "cpu" and _worth_sharing(self._mean, chunk)
        self.products = 0
        self._seed, self._memory_bytes = seed, memory_bytes
        self._kept: dict[int, Tensor] = {}
        self._kept_bytes = 0.0
        self._example_bytes: float | None = None
        self._value, self._gradient = self._mean.value_and_gradient(0)
        self._mean.check_repeatable(self._gradient)

    @property
    def examples(self) -> int:
        """N, the number of examples that the loss is the mean of."""
        return self._mean.examples

    def loss(self) -> float:
        """The mean loss."""
        return self._value

    def gradient(self) -> FlatParams:
        """The gradient of the mean loss."""
        return self._gradient.clone()

    def point(self) -> FlatParams:
        """The parameters."""
        return self._mean.point()

    def move(self, point: Tensor) -> None:
        """Go to other parameters, shape (P,): loss, gradient and products are those there from now on."""
        self._write(point)
        self._value, self._gradient = self._mean.value_and_gradient(0)

    def loss_at(self, point: Tensor) -> float:
        """The mean loss at other parameters, shape (P,), by forward passes alone; may not be finite."""
        here = self.point()
        self._write(point)
        try:
            return self._mean.value()
        finally:
            self._write(here)

    def per_example(self) -> PerExampleGradients:
        """The gradients of the same examples at the same point, one by one, in evaluation mode."""
        return PerExampleGradients(
            self._mean.model, self._mean.task, memory_bytes=self._memory_bytes, seed=self._seed
        )

    def exact_trace(self) -> float | None:
        """tr H to rounding, where it follows from the outputs' slopes alone; None for most other models."""
        return piecewise_linear_trace(self._mean.model, self._mean.task, self._mean.data, self._memory_bytes)

    # --- products ---

    def hessian_products(self, vectors: Tensor) -> Vectors:
        """H v for each row v of ``vectors``, shape (k, P), by double backward (Pearlmutter 1994)."""
        vectors = self._checked(vectors)
        total = torch.zeros_like(vectors)
        chunks = self._mean.chunks
        with self._mean.drawing(0):
            for number, piece in enumerate(chunks):
                if number not in self._kept:
                    gradient = self._graph(number, piece)
                    if number not in self._kept:
                        self._add_products(total, vectors, gradient)
                    del gradient

        def share(graphs: Sequence[Tensor]) -> Tensor:
            own = torch.zeros_like(vectors)
            for graph in graphs:
                self._add_products(own, vectors, graph)
            return own

        kept = list(self._kept.values())
        if self._shared_out:
            with self._mean.seeded(0):
                shares = one_thread_each(share, kept)
        else:
            with self._mean.drawing(0):
                shares = [share(kept)]
        for own in shares:
            total += own
        self.products += len(vectors)
        return total

    def _add_products(self, total: Tensor, vectors: Tensor, gradient: Tensor) -> None:
        """Add the products of one chunk, given its share of the gradient."""
        if gradient.requires_grad:  # else the loss is linear in the parameters
            for k, vector in enumerate(vectors):
                total[k] += self._mean.joined(self._mean.derivatives(gradient, vector, retain_graph=True))

    def gauss_newton_products(self, vectors: Tensor) -> Vectors:
        """G v for each row v of ``vectors``, shape (k, P): G = 1/N sum_i J_i' (d^2 l_i / dz^2) J_i.

        J_i is the Jacobian of the outputs z_i; J v comes from two backward passes (Schraudolph 2002).

        Raises:
            InputError: the outputs are not one tensor.
        """
        vectors = self._checked(vectors)
        total = torch.zeros_like(vectors)
        with self._mean.drawing(0):
            for piece in self._mean.chunks:
                self._add_gauss_newton(total, vectors, piece)
        self.products += len(vectors)
        return total

    def _add_gauss_newton(self, total: Tensor, vectors: Tensor, piece: Indices) -> None:
        mean = self._mean
        inputs, targets = mean.data.gather(piece, seed=0)
        outputs = mean.outputs(inputs)
        if not isinstance(outputs, Tensor):
            raise InputError(
                "Gauss-Newton products need a model whose output is one tensor, "
                f"got {type(outputs).__name__}; use Hessian products"
            )
        detached = outputs.detach().requires_grad_()
        loss = mean.task.loss(detached, targets).sum() / mean.examples
        (slope,) = torch.autograd.grad(loss, detached, create_graph=True)
        if not (outputs.requires_grad and slope.requires_grad):
            return
        dummy = torch.zeros_like(outputs, requires_grad=True)
        pulled = mean.joined(mean.derivatives(outputs, dummy, create_graph=True))
        for k, vector in enumerate(vectors):
            (pushed,) = torch.autograd.grad(pulled, dummy, vector, retain_graph=True)
            (bent,) = torch.autograd.grad(slope, detached, pushed, retain_graph=True)
            total[k] += mean.joined(mean.derivatives(outputs, bent, retain_graph=True))

    # --- graphs that are kept ---

    def _graph(self, number: int, piece: Indices) -> Tensor:
        """A chunk's share of the gradient, with its graph, which is kept if it fits."""
        size = self._bytes_per_example(piece) * len(piece) + self.count * self._gradient.element_size()
        gradient = self._mean.gradient_graph(piece)
        if self._kept_bytes + size <= self._memory_bytes:
            self._kept[number] = gradient
            self._kept_bytes += size
        return gradient

    def _bytes_per_example(self, piece: Indices) -> float:
        """What the graph of a chunk's gradient holds: measured once, on the first chunk."""
        if self._example_bytes is None:
            storages: dict[int, int] = {}

            def note(tensor: Tensor) -> Tensor:
                storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
                return tensor

            with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
                gradient = self._mean.gradient_graph(piece)
            if gradient.requires_grad:
                # What a hook has seen and its graph hold each other until a backward pass lets go.
                self._mean.derivatives(gradient.sum())
            self._example_bytes = _OVERHEAD * sum(storages.values()) / len(piece)
        return self._example_bytes

    def _write(self, point: Tensor) -> None:
        """Parameters of the own copy; the graphs that were kept belong to others."""
        self._kept.clear()
        self._kept_bytes = 0
        self._mean.move(self._checked(point[None])[0])

    def _checked(self, vectors: Tensor) -> Tensor:
        if vectors.ndim != 2 or vectors.shape[1] != self.count:
            raise InputError(f"vectors must have shape (k, {self.count}), got {tuple(vectors.shape)}")
        return vectors.to(self.device, self.dtype)


def _worth_sharing(mean: MeanLoss, chunk: int) -> bool:
    """Whether a thread for each share of the chunks is quicker than all threads at each of them."""
    threads = torch.get_num_threads()
    longest = math.ceil(len(mean.chunks) / threads) * min(chunk, mean.examples)
    even = longest * threads <= _UNEVEN * mean.examples
    return even and (mean.operations is None or mean.operations >= _SHARED_FROM)
