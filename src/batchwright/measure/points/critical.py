"""Critical points of the training loss: which class a point belongs to, and where the nearest one is.

A point is critical where its gradient is as good as zero, and then its eigenvalues decide: all positive is a
minimum, all negative a maximum, both signs a saddle. An eigenvalue's sign is certified where its magnitude
exceeds its residual |H v - lambda v|, which bounds its error, plus the rounding of the products. What is not
certified is counted as undecided, so that a valley of minima is degenerate and never a minimum.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol, runtime_checkable

import torch
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.remark import Remark, remark
from batchwright.core.streams import generator
from batchwright.measure.gradients.moments import moments
from batchwright.measure.gradients.noise import SAMPLE
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.spectrum import Eigenpairs, eigenpairs

Kind = Literal["minimum", "maximum", "saddle", "degenerate", "not_critical"]

GRADIENT_FLOOR = 1e-6
"""A gradient norm that counts as zero whatever the examples say: what float32 leaves of a zero is below."""
CANCELLATION = 1e-3
"""Share of the examples' own gradients (root mean square) that the mean may keep at a critical point."""
_ROUNDING = 1e3
"""Products with the Hessian err by up to some hundred units in the last place of the largest eigenvalue."""
_OVERLOOKED = 0.01
"""Chance of an overlooked eigenvalue up to which those at an end speak for all."""


@runtime_checkable
class EigenvalueShares(Protocol):
    """A density of eigenvalues, as far as it matters here."""

    def share_above(self, value: float) -> tuple[float, float]:
        """The estimated share of the eigenvalues above ``value``, and its standard error."""
        ...


class CriticalPoint(BaseModel):
    """What kind of point this is; ``kind`` is called ``class`` in JSON.

    Attributes:
        kind: not_critical where the gradient is above its tolerance; degenerate where it is not and the
            certified eigenvalues support none of the other three.
        minimum_ratio: share of the eigenvalues above ``tolerance``; None where not known.
        minimum_ratio_from: ``eigenvalues``, all of them counted, or ``density``, an estimate.
        minimum_ratio_std_error: of an estimate.
        tolerance: magnitude up to which an eigenvalue with a residual of zero cannot be told from zero.
        positive, negative, undecided: how many eigenvalues; those not computed are undecided.
        complete: whether all eigenvalues are known.
        gradient_norm: |G| of the mean loss.
        gradient_tolerance: the largest |G| that counts as critical.
        gradient_noise: sqrt(tr(Sigma)/N), the standard error that N examples leave in G; None below three.
        reason: why.
    """

    model_config = ConfigDict(frozen=True)
    kind: Kind = Field(serialization_alias="class", validation_alias=AliasChoices("class", "kind"))
    minimum_ratio: float | None
    minimum_ratio_from: Literal["eigenvalues", "density"] | None = None
    minimum_ratio_std_error: float | None = None
    tolerance: float
    positive: int
    negative: int
    undecided: int
    complete: bool
    gradient_norm: float
    gradient_tolerance: float
    gradient_noise: float | None = None
    reason: Remark


def classify(
    curvature: Curvature,
    pairs: Eigenpairs | None = None,
    *,
    gradient_tolerance: float | None = None,
    tolerance: float | None = None,
    density: EigenvalueShares | None = None,
    seed: int = 0,
) -> CriticalPoint:
    """The class of the point that ``curvature`` stands at.

    Args:
        curvature: gradient and Hessian of the mean loss.
        pairs: eigenvalues at both ends with their residuals, or all of them; computed if not given.
        gradient_tolerance: the largest gradient norm that counts as critical; by default the larger of 1e-6
            and a thousandth of the root mean square of the examples' own gradients.
        tolerance: magnitude of an eigenvalue that counts as zero; by default 1000 units in the last place of
            the largest one (2e-13 of it in float64, 1e-4 in float32).
        density: of the eigenvalues, for an estimated minimum ratio where not all are known.
        seed: of the rows whose gradients are sampled (stream ``probe``).

    Raises:
        InputError: a gradient that is not finite, or a tolerance below zero.
    """
    for name, given in (("gradient_tolerance", gradient_tolerance), ("tolerance", tolerance)):
        if given is not None and not given >= 0:
            raise InputError(f"{name} must be 0 or more, got {given}")
    norm = float(curvature.gradient().double().norm())
    if not math.isfinite(norm):
        raise InputError(
            f"the class of a point needs a finite gradient, got a norm of {norm:g}: the run has diverged"
        )
    size, noise = _example_gradients(curvature, seed)
    limit = max(GRADIENT_FLOOR, CANCELLATION * size) if gradient_tolerance is None else gradient_tolerance
    pairs = eigenpairs(curvature, seed=seed) if pairs is None else pairs
    zero = _ROUNDING * torch.finfo(curvature.dtype).eps * pairs.spread if tolerance is None else tolerance
    positive, negative = _certified(pairs, curvature.count, zero)
    undecided = curvature.count - positive - negative
    kind, reason = _judged(positive, negative, undecided, pairs, zero)
    if norm > limit:
        kind, reason = "not_critical", _slope(norm, limit, noise, curvature.examples)
    ratio, source, error = _minimum_ratio(pairs, curvature.count, positive, undecided, density, zero)
    return CriticalPoint(
        kind=kind, minimum_ratio=ratio, minimum_ratio_from=source, minimum_ratio_std_error=error,
        tolerance=zero, positive=positive, negative=negative, undecided=undecided, complete=_complete(pairs),
        gradient_norm=norm, gradient_tolerance=limit, gradient_noise=noise, reason=reason,
    )  # fmt: skip


