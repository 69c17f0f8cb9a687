"""Variances of batches against the closed form, and the lesson's verdicts."""

import numpy as np
import pytest

from batchwright.lessons.phenomena import gradient_noise as lesson

from .cases import run_short


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(0.3, 1.0, (40, 6))


def test_batches_have_the_variance_of_the_closed_form(rows):
    trace = rows.var(axis=0).sum()
    for size in (4, 16, 40):
        drawn = lesson.gradients_of(rows, np.random.default_rng(1), size, 4000, replace=True)
        kept = lesson.gradients_of(rows, np.random.default_rng(2), size, 4000, replace=False)
        full = rows.mean(axis=0)
        assert ((drawn - full) ** 2).sum(axis=1).mean() == pytest.approx(trace / size, rel=0.1)
        expected = trace / size * (40 - size) / 39
        assert ((kept - full) ** 2).sum(axis=1).mean() == pytest.approx(expected, rel=0.1, abs=1e-12)


def test_the_verdicts(short):
    assert short.part("same_mean").verdict == "holds"
    assert short.part("with_replacement").verdict == "holds"
    assert short.part("without_replacement").verdict == "does_not_hold"
    # Cosine of g_B with G is 1 / sqrt(1 + tr Cov(g_B) / |G|^2) in the mean: early the noise scale is small.
    assert short.value("cosine_half", point="early") > 0.95
    assert short.value("cosine_half", point="late") < short.value("cosine_half", point="early")


@pytest.fixture(scope="module")
def short():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "POINTS", {"early": 0, "middle": 60, "late": 400})
        patch.setattr(lesson, "EXAMPLES", 1500)
        return run_short("gradient-noise")
