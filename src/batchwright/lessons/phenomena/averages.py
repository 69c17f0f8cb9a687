"""``averages``: the exponentially weighted average lags, smooths, and starts wrong unless it is corrected.

Noisy series whose truth is known (a ramp, a level, a slow wave) are averaged with every beta; what is late, what
noise is left and what the start lacks are then measured apart, and stand beside their closed forms: a lag of
beta / (1 - beta) values, (1 - beta) / (1 + beta) of the variance, a start that is too small by beta^t.
"""

from __future__ import annotations

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import below, everywhere, exact, mean, ratio, within
from batchwright.lessons.lab import Lab

BETAS = (0.1, 0.5, 0.9, 0.95, 0.98, 0.99)
SMALL, LARGE = 0.1, 0.9
LENGTH = 4000
"""Values of a series; the start is over after some hundreds, also at the largest beta."""
SETTLED = 2000
LEVEL = 10.0
"""Of the series whose start is looked at; its noise has standard deviation 1."""
ABOUT = (0.05, 0.15, 0.3)
"""Relative deviations that still count as "about"; the middle one decides."""
MEMORIES = (1, 2, 3, 5, 10)
"""Times at which the missing correction is looked at, in units of 1 / (1 - beta)."""
ONE_PERCENT = 0.01


def experiment(lab: Lab) -> Found:
    """Average noisy series of known truth, and judge lag, noise and start."""
    noise = lab.random("averages").standard_normal((LENGTH, 200 if lab.full else 40))
    return Found(
        parts=[_lag(noise), _follows(noise), _smooths(noise), _repairs(noise), _do_without()],
        panels=[_beginning(noise), _trade(noise)],
    )


# --- what is measured ---


def _lags(noise: np.ndarray, beta: float) -> np.ndarray:
    """Values by which the average of a noisy ramp is late, one a series."""
    ramp = np.arange(1.0, LENGTH + 1)[:, None]
    late = ramp - bw.exponential_average(ramp + noise, beta, correct=False)
    return np.asarray(late[SETTLED:].mean(axis=0))


def _kept(noise: np.ndarray, beta: float) -> np.ndarray:
    """Share of the noise's standard deviation that the average leaves, one a series."""
    return np.asarray(bw.exponential_average(noise, beta)[SETTLED:].std(axis=0) / noise[SETTLED:].std(axis=0))


def first_steps() -> dict[str, float]:
    """The first step of torch's optimizers that average squares, in units of the learning rate.

    Adam divides g by sqrt of the corrected average, which at the first update is |g|; RMSprop divides by
    sqrt((1 - alpha) g^2) and goes 1 / sqrt(1 - alpha) as far.
    """
    classes = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    found = {}
    for name, made in classes.items():
        point = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        point.grad = torch.full_like(point, 3.0)
        made([point], lr=1.0).step()
        found[name] = abs(float(point.detach()))
    return found


# --- the parts ---


def _lag(noise: np.ndarray) -> Part:
    """The lag against 1 / (1 - beta): their ratio is beta, so that "about" depends on it and on the tolerance."""
    ratios = [mean("lag_ratio", _lags(noise, beta) * (1 - beta), unit="1", beta=beta) for beta in BETAS]
    tolerance = ABOUT[1]
    verdict, by = everywhere({m.at["beta"]: within(m, 1 - tolerance, 1 + tolerance) for m in ratios})
    condition = remark("lesson.averages.lag_when", **by) if verdict == "holds_when" else None
    return Part(
        name="lag", verdict=verdict, condition=condition, measurements=(*ratios, *_smallest_betas(noise))
    )


def _smallest_betas(noise: np.ndarray) -> list[Measured]:
    """From which beta on the lag is 1 / (1 - beta) within each tolerance, of a fine grid."""
    grid = np.round(np.arange(0.5, 0.99, 0.01), 2)
    ratios = np.array([_lags(noise[:, :10], beta).mean() * (1 - beta) for beta in grid])
    return [
        exact(
            "smallest_beta", float(grid[np.abs(ratios - 1) <= tolerance + 0.002].min()), tolerance=tolerance
        )
        for tolerance in ABOUT
    ]


def _follows(noise: np.ndarray) -> Part:
    lags = {beta: mean("lag", _lags(noise, beta), beta=beta) for beta in (SMALL, LARGE)}
    return Part(name="follows", verdict=below(lags[SMALL], 1.0), measurements=tuple(lags.values()))


def _smooths(noise: np.ndarray) -> Part:
    """Whether the large beta leaves less than half of the noise that the small one leaves."""
    left = {beta: _kept(noise, beta) for beta in (SMALL, LARGE)}
    compared = ratio("noise_ratio", left[LARGE], left[SMALL])
    each = [mean("noise_kept", values, unit="1", beta=beta) for beta, values in left.items()]
    return Part(name="smooths", verdict=below(compared, 0.5), measurements=(compared, *each))


