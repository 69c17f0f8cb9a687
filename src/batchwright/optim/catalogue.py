"""The optimizers: one record each that holds all that anyone asks of it.

Adding an optimizer is adding its record to :data:`CATALOGUE`: its name is then accepted by a spec, and
building, updating, checkpoints, scaling rules, preconditioned measurements and stability thresholds follow.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic_core import PydanticCustomError
from torch import Tensor
from torch.optim import Optimizer

from batchwright.core.errors import LONGEST_ECHO, InputError, shown

if TYPE_CHECKING:
    from batchwright.optim.spec import OptimizerSpec

DecayForm = Literal["l2", "decoupled"]
SpecField = Literal["momentum", "momentum_form", "betas", "eps"]
DualNorm = Literal["l2", "l1", "nuclear"]


@dataclass(frozen=True)
class StateTensor:
    """A tensor that torch keeps for a parameter: one number, or one an entry, a row or a column of it.

    ``when`` names the option or field of the spec that must be set for it to exist; ``matrix`` says whether
    it exists only for parameters with (True) or without (False) two dimensions or more. ``in_group`` marks a
    step count that the class keeps once for all its parameters.
    """

    kind: Literal["scalar", "entry", "row", "column"] = "entry"
    when: str | None = None
    matrix: bool | None = None
    in_group: bool = False

    def shape(self, parameter: tuple[int, ...]) -> tuple[int, ...]:
        """Its shape for a parameter of a shape."""
        if self.kind == "row":
            return (*parameter[:-1], 1)
        if self.kind == "column":
            return (*parameter[:-2], 1, *parameter[-1:])
        return () if self.kind == "scalar" else parameter


@dataclass(frozen=True)
class ExtraClass:
    """An optimizer class of an optional package, imported when it is first asked for."""

    package: str
    name: str
    extra: str

    def load(self) -> type[Optimizer]:
        """The class.

        Raises:
            InputError: the package is not installed; with the extra that brings it.
        """
        try:
            found: type[Optimizer] = getattr(importlib.import_module(self.package), self.name)
        except ImportError:
            raise InputError(
                f"{self.name} needs {self.package}: pip install 'batchwright[{self.extra}]'"
            ) from None
        return found


@dataclass(frozen=True, kw_only=True)
class OptimizerRecord:
    """All that the package knows about an optimizer.

    Attributes:
        torch: the class that makes the step, torch's own or one of an optional package.
        usual_lr: where a search starts when nothing else is known.
        takes: fields of a spec that apply to it, besides those that apply to all.
        default_decay: the form of weight decay that its class means.
        decays: the forms that torch does, each with the class and options that do it; the updater does the
            others.
        adaptive: whether it divides gradients by their own size: its best learning rate then grows with the
            square root of a small batch, not in proportion.
        adam_rule: whether Adam's square-root rule applies (``scaling.scale_adam``).
        accumulates: whether its momentum is a sum, which moves 1 / (1 - beta) times as far, not a mean.
        elementwise: whether an entry's update depends on that entry alone, so that parameters can share a
            buffer.
        linear_in_lr: whether an entry moves by the learning rate times something that does not depend on the rate,
            weight decay apart.
        fused: device types on which torch has a fused kernel.
        writes_gradient: whether its class changes the gradients it is given.
        state: key -> tensor of torch's state.
        scratch: keys that every step writes anew, so that nothing depends on what they held.
        beside: for a class that takes matrices alone, the optimizer that moves the rest.
        stability: learning rate times the eigenvalue of the Hessian above which updates along it grow; of
            the preconditioned Hessian where there is a ``second_moment``. None where it is not known.
        second_moment: v of the preconditioner 1 / (sqrt(v) + eps), from one parameter's state.
        dual_norm: the norm of the gradient that says how far its steps follow it: l1 where every entry moves about
            equally far, nuclear where the singular values of a matrix do, l2 where steps follow the gradient.
    """

    torch: type[Optimizer] | ExtraClass
    usual_lr: float
    takes: frozenset[SpecField] = frozenset()
    default_decay: DecayForm = "l2"
    decays: Mapping[DecayForm, tuple[type[Optimizer], Mapping[str, Any]]] = field(default_factory=dict)
    adaptive: bool = True
    adam_rule: bool = False
    accumulates: bool = False
    elementwise: bool = True
    linear_in_lr: bool = True
    fused: frozenset[str] = frozenset()
    writes_gradient: bool = False
    state: Mapping[str, StateTensor] = field(default_factory=dict)
    scratch: frozenset[str] = frozenset()
    beside: str | None = None
    stability: Callable[[OptimizerSpec], float] | None = None
    second_moment: Callable[[Mapping[str, Tensor], OptimizerSpec], Tensor] | None = None
    dual_norm: DualNorm = "l1"

    @property
    def engine(self) -> type[Optimizer]:
        """The class that makes the step.

        Raises:
            InputError: it comes from an optional package that is not installed.
        """
        return self.torch.load() if isinstance(self.torch, ExtraClass) else self.torch

    def options(self) -> dict[str, Any]:
        """Keyword arguments of its class with their defaults."""
        parameters = inspect.signature(self.engine).parameters.items()
        return {name: p.default for name, p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD}

    def betas(self, spec: OptimizerSpec) -> tuple[float, float]:
        """The spec's betas, torch's default without."""
        betas: tuple[float, float] = spec.betas or self.options()["betas"]
        return betas

    def eps(self, spec: OptimizerSpec) -> float:
        """The spec's eps, torch's default without."""
        return float(self.options()["eps"] if spec.eps is None else spec.eps)

    def state_of(self, spec: OptimizerSpec, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Shapes of torch's state for a parameter of ``shape`` that has had a gradient."""
        if self.beside is not None and len(shape) != 2:
            return CATALOGUE[self.beside].state_of(spec, shape)
        return {
            key: tensor.shape(shape)
            for key, tensor in self.state.items()
            if (tensor.when is None or spec.options.get(tensor.when) or getattr(spec, tensor.when, None))
            and tensor.matrix in (None, len(shape) > 1)
        }

    def scalar_state(self) -> frozenset[str]:
        """Keys of its state that hold one number a parameter."""
        return frozenset(key for key, tensor in self.state.items() if tensor.kind == "scalar")

    def group_state(self) -> frozenset[str]:
        """Keys of its state that the class keeps once for all its parameters."""
        return frozenset(key for key, tensor in self.state.items() if tensor.in_group)


