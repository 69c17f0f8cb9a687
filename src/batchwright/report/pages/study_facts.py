"""What the parts of a study's page ask of its result."""

from __future__ import annotations

from batchwright.advice.result import StudyResult
from batchwright.study.result import BatchSizeResult

_CLOCK = "study.clock_in_doubt"


def rows_of(result: StudyResult) -> list[BatchSizeResult]:
    """Every batch size, ascending."""
    return sorted(result.batch_sizes, key=lambda row: row.batch_size)


def best_row(result: StudyResult) -> BatchSizeResult | None:
    """The recommended batch size, or the best guess."""
    best = result.recommendation.batch_size
    return next((row for row in result.batch_sizes if row.batch_size == best), None)


def cost_of(row: BatchSizeResult, objective: str) -> float | None:
    """Median seconds, examples or steps to target: the number behind sentence, table, ratios and figures."""
    factor, median = per_step(row, objective), row.steps_to_target.median
    return None if factor is None or median is None else factor * median


def per_step(row: BatchSizeResult, objective: str) -> float | None:
    """What one step costs: seconds, examples, or one step."""
    return {"time": row.seconds_per_step, "examples": float(row.batch_size), "steps": 1.0}[objective]


def ratio_to_best(result: StudyResult, row: BatchSizeResult, objective: str) -> float | None:
    """A row's cost over that of the best."""
    best = best_row(result)
    own, least = cost_of(row, objective), None if best is None else cost_of(best, objective)
    return None if own is None or not least else own / least


def only_the_clock(result: StudyResult) -> bool:
    """Whether nothing stands against the answer but seconds measured beside other work."""
    return [doubt.code for doubt in result.recommendation.doubts] == [_CLOCK]


def clock_in_doubt(result: StudyResult) -> bool:
    """Whether seconds were measured beside other work, whatever else there is."""
    return any(doubt.code == _CLOCK for doubt in result.recommendation.doubts)


def suspect(row: BatchSizeResult) -> bool:
    """Whether the seconds a step do not fit those of the neighbours."""
    return row.timing is not None and row.timing.suspect
