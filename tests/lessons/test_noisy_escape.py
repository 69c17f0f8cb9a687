"""Walkers against closed forms: the slope, the first crossing, and the runs that ``train`` makes."""

import math

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import noisy_escape as lesson

from .cases import check


def slope(w, tilt):
    """Of 1 + 0.05 w^2 minus a Gaussian well of width 1/4 at -1.5 and one of width 3/4 at 1.5, tilted."""
    narrow = (w + 1.5) / 0.25**2 * np.exp(-((w + 1.5) ** 2) / (2 * 0.25**2))
    wide = (w - 1.5) / 0.75**2 * np.exp(-((w - 1.5) ** 2) / (2 * 0.75**2))
    return 0.1 * w + narrow + wide + 12 * tilt


def test_the_slope_is_that_of_two_tilted_gaussian_wells():
    grid = np.linspace(-2.5, 2.5, 31)
    for tilt in (0.0, -0.3):
        found = lesson.slope_of(lesson.wells(), torch.tensor(grid), torch.tensor(tilt))
        np.testing.assert_allclose(found.numpy(), slope(grid, tilt), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("lr", "batch_size"), [(0.1, 1), (0.1, 2), (0.2, 16)])
def test_the_first_update_crosses_as_often_as_a_normal_slope_says(lr, batch_size):
    walkers = 1000
    left = lesson.walk(
        np.random.default_rng(0), start=-1.5, batch_size=batch_size, rates=(lr,), steps=1, walkers=walkers
    )
    # Crossing takes 1.5 < -lr (f'(-1.5) + 12 z / sqrt(B)), z standard normal.
    level = (1.5 / lr + slope(-1.5, 0.0)) * math.sqrt(batch_size) / 12
    expected = 0.5 * math.erfc(level / math.sqrt(2))
    error = math.sqrt(expected * (1 - expected) / walkers)
    assert np.isfinite(left).mean() == pytest.approx(expected, abs=4 * error + 0.002)


def test_displaced_wells_move_single_examples_by_their_own_slope():
    """One update at B = 1: w - lr f'(w - x), f the wells of one example, narrower and deeper than the mean's."""
    task = lesson.wells(shift=0.2, tilt=0.0)
    x = task.train.inputs.double().numpy()
    variance = 0.25**2 - 0.2**2
    depth = 0.25 / np.sqrt(variance)
    u = -1.5 - x
    narrow = depth * (u + 1.5) / variance * np.exp(-((u + 1.5) ** 2) / (2 * variance))
    crossing = (-1.5 - 0.5 * (0.1 * u + narrow) > 0).mean()  # the wide well is too far away to pull
    left = lesson.walk(
        np.random.default_rng(0), start=-1.5, batch_size=1, rates=(0.5,), steps=1, walkers=1000,
        shift=0.2, tilt=0.0,
    )  # fmt: skip
    assert 0.1 < crossing < 0.9
    assert np.isfinite(left).mean() == pytest.approx(crossing, abs=0.06)


@pytest.mark.parametrize(("batch_size", "leaves"), [(1, True), (1024, False)])
def test_walkers_do_what_runs_do(batch_size, leaves):
    walked = lesson.walk(
        np.random.default_rng(0), start=-1.5, batch_size=batch_size, rates=(0.1,), steps=60, walkers=4
    )
    assert np.isfinite(walked).all() == leaves
    for seed in range(2):
        training = bw.train(
            "two-wells", batch_size=batch_size, lr=0.1, steps=60, seed=seed, progress=False,
            set={"narrow_depth": 1.0, "shift": 0.0, "tilt": 12.0},
        )  # fmt: skip
        assert any(run.model.weight.item() > 0 for run in training) == leaves


def test_a_reduced_form_judges_and_has_its_words(monkeypatch):
    monkeypatch.setattr(lesson, "STEPS", 150)
    monkeypatch.setattr(lesson, "SIZES", (1, 16, lesson.EXAMPLES))
    monkeypatch.setattr(lesson, "TIME", 5.0)
    with Lab(workers=1) as lab:
        result = lab.lesson("noisy-escape")
    check(result)
    assert result.part("held").verdict == "holds"
    assert result.value("share_left", batch_size=1, lr=0.1) > 0.9
    # 12 |z| exceeds the steepest slope of a well of depth 1 and width 1/4, 2.43, for 84% of the examples.
    assert result.value("share_stuck", batch_size=1) == pytest.approx(0.16, abs=0.06)
    assert result.value("share_stuck", batch_size=lesson.EXAMPLES) == 1