def takers_of(name: SpecField) -> list[str]:
    """The optimizers to which a field of a spec applies."""
    return [optimizer for optimizer, record in CATALOGUE.items() if name in record.takes]


def known_optimizer(name: str) -> str:
    """The name itself, for a spec; pydantic's error for an unknown one names the nearest."""
    if name in CATALOGUE:
        return name
    near = difflib.get_close_matches(name[:LONGEST_ECHO].lower(), CATALOGUE, n=1, cutoff=0.5)
    raise PydanticCustomError(
        "literal_error",
        "Input should be one of {names}, got {got}{hint}",
        {
            "expected": ", ".join(map(repr, CATALOGUE)),
            "names": ", ".join(CATALOGUE),
            "got": shown(name),
            "hint": f": did you mean {near[0]!r}?" if near else "",
        },
    )


# --- stability thresholds of a quadratic, times the learning rate (sources: measure.hessian.tracking) ---


def _with_momentum(spec: OptimizerSpec) -> float:
    beta = spec.momentum
    damped = 1.0 - spec.options.get("dampening", 0.0)
    forms = {"heavy_ball": damped, "velocity": 1.0, "nesterov": 1 + 2 * beta, "averaged": 1 - beta}
    return (2 + 2 * beta) / forms[spec.momentum_form]


def _with_first_moment(spec: OptimizerSpec) -> float:
    beta = CATALOGUE[spec.name].betas(spec)[0]
    return (2 + 2 * beta) / (1 - beta)


# --- second moments of a preconditioner ---


def _corrected(state: Mapping[str, Tensor], spec: OptimizerSpec) -> Tensor:
    """Adam's v, or its largest so far (AMSGrad), corrected for its start at zero."""
    v = state["max_exp_avg_sq" if spec.options.get("amsgrad") else "exp_avg_sq"]
    beta = CATALOGUE[spec.name].betas(spec)[1]
    return v / (1.0 - beta ** float(state["step"]))


def _variance(state: Mapping[str, Tensor], spec: OptimizerSpec) -> Tensor:
    """RMSprop's mean square, less the squared mean where it is centred."""
    square = state["square_avg"]
    return square - state["grad_avg"] ** 2 if spec.options.get("centered") else square


# --- the records ---

_STEP = {"step": StateTensor("scalar")}
_MOMENTS = _STEP | {"exp_avg": StateTensor(), "exp_avg_sq": StateTensor()}
_FLAG = "decoupled_weight_decay"
_ADAM_STATE = _MOMENTS | {"max_exp_avg_sq": StateTensor(when="amsgrad")}
_ADAM: dict[str, Any] = {
    "takes": frozenset({"betas", "eps"}),
    "decays": {"l2": (torch.optim.Adam, {}), "decoupled": (torch.optim.AdamW, {})},
    "adam_rule": True,
    "fused": frozenset({"cpu", "cuda"}),
    "state": _ADAM_STATE,
    "stability": _with_first_moment,
    "second_moment": _corrected,
}  # the two differ in nothing but the form of the decay

