"""Saddles counted by Morse theory, growth rates of the linear theory, and torch's own optimizers."""

import math

import numpy as np
import pytest
import torch

from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import plateau as lesson

from .cases import check


def test_saddles_are_none_on_a_line_and_half_on_a_plane():
    # On a closed surface without handles' worth of curvature maxima + minima = saddles (Morse).
    random = np.random.default_rng(0)
    assert lesson.saddle_share(1, 1000, random) == 0
    assert lesson.saddle_share(2, 200_000, random) == pytest.approx(0.5, abs=0.005)
    assert lesson.saddle_share(3, 100_000, random) > 0.55


def test_plain_descent_leaves_at_the_rate_of_the_negative_curvature():
    place = lesson.landscape("vanishing")
    found = lesson.leave(place, "sgd", 256, 4, np.random.default_rng(0))
    for lr in (0.45, 0.9):
        # v grows from 1e-6 by 1 + lr g, g = 0.1, to where g/4 (1 - v^2)^2 is half of g/4.
        expected = math.log(math.sqrt(1 - math.sqrt(0.5)) / 1e-6) / math.log1p(0.1 * lr)
        assert np.median(found.left[lesson.RATES.index(lr)]) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("name", "lr", "build"),
    [
        ("adam", 0.225, lambda p, lr: torch.optim.Adam(p, lr=lr)),
        ("rmsprop", 0.05625, lambda p, lr: torch.optim.RMSprop(p, lr=lr)),
        ("heavy_ball", 7.2, lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9)),
        ("averaged", 57.6, lambda p, lr: torch.optim.SGD(p, lr=lr * 0.1, momentum=0.9)),
    ],
)
def test_all_rates_at_once_are_torchs_optimizer_at_each(name, lr, build):
    place = lesson.landscape("plateau")
    everybody = torch.arange(lesson.SHIFTS)

    class Everybody:
        def integers(self, high, size):
            return everybody.expand(size[0], -1).numpy()

    found = lesson.leave(place, name, lesson.SHIFTS, 1, Everybody()).left[lesson.RATES.index(lr), 0]
    w = torch.tensor([lesson.PLATEAU_START], requires_grad=True)
    optimizer = build([w], lr)
    steps, shifts = 0, place.task.train.inputs
    for _ in range(lesson.STEPS):
        loss = (torch.sigmoid(w + shifts) - 0.5).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
        with torch.no_grad():
            if (torch.sigmoid(w + shifts) - 0.5).square().mean() <= 0.125:
                break
    assert steps < lesson.STEPS
    assert found == pytest.approx(steps, abs=2)


def test_a_reduced_form_judges_and_has_its_words(monkeypatch):
    monkeypatch.setattr(lesson, "STEPS", 120)
    monkeypatch.setattr(lesson, "DIMENSIONS", (1, 2, 20))
    with Lab(workers=1) as lab:
        result = lab.lesson("plateau")
    check(result)
    assert result.part("share_grows").verdict == "holds"
    assert result.part("push").verdict == "holds"