def _example_gradients(curvature: Curvature, seed: int) -> tuple[float, float | None]:
    """Root mean square of the examples' gradient norms, and the standard error of G, from a sample."""
    total = curvature.examples
    if total < 3:
        return 0.0, None
    rows = torch.randperm(total, generator=generator(seed, "probe", "rows"))[:SAMPLE]
    found = moments(curvature.per_example(), rows)
    scatter = max(found.trace_sigma().value, 0.0)
    return math.sqrt(float(found.squares.mean())), math.sqrt(scatter / total)


def _certified(pairs: Eigenpairs, count: int, zero: float) -> tuple[int, int]:
    """How many eigenvalues are certainly positive, and how many certainly negative."""
    values, bounds = _known(pairs), pairs.residuals + zero
    if pairs.all_values is not None:
        bounds = bounds.max()
    positive, negative = values > bounds, values < -bounds
    if _ends_are_certain(pairs):
        # The end of the spectrum speaks for everything beyond it.
        bottom = [bool(p) for p, end in zip(positive, pairs.ends, strict=True) if end == "bottom"]
        top = [bool(n) for n, end in zip(negative, pairs.ends, strict=True) if end == "top"]
        if bottom and all(bottom):
            return count, 0
        if top and all(top):
            return 0, count
    return int(positive.sum()), int(negative.sum())


def _known(pairs: Eigenpairs) -> Tensor:
    """Every eigenvalue that was computed."""
    return pairs.values if pairs.all_values is None else pairs.all_values


def _complete(pairs: Eigenpairs) -> bool:
    return pairs.complete or pairs.all_values is not None


def _ends_are_certain(pairs: Eigenpairs) -> bool:
    """Whether nothing lies beyond the ends of a spectrum that is known only there."""
    return not _complete(pairs) and pairs.converged and pairs.hidden <= _OVERLOOKED


def _judged(
    positive: int, negative: int, undecided: int, pairs: Eigenpairs, zero: float
) -> tuple[Kind, Remark]:
    """The class by the eigenvalues alone, and the reason."""
    if positive and negative:
        return "saddle", remark("point.saddle", positive=positive, negative=negative)
    known = _known(pairs)
    if not undecided:
        if positive:
            return "minimum", remark("point.minimum", smallest=float(known.min()))
        return "maximum", remark("point.maximum", largest=float(known.max()))
    near_zero = len(known) - positive - negative
    if not (_complete(pairs) or pairs.converged):
        code = "point.not_converged"
    else:
        code = "point.near_zero" if near_zero else "point.not_computed"
    sign = "positive" if positive else "negative" if negative else "unsigned"
    return "degenerate", remark(
        f"{code}.{sign}", count=positive or negative, near_zero=near_zero, computed=len(known)
    )


def _slope(norm: float, limit: float, noise: float | None, examples: int) -> Remark:
    if noise is not None and norm < noise:
        return remark("point.slope_by_chance", norm=norm, limit=limit, noise=noise, examples=examples)
    return remark("point.slope", norm=norm, limit=limit)


def _minimum_ratio(
    pairs: Eigenpairs,
    count: int,
    positive: int,
    undecided: int,
    density: EigenvalueShares | None,
    zero: float,
) -> tuple[float | None, Literal["eigenvalues", "density"] | None, float | None]:
    """The share of positive eigenvalues, where it comes from, and its standard error if it is an estimate."""
    if _complete(pairs) or undecided == 0:
        return positive / count, "eigenvalues", None
    if density is None:
        return None, None, None
    share, error = density.share_above(zero)
    return share, "density", error
