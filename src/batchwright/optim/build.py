"""From an optimizer as data to torch.optim, with what torch lacks left for the updater to do."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from batchwright.core.errors import InputError, unknown_name
from batchwright.optim.catalogue import CATALOGUE, OptimizerRecord, SpecField, takers_of
from batchwright.optim.spec import OptimizerSpec

# Keyword arguments that have a field of their own, or that this package decides.
_FIELDS = {"lr", "betas", "momentum", "weight_decay"}
_OURS = {"params", "foreach", "fused", "capturable", "differentiable", "maximize", "decoupled_weight_decay"}
_OURS |= {"weight_decouple", "fixed_decay"}
_WRAPPED = "__dynamo_disable"
"""Where ``torch._compile`` keeps a function out of the compiler's sight."""


@dataclass(frozen=True, kw_only=True)
class UpdatePlan:
    """An optimizer spec split into torch's share and ours.

    One update with gradient g and nominal learning rate lr is: g + ``l2`` w; w *= 1 - lr ``decoupled``;
    the gradient times lr if ``lr_in_gradient``; torch's step with its lr set to ``lr_factor`` lr (to 1 if
    ``lr_in_gradient``).
    """

    optimizer: type[Optimizer]
    options: dict[str, Any]
    rest: type[Optimizer] | None = None
    """For the parameters that ``optimizer`` does not take (muon)."""
    rest_options: dict[str, Any] = field(default_factory=dict)
    lr_factor: float = 1.0
    lr_in_gradient: bool = False
    l2: float = 0.0
    decoupled: float = 0.0
    gain: float = 1.0
    """Distance moved per unit of constant gradient and nominal lr, once the momentum is saturated."""


def plan_update(spec: OptimizerSpec) -> UpdatePlan:
    """Check a spec and say which torch optimizer does it and what is left to do beside it.

    Momentum, with v starting at zero (sgd):

    - ``heavy_ball``: v = beta v + g, w -= lr v (torch's own); ``nesterov``: w -= lr (g + beta v);
    - ``averaged``: v = beta v + (1 - beta) g, w -= lr v. This is torch's heavy ball at lr (1 - beta), exactly
      and under any schedule. torch's ``dampening`` is not it: its first step starts from g;
    - ``velocity``: v = beta v - lr g, w += v; another trajectory than heavy ball when lr changes. torch
      runs it at lr 1 on the gradient lr g.

    Weight decay: ``l2`` adds weight_decay w to the gradient, before any momentum or moments;
    ``decoupled`` multiplies w by 1 - lr weight_decay before the step (Loshchilov and Hutter 2019, arXiv
    1711.05101). Both exist for every optimizer, torch's own where it has them.

    Muon takes matrices only: parameters with exactly two dimensions. The others (biases, norms,
    convolution kernels with their four) get AdamW with the same learning rate and weight decay and the
    spec's ``betas`` and ``eps``. Muon's momentum is torch's 0.95 where the spec has 0; its Nesterov form is
    on unless ``options={"nesterov": False}``. Rprop takes its initial step size from the learning rate of the
    first update, and no later one; it needs the full batch.

    LARS (You et al. 2017, arXiv 1708.03888) multiplies the gradient of each parameter with two dimensions or
    more by trust_coefficient |w| / |g| and makes an SGD step; the others get plain SGD. LAMB (You et al. 2020, arXiv
    1904.00962) moves each parameter by lr / (1 - beta_1^t) min(|w|, 10) along m / (sqrt(v) + eps), without
    corrections of m and v. For both the decay is done here, before the norms are taken.

    Raises:
        InputError: a field or an option that the optimizer does not have, or one whose package is missing.
    """
    record = CATALOGUE[spec.name]
    _check_fields(spec, record)
    wd, form = spec.weight_decay, spec.decay_form or record.default_decay
    # Under velocity torch runs at lr 1, and would not scale an L2 term by the learning rate.
    by_torch = form in record.decays and (form, spec.momentum_form) != ("l2", "velocity")
    cls, chosen = record.decays[form] if by_torch else (record.engine, {})
    options = _torch_options(spec, record) | dict(chosen)
    if "weight_decay" in record.options():
        options["weight_decay"] = wd if by_torch else 0.0
    share: dict[str, Any] = {} if by_torch else {form: wd}
    if spec.momentum_form == "averaged":
        share["lr_factor"] = 1.0 - spec.momentum
    elif spec.momentum and record.accumulates:
        share["gain"] = (1.0 - options.get("dampening", 0.0)) / (1.0 - spec.momentum)
    if record.beside is not None:
        given = {"weight_decay": options["weight_decay"], "betas": spec.betas, "eps": spec.eps}
        share["rest"] = CATALOGUE[record.beside].engine
        share["rest_options"] = {k: v for k, v in given.items() if v is not None}
    return UpdatePlan(
        optimizer=cls, options=options, lr_in_gradient=spec.momentum_form == "velocity", **share
    )