def _repairs(noise: np.ndarray) -> Part:
    """The first ten values of a level: what the plain average lacks of it, and the corrected one."""
    level = LEVEL + noise[:1000]
    start = {
        kind: bw.exponential_average(level, LARGE, correct=kind == "corrected")[:10].mean(axis=0) / LEVEL - 1
        for kind in ("corrected", "uncorrected")
    }
    numbers = {
        kind: mean("start_error", values, unit="1", average=kind, beta=LARGE)
        for kind, values in start.items()
    }
    repaired = within(numbers["corrected"], -0.05, 0.05)
    needed = below(numbers["uncorrected"], -0.05)
    verdict = repaired if needed == "holds" else needed
    first = bw.exponential_average(noise, LARGE)
    noisy = exact("start_noise", float(first[0].std() / first[SETTLED:].std()), n=noise.shape[1], beta=LARGE)
    return Part(name="repairs", verdict=verdict, measurements=(*numbers.values(), noisy))


def _do_without() -> Part:
    """What an average without correction lacks of a level after some memories; the first step of two optimizers."""
    ones = np.ones(int(MEMORIES[-1] / (1 - LARGE)) + 1)
    plain = bw.exponential_average(ones, LARGE, correct=False)
    lacking = [
        exact("lacking", float(1 - plain[round(k / (1 - LARGE)) - 1]), unit="1", memories=k) for k in MEMORIES
    ]
    verdict, by = everywhere({m.at["memories"]: below(m, ONE_PERCENT) for m in lacking})
    condition = remark("lesson.averages.without_when", **by) if verdict == "holds_when" else None
    steps = [exact("first_step", step, optimizer=name) for name, step in first_steps().items()]
    return Part(name="do_without", verdict=verdict, condition=condition, measurements=(*lacking, *steps))


# --- pictures ---


def _beginning(noise: np.ndarray) -> Panel:
    """One series and its averages, from the first value on."""
    t = np.arange(1, 121)
    values = LEVEL + 2 * np.sin(2 * np.pi * t / 80) + noise[: len(t), 0]
    lines = [series(t, values, remark("lesson.averages.line.values"), look="dots")]
    for beta, correct in ((SMALL, True), (LARGE, True), (LARGE, False)):
        kind = "corrected" if correct else "plain"
        averaged = bw.exponential_average(values, beta, correct=correct)
        label = remark(f"lesson.averages.line.{kind}", beta=beta)
        lines.append(series(t, averaged, label, look="line" if correct else "dashed"))
    return Panel(
        name="beginning",
        title=remark("lesson.averages.beginning.title"),
        takeaway=remark("lesson.averages.beginning.takeaway"),
        x=remark("lesson.averages.axis.time"),
        y=remark("lesson.averages.axis.value"),
        series=tuple(lines),
    )


def _trade(noise: np.ndarray) -> Panel:
    """Error about a slow wave against beta: what is late grows, what noise is left falls."""
    betas = np.round(1 - np.geomspace(0.9, 0.01, 25), 4)
    wave = 2 * np.sin(2 * np.pi * np.arange(LENGTH) / 80)[:, None]
    late = [_rms(bw.exponential_average(wave, beta) - wave) for beta in betas]
    left = [_rms(bw.exponential_average(noise, beta)) for beta in betas]
    both = np.hypot(late, left)
    shown = {"late": late, "noise": left, "both": both}
    return Panel(
        name="trade",
        title=remark("lesson.averages.trade.title"),
        takeaway=remark("lesson.averages.trade.takeaway", best=float(betas[both.argmin()])),
        x=remark("lesson.averages.axis.memory"),
        y=remark("lesson.averages.axis.error"),
        x_log=True,
        series=tuple(
            series(1 / (1 - betas), values, remark(f"lesson.averages.line.{name}"), look="line")
            for name, values in shown.items()
        ),
        marks=(Mark(value=1 / (1 - LARGE), label=remark("lesson.averages.mark", beta=LARGE), upright=True),),
    )


def _rms(errors: np.ndarray) -> float:
    return float(np.sqrt((errors[SETTLED:] ** 2).mean()))


def example() -> None:
    """Code to copy."""
    import numpy as np

    import batchwright as bw

    values = 10 + np.random.default_rng(0).standard_normal(100)
    print("plain:    ", bw.exponential_average(values, 0.9, correct=False)[[0, 9, 49, 99]])
    print("corrected:", bw.exponential_average(values, 0.9)[[0, 9, 49, 99]])

    losses = np.array([run.loss for run in bw.train("digits", batch_size=8, lr=0.1, epochs=2)])
    smooth = bw.exponential_average(
        losses, 0.98
    )  # what a loss of single batches looks like without its noise
    print("last losses:", losses[-3:], "their average:", smooth[-1])
