"""``local-minima``: do starts end in bad minima, and does that depend on the width or on the batch size?

A net of four hidden units makes the targets, so four units can reach a loss of zero. Students of 1 to 32 units are
trained on them from many starts, with the whole data and with a sixteenth as a batch, equally many updates, the
learning rate tuned for each width and batch size, decayed to zero by a cosine so that no noise is left at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, difference, everywhere, exact, mean
from batchwright.lessons.lab import Lab

WIDTHS = (1, 2, 4, 8, 16, 32)
EXAMPLES, INPUTS, TEACHER = 64, 4, 4
BATCHES = {"whole": EXAMPLES, "sixteenth": EXAMPLES // 16}
FIRST_RATES = (0.0125, 0.025, 0.05, 0.1, 0.2)
MOMENTUM = 0.9
BAD = 0.01
"""Of the targets' variance, which is 1: a loss so much above the best of the same width is a bad end."""
SHORT, LONG = (1000, 24, 8), (5000, 48, 16)
"""Updates, problems, starts a problem."""
_MOST_EXTENSIONS = 6


@dataclass(frozen=True)
class WidthEnds:
    """Final training losses of one width and batch size at its tuned learning rate.

    Attributes:
        losses: shape (problems, starts).
        rate: the learning rate; ``tried``: how often the range had to be extended for it.
    """

    width: int
    batch: str
    losses: np.ndarray
    rate: float
    tried: int


def experiment(lab: Lab) -> Found:
    """Tune on some starts, judge by others."""
    how = LONG if lab.full else SHORT
    asked = [(lab.seed, width, batch, *how) for width in reversed(WIDTHS) for batch in BATCHES]
    found = {(ends.width, ends.batch): ends for ends in lab.map(tuned_ends, asked)}
    return Found(
        parts=[
            _wide(found), _narrow(found), _spread_falls(found), _large_batch(found, "large_batch", WIDTHS),
        ],
        panels=[_by_width(found), _starts(found)],
    )  # fmt: skip


def tuned_ends(asked: tuple[int, int, str, int, int, int]) -> WidthEnds:
    """One width and batch size: the rate of the lowest mean on two starts a problem, then the other starts.

    The mean, not the median: the rate of the best median may stand so near the cliff that a fifth of the starts
    diverge, which counts as a loss of 1.
    """
    seed, width, batch, updates, problems, starts = asked
    size = BATCHES[batch]
    means: dict[float, float] = {}

    def try_rates(rates: Sequence[float]) -> float:
        for rate in rates:
            losses = final_losses(seed, width, size, rate, updates, problems, 2, purpose=1)
            means[rate] = float(np.minimum(losses, 1.0).mean())
        return min(means, key=lambda rate: means[rate])

    best, tried = try_rates(FIRST_RATES), 0
    while best in (min(means), max(means)) and tried < _MOST_EXTENSIONS:
        best = try_rates([best * 2 if best == max(means) else best / 2])
        tried += 1
    losses = final_losses(seed, width, size, best, updates, problems, starts, purpose=2)
    return WidthEnds(width, batch, losses, best, tried)


def final_losses(
    seed: int, width: int, batch: int, rate: float, updates: int, problems: int, starts: int, *, purpose: int
) -> np.ndarray:
    """Mean squared errors over all examples at the end, shape (problems, starts); infinite where it diverged."""
    inputs, targets = teacher_data(seed, problems)
    inputs, targets = (part.repeat_interleave(starts, dim=0) for part in (inputs, targets))
    random = np.random.default_rng([seed, width, purpose])  # the same starts for every batch size
    weights = student_start(width, len(inputs), random)
    order = np.random.default_rng([seed, width, purpose, batch])
    velocity = [torch.zeros_like(w) for w in weights]
    for update in range(updates):
        x, y = inputs, targets
        if batch < EXAMPLES:
            rows = torch.from_numpy(order.integers(EXAMPLES, size=(len(inputs), batch)))
            x, y = inputs.gather(1, rows[..., None].expand(-1, -1, INPUTS)), targets.gather(1, rows)
        step = rate * (1 + math.cos(math.pi * update / updates)) / 2
        for weight, speed, gradient in zip(weights, velocity, gradients(weights, x, y), strict=True):
            speed.mul_(MOMENTUM).add_(gradient)
            weight.sub_(step * speed)
    losses = outputs(weights, inputs).sub(targets).square().mean(dim=1)
    return np.asarray(losses.nan_to_num(nan=math.inf).view(problems, starts).double().numpy())


