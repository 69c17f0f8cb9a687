"""The mean training loss at one point: an own copy of the model, its examples in chunks, the same draws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.batchnorm import _BatchNorm

from batchwright.core.errors import InputError
from batchwright.core.params import flat_gradient
from batchwright.core.shapes import FlatParams, Indices, Losses
from batchwright.core.streams import derive_seed, global_randomness
from batchwright.measure.examples import measured_task
from batchwright.measure.gradients.per_example import Mode
from batchwright.measure.hessian.convolution import DataConvolutions
from batchwright.measure.own_copy import own_copy
from batchwright.task.task import Task
from batchwright.training.threads import ONE_THREAD_BELOW, one_thread, operations_per_example


class MeanLoss:
    """L(w) = 1/N sum_i l_i(w), its parts chunk by chunk, and its gradient.

    Args:
        model, task, examples, chunk, memory_bytes, mode, seed: as of
            :class:`~batchwright.measure.hessian.curvature.Curvature`.

    Attributes:
        model: the copy, which may be written to.
        task: over the examples chosen, in memory.
        params: its trainable parameters.
        count: P, how many numbers these are.
        chunks: positions of the examples that are taken together.
        operations: floating-point operations of a pass over all examples; None where not known or one thread.
    """

    def __init__(
        self, model: nn.Module, task: Task, *, examples: int | None, chunk: int, memory_bytes: int,
        mode: Mode | None, seed: int,
    ) -> None:  # fmt: skip
        if chunk < 1:
            raise InputError(f"chunk must be at least 1, got {chunk}")
        self.model = own_copy(model, task)
        if mode is not None:
            self.model.train(mode == "training")
        self.params = [p for p in self.model.parameters() if p.requires_grad]
        if not self.params:
            raise InputError(f"task {task.name!r}: the model has no trainable parameters")
        _refuse_batch_statistics(self.model)
        self.device, self.dtype = self.params[0].device, self.params[0].dtype
        self.task = measured_task(self.model, task, examples=examples, memory_bytes=memory_bytes, seed=seed)
        self.data = self.task.train
        self.chunks = torch.arange(len(self.data)).split(min(chunk, len(self.data)))
        self.count = sum(p.numel() for p in self.params)
        several = torch.get_num_threads() > 1
        each = operations_per_example(self.model, self.data) if several else None
        self.operations = None if each is None else each * len(self.data)
        self._small = each is not None and each * chunk < ONE_THREAD_BELOW
        self._seed = seed

    @property
    def examples(self) -> int:
        """N."""
        return len(self.data)

    # --- values and gradients ---

    def value_and_gradient(self, draw: int) -> tuple[float, FlatParams]:
        """L and its gradient, under the random draws of that number."""
        value, total = 0.0, torch.zeros(self.count, device=self.device, dtype=self.dtype)
        with self.drawing(draw):
            for piece in self.chunks:
                losses = self.losses(piece, draw)
                total += self.joined(self.derivatives(losses.sum() / self.examples))
                value += self._share(losses.detach())
        return value, total

    def value(self) -> float:
        """L by forward passes alone; may not be finite."""
        total = 0.0
        with torch.no_grad(), self.drawing(0):
            for piece in self.chunks:
                total += self._share(self.losses(piece, 0))
        return total

    def _share(self, losses: Losses) -> float:
        return float(losses.double().sum()) / self.examples

    def losses(self, piece: Indices, draw: int) -> Losses:
        """The losses of a chunk, one an example, with their graph."""
        inputs, targets = self.data.gather(piece, seed=draw)
        return self.task.loss(self.outputs(inputs), targets)

    def outputs(self, inputs: Any) -> Any:
        """What the model makes of a chunk, differentiable twice while :meth:`drawing`."""
        forward = self.task.forward
        with DataConvolutions():
            return self.model(inputs) if forward is None else forward(self.model, inputs)

    def gradient_graph(self, piece: Indices) -> FlatParams:
        """A chunk's share of the gradient, with its graph."""
        loss = self.losses(piece, 0).sum() / self.examples
        return self.joined(self.derivatives(loss, create_graph=True))

    def derivatives(self, value: Tensor, vector: Tensor | None = None, **options: bool) -> Any:
        """Of ``value``, times ``vector``, by each parameter; None for those it does not depend on."""
        return torch.autograd.grad(value, self.params, vector, allow_unused=True, **options)

    def joined(self, gradients: Any) -> FlatParams:
        """One vector; zeros for parameters that the loss did not use."""
        return flat_gradient(gradients, self.params)

    # --- where it stands ---

    def point(self) -> FlatParams:
        """The parameters."""
        return self.joined([p.detach() for p in self.params])

    def move(self, point: FlatParams) -> None:
        """Write other parameters into the copy."""
        pieces = point.to(self.device, self.dtype).split([p.numel() for p in self.params])
        with torch.no_grad():
            for parameter, piece in zip(self.params, pieces, strict=True):
                parameter.copy_(piece.view_as(parameter))

    # --- random draws and threads ---

    @contextmanager
    def drawing(self, draw: int) -> Iterator[None]:
        """A pass over the chunks, :meth:`seeded`, in one thread where the operations on each are too small to share.

        Attention's fused kernels have no second derivative; all this is entered once a pass, since it costs as
        much as a small chunk.
        """
        with self.seeded(draw), sdpa_kernel(SDPBackend.MATH), one_thread() if self._small else nullcontext():
            yield

    def seeded(self, draw: int) -> AbstractContextManager[None]:
        """The same draws in every pass over the chunks."""
        seed = derive_seed(self._seed, "probe", "curvature", draw)
        return global_randomness(seed, python_too=True)

    def check_repeatable(self, gradient: FlatParams) -> None:
        """Two passes, under different random draws, must agree up to rounding.

        Raises:
            InputError: another pass gives another gradient than this one.
        """
        again = self.value_and_gradient(1)[1]
        scale = max(float(gradient.norm()), float(again.norm()))
        gap = float((again - gradient).norm())
        if gap <= 1e3 * torch.finfo(self.dtype).eps * scale or not scale < float("inf"):
            return
        raise _not_repeatable(self.model, f"a gap of {gap:.2g} beside a norm of {scale:.2g}")


def _not_repeatable(model: nn.Module, got: str) -> InputError:
    rule = f"curvature needs the same gradient from two passes over the data, got {got}"
    for name, module in model.named_modules():
        if module.training and isinstance(module, nn.modules.dropout._DropoutNd):
            return InputError(f"{rule}; dropout {name!r} is in training mode: call model.eval() first")
    return InputError(f"{rule}; likely the model draws random numbers: turn that off")


def _refuse_batch_statistics(model: nn.Module) -> None:
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
            raise InputError(
                f"curvature needs a loss that does not depend on the chunks; batch norm {name!r} uses the "
                "statistics of each batch: call model.eval() and keep running statistics"
            )
