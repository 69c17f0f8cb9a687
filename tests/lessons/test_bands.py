"""The article's run against one written out in numpy, the floor in closed form, shares that must add up."""

import math
import re

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.lessons.phenomena import bands as lesson

from .few_seeds import run_reduced


@pytest.fixture(scope="module")
def reduced():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "RATES", (1e-3, 1e-1))
        patch.setattr(lesson, "EPOCHS", 4)
        yield run_reduced("bands")


def written_out(seed, epochs):
    """Losses of every update: sigmoid layers and their gradients by hand, MSE with the factor 2."""
    task = bw.named_task("squares", data_seed=seed)
    first, second = (p.detach().double().numpy().T for p in task.build_model(seed).parameters())
    x, y = task.train.inputs.double().numpy(), task.train.targets.double().numpy()
    losses = []
    for _ in range(epochs):
        for start in range(0, 1000, 100):
            a, t = x[start : start + 100], y[start : start + 100]
            hidden = 1 / (1 + np.exp(-a @ first))
            out = 1 / (1 + np.exp(-hidden @ second))
            losses.append(((out - t) ** 2).mean())
            slope = 2 * (out - t) / out.size * out * (1 - out)
            back = slope @ second.T * hidden * (1 - hidden)
            second = second - 1e-3 * hidden.T @ slope
            first = first - 1e-3 * a.T @ back
    return np.array(losses)


def test_the_printed_series_is_the_articles():
    """Two lines of 2.0 to 2.8 that fall by some 0.0002 an epoch, as 2.3137 2.3135 2.3132 2.3129 do."""
    lines = lesson.printed(0, 4).reshape(4, 2)
    assert np.allclose(lines, written_out(0, 4).reshape(4, 2, 5).mean(axis=2), atol=2e-6)
    falls = -np.diff(lines, axis=0)
    assert np.all((falls > 5e-5) & (falls < 5e-4))
    assert np.all((lines > 2.0) & (lines < 2.8))


def test_the_log_in_the_articles_format():
    text = lesson.log_text(epochs=2)
    found = [re.fullmatch(r"\| epoch (\d+) \|  iter (\d+) / 10 \| time \d+\[s\] \| loss (\d\.\d{4}) \| lr 0.0010", line)
             for line in text.splitlines()]  # fmt: skip
    assert [(m[1], m[2]) for m in found] == [("1", "5"), ("1", "10"), ("2", "5"), ("2", "10")]
    twice = lesson.log_text(examples=2000, epochs=3).splitlines()
    losses = [float(line.split("loss ")[1][:6]) for line in twice]
    assert len(losses) == 12
    assert lesson.period(losses) == 4


def test_nothing_comes_again_in_noise():
    assert lesson.period(np.random.default_rng(0).normal(size=200)) == 0


def test_the_gap_is_there_with_frozen_weights(reduced):
    assert reduced.part("made_by_training").verdict == "does_not_hold"
    assert reduced.value("gap_frozen_over_gap") == pytest.approx(1, abs=0.01)
    assert reduced.value("gap") > 100 * reduced.value("fall_an_epoch")


def test_what_the_own_turn_does_is_measured_twice_over(reduced):
    """To first order the fall is a sum over updates: what one leaves out is what it does alone."""
    own, without = reduced.value("own_share"), reduced.value("fall_without_own_turn")
    alone = reduced.value("fall_with_own_turn_only")
    assert alone + without == pytest.approx(1, abs=0.01)
    assert alone == pytest.approx(own, abs=0.08)  # four of the ten batches
    assert reduced.value("equal_share") < own < 0.5
    assert reduced.part("own_turn_mainly").verdict == "does_not_hold"


def test_gradients_are_not_random_to_each_other(reduced):
    """Directions at random in 20,000 dimensions have cosines of some 1/sqrt(20000)."""
    assert reduced.value("cosine_mean") > 20 / math.sqrt(20_000)
    # Exactly 1 as the rate goes to 0; the largest of the rates bends it a little.
    assert reduced.value("error_order") == pytest.approx(1, abs=0.1)


def test_the_floor_in_closed_form(reduced):
    """E max(x^2 - 1, 0)^2 = 4 phi(1) + 4 Q(1) for a standard normal x: near 1.6."""
    density, tail = math.exp(-0.5) / math.sqrt(2 * math.pi), 0.5 * math.erfc(1 / math.sqrt(2))
    closed = 4 * density + 4 * tail
    assert closed == pytest.approx(1.6025, abs=1e-4)
    x = torch.randn(200_000, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert float((x.square() - 1).clamp(min=0).square().mean()) == pytest.approx(closed, rel=0.02)
    assert reduced.value("floor") == pytest.approx(closed, rel=0.1)
