"""The bowl against scikit-learn, paths against closed forms, the spread against theory, a net against autograd."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

import batchwright as bw
from batchwright.advice.lesson import LessonResult
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import paths as lesson

from .cases import check

ROUND, LONG = lesson.diabetes(1.0), lesson.diabetes(0.2)


def random():
    return np.random.default_rng(0)


def test_the_bowls_are_those_of_linear_regression_on_the_data():
    for bowl, condition in ((ROUND, 1), (LONG, 25)):
        assert np.linalg.cond(bowl.hessian) == pytest.approx(condition)
        np.testing.assert_allclose(
            bowl.minimum, LinearRegression(fit_intercept=False).fit(bowl.x, bowl.y).coef_
        )
    data = load_diabetes()
    explained = (
        LinearRegression().fit(data.data[:, [2, 8]], data.target).score(data.data[:, [2, 8]], data.target)
    )
    least = np.mean((ROUND.x @ ROUND.minimum - ROUND.y) ** 2)
    assert 1 - least == pytest.approx(explained)  # whitening changes no fit


def test_starts_lie_at_equal_loss():
    for bowl in (ROUND, LONG):
        np.testing.assert_allclose(bowl.excess(lesson.starts_of(bowl, random(), 5)), lesson.START)


def test_gradient_descent_in_a_round_bowl_is_straight_and_stops_when_theory_says():
    starts = lesson.starts_of(ROUND, random(), 6)
    updates, detour = lesson.until_stop(ROUND, lesson.walk_down(ROUND, starts, 0.1, 0, 200, random()))
    np.testing.assert_allclose(detour, 1.0)
    assert set(updates) == {np.ceil(np.log(lesson.STOP) / 2 / np.log(0.9))}


def test_a_full_batch_is_gradient_descent_and_a_jump_back_and_forth_doubles_the_way():
    path = lesson.walk_down(LONG, LONG.minimum + np.array([[1.0, 0.0]]), 1.5, 0, 60, random())
    along = (path[:, 0, 0] - LONG.minimum[0])[:8]
    np.testing.assert_allclose(along, (-0.5) ** np.arange(8), atol=1e-12)
    updates, detour = lesson.until_stop(LONG, path)
    # Loss falls by .25 an update: four updates; the way is 1.5 (1 + 1/2 + 1/4 + 1/8), the line 1 - 1/16.
    assert updates[0] == 4
    assert detour[0] == pytest.approx(1.5 * 1.875 / (1 - 1 / 16))


def test_batches_have_the_full_gradient_in_the_mean():
    start = np.tile(ROUND.minimum + 1.0, (20000, 1))
    first = lesson.walk_down(ROUND, start, 0.1, 8, 1, random())[1]
    moved = first - start
    expected = -0.1 * np.ones(2) @ ROUND.hessian
    assert np.all(np.abs(moved.mean(axis=0) - expected) < 5 * moved.std(axis=0) / np.sqrt(20000))


def test_the_spread_is_half_the_rate_times_the_noise_over_b():
    """E excess = lr tr(C) / (4 B) to first order in a bowl of curvature 1, C the covariance of one gradient."""
    gradients = ROUND.x * (ROUND.x @ ROUND.minimum - ROUND.y)[:, None]
    trace = (gradients**2).sum(axis=1).mean()
    for lr, size in ((0.02, 1), (0.02, 4)):
        settled = lesson.settled_excess(ROUND, lr, size, random(), 40)
        assert settled.mean() == pytest.approx(lr * trace / 4 / size, rel=0.1)


def test_one_pass_of_gradient_descent_ends_at_the_minimum_of_a_round_bowl():
    """A step of 1 / lambda jumps to it; twenty examples are not whitened, so that the whole set is used here."""
    path = lesson.walk_down(ROUND, ROUND.minimum + np.array([[2.0, -1.0]]), 1.0, 0, 1, random())
    assert ROUND.excess(path[-1])[0] == pytest.approx(0, abs=1e-20)


def test_the_expansion_of_a_net_is_autograds():
    task = bw.named_task("digits", hidden=3, examples=60)
    model = task.build_model(0)
    found = lesson.expansion(task, model, 0)
    count = sum(p.numel() for p in model.parameters())
    assert found["eigenvalues"].shape == (count,)
    # The sum of the eigenvalues is the trace: central differences along every weight, in double precision.
    inputs, targets = task.train.inputs.double(), task.train.targets
    model = model.double()
    weight = dict(model.named_parameters())["2.bias"]

    def loss(shift):
        with torch.no_grad():
            return torch.nn.functional.cross_entropy(model(inputs) + shift, targets).item()

    h, unit = 1e-3, torch.eye(len(weight), dtype=torch.float64)
    second = [(loss(h * e) - 2 * loss(0 * e) + loss(-h * e)) / h**2 for e in unit]
    # The Hessian's largest eigenvalue is at least its largest diagonal entry; the trace at least that of a part.
    assert found["eigenvalues"][-1] >= max(second) - 1e-6
    assert found["error"][0] < found["bend"][0]


def test_the_page_of_a_reduced_form(monkeypatch):
    """Words in both languages, pictures that draw, numbers that serialise."""
    monkeypatch.setattr(lesson, "RATES", 2.0 ** np.arange(-7.0, 1.0, 2.0))
    monkeypatch.setattr(lesson, "MOST", 600)
    at = {"error": np.full(4, 0.1), "bend": np.ones(4), "eigenvalues": np.array([-1.0, 2.0])}
    monkeypatch.setattr(lesson, "_net", lambda seed: {"initial_net": at, "trained_net": at})
    with Lab(workers=1) as lab:
        found = lesson.experiment(lab)
    result = LessonResult(name="paths", parts=tuple(found.parts), panels=tuple(found.panels))
    check(result)
