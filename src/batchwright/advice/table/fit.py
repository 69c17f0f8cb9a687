"""From anybody's table of steps to target to the critical batch size of each workload in it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from batchwright.advice.curve.fit import CurveFit, fit_curve, overhead_batch
from batchwright.advice.curve.runs import Point, log_median
from batchwright.advice.decide.evidence import exponent_of
from batchwright.advice.table.bins import grouped_points
from batchwright.advice.table.read import LARGEST, RunTable, WorkloadRuns, read_table
from batchwright.advice.table.result import (
    BatchSizeEstimate,
    Bound,
    CriticalBatchEstimate,
    Definitions,
    FitResult,
    Interval,
    LeaveOneOut,
    MeasuredSize,
    OverheadEstimate,
    PredictedSteps,
    WorkloadFit,
)
from batchwright.core.errors import DataError, InputError, unknown_name
from batchwright.core.remark import Remark, remark
from batchwright.training.environment import environment

_MOST_WORK = 450
"""Batch sizes of all workloads together: leaving each of so many out takes some seconds."""
_REFITTED = 30


def fit_table(
    table: Any,
    *,
    predict: Sequence[float] = (),
    far: bool = False,
    workload: str | None = None,
    workload_column: str | Sequence[str] | None = None,
    dataset_size: float | None = None,
    devices: float | None = None,
) -> FitResult:
    """The critical batch size of every workload in a table of steps (or examples) to target.

        S(B) = S_min (1 + (B_crit/B)^a),    E(B) = B S(B)

    fitted robustly to the median log steps of each batch size, with 90% intervals from seeds, misfit and a
    small-sample correction (see ``advice.curve.fit_curve``).

    >>> table = {"batch_size": [16, 64, 256, 1024], "steps": [8250, 2250, 750, 375]}
    >>> fit = fit_table(table, predict=[512]).workloads[0]
    >>> fit.verdict, round(fit.critical_batch.value), round(fit.predictions[0].steps)
    ('fits', 512, 500)

    Args:
        table: a file, text, data frame, mapping or list of rows; see ``advice.table.read.read_table``.
        predict: batch sizes at which steps are predicted. Below the smallest measured one or beyond twice the
            largest they are refused, row by row.
        far: predict those, too; the misfit's variance then grows with every doubling.
        workload: fit this one only; a part of its name will do.
        workload_column, dataset_size, devices: how to read the table, see ``advice.table.read.read_table``.

    Raises:
        InputError: a bad table (``DataError``), a workload with fewer than two batch sizes whose median run
            reached the target, an unknown workload, or a batch size to predict that is not positive.
    """
    for size in predict:
        if not 0 < size <= LARGEST:
            raise InputError(
                f"a batch size to predict must be positive and at most {LARGEST:g}, got {size:g}"
            )
    began = time.perf_counter()
    read = read_table(table, dataset_size=dataset_size, devices=devices, workload_column=workload_column)
    chosen = read.workloads if workload is None else _named(workload, read)
    _check(chosen, read)
    return FitResult(
        source=read.source,
        rows=read.rows,
        columns=dict(read.columns),
        units=dict(read.units),
        workloads=tuple(_fit(runs, read, predict, far) for runs in chosen),
        notes=read.remarks,
        seconds=time.perf_counter() - began,
        environment=environment(),
    )


def _named(workload: str, table: RunTable) -> tuple[WorkloadRuns, ...]:
    """The workload of this name, or the only one whose name has it in it, whatever the case."""
    names = [runs.workload for runs in table.workloads]
    found = [i for i, name in enumerate(names) if name == workload]
    found = found or [i for i, name in enumerate(names) if workload.casefold() in name.casefold()]
    if len(found) == 1:
        return (table.workloads[found[0]],)
    if found:
        several = ", ".join(repr(names[i]) for i in found[:6])
        raise InputError(f"workload {workload!r} must name one of the table's, it is in {several}")
    raise unknown_name(
        "workload", workload, [name for name in names if name][:40] or ["(the table names none)"]
    )


def _check(chosen: Sequence[WorkloadRuns], table: RunTable) -> None:
    """Refuse at once what cannot be fitted."""
    other = "add rows at another" + (", or choose with workload=" if len(table.workloads) > 1 else "")
    work = 0
    for runs in chosen:
        sizes = np.unique(runs.batch_size)
        work += min(len(sizes), _REFITTED)
        where = f"{table.source}{f', workload {runs.workload!r}' if runs.workload else ''}"
        if not len(sizes):
            raise DataError(f"{where}: every run failed, nothing is left to fit")
        if len(sizes) < 2:
            raise DataError(f"{where}: a curve needs two batch sizes or more, got {sizes[0]:g} only: {other}")
    if work > _MOST_WORK:
        raise DataError(
            f"{table.source}: {len(chosen):,} workloads are too many for one call: choose with workload=, or "
            f"check that {table.columns['workload']!r} names workloads"
        )


def _fit(runs: WorkloadRuns, table: RunTable, predict: Sequence[float], far: bool) -> WorkloadFit:
    try:
        points, grouped = grouped_points(runs)
        fit = fit_curve(points)
    except InputError as error:
        where = f"{table.source}{f', workload {runs.workload!r}' if runs.workload else ''}"
        raise DataError(f"{where}: {error}: train longer where runs were cut short") from None
    critical = _critical(fit)
    steps_min, examples_min = _minima(fit)
    return WorkloadFit(
        workload=runs.workload,
        verdict=fit.verdict,
        critical_batch=critical,
        definitions=_definitions(fit, critical),
        steps_min=steps_min,
        examples_min=examples_min,
        leave_one_out=_leave_one_out(fit),
        predictions=tuple(_predicted(fit, size, far) for size in predict),
        valid_range=fit.valid_range,
        seed_sd=fit.seed_sd,
        misfit_sd=fit.misfit_sd,
        runs=len(runs.steps) + sum(runs.failed.values()) + sum(runs.lost.values()),
        measured=_measured(points, runs, fit),
        band=fit.band(),
        notes=(*((grouped,) if grouped else ()), *fit.notes, *_left_out(runs)),
        next_steps=_next_steps(fit),
    )


def _critical(fit: CurveFit) -> CriticalBatchEstimate:
    if fit.verdict == "does_not_follow":
        return CriticalBatchEstimate(value=None, interval=None)
    exponent = exponent_of(fit)
    if fit.verdict == "fits":
        return CriticalBatchEstimate(value=fit.critical_batch, interval=fit.interval, exponent=exponent)
    if fit.one_sided_bound is None:
        return CriticalBatchEstimate(value=fit.critical_batch, interval=(None, None), exponent=exponent)
    side, bound = fit.one_sided_bound
    return CriticalBatchEstimate(
        value=fit.critical_batch,
        interval=(bound, None) if side == "at least" else (None, bound),
        one_sided_bound=Bound(side=side, value=bound),
        exponent=exponent,
    )


def _definitions(fit: CurveFit, critical: CriticalBatchEstimate) -> Definitions:
    anchor = fit.batch_sizes[0]

    def overhead(batch: float | None) -> float | None:
        # It rises with B_crit: an interval's ends go with it.
        return None if batch is None else overhead_batch(batch, fit.exponent, anchor, 0.2)

    ends: Interval | None = critical.interval and (
        overhead(critical.interval[0]),
        overhead(critical.interval[1]),
    )
    return Definitions(
        hyperbola=BatchSizeEstimate(value=critical.value, interval=critical.interval),
        overhead_20=OverheadEstimate(value=overhead(critical.value), interval=ends, anchor=anchor),
    )


def _minima(fit: CurveFit) -> tuple[float | None, float | None]:
    """S_min and E_min; the one that lies beyond the measured batch sizes is not known."""
    if fit.verdict == "fits":
        return fit.steps_min, fit.examples_min
    if fit.verdict == "does_not_follow" or fit.one_sided_bound is None:
        return None, None
    return (None, fit.examples_min) if fit.one_sided_bound[0] == "at least" else (fit.steps_min, None)


def _leave_one_out(fit: CurveFit) -> LeaveOneOut | None:
    if fit.points_used < 3:
        return None
    scored = [(steps, p.steps, p.low, p.high) for steps, p in fit.left_out()]
    actual, predicted, low, high = (np.array(column, dtype=float) for column in zip(*scored, strict=True))
    return LeaveOneOut(
        median_abs_log_error=float(np.median(np.abs(np.log(actual / predicted)))),
        coverage_90=float(np.mean((low <= actual) & (actual <= high))),
        median_width=float(np.median(high / low)),
    )


def _predicted(fit: CurveFit, size: float, far: bool) -> PredictedSteps:
    found = fit.predict(size, allow_far=far)
    return PredictedSteps(
        batch_size=size, steps=found.steps, low=found.low, high=found.high, refused=found.refused
    )


def _measured(points: Sequence[Point], runs: WorkloadRuns, fit: CurveFit) -> tuple[MeasuredSize, ...]:
    rows = {
        p.batch_size: MeasuredSize(
            batch_size=p.batch_size,
            median=math.exp(median.value),
            median_is_bound=median.is_bound,
            curve=fit.predict(p.batch_size).steps,
            steps=p.steps,
            censored=p.censored,
            failed=runs.failed.get(p.batch_size, 0),
            lost=runs.lost.get(p.batch_size, 0),
        )
        for p in points
        for median in (log_median(p),)
    }
    for size in {*runs.failed, *runs.lost} - rows.keys():
        rows[size] = MeasuredSize(
            batch_size=size,
            median=None,
            median_is_bound=False,
            curve=fit.predict(size).steps,
            steps=(),
            censored=(),
            failed=runs.failed.get(size, 0),
            lost=runs.lost.get(size, 0),
        )
    return tuple(rows[size] for size in sorted(rows))


def _left_out(runs: WorkloadRuns) -> list[Remark]:
    """Runs without steps to target: medians at their batch sizes are those of the others."""
    return [
        remark(code, count=sum(sizes.values()), batch_sizes=[_whole(size) for size in sizes])
        for code, sizes in (("fit_table.failed", runs.failed), ("fit_table.lost", runs.lost))
        if sizes
    ]


def _next_steps(fit: CurveFit) -> tuple[Remark, ...]:
    """What to train where the verdict is not "fits"."""
    smallest, largest = fit.batch_sizes[0], fit.batch_sizes[-1]
    smaller = [_whole(max(smallest / factor, 1)) for factor in (2, 4)]
    if fit.verdict == "does_not_follow":
        return (remark("fit_table.next.check"),)
    if fit.verdict == "fits":
        third = _whole(math.sqrt(smallest * largest))
        return (remark("fit_table.next.third", batch_size=third),) if fit.points_used < 3 else ()
    if fit.one_sided_bound is None:
        return (remark("fit_table.next.more_seeds", batch_sizes=[smaller[1], _whole(4 * largest)]),)
    wanted = [_whole(2 * largest), _whole(4 * largest)]
    if fit.one_sided_bound[0] == "at most":
        wanted = smaller
    return (remark("fit_table.next.train", batch_sizes=sorted(set(wanted))),)


def _whole(batch_size: float) -> int | float:
    """A batch size to name: as it is where it is whole, else in three digits."""
    return int(batch_size) if batch_size == int(batch_size) else float(f"{batch_size:.3g}")
