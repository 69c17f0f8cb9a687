"""Curvature at a point and along a run, in words."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from batchwright.core.numbers import measured
from batchwright.measure.hessian.tracking import CurvatureAlong
from batchwright.measure.points.geometry import Geometry
from batchwright.report.text.catalogue import say, text

_AT_EDGE = 0.9
"""Share of the threshold from which a run counts as having reached the edge of stability."""


def sentence(found: Geometry, step: int) -> str:
    """Where training stands."""
    point = found.critical_point
    where = f"After {step:,} updates" if step else "At this point"
    low, high = _ends(found)
    if point.kind == "not_critical":
        return (
            f"{where} training stands on a slope: the gradient's norm is {measured(found.gradient_norm)}, "
            f"above the {measured(point.gradient_tolerance, 2)} at which a point counts as critical."
        )
    names = {
        "minimum": f"a minimum: all {found.parameters:,} eigenvalues are positive, up to {measured(high)}",
        "maximum": f"a maximum: all {found.parameters:,} eigenvalues are negative, down to {measured(low)}",
        "saddle": f"a saddle: eigenvalues go from {measured(low)} to {measured(high)}",
        "degenerate": (
            f"a degenerate critical point: between {measured(low)} and {measured(high)} some eigenvalues "
            "cannot be told from zero"
        ),
    }
    return f"{where} training stands at {names[point.kind]}."


def spectrum(found: Geometry) -> str:
    """The ends of the spectrum and its balance."""
    low, high = _ends(found)
    point = found.critical_point
    said = f"The eigenvalues computed go from {measured(low)} to {measured(high)}."
    if point.minimum_ratio is None:
        return said
    error = point.minimum_ratio_std_error
    source = "" if error is None else f", estimated from the density (standard error {error:.1%})"
    return f"{said} {point.minimum_ratio:.0%} of all are above {measured(point.tolerance, 2)}{source}."


def lines(found: Geometry) -> list[str]:
    """What the numbers say, one paragraph each."""
    point = found.critical_point
    texts = [
        f"Loss {measured(found.loss)}, gradient norm {measured(found.gradient_norm)}. {say(point.reason)}"
    ]
    if point.minimum_ratio is not None:
        texts.append(spectrum(found))
    if not found.converged:
        texts.append("Some eigenvalues did not converge: their residuals say how far off they may be.")
    if found.trace is not None:
        error = f"standard error {measured(found.trace.std_error, 2)}" if found.trace.std_error else "exact"
        mean = measured(found.trace.value / found.parameters)
        texts.append(f"Trace {measured(found.trace.value)} ({error}), the mean eigenvalue {mean}.")
    if found.sharpness is not None:
        parts = [
            f"{measured(k.value)}% in {text(f'keskar_space.{k.subspace}')} for eps {k.epsilon:g}"
            for k in found.sharpness.keskar
        ]
        sam = found.sharpness.sam
        texts.append(f"Keskar's sharpness: {'; '.join(parts)}.")
        texts.append(
            f"SAM: the loss rises by {measured(sam.maximum)} within a distance of {sam.rho:g} "
            f"({measured(sam.one_step)} after one ascent step)."
        )
        texts.append(say(found.sharpness.caveat))
    return texts


def edge(curve: Sequence[CurvatureAlong]) -> str:
    """How the largest eigenvalue went, and where the edge of stability is."""
    values = [_compared(row) for row in curve]
    course = f"The largest eigenvalue went from {measured(values[0])} to {measured(values[-1])}"
    limit = curve[-1].threshold
    if limit is None:
        return f"{course}; the optimizer's edge of stability is not known."
    shares = [
        (row.step, value / row.threshold)
        for row, value in zip(curve, values, strict=True)
        if row.threshold is not None
    ]
    reached = next((step for step, share in shares if share >= _AT_EDGE), None)
    if reached is None:
        top = max(share for _, share in shares)
        return f"{course}, at most {top:.0%} of the edge of stability, {measured(limit)}."
    after = [share for step, share in shares if step >= reached]
    return (
        f"{course}. It came to the edge of stability, {measured(limit)}, after {reached:,} updates; from "
        f"there on it stood at {min(after):.0%} to {max(after):.0%} of it, the median {median(after):.0%}."
    )


def _compared(row: CurvatureAlong) -> float:
    """The eigenvalue that the threshold is about."""
    return row.largest if row.preconditioned is None else row.preconditioned


def _ends(found: Geometry) -> tuple[float, float]:
    values = [e.value for e in found.eigenvalues]
    return min(values), max(values)
