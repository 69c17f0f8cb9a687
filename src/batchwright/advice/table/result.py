"""What ``fit`` found in a table: the document behind terminal, JSON, figure and notebook.

Values and codes; ``report.text`` has the words.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from batchwright.advice.curve.fit import CurveVerdict
from batchwright.advice.result import ExponentEstimate
from batchwright.core.remark import Remark, remark

_FROZEN = ConfigDict(frozen=True)

Interval = tuple[float | None, float | None]
"""Of 90%; an end is None where the data do not bound it."""

BRANCHED_REASON = remark("fit_table.branched_needs_checkpoints")


class Bound(BaseModel):
    """What is known of B_crit where it cannot be located: a one-sided 90% bound."""

    model_config = _FROZEN
    side: Literal["at least", "at most"]
    value: float


class CriticalBatchEstimate(BaseModel):
    """B_crit, the batch size at which steps are twice their minimum, in examples per update.

    ``value`` is the best fit; None where the runs do not follow the curve. Where B_crit is not identifiable,
    ``interval`` has the one-sided bound as its only end. ``exponent`` is None with fewer than five batch sizes.
    """

    model_config = _FROZEN
    definition: Literal["hyperbola"] = "hyperbola"
    value: float | None
    interval: Interval | None
    one_sided_bound: Bound | None = None
    exponent: ExponentEstimate | None = None


class BatchSizeEstimate(BaseModel):
    """A batch size by one definition."""

    model_config = _FROZEN
    value: float | None
    interval: Interval | None


class OverheadEstimate(BatchSizeEstimate):
    """The batch size that needs ``overhead`` more examples than ``anchor``, the smallest measured one."""

    overhead: float = 0.2
    anchor: float


class Definitions(BaseModel):
    """The critical batch size by each definition; a table cannot give the last."""

    model_config = _FROZEN
    hyperbola: BatchSizeEstimate
    overhead_20: OverheadEstimate
    branched: None = None
    branched_reason: Remark = BRANCHED_REASON


class LeaveOneOut(BaseModel):
    """Each batch size predicted from all the others.

    ``median_abs_log_error``: of log steps; ``coverage_90``: share of them inside their 90% interval;
    ``median_width``: the middle interval's upper end over its lower one.
    """

    model_config = _FROZEN
    median_abs_log_error: float
    coverage_90: float
    median_width: float


class PredictedSteps(BaseModel):
    """Median steps to target with its 90% interval; None where ``refused`` as too far away."""

    model_config = _FROZEN
    batch_size: float
    steps: float | None
    low: float | None
    high: float | None
    refused: bool


class MeasuredSize(BaseModel):
    """The runs at one batch size: ``censored`` holds the steps of those cut short, ``median`` all of them.

    Where ``median_is_bound``, too many runs were cut short and the median only bounds the true one below; it
    is None where every run failed. ``curve`` is the fitted median. ``failed`` runs broke, ``lost``
    ones missed the target without saying how far they came.
    """

    model_config = _FROZEN
    batch_size: float
    median: float | None
    median_is_bound: bool
    curve: float | None
    steps: tuple[float, ...]
    censored: tuple[float, ...]
    failed: int
    lost: int = 0


class WorkloadFit(BaseModel):
    """One workload of the table: how its steps to target depend on the batch size, and how sure that is.

    ``steps_min`` and ``examples_min`` are None where the measured batch sizes do not bound them.
    ``valid_range`` holds the batch sizes that are predicted unasked. ``band`` is the curve with its 90% band:
    ``batch_size``, ``low``, ``mid``, ``high`` (steps). ``seed_sd`` and ``misfit_sd`` are standard deviations
    of log steps between seeds and about the curve. ``notes`` say what limits the fit, ``next_steps`` what to
    train where the verdict is not "fits".
    """

    model_config = _FROZEN
    workload: str
    verdict: CurveVerdict
    critical_batch: CriticalBatchEstimate
    definitions: Definitions
    steps_min: float | None
    examples_min: float | None
    leave_one_out: LeaveOneOut | None
    predictions: tuple[PredictedSteps, ...]
    valid_range: tuple[float, float]
    seed_sd: float | None
    misfit_sd: float
    runs: int
    measured: tuple[MeasuredSize, ...]
    band: dict[str, list[float]]
    notes: tuple[Remark, ...]
    next_steps: tuple[Remark, ...]


class FitResult(BaseModel):
    """A fitted table.

    ``columns`` names the heading under which each meaning was found, ``units`` the code of its unit;
    ``notes`` are of the table as a whole: what was computed, left out or passed over.
    """

    model_config = _FROZEN
    source: str
    rows: int
    columns: dict[str, str]
    units: dict[str, str]
    workloads: tuple[WorkloadFit, ...]
    notes: tuple[Remark, ...]
    seconds: float
    environment: dict[str, str | int]
