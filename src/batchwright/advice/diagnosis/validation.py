"""Training against validation loss: overfitting, validation below training, a loss that counts several times."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import Finding, new_finding
from batchwright.advice.diagnosis.levels import noise_sd, trend_p_value
from batchwright.advice.diagnosis.log import Floats, LoggedSeries
from batchwright.advice.diagnosis.view import LossView
from batchwright.core.remark import remark

_LEAST_EVALUATIONS = 6
_RISE_SDS, _RISE = 5.0, 0.03
_LATER = 3
_P_VALUE = 0.02
_BELOW_SHARE, _BELOW, _BELOW_SDS = 0.8, 0.03, 2.0
_MULTIPLES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64, 128)
_MULTIPLE_ERROR = 0.12
_MULTIPLE_SPREAD = 0.1


def find_overfitting(view: LossView) -> Finding | None:
    """The validation loss turns: it rises from its least value by more than its noise, while training falls on."""
    validation = _finite(view.run.validation_loss)
    if validation is None or len(validation) < _LEAST_EVALUATIONS:
        return None
    values = validation.values
    calm = np.array([float(np.median(values[max(i - 1, 0) : i + 2])) for i in range(len(values))])
    best = int(np.argmin(calm))
    least = float(np.median(values[max(best - 3, 0) : best + 4]))  # the least of many noisy ones is too low
    later = values[best:]
    if len(values) - best - 1 < _LATER:
        return None
    end = float(np.median(values[-max(_LATER, len(values) // 8) :]))
    rise = end - least
    noise = noise_sd(values)
    scale = abs(least)
    if rise < max(_RISE_SDS * noise / np.sqrt(_LATER), _RISE * scale) or trend_p_value(later) > _turn(
        len(later)
    ):
        return None
    training = _training_at(view, validation)
    if training is None or not float(np.median(training[-_LATER:])) <= float(training[best]) + noise:
        return None
    return new_finding(
        "overfitting",
        validation.name,
        {
            "best": least,
            "last": end,
            "rise": rise / scale if scale else 0.0,
            "at": _place(validation, best),
            "x": _unit(view, validation),
            "evaluations": len(values),
            "after": len(values) - best - 1,
            "train_best": float(training[best]),
            "train_last": float(training[-1]),
        },
        confidence=0.9,
        against=[remark("diagnose.against.chance", rise=rise, noise=noise)],
    )


def _turn(count: int) -> float:
    """The p value that a rise of so few evaluations can reach at all."""
    return _P_VALUE if count >= 5 else 0.1


def find_validation_below(view: LossView) -> Finding | None:
    """Validation stays below training, also beside the mean of training before and after it."""
    validation = _finite(view.run.validation_loss)
    if validation is None or len(validation) < _LEAST_EVALUATIONS:
        return None
    training = _training_at(view, validation)
    if training is None:
        return None
    half = len(training) // 2
    # A training loss that is a mean over the epoch lags by half an epoch: compare with the next one's too.
    caught_up = np.minimum(training, np.append((training[:-1] + training[1:]) / 2, training[-1]))
    gap = (caught_up - validation.values)[half:]
    level = abs(float(np.median(caught_up[half:])))
    noise = max(noise_sd(validation.values), noise_sd(training))
    typical = float(np.median(gap))
    steady = float(np.mean(gap > 0)) >= _BELOW_SHARE
    if not steady or typical < max(_BELOW * level, _BELOW_SDS * noise):
        return None
    return new_finding(
        "validation_below_training",
        validation.name,
        {
            "gap": typical,
            "part": typical / level if level else 0.0,
            "share": float(np.mean(gap > 0)),
            "evaluations": len(validation),
            "train_last": float(training[-1]),
            "last": float(validation.values[-1]),
        },
        confidence=0.85,
        against=[remark("diagnose.against.lag", gap=typical)],
    )


def find_loss_times_accumulation(view: LossView) -> Finding | None:
    """The training loss is a whole multiple of the validation loss, from the first evaluation to the last."""
    validation = _finite(view.run.validation_loss)
    if validation is None or len(validation) < 3 or np.any(validation.values <= 0):
        return None
    training = _training_at(view, validation)
    if training is None or np.any(training <= 0):
        return None
    logs = np.log(training / validation.values)
    ratio = float(np.exp(np.median(logs)))
    early = float(np.exp(np.median(logs[: max(3, len(logs) // 3)])))
    multiple = min(_MULTIPLES, key=lambda k: abs(np.log(ratio / k)))
    close = (
        abs(np.log(early / multiple)) < _MULTIPLE_ERROR and abs(np.log(ratio / multiple)) < _MULTIPLE_ERROR
    )
    if not close or float(np.std(logs)) > _MULTIPLE_SPREAD:
        return None
    return new_finding(
        "loss_times_accumulation",
        view.loss.name,
        {
            "ratio": ratio,
            "multiple": multiple,
            "evaluations": len(validation),
            "train_last": float(training[-1]),
            "last": float(validation.values[-1]),
        },
        confidence=0.85,
        against=[
            remark("diagnose.against.real_gap", low=float(np.exp(logs.min())), high=float(np.exp(logs.max())))
        ],
    )


def _finite(series: LoggedSeries | None) -> LoggedSeries | None:
    if series is None:
        return None
    kept = np.isfinite(series.values)
    return LoggedSeries(
        name=series.name,
        role=series.role,
        values=series.values[kept],
        place=series.place[kept],
        step=None if series.step is None else series.step[kept],
        epoch=None if series.epoch is None else series.epoch[kept],
    )


def _training_at(view: LossView, validation: LoggedSeries) -> Floats | None:
    """The training loss about each evaluation: the one on the same record, else the mean since the last one."""
    for series in view.run.of_role("train"):
        if len(series) >= len(validation):
            common, at, _ = np.intersect1d(series.place, validation.place, return_indices=True)
            values = series.values[at]
            if len(common) == len(validation) and np.all(np.isfinite(values)):
                return values
    loss, ends = view.loss, validation.place
    if len(loss) < 2 * len(ends):
        near = np.clip(np.searchsorted(loss.place, ends), 0, len(loss) - 1)
        return loss.values[near] if len(loss) else None
    until = np.searchsorted(loss.place, ends, side="right")
    width = max(int(np.median(np.diff(until))) // 2, 1) if len(until) > 1 else 1
    means = [float(np.mean(loss.values[max(i - width, 0) : max(i, 1)])) for i in until]
    return np.array(means)


def _place(series: LoggedSeries, i: int) -> float:
    """Where a value is: its step, else its epoch counted from 1, else its line."""
    if series.step is not None and np.isfinite(series.step[i]):
        return float(series.step[i])
    return float(series.epoch[i] + 1) if series.epoch is not None else float(i + 1)


def _unit(view: LossView, series: LoggedSeries) -> str:
    if series.step is not None:
        return view.run.step_unit
    return "epochs" if series.epoch is not None else "lines"
