"""The steps-to-target curve through the runs of a study."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.advice.curve.fit import CurveFit, fit_curve
from batchwright.advice.curve.runs import Point
from batchwright.advice.result import CriticalBatch, ExponentEstimate
from batchwright.study.driver import StudyRuns
from batchwright.study.result import BatchSizeResult
from batchwright.study.spec import StudySpec


def points_of(rows: Sequence[BatchSizeResult], runs: StudyRuns) -> list[Point]:
    """What the curve is fitted to: steps to target, and for runs whose budget ended how far they came.

    A run that diverged is a failure, not a lower bound, and takes no part.
    """
    points = []
    for row in rows:
        confirmed = runs.found[row.batch_size].confirmed
        steps = tuple(v for v in row.steps_to_target.values if v is not None)
        censored = tuple(
            float(outcome.updates)
            for outcome, value in zip(confirmed, row.steps_to_target.values, strict=True)
            if value is None and outcome.status == "budget_exhausted"
        )
        if steps or censored:
            points.append(Point(batch_size=row.batch_size, steps=steps, censored=censored))
    return points


def fit_points(points: Sequence[Point], spec: StudySpec) -> CurveFit | None:
    """The hyperbola, where at least two batch sizes have a median."""
    if sum(len(p.steps) > len(p.censored) for p in points) < 2:
        return None
    # Crossings are interpolated, which leaves about a quarter of the distance between evaluations.
    return fit_curve(points, resolution=(spec.evaluation_ratio - 1.0) / 4)


def exponent_of(fit: CurveFit) -> ExponentEstimate | None:
    """The curve's exponent, where there are batch sizes enough to ask for it."""
    if fit.exponent_interval is None:
        return None
    return ExponentEstimate(value=fit.exponent, interval=fit.exponent_interval)


def critical_batch(fit: CurveFit | None) -> CriticalBatch:
    """What the fit says of the critical batch size, as the answer shows it."""
    if fit is None:
        return CriticalBatch(
            value=None, interval=None, identifiable=False, valid_range=None, verdict="no_fit"
        )
    return CriticalBatch(
        value=fit.critical_batch,
        interval=fit.interval,
        identifiable=fit.verdict == "fits",
        valid_range=fit.valid_range,
        verdict=fit.verdict,
        steps_min=fit.steps_min,
        examples_min=fit.examples_min,
        misfit=fit.misfit_sd,
        points_used=fit.points_used,
        exponent=exponent_of(fit),
        band=fit.band(),
    )
