"""Exact Hessian and Gauss-Newton products of the mean training loss, over any amount of data.

The examples are taken in chunks, each weighted by its size. A chunk's graph of the gradient is built once
and kept for all later products while the memory budget allows, else built again for each block of vectors.
On a CPU the kept graphs are shared out among threads, chunk by chunk rather than operation by operation.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm

from batchwright.core.errors import InputError
from batchwright.core.streams import derive_seed, global_randomness
from batchwright.measure.gradients.per_example import MEMORY_BYTES, PerExampleGradients
from batchwright.measure.hessian.convolution import DataConvolutions
from batchwright.measure.hessian.piecewise_linear import piecewise_linear_trace
from batchwright.task.task import Task, take_examples
from batchwright.training.threads import (
    ONE_THREAD_BELOW,
    one_thread,
    one_thread_each,
    operations_per_example,
)

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

    The model is copied in its present mode; the caller's weights, buffers, mode and random state are left
    alone. Tied parameters count once; parameters that the loss does not use have zero derivatives.

    Args:
        model: read, never written to.
        task: its training examples and per-example loss; its augmentation and autocast are left out.
        examples: a stratified subset of so many training examples; all of them by default.
        chunk: examples a backward pass.
        memory_bytes: bounds the graphs that are kept; at least one chunk's exists while it is used.
        seed: of the subset, and of what the model draws in the determinism check (stream ``probe``).

    Attributes:
        count: P, the number of trainable parameters.
        products: products with a vector so far, Hessian and Gauss-Newton together.

    Raises:
        InputError: no trainable parameters, a chunk below 1, batch norm that couples the examples of a
            batch, or two passes over the data that give different gradients.
    """

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        *,
        examples: int | None = None,
        chunk: int = 128,
        memory_bytes: int = MEMORY_BYTES,
        seed: int = 0,
    ) -> None:
        if chunk < 1:
            raise InputError(f"chunk must be at least 1, got {chunk}")
        self._task = task if examples is None else take_examples(task, examples, seed)
        self._model = copy.deepcopy(model)
        self._params = [p for p in self._model.parameters() if p.requires_grad]
        if not self._params:
            raise InputError(f"task {task.name!r}: the model has no trainable parameters")
        _refuse_batch_statistics(self._model)
        self.device, self.dtype = self._params[0].device, self._params[0].dtype
        self._data = self._task.train.to(self.device, self.dtype)
        self._chunks = torch.arange(len(self._data)).split(chunk)
        threads = torch.get_num_threads()
        operations = operations_per_example(self._model, self._data) if threads > 1 else None
        self._small = operations is not None and operations * chunk < ONE_THREAD_BELOW
        worth_it = operations is None or operations * self.examples >= _SHARED_FROM
        longest = math.ceil(len(self._chunks) / threads) * chunk
        even = longest * threads <= _UNEVEN * self.examples
        self._shared_out = self.device.type == "cpu" and even and worth_it
        self.count = sum(p.numel() for p in self._params)
        self.products = 0
        self._seed, self._memory_bytes = seed, memory_bytes
        self._kept: dict[int, Tensor] = {}
        self._kept_bytes = 0.0
        self._example_bytes: float | None = None
        self._value, self._gradient = self._pass(0)
        self._check_determinism()

    @property
    def examples(self) -> int:
        """N, the number of examples that the loss is the mean of."""
        return len(self._data)

    def loss(self) -> float:
        """The mean loss."""
        return self._value

    def gradient(self) -> Tensor:
        """The gradient of the mean loss, shape (P,)."""
        return self._gradient.clone()

    def point(self) -> Tensor:
        """The parameters, shape (P,)."""
        return self._joined([p.detach() for p in self._params])

    def move(self, point: Tensor) -> None:
        """Go to other parameters, shape (P,): loss, gradient and products are those there from now on."""
        self._write(point)
        self._value, self._gradient = self._pass(0)

    def loss_at(self, point: Tensor) -> float:
        """The mean loss at other parameters, shape (P,), by forward passes alone; may not be finite."""
        here = self.point()
        self._write(point)
        try:
            with torch.no_grad():
                return sum(self._forward(piece) for piece in self._chunks)
        finally:
            self._write(here)

    def per_example(self) -> PerExampleGradients:
        """The gradients of the same examples at the same point, one by one, in evaluation mode."""
        return PerExampleGradients(self._model, self._task, memory_bytes=self._memory_bytes, seed=self._seed)

    def exact_trace(self) -> float | None:
        """tr H to rounding, where it follows from the outputs' slopes alone; None for most other models."""
        return piecewise_linear_trace(self._model, self._task, self._data, self._memory_bytes)

    def hessian_products(self, vectors: Tensor) -> Tensor:
        """H v for each row v of ``vectors``, shape (k, P), by double backward (Pearlmutter 1994)."""
        vectors = self._checked(vectors)
        total = torch.zeros_like(vectors)
        for number, piece in enumerate(self._chunks):
            if number in self._kept:
                continue
            with self._drawing(piece, 0):
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
            with self._seeded(self._chunks[0], 0):
                shares = one_thread_each(share, kept)
        else:
            with self._drawing(self._chunks[0], 0):
                shares = [share(kept)]
        for own in shares:
            total += own
        self.products += len(vectors)
        return total

    def _add_products(self, total: Tensor, vectors: Tensor, gradient: Tensor) -> None:
        """Add the products of one chunk, given its share of the gradient."""
        if gradient.requires_grad:  # else the loss is linear in the parameters
            for k, vector in enumerate(vectors):
                total[k] += self._joined(self._derivatives(gradient, vector, retain_graph=True))

    def gauss_newton_products(self, vectors: Tensor) -> Tensor:
        """G v for each row v of ``vectors``, shape (k, P): G = 1/N sum_i J_i' (d^2 l_i / dz^2) J_i.

        J_i is the Jacobian of the outputs z_i; J v comes from two backward passes (Schraudolph 2002).

        Raises:
            InputError: the outputs are not one tensor.
        """
        vectors = self._checked(vectors)
        total = torch.zeros_like(vectors)
        for piece in self._chunks:
            with self._drawing(piece, 0):
                self._add_gauss_newton(total, vectors, piece)
        self.products += len(vectors)
        return total

    def _add_gauss_newton(self, total: Tensor, vectors: Tensor, piece: Tensor) -> None:
        inputs, targets = self._data.gather(piece, seed=0)
        outputs = self._outputs(inputs)
        if not isinstance(outputs, Tensor):
            raise InputError(
                "Gauss-Newton products need a model whose output is one tensor, "
                f"got {type(outputs).__name__}; use Hessian products"
            )
        detached = outputs.detach().requires_grad_()
        mean = self._task.loss(detached, targets).sum() / self.examples
        (slope,) = torch.autograd.grad(mean, detached, create_graph=True)
        if not (outputs.requires_grad and slope.requires_grad):
            return
        dummy = torch.zeros_like(outputs, requires_grad=True)
        pulled = self._joined(self._derivatives(outputs, dummy, create_graph=True))
        for k, vector in enumerate(vectors):
            (pushed,) = torch.autograd.grad(pulled, dummy, vector, retain_graph=True)
            (bent,) = torch.autograd.grad(slope, detached, pushed, retain_graph=True)
            total[k] += self._joined(self._derivatives(outputs, bent, retain_graph=True))

    def _graph(self, number: int, piece: Tensor) -> Tensor:
        """A chunk's share of the gradient, with its graph, which is kept if it fits."""
        size = self._bytes_per_example(piece) * len(piece) + self.count * self._gradient.element_size()
        gradient = self._graph_of(piece)
        if self._kept_bytes + size <= self._memory_bytes:
            self._kept[number] = gradient
            self._kept_bytes += size
        return gradient

    def _graph_of(self, piece: Tensor) -> Tensor:
        loss = self._losses(piece, 0).sum() / self.examples
        return self._joined(self._derivatives(loss, create_graph=True))

    def _bytes_per_example(self, piece: Tensor) -> float:
        """What the graph of a chunk's gradient holds: measured once, on the first chunk."""
        if self._example_bytes is None:
            storages: dict[int, int] = {}

            def note(tensor: Tensor) -> Tensor:
                storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
                return tensor

            with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
                gradient = self._graph_of(piece)
            if gradient.requires_grad:
                # What a hook has seen and its graph hold each other until a backward pass lets go.
                self._derivatives(gradient.sum())
            self._example_bytes = _OVERHEAD * sum(storages.values()) / len(piece)
        return self._example_bytes

    def _pass(self, draw: int) -> tuple[float, Tensor]:
        value = 0.0
        total = torch.zeros(self.count, device=self.device, dtype=self.dtype)
        for piece in self._chunks:
            with self._drawing(piece, draw):
                losses = self._losses(piece, draw)
                total += self._joined(self._derivatives(losses.sum() / self.examples))
            value += self._share(losses.detach())
        return value, total

    def _forward(self, piece: Tensor) -> float:
        with self._drawing(piece, 0):
            return self._share(self._losses(piece, 0))

    def _share(self, losses: Tensor) -> float:
        return float(losses.double().sum()) / self.examples

    def _write(self, point: Tensor) -> None:
        """Parameters of the own copy; the graphs that were kept belong to others."""
        self._kept.clear()
        self._kept_bytes = 0
        pieces = self._checked(point[None])[0].split([p.numel() for p in self._params])
        with torch.no_grad():
            for parameter, piece in zip(self._params, pieces, strict=True):
                parameter.copy_(piece.view_as(parameter))

    def _check_determinism(self) -> None:
        """Two passes, under different random draws, must agree up to rounding."""
        again = self._pass(1)[1]
        scale = max(float(self._gradient.norm()), float(again.norm()))
        gap = float((again - self._gradient).norm())
        if gap <= 1e3 * torch.finfo(self.dtype).eps * scale or not scale < float("inf"):
            return
        dropout = [
            n
            for n, m in self._model.named_modules()
            if m.training and isinstance(m, nn.modules.dropout._DropoutNd)
        ]
        cause = (
            f"dropout {dropout[0]!r} is in training mode: call model.eval() first"
            if dropout
            else "likely random transforms in the data, a shuffling loader or a model that draws: turn it off"
        )
        raise InputError(
            f"curvature needs the same gradient from two passes over the data, got a gap of {gap:.2g} "
            f"beside a norm of {scale:.2g}; {cause}"
        )

    def _checked(self, vectors: Tensor) -> Tensor:
        if vectors.ndim != 2 or vectors.shape[1] != self.count:
            raise InputError(f"vectors must have shape (k, {self.count}), got {tuple(vectors.shape)}")
        return vectors.to(self.device, self.dtype)

    def _outputs(self, inputs: Any) -> Any:
        forward = self._task.forward
        # Attention's fused kernels have no second derivative.
        with sdpa_kernel(SDPBackend.MATH), DataConvolutions():
            return self._model(inputs) if forward is None else forward(self._model, inputs)

    def _losses(self, piece: Tensor, draw: int) -> Tensor:
        inputs, targets = self._data.gather(piece, seed=draw)
        return self._task.loss(self._outputs(inputs), targets)

    @contextmanager
    def _drawing(self, piece: Tensor, draw: int) -> Iterator[None]:
        """As ``_seeded``, in one thread where the operations on a chunk are too small to share out."""
        with self._seeded(piece, draw), one_thread() if self._small else nullcontext():
            yield

    def _seeded(self, piece: Tensor, draw: int) -> AbstractContextManager[None]:
        """The same draws whenever the same examples come by."""
        seed = derive_seed(self._seed, "probe", "curvature", draw, int(piece[0]))
        return global_randomness(seed, python_too=True)

    def _derivatives(self, value: Tensor, vector: Tensor | None = None, **options: bool) -> Any:
        return torch.autograd.grad(value, self._params, vector, allow_unused=True, **options)

    def _joined(self, gradients: Any) -> Tensor:
        """One vector; zeros for parameters that the loss did not use."""
        pairs = zip(gradients, self._params, strict=True)
        return torch.cat([(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in pairs])


def _refuse_batch_statistics(model: nn.Module) -> None:
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
            raise InputError(
                f"curvature needs a loss that does not depend on the chunks; batch norm {name!r} uses the "
                "statistics of each batch: call model.eval() and keep running statistics"
            )
