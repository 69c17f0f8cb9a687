"""One update of K models at once, each at its own learning rate: the parameters of all in one buffer."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from batchwright.optim.build import build_optimizers, plan_update
from batchwright.optim.catalogue import CATALOGUE
from batchwright.optim.flat import aligned_offsets, can_flatten
from batchwright.optim.spec import OptimizerSpec
from batchwright.optim.update import is_plain_descent


def can_stack(spec: OptimizerSpec, params: Sequence[Tensor]) -> bool:
    """Whether :class:`StackedUpdater` makes the updates of this optimizer on these parameters.

    Every entry must move by itself (LARS, LAMB, Adafactor and Muon look at whole parameters), by its learning rate
    times something that does not depend on the rate (Rprop's is the start of step sizes), and without the
    threshold of an L1 penalty.
    """
    record = CATALOGUE[spec.name]
    return record.elementwise and record.linear_in_lr and not spec.l1 and can_flatten(params)


class StackedUpdater:
    """The updates of :class:`~batchwright.optim.update.Updater` for K models that differ in learning rate alone.

    The parameters of model k become views of row k of one buffer. Where there is more to do than w -= lr g,
    torch's optimizer moves a buffer of zeros at learning rate 1; what it has become, times lr_k, is what row k moves
    by. Decay and clipping, which are not proportional to the rate, are done here, in the order of ``Updater``;
    the norm that is clipped is that of each model alone. Equal to K updaters within rounding.

    Args:
        specs: one a model; they differ in ``lr`` alone.
        models: name -> trainable parameter, one mapping a model, all of the same names and shapes.
        factor: step count -> factor on the learning rates.

    Attributes:
        stacks: name -> the K parameters, shape (K, ...): leaves that share the buffer's memory.
    """

    def __init__(
        self,
        specs: Sequence[OptimizerSpec],
        models: Sequence[Mapping[str, nn.Parameter]],
        factor: Callable[[int], float],
    ) -> None:
        self._spec, self._factor = specs[0], factor
        self._plan = plan_update(self._spec)
        self._rates = [spec.lr for spec in specs]
        self._models = [dict(params) for params in models]
        first = next(iter(self._models[0].values()))
        self._offsets, size = aligned_offsets(self._models[0])
        rows = torch.zeros(len(specs), size, dtype=first.dtype, device=first.device)
        with torch.no_grad():
            for name, stack in self._views(rows).items():
                stack.copy_(torch.stack([params[name].detach() for params in self._models]))
        bare = self._spec.model_copy(update={"weight_decay": 0.0, "lr": 1.0})
        self._moved = nn.Parameter(torch.zeros_like(rows))
        self._optimizer = self._built(bare)
        # The wrappers around a step (profiler, hooks, a second no_grad) cost as much as a small step itself.
        unwrapped = inspect.unwrap(type(self._optimizer).step)
        self._step: Callable[[], object] = types.MethodType(unwrapped, self._optimizer)
        plan = self._plan
        decays = plan.l2 or plan.decoupled or self._spec.weight_decay or plan.lr_in_gradient
        self._plain = is_plain_descent(self._optimizer) and not decays and self._spec.clip_norm is None
        self._settle(rows)

    def _built(self, spec: OptimizerSpec) -> Optimizer:
        record = CATALOGUE[spec.name]
        fused = self._moved.device.type in record.fused and bool(record.state_of(spec, ()))
        # torch's fused SGD wants a momentum buffer from the start, and takes no dampening.
        (built,) = build_optimizers(spec, [self._moved], fused=fused and spec.name != "sgd", foreach=False)
        return built

    def _views(self, rows: Tensor) -> dict[str, Tensor]:
        return {
            name: rows[:, self._offsets[name] :][:, : p.numel()].view(len(rows), *p.shape)
            for name, p in self._models[0].items()
        }

    def _settle(self, rows: Tensor) -> None:
        """Let the models' parameters be views of these rows."""
        self._rows = rows
        views = self._views(rows)
        for k, params in enumerate(self._models):
            for name, p in params.items():
                p.data = views[name][k]
        self.stacks = {name: view.detach().requires_grad_() for name, view in views.items()}
        self._leaves = list(self.stacks.values())
        self._gradient = torch.zeros_like(rows)
        self._gradient_views = list(self._views(self._gradient).values())
        self._factor_now: float | None = None

    def step(self, step: int, gradients: Sequence[Tensor]) -> None:
        """Make one update of every model.

        Args:
            step: number of updates already made; 0 for the first.
            gradients: one a stack, in the order of ``stacks``.
        """
        with torch.no_grad():
            self._set_rates(self._factor(step))
            if self._plain:
                for stack, gradient, rate in zip(self._leaves, gradients, self._rates_by_stack, strict=True):
                    stack.addcmul_(gradient, rate, value=-1.0)
            else:
                torch._foreach_copy_(self._gradient_views, list(gradients))
                self._move()

    def _move(self) -> None:
        plan, spec, w, g = self._plan, self._spec, self._rows, self._gradient
        if spec.clip_norm is not None:
            g.mul_((spec.clip_norm / torch.linalg.vector_norm(g, dim=1, keepdim=True)).clamp(max=1.0))
        decay = spec.weight_decay
        l2 = (spec.decay_form or CATALOGUE[spec.name].default_decay) == "l2"
        if decay and l2:
            g.add_(w, alpha=decay)
        if plan.lr_in_gradient:
            g.mul_(self._lr)
        if decay and not l2:
            w.mul_(1.0 - self._lr * decay)
        self._moved.grad = g
        self._step()
        if plan.lr_in_gradient:
            w.add_(self._moved)
        else:
            w.addcmul_(self._moved, self._lr)
        self._moved.zero_()

    def _set_rates(self, factor: float) -> None:
        if factor == self._factor_now:
            return
        self._factor_now = factor
        rates = torch.tensor([rate * factor for rate in self._rates], dtype=torch.float64)
        self._lr = rates.to(self._rows).unsqueeze(1)
        self._rates_by_stack = [self._lr.view(-1, *[1] * (leaf.ndim - 1)) for leaf in self._leaves]

    def keep(self, kept: Sequence[int]) -> None:
        """Go on with these models alone, by their place; the others' parameters leave the buffer as they are."""
        for k, params in enumerate(self._models):
            if k not in kept:
                for p in params.values():
                    p.data = p.data.clone()
        self._rates = [self._rates[k] for k in kept]
        self._models = [self._models[k] for k in kept]
        index = torch.tensor(kept, device=self._rows.device)
        shape = self._moved.shape
        state = self._optimizer.state.pop(self._moved, {})
        self._moved = nn.Parameter(torch.zeros(len(kept), shape[1]).to(self._rows))
        self._optimizer.param_groups[0]["params"] = [self._moved]
        if state:
            by_row = {
                key: value[index] if isinstance(value, Tensor) and value.shape == shape else value
                for key, value in state.items()
            }
            self._optimizer.state[self._moved] = by_row
        self._settle(self._rows[index])
