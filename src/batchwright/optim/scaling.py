"""Learning-rate scaling rules: what to change when the batch size is multiplied by a factor.

None of them holds reliably (Shallue et al. 2019, arXiv 1811.03600): they say where to search, not what
to use. Each is an explicit function; nothing in the package rescales a learning rate by itself.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

from batchwright.core.errors import InputError, unknown_name
from batchwright.optim.catalogue import CATALOGUE
from batchwright.optim.spec import OptimizerSpec

ScalingRule = Literal["linear", "sqrt", "adam", "half_life", "none"]
"""Linear (Goyal et al. 2017, arXiv 1706.02677); the square root alone (Krizhevsky 2014, arXiv 1404.5997); Adam's
square root with its averages (Malladi et al. 2022, arXiv 2205.10287); the square root with beta_2's half-life in
examples kept (Marek et al. 2025, arXiv 2507.07101); nothing to change."""

Betas = tuple[float, float]


def scale_linear(lr: float, factor: float) -> float:
    """``factor * lr`` for a batch ``factor`` times as large (Goyal et al. 2017, arXiv 1706.02677).

    >>> scale_linear(0.1, 8)
    0.8
    """
    return _checked(factor) * lr


def scale_sqrt(lr: float, factor: float) -> float:
    """``sqrt(factor) * lr``: keeps the covariance of the update (Krizhevsky 2014, arXiv 1404.5997).

    >>> scale_sqrt(0.1, 4)
    0.2
    """
    return math.sqrt(_checked(factor)) * lr


def scale_adam(lr: float, betas: Betas, eps: float, factor: float) -> tuple[float, Betas, float]:
    """Adam's square-root rule: ``lr sqrt(k)``, ``1 - k (1 - beta)`` for both betas, ``eps / sqrt(k)``.

    It keeps the stochastic differential equation that Adam follows (Malladi et al. 2022, arXiv
    2205.10287).

    Args:
        lr, betas, eps: the values at the old batch size.
        factor: k, new batch size over old.

    Returns:
        lr, betas and eps at the new batch size.

    Raises:
        InputError: where a new beta would not be positive: the averages would forget within one step and
            the rule has nothing to say.

    >>> lr, betas, eps = scale_adam(1e-3, (0.9, 0.999), 1e-8, 4)
    >>> round(lr, 12), [round(b, 12) for b in betas], eps
    (0.002, [0.6, 0.996], 5e-09)
    """
    root = math.sqrt(_checked(factor))
    for beta in betas:
        scaled = _scaled_beta(beta, factor)
        if scaled <= 0:
            raise InputError(
                f"Adam's scaling rule needs 1 - k(1 - beta) above 0, got {scaled:.3g} for "
                f"beta {beta:g} and k {factor:g}: the largest k is below {1 / (1 - beta):.4g}"
            )
    return lr * root, (_scaled_beta(betas[0], factor), _scaled_beta(betas[1], factor)), eps / root


def scale_beta2_half_life(beta2: float, factor: float) -> float:
    """``beta2 ** factor``: keeps the half-life of the second moment in examples (Marek et al. 2025).

    After n steps at the new batch size the weight is beta2^(k n), the same as after the k n steps at
    the old one that see the same examples (arXiv 2507.07101).

    >>> round(scale_beta2_half_life(0.999, 512), 6)
    0.599142
    """
    return float(beta2 ** _checked(factor))


def scale_spec(spec: OptimizerSpec, factor: float, rule: ScalingRule) -> OptimizerSpec:
    """The optimizer for a batch ``factor`` times as large.

    ``linear`` and ``sqrt`` change the learning rate alone; ``adam`` also betas and eps, ``half_life`` also beta_2,
    and both apply to adam, adamw, nadam and radam; ``none`` changes nothing. Weight decay, momentum, clipping and
    the schedule stay: a horizon in examples or epochs follows the batch size by itself.

    Raises:
        InputError: an unknown rule, a factor that is not positive, or a rule that does not apply.
    """
    _checked(factor)
    changes: dict[str, Any] = {}
    if rule == "linear":
        changes["lr"] = scale_linear(spec.lr, factor)
    elif rule == "sqrt":
        changes["lr"] = scale_sqrt(spec.lr, factor)
    elif rule in ("adam", "half_life"):
        record = CATALOGUE[spec.name]
        if not record.adam_rule:
            family = [name for name, other in CATALOGUE.items() if other.adam_rule]
            raise InputError(
                f"the {rule} scaling rule applies to {', '.join(family)}, got {spec.name}: use linear or sqrt"
            )
        betas = record.betas(spec)
        if rule == "adam":
            lr, betas, eps = scale_adam(spec.lr, betas, record.eps(spec), factor)
            changes.update(lr=lr, betas=betas, eps=eps)
        else:
            betas = (betas[0], scale_beta2_half_life(betas[1], factor))
            changes.update(lr=scale_sqrt(spec.lr, factor), betas=betas)
    elif rule != "none":
        raise unknown_name("scaling rule", rule, get_args(ScalingRule))
    return spec.model_copy(update=changes)


def _scaled_beta(beta: float, factor: float) -> float:
    return 1.0 - factor * (1.0 - beta)


def _checked(factor: float) -> float:
    if not (factor > 0 and math.isfinite(factor)):
        raise InputError(f"the scaling factor (new batch size / old) must be positive, got {factor}")
    return factor