def build_optimizers(
    spec: OptimizerSpec, params: Sequence[Tensor], *, fused: bool | None = None, foreach: bool | None = None
) -> list[Optimizer]:
    """The torch optimizers of a spec: one, or two for muon (see :func:`plan_update` for what is left to do).

    Args:
        spec: the optimizer; its ``schedule``, ``l1`` and ``clip_norm`` are the updater's business.
        params: leaf tensors to be moved.
        fused, foreach: torch's implementation choices, for the optimizers that have them.

    Raises:
        InputError: no parameter, no matrix for muon, or a value that torch refuses.
    """
    plan = plan_update(spec)
    if not params:
        raise InputError("an optimizer needs at least one trainable parameter, got none")
    lr = 1.0 if plan.lr_in_gradient else plan.lr_factor * spec.lr
    if plan.rest is None:
        return [_construct(plan.optimizer, params, lr, plan.options, fused, foreach)]
    matrices = [p for p in params if p.ndim == 2]
    others = [p for p in params if p.ndim != 2]
    if not matrices:
        raise InputError("muon needs a parameter with two dimensions (a weight matrix), got none: use adamw")
    built = [_construct(plan.optimizer, matrices, lr, plan.options, None, None)]
    if others:
        built.append(_construct(plan.rest, others, lr, plan.rest_options, fused, foreach))
    return built


def _construct(
    cls: type[Optimizer],
    params: Sequence[Tensor],
    lr: float,
    options: dict[str, Any],
    fused: bool | None,
    foreach: bool | None,
) -> Optimizer:
    has = inspect.signature(cls).parameters
    chosen: dict[str, Any] = {}
    if fused and "fused" in has:
        chosen["fused"] = True
    elif foreach is not None and "foreach" in has:
        chosen["foreach"] = foreach
    try:
        with _without_compiler():
            return cls(params, lr=lr, **options, **chosen)  # type: ignore[call-arg]
    except (TypeError, ValueError) as error:
        raise InputError(f"torch refuses these options of {cls.__name__}: {error}") from error


@contextmanager
def _without_compiler() -> Iterator[None]:
    """Inside, torch makes an optimizer without importing its compiler.

    It would import it to keep it away from ``add_param_group``: a second in every process that trains, be it short.
    What it would have wrapped that function in is put there for the while, if it has not done so yet.
    """
    function: Any = getattr(Optimizer.add_param_group, "__wrapped__", None)
    if function is None or "torch._dynamo" in sys.modules or hasattr(function, _WRAPPED):
        yield
        return
    setattr(function, _WRAPPED, function)
    try:
        yield
    finally:
        delattr(function, _WRAPPED)


def _torch_options(spec: OptimizerSpec, record: OptimizerRecord) -> dict[str, Any]:
    """The spec's options and the fields that are torch's keyword arguments."""
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.options.items()}
    if spec.momentum or record.accumulates:
        options["momentum"] = spec.momentum
    if spec.momentum_form == "nesterov":
        options["nesterov"] = True
    if record.beside is None:  # else betas and eps belong to the optimizer beside it
        options |= {} if spec.betas is None else {"betas": spec.betas}
        options |= {} if spec.eps is None else {"eps": spec.eps}
    return options


def _check_fields(spec: OptimizerSpec, record: OptimizerRecord) -> None:
    given: dict[SpecField, Any] = {"momentum": spec.momentum or None, "betas": spec.betas, "eps": spec.eps}
    for key, value in given.items():
        if value is not None and key not in record.takes:
            takers = takers_of(key)
            who = f"{', '.join(takers[:-1])} and {takers[-1]}"
            raise InputError(f"{key} applies to {who}, got {key}={value} with {spec.name}")
    if spec.momentum_form != "heavy_ball":
        if "momentum_form" not in record.takes:
            takers = takers_of("momentum_form")
            raise InputError(
                f"momentum_form {spec.momentum_form!r} applies to {' and '.join(takers)}, got {spec.name}"
            )
        if spec.momentum == 0:
            raise InputError(
                f"momentum_form {spec.momentum_form!r} needs momentum above 0, got 0: set it, for example 0.9"
            )
    _check_options(spec, record)


def _check_options(spec: OptimizerSpec, record: OptimizerRecord) -> None:
    fields = _FIELDS | ({"eps"} & record.takes) | ({"nesterov"} if "momentum_form" in record.takes else set())
    known = record.options().keys() - fields - _OURS
    for key in spec.options:
        if key in fields:
            own = "momentum_form" if key == "nesterov" else key
            raise InputError(f"{key} has a field of its own, got it among the options: set {own} instead")
        if key not in known:
            raise unknown_name(f"option of {spec.name}", key, known)
    if "dampening" in spec.options and spec.momentum_form != "heavy_ball":
        raise InputError(f"dampening applies to heavy_ball momentum, got {spec.momentum_form}")
