"""One update of a model's parameters, exactly torch.optim's and with little overhead."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from batchwright.core.errors import InputError
from batchwright.optim.build import build_optimizers, plan_update
from batchwright.optim.catalogue import CATALOGUE
from batchwright.optim.flat import FlatParameters, can_flatten, is_dense
from batchwright.optim.proximal import soft_threshold_
from batchwright.optim.spec import OptimizerSpec
from batchwright.optim.state import collect_state, restore_state

# Mean entries a tensor up to which copying the gradients into one buffer costs less than the calls it saves
# (measured on a CPU, 2 to 16 tensors); optimizers without a fused kernel make many more calls a tensor.
FLAT_BELOW_FUSED = 8_192
FLAT_BELOW = 32_768
JOINED = "joined"


class Updater:
    """Moves the parameters by one :class:`OptimizerSpec`.

    The order of an update, at nominal learning rate lr = spec.lr * factor(step):

    1. gradients clipped to a global norm of ``clip_norm``: g *= min(1, clip_norm / |g|);
    2. L2 and decoupled weight decay (w *= 1 - lr * weight_decay), where torch lacks them;
    3. torch's step;
    4. proximal L1: soft threshold at lr * gain * l1 on every parameter.

    ``gain`` is 1 but for heavy-ball, Nesterov and velocity momentum, which move 1 / (1 - beta) times as far
    per unit of constant gradient: without it the penalty would shrink with the momentum. Under adaptive
    optimizers the threshold is not preconditioned: their limit is not the minimum of loss + l1 |w|_1.

    Fast path: for elementwise optimizers on small tensors the parameters that have a gradient at the
    first step are moved into one flat buffer (:class:`~batchwright.optim.flat.FlatParameters`), and torch
    sees a single tensor. The nn.Parameter objects stay, their ``data`` becomes a view: clone before
    saving, and call :meth:`arrange` before anything records the storage (a CUDA graph). Parameters
    without a gradient then stay outside and are skipped as torch skips them; should a joined parameter lose
    its gradient later, all are updated tensor by tensor from then on.

    torch's step hooks are not called, and the parameters' ``grad`` is None after a step. Nothing in
    :meth:`step` waits for the device (but torch's own Adafactor does).

    Args:
        spec: the optimizer.
        params: name -> trainable parameter, as of ``named_parameters()``.
        factor: step count -> factor on the learning rate
            (:func:`~batchwright.optim.schedules.schedule_factor`).
        flat: True forces the buffer, False forbids it, None decides by size.

    Raises:
        InputError: what the optimizer does not have or take, or ``flat=True`` where it cannot be.
    """

    def __init__(
        self,
        spec: OptimizerSpec,
        params: Mapping[str, nn.Parameter],
        factor: Callable[[int], float],
        *,
        flat: bool | None = None,
    ) -> None:
        self.spec = spec
        self._record = CATALOGUE[spec.name]
        self._plan = plan_update(spec)
        self._params = dict(params)
        self._factor = factor
        build_optimizers(spec, list(self._params.values()))  # bad values surface here, not at the first step
        possible = self._record.elementwise and can_flatten(list(self._params.values()))
        if flat and not possible:
            raise InputError(
                "flat=True needs an elementwise optimizer and parameters of one dtype and device, "
                f"got {spec.name}"
            )
        self._flat_allowed = possible if flat is None else flat
        self._flat_forced = bool(flat)
        # Our own arithmetic on gradients, and some optimizers', is in place, so the caller's are copied first.
        self._writes_gradients = self._record.writes_gradient or bool(
            spec.clip_norm or self._plan.l2 or self._plan.lr_in_gradient
        )
        self._arranged = False
        self._flat: FlatParameters | None = None
        self._loose: dict[str, nn.Parameter] = {}
        self._optimizers: list[Optimizer] = []
        self._steps: list[Callable[[], object]] = []
        self._torch_lr = math.nan
        self._plain = False  # w -= lr g is all there is: torch's bookkeeping costs more than that

    def lr(self, step: int) -> float:
        """The nominal learning rate of the update that follows ``step`` others."""
        return self.spec.lr * self._factor(step)

    def grad_norm(self, gradients: Sequence[Tensor | None]) -> Tensor:
        """The Euclidean norm over all gradients, a 0-dim tensor on their device; None counts as zero."""
        with torch.no_grad():
            return _norm([g for g in gradients if g is not None])

    def step(self, step: int, gradients: Sequence[Tensor | None], *, scale: float = 1.0) -> None:
        """Make one update; the gradients themselves are not changed.

        Args:
            step: number of updates already made; 0 for the first.
            gradients: one for each parameter, in the order of ``params``; None for one that the forward
                pass did not use.
            scale: of the learning rate, on top of the schedule's.
        """
        if not self._arranged:
            self.arrange(gradients)
        with torch.no_grad():
            lr = self.lr(step) * scale
            tensors, active = self._active(gradients)
            if tensors:
                self._update(lr, tensors, active)

    @contextmanager
    def capturing(self) -> Iterator[None]:
        """Inside, a step may be captured as a CUDA graph: optimizers that ask are told so.

        Their fused kernels count steps on the device and compute the same either way.
        """
        asking = [g for o in self._optimizers for g in o.param_groups if "capturable" in g]
        before = [group["capturable"] for group in asking]
        for group in asking:
            group["capturable"] = True
        try:
            yield
        finally:
            for group, value in zip(asking, before, strict=True):
                group["capturable"] = value

    def arrange(self, gradients: Sequence[Tensor | None]) -> None:
        """Decide the layout from which gradients exist; the first step does it by itself.

        Raises:
            InputError: another number of gradients than of parameters, or a sparse one.
        """
        if len(gradients) != len(self._params):
            raise InputError(
                f"step needs {len(self._params)} gradients, one a parameter, got {len(gradients)}"
            )
        named = zip(self._params.items(), gradients, strict=True)
        members = {name: p for (name, p), g in named if g is not None}
        if any(g is not None and g.layout != torch.strided for g in gradients):
            raise InputError(
                "gradients must be dense, got a sparse one: build the Embedding with sparse=False"
            )
        self._arrange(members if self._flat_allowed and self._worth_joining(members) else {})

    def state_dict(self) -> dict[str, Tensor]:
        """Optimizer state as contiguous copies named ``key/parameter``, ready for safetensors.

        Each parameter has its own, whatever the layout. ``joined`` says which are in the flat buffer:
        rounding may depend on it, and a resumed run must be bitwise the same. Empty before the first step.
        """
        if not self._arranged:
            return {}
        members = self._flat.params if self._flat else {}
        joined = torch.tensor([name in members for name in self._params])
        return {JOINED: joined} | collect_state(self.spec, self._optimizers, self._flat, self._loose)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Continue from :meth:`state_dict`, bit for bit, given equal parameters, spec and ``flat``.

        Raises:
            InputError: the state belongs to other parameters or is incomplete; the updater then stands as
                before its first step.
        """
        names = list(self._params)
        if not state:
            self._arranged = False
            return
        if JOINED not in state or len(state[JOINED]) != len(names):
            raise InputError(
                f"the optimizer state must describe {len(names)} parameters, got another model's"
            )
        joined = state[JOINED].tolist() if self._flat_allowed else [False] * len(names)
        self._arrange({n: self._params[n] for n, inside in zip(names, joined, strict=True) if inside})
        entries = {key: value for key, value in state.items() if key != JOINED}
        try:
            restore_state(self.spec, entries, self._optimizers, self._flat, self._loose)
        except InputError:
            self._arranged = False
            raise

    # --- layout ---

    def _worth_joining(self, members: Mapping[str, nn.Parameter]) -> bool:
        limit = FLAT_BELOW_FUSED if "cpu" in self._record.fused else FLAT_BELOW
        entries = sum(p.numel() for p in members.values())
        return bool(members) and (self._flat_forced or (len(members) > 1 and entries <= limit * len(members)))

    def _arrange(self, members: Mapping[str, nn.Parameter]) -> None:
        self._arranged = True
        self._flat = FlatParameters(members) if members else None
        self._loose = {name: p for name, p in self._params.items() if name not in members}
        self._optimizers = []
        if self._flat:
            self._optimizers += self._build([self._flat.parameter], foreach=False)
        if self._loose:
            self._optimizers += self._build(list(self._loose.values()), foreach=None)
        # The wrappers around a step (profiler, hooks, a second no_grad) cost as much as a small step itself.
        self._steps = [types.MethodType(inspect.unwrap(type(o).step), o) for o in self._optimizers]
        self._torch_lr = math.nan
        self._plain = all(is_plain_descent(o) for o in self._optimizers)

    def _build(self, params: Sequence[nn.Parameter], *, foreach: bool | None) -> list[Optimizer]:
        # What stands beside an optimizer of matrices is what a fused kernel concerns.
        record = CATALOGUE[self._record.beside] if self._record.beside else self._record
        momentum = self.spec.momentum if "momentum" in record.takes else 0.0
        fused = all(is_dense(p) and p.device.type in record.fused for p in params)
        if not record.state_of(self.spec, ()) and len(params) <= 8:
            fused = False  # no state: one axpy a tensor; everywhere else the fused kernel measured faster
        fused = fused and not self.spec.options.get("dampening")
        built = build_optimizers(self.spec, params, fused=fused, foreach=foreach)
        if fused and momentum:
            # torch's fused SGD fails where some parameters have a momentum buffer and others, whose first
            # gradient comes later, have none. From zero the first step is the same: beta * 0 + g.
            for p in params:
                built[0].state[p]["momentum_buffer"] = torch.zeros_like(p)
        return built

    # --- one update ---

    def _active(self, gradients: Sequence[Tensor | None]) -> tuple[list[Tensor], list[Tensor]]:
        """What torch is to move, and its gradients, which may be written to if ``_writes_gradients``."""
        flat, outside = self._flat, gradients
        tensors: list[Tensor] = []
        active: list[Tensor] = []
        if flat is not None:
            inside = gradients
            if self._loose:
                inside = [g for name, g in zip(self._params, gradients, strict=True) if name in flat.params]
                outside = [g for name, g in zip(self._params, gradients, strict=True) if name in self._loose]
            else:
                outside = ()
            present = [g for g in inside if g is not None]
            if len(present) < len(flat.params):
                self._dissolve()
                return self._active(gradients)
            flat.copy_gradients(present)
            tensors.append(flat.parameter)
            active.append(flat.gradient)
        for p, g in zip(self._loose.values(), outside, strict=True):
            if g is not None:
                tensors.append(p)
                active.append(_as_laid_out(g, p, copy=self._writes_gradients))
        return tensors, active

    def _update(self, lr: float, tensors: list[Tensor], gradients: list[Tensor]) -> None:
        plan, spec = self._plan, self.spec
        if spec.clip_norm is not None:
            torch._foreach_mul_(gradients, (spec.clip_norm / _norm(gradients)).clamp(max=1.0))
        if plan.l2:
            torch._foreach_add_(gradients, tensors, alpha=plan.l2)
        if plan.lr_in_gradient:
            torch._foreach_mul_(gradients, lr)
        if plan.decoupled:
            torch._foreach_mul_(tensors, 1.0 - lr * plan.decoupled)
        lr_of_torch = 1.0 if plan.lr_in_gradient else plan.lr_factor * lr
        if self._plain:
            torch._foreach_add_(tensors, gradients, alpha=-lr_of_torch)
        else:
            self._step_torch(lr_of_torch, tensors, gradients)
        for p in self._params.values():
            p.grad = None
        if spec.l1:
            soft_threshold_(tensors, lr * plan.gain * spec.l1)

    def _step_torch(self, lr: float, tensors: list[Tensor], gradients: list[Tensor]) -> None:
        self._set_torch_lr(lr)
        for p, g in zip(tensors, gradients, strict=True):
            p.grad = g
        for step in self._steps:
            step()

    def _set_torch_lr(self, lr: float) -> None:
        if lr != self._torch_lr:
            for optimizer in self._optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = lr
            self._torch_lr = lr

    def _dissolve(self) -> None:
        """Go on tensor by tensor, from the same state."""
        state = self.state_dict()
        self._flat_allowed = False
        self.load_state_dict(state)


def is_plain_descent(optimizer: Optimizer) -> bool:
    """Whether torch's step is w -= lr g, one tensor after the other, and keeps no state."""
    off = ("momentum", "weight_decay", "nesterov", "maximize", "foreach", "fused")
    return type(optimizer) is torch.optim.SGD and not any(
        group[name] for group in optimizer.param_groups for name in off
    )


def _as_laid_out(gradient: Tensor, p: Tensor, *, copy: bool) -> Tensor:
    """The gradient in the memory order of its parameter.

    torch's fused kernels walk both by address and check nothing, while autograd.grad may return a
    transposed or an expanded gradient.
    """
    if copy or gradient.stride() != p.stride():
        return torch.empty_like(p).copy_(gradient)
    return gradient


def _norm(gradients: list[Tensor]) -> Tensor:
    if not gradients:
        return torch.zeros(())
    if len(gradients) == 1:
        return torch.linalg.vector_norm(gradients[0])
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