CATALOGUE: dict[str, OptimizerRecord] = {
    "sgd": OptimizerRecord(
        torch=torch.optim.SGD,
        usual_lr=0.1,
        takes=frozenset({"momentum", "momentum_form"}),
        decays={"l2": (torch.optim.SGD, {})},
        adaptive=False,
        accumulates=True,
        dual_norm="l2",
        fused=frozenset({"cpu", "cuda"}),
        state={"momentum_buffer": StateTensor(when="momentum")},
        stability=_with_momentum,
    ),
    "rmsprop": OptimizerRecord(
        torch=torch.optim.RMSprop,
        usual_lr=0.001,
        takes=frozenset({"momentum", "eps"}),
        decays={"l2": (torch.optim.RMSprop, {})},
        accumulates=True,
        state=_STEP
        | {
            "square_avg": StateTensor(),
            "momentum_buffer": StateTensor(when="momentum"),
            "grad_avg": StateTensor(when="centered"),
        },
        stability=_with_momentum,
        second_moment=_variance,
    ),
    "adam": OptimizerRecord(torch=torch.optim.Adam, usual_lr=0.001, **_ADAM),
    "adamw": OptimizerRecord(torch=torch.optim.AdamW, usual_lr=0.001, default_decay="decoupled", **_ADAM),
    "adagrad": OptimizerRecord(
        torch=torch.optim.Adagrad,
        usual_lr=0.01,
        takes=frozenset({"eps"}),
        decays={"l2": (torch.optim.Adagrad, {})},
        fused=frozenset({"cpu"}),
        state=_STEP | {"sum": StateTensor()},
    ),
    "adadelta": OptimizerRecord(
        torch=torch.optim.Adadelta,
        usual_lr=1.0,
        takes=frozenset({"eps"}),
        decays={"l2": (torch.optim.Adadelta, {})},
        state=_STEP | {"square_avg": StateTensor(), "acc_delta": StateTensor()},
    ),
    "rprop": OptimizerRecord(
        torch=torch.optim.Rprop,
        usual_lr=0.01,
        adaptive=False,
        linear_in_lr=False,
        state=_STEP | {"prev": StateTensor(), "step_size": StateTensor()},
    ),
    "nadam": OptimizerRecord(
        torch=torch.optim.NAdam,
        usual_lr=0.002,
        takes=frozenset({"betas", "eps"}),
        decays={
            "l2": (torch.optim.NAdam, {_FLAG: False}),
            "decoupled": (torch.optim.NAdam, {_FLAG: True}),
        },
        adam_rule=True,
        state=_MOMENTS | {"mu_product": StateTensor("scalar")},
        second_moment=_corrected,
    ),
    "radam": OptimizerRecord(
        torch=torch.optim.RAdam,
        usual_lr=0.001,
        takes=frozenset({"betas", "eps"}),
        decays={
            "l2": (torch.optim.RAdam, {_FLAG: False}),
            "decoupled": (torch.optim.RAdam, {_FLAG: True}),
        },
        adam_rule=True,
        state=_MOMENTS,
        second_moment=_corrected,
    ),
    "adafactor": OptimizerRecord(
        torch=torch.optim.Adafactor,
        usual_lr=0.01,
        default_decay="decoupled",
        decays={"decoupled": (torch.optim.Adafactor, {})},
        elementwise=False,
        state=_STEP
        | {
            "row_var": StateTensor("row", matrix=True),
            "col_var": StateTensor("column", matrix=True),
            "variance": StateTensor(matrix=False),
        },
    ),
    "muon": OptimizerRecord(
        torch=torch.optim.Muon,
        usual_lr=0.02,
        takes=frozenset({"momentum", "betas", "eps"}),
        default_decay="decoupled",
        decays={"decoupled": (torch.optim.Muon, {})},
        elementwise=False,
        state={"momentum_buffer": StateTensor()},
        beside="adamw",
        dual_norm="nuclear",
    ),
    "lars": OptimizerRecord(
        torch=ExtraClass("pytorch_optimizer", "LARS", "optimizers"),
        usual_lr=1.0,
        takes=frozenset({"momentum"}),
        accumulates=True,
        dual_norm="l2",
        elementwise=False,
        writes_gradient=True,
        state={"momentum_buffer": StateTensor(when="momentum")},
    ),
    "lamb": OptimizerRecord(
        torch=ExtraClass("pytorch_optimizer", "Lamb", "optimizers"),
        usual_lr=0.01,
        takes=frozenset({"betas", "eps"}),
        default_decay="decoupled",
        elementwise=False,
        writes_gradient=True,
        state={"step": StateTensor("scalar", in_group=True)}
        | {"exp_avg": StateTensor(), "exp_avg_sq": StateTensor()},
        scratch=frozenset({"weight_norm", "adam_norm", "trust_ratio"}),
    ),
}
"""Every optimizer by its name, in the order in which they are listed."""
