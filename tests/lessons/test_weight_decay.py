"""Penalties against their conditions and identities, and a reduced form of the lesson."""

import numpy as np
import pytest

from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import weight_decay as lesson

from .cases import run_short


@pytest.fixture(scope="module")
def found():
    return lesson.regression(4)


def test_ridge_shrinks_monotonically_and_leaves_nothing_out(found):
    norms = np.linalg.norm(found.ridge, axis=1)
    assert np.all(np.diff(norms) < 0)
    assert not np.any(found.ridge == 0)


def test_the_lasso_ends_at_zero_where_its_closed_form_says(found):
    """All weights are zero from s = max |2/N X'y| on; below it one is not."""
    random = np.random.default_rng(4)
    truth = np.zeros(lesson.FEATURES)
    truth[: lesson.MATTER] = [1.5, -1.0, 0.7, -0.5]
    X = random.normal(size=(lesson.ROWS, lesson.FEATURES))
    random.normal(size=(1000, lesson.FEATURES))
    y = X @ truth + lesson.SPREAD * random.normal(size=lesson.ROWS)
    last = np.abs(2 / len(y) * X.T @ y).max()
    for strength, weights in zip(lesson.PATH, found.lasso, strict=True):
        assert np.all(weights == 0) == (strength >= last)


def test_proximal_steps_reach_the_zeros_and_subgradient_steps_none(found):
    assert found.matches
    assert found.zeros["proximal"] == found.zeros["solution"] > 0
    assert found.zeros["subgradient"] == 0
    ridge_gap, lasso_gap, same_zeros = found.gaps
    assert ridge_gap < 1e-10
    assert lasso_gap < 1e-8
    assert same_zeros


def test_the_two_forms_are_one_under_sgd_and_two_under_adam(monkeypatch):
    monkeypatch.setattr(lesson, "EPOCHS", 4)
    with Lab(workers=1) as lab:
        (sgd, same), (adam, other) = (
            [
                lesson.final(run)["loss"]
                for run in lab.runs(
                    [lesson.decayed_run(name, lr, 0.3, 0, form) for form in ("l2", "decoupled")]
                )
            ]
            for name, lr in (("sgd", 0.1), ("adam", 0.003))
        )
    assert sgd == pytest.approx(same, rel=1e-4)
    assert adam != pytest.approx(other, rel=1e-2)


def test_the_lesson_in_a_reduced_form(monkeypatch):
    monkeypatch.setattr(lesson, "EPOCHS", 6)
    monkeypatch.setattr(lesson, "STRENGTHS", (0.0, 0.03))
    monkeypatch.setattr(lesson, "RATES", (0.2,))
    result = run_short("weight-decay")
    assert result.value("train_loss_same_rate") > 1  # a penalty can only take from the fit
    assert result.part("paths_agree").verdict == "holds"
    assert result.part("subgradient_zeros").verdict == "does_not_hold"