def teacher_data(seed: int, problems: int) -> tuple[Tensor, Tensor]:
    """Normal inputs, shape (problems, examples, 4), and a random net's outputs, scaled to variance 1."""
    random = np.random.default_rng([seed, 0])
    inputs = torch.from_numpy(random.normal(size=(problems, EXAMPLES, INPUTS))).float()
    values = outputs(
        [
            torch.from_numpy(1.5 * random.normal(size=shape)).float()
            for shape in ((problems, INPUTS, TEACHER), (problems, 1, TEACHER), (problems, TEACHER, 1))
        ],
        inputs,
    )
    return inputs, (values - values.mean(dim=1, keepdim=True)) / values.std(dim=1, correction=0, keepdim=True)


def student_start(width: int, nets: int, random: np.random.Generator) -> list[Tensor]:
    """Weights, biases and output weights, normal; divided by the root of a unit's inputs."""
    shapes = (((nets, INPUTS, width), INPUTS**-0.5), ((nets, 1, width), 0.5), ((nets, width, 1), width**-0.5))
    return [torch.from_numpy(scale * random.normal(size=shape)).float() for shape, scale in shapes] + [
        torch.zeros(nets, 1)
    ]


def outputs(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """a . tanh(W'x + b) + c, shape (nets, examples)."""
    first, bias, second, *last = weights
    values = (torch.tanh(inputs @ first + bias) @ second)[..., 0]
    return values + last[0] if last else values


def gradients(weights: Sequence[Tensor], x: Tensor, y: Tensor) -> list[Tensor]:
    """Of each net's mean squared error, written out: autograd would take twice as long."""
    first, bias, second, last = weights
    hidden = torch.tanh(x @ first + bias)
    error = 2 / x.shape[1] * ((hidden @ second)[..., 0] + last - y)[..., None]
    back = error @ second.mT * (1 - hidden.square())
    return [x.mT @ back, back.sum(dim=1, keepdim=True), hidden.mT @ error, error.sum(dim=1)]


# --- what follows ---

AllEnds = dict[tuple[int, str], WidthEnds]


def _excess(ends: WidthEnds) -> np.ndarray:
    """Of each start over the best of its problem, shape (problems, starts); a diverged one counts as 1."""
    losses = np.minimum(ends.losses, 1.0)
    return np.asarray(losses - losses.min(axis=1, keepdims=True))


def _spread(ends: WidthEnds) -> Measured:
    """Mean excess, over problems."""
    return mean("spread", _excess(ends).mean(axis=1), hidden_units=ends.width, batch_of=ends.batch)


def _wide(found: AllEnds) -> Part:
    """The widest nets, whole data."""
    ends = found[WIDTHS[-1], "whole"]
    bad = mean(
        "bad_ends", (_excess(ends) > BAD).mean(axis=1), unit="1", hidden_units=ends.width, batch_of=ends.batch
    )
    loss = mean(
        "final_loss", np.minimum(ends.losses, 1.0).mean(axis=1), hidden_units=ends.width, batch_of=ends.batch
    )
    return Part(name="wide_has_none", verdict=below(bad, 0.05), measurements=(bad, loss))


def _narrow(found: AllEnds) -> Part:
    """At which widths more than one start in twenty ends badly."""
    shares = [
        mean(
            "bad_ends",
            (_excess(found[w, "whole"]) > BAD).mean(axis=1),
            unit="1",
            hidden_units=w,
            batch_of="whole",
        )
        for w in WIDTHS
    ]
    verdict, by = everywhere({m.at["hidden_units"]: above(m, 0.05) for m in shares})
    condition = remark("lesson.local_minima.widths", **by) if verdict == "holds_when" else None
    return Part(name="some_end_badly", verdict=verdict, condition=condition, measurements=tuple(shares))


def _spread_falls(found: AllEnds) -> Part:
    """The absolute spread of the narrow (two units) over that of the wide: paired by problem, as a difference."""
    narrow, wide = (_excess(found[w, "whole"]).mean(axis=1) for w in (2, WIDTHS[-1]))
    falls = difference("spread_narrow_less_wide", narrow, wide)
    spreads = [_spread(found[w, "whole"]) for w in WIDTHS]
    return Part(name="spread_shrinks", verdict=above(falls, 0.0), measurements=(falls, *spreads))


def _large_batch(found: AllEnds, name: str, widths: Sequence[int]) -> Part:
    """By how much the whole data as a batch ends above a sixteenth, at equal updates."""
    worse, rates = [], []
    for width in widths:
        full, small = (np.minimum(found[width, b].losses, 1.0).mean(axis=1) for b in ("whole", "sixteenth"))
        worse.append(difference("full_less_small", full, small, hidden_units=width))
        rates += [exact("tuned_rate", found[width, b].rate, hidden_units=width, batch_of=b) for b in BATCHES]
    verdict, by = everywhere({m.at["hidden_units"]: above(m, BAD) for m in worse})
    condition = remark("lesson.local_minima.widths", **by) if verdict == "holds_when" else None
    worse.sort(key=lambda m: -int(m.at["hidden_units"]))
    return Part(name=name, verdict=verdict, condition=condition, measurements=(*worse, *rates))


# --- pictures ---


def _by_width(found: AllEnds) -> Panel:
    lines = []
    for batch in BATCHES:
        spreads = [_spread(found[w, batch]) for w in WIDTHS]
        ends = [m.interval or (m.value, m.value) for m in spreads]
        lines.append(
            series(
                WIDTHS,
                [m.value for m in spreads],
                remark(f"lesson.local_minima.line.{batch}", size=BATCHES[batch]),
                low=[low for low, _ in ends],
                high=[high for _, high in ends],
            )
        )
    return Panel(
        name="by_width",
        title=remark("lesson.local_minima.by_width.title"),
        takeaway=remark("lesson.local_minima.by_width.takeaway"),
        x=remark("lesson.local_minima.axis.width"),
        y=remark("lesson.local_minima.axis.spread"),
        x_log=True,
        series=tuple(lines),
    )


def _starts(found: AllEnds) -> Panel:
    """Every start of the first problems, side by side."""
    lines = []
    for batch, shift in (("whole", 0.94), ("sixteenth", 1.06)):
        pairs = [
            (w * shift, loss) for w in WIDTHS for loss in found[w, batch].losses[:3].ravel() if loss < 1.5
        ]
        label = remark(f"lesson.local_minima.line.{batch}", size=BATCHES[batch])
        lines.append(series([x for x, _ in pairs], [y for _, y in pairs], label, look="dots"))
    return Panel(
        name="starts",
        title=remark("lesson.local_minima.starts.title"),
        takeaway=remark("lesson.local_minima.starts.takeaway"),
        x=remark("lesson.local_minima.axis.width"),
        y=remark("lesson.axis.train_loss"),
        x_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for width in (2, 4, 16):
        task = bw.named_task("digits", hidden=width, examples=300)
        for batch_size in (16, 300):
            ends = []
            for seed in range(5):  # five starts, equally many updates
                *_, run = bw.train(task, batch_size=batch_size, lr=0.1, steps=1000, seed=seed, progress=False)
                ends.append(run.evaluate_on("train").loss or math.inf)
            print(f"width {width}, batch {batch_size}: {min(ends):.3f} to {max(ends):.3f}")
