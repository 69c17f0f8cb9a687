"""The forms against torch and eigenvalues of the two-step matrix; the double well against energy."""

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.advice.lesson import LessonResult
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import momentum as lesson

from .cases import check

STARTS = np.random.default_rng(0).standard_normal((3, lesson.DIMENSIONS))


def spectral_radius(curvature, beta):
    """Of the heavy ball's two-step matrix: x_(t+1) = (1 + beta - lr lambda) x_t - beta x_(t-1)."""
    return np.abs(np.linalg.eigvals([[1 + beta - curvature, -beta], [1.0, 0.0]])).max()


def test_all_forms_are_torchs_trajectory_at_a_constant_rate():
    rates = np.full(60, 0.3)
    reference = lesson.by_torch(STARTS, rates)
    for form, factor in (("heavy_ball", 1), ("averaged", 10), ("velocity", 1)):
        np.testing.assert_allclose(
            lesson.trajectory(form, STARTS, factor * rates), reference, atol=1e-13, rtol=0
        )
    assert np.abs(lesson.trajectory("nesterov", STARTS, rates) - reference).max() > 1e-3


def test_nesterov_is_torchs():
    point = torch.nn.Parameter(torch.tensor(STARTS))
    optimizer = torch.optim.SGD([point], lr=0.3, momentum=0.9, nesterov=True)
    eigenvalues = torch.tensor(lesson.eigenvalues_of(100))
    for _ in range(40):
        point.grad = eigenvalues * point.detach()
        optimizer.step()
    ours = lesson.trajectory("nesterov", STARTS, np.full(40, 0.3))[-1]
    np.testing.assert_allclose(ours, point.detach().numpy(), atol=1e-13, rtol=0)


@pytest.mark.parametrize("form", ["heavy_ball", "averaged", "velocity"])
def test_the_packages_own_runs_follow_the_same_forms(form):
    start = STARTS[0].astype(np.float32)
    bowl = bw.named_task("quadratic", condition=100, start=start.tolist(), examples=4)
    run = bw.train(
        bowl,
        batch_size=4,
        steps=30,
        lr=0.4,
        momentum=0.9,
        momentum_form=form,
        dtype="float64",
        progress=False,
    )
    list(run)
    ours = lesson.trajectory(form, start[None].astype(float), np.full(30, 0.4))[-1]
    loss = 0.5 * (lesson.eigenvalues_of(100) * ours**2).sum()
    assert run.result.evaluations[-1].loss == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("beta", [0.8, 0.9])
def test_stable_rates_are_theorys(beta):
    theory = {
        "plain_descent": 2,
        "heavy_ball": 2 + 2 * beta,
        "velocity": 2 + 2 * beta,
        "averaged": (2 + 2 * beta) / (1 - beta),
        "nesterov": (2 + 2 * beta) / (1 + 2 * beta),
    }
    for form, rate in theory.items():
        assert lesson.largest_stable_rate(form, beta) == pytest.approx(rate, rel=0.004), form


@pytest.mark.parametrize("condition", lesson.CONDITIONS)
def test_the_best_rates_contract_as_the_two_step_matrix_does(condition):
    lr, beta = lesson.polyak_rates(condition)["heavy_ball"]
    radius = max(spectral_radius(lr, beta), spectral_radius(lr / condition, beta))
    assert lesson.contraction("heavy_ball", condition, lr, beta) == pytest.approx(radius, rel=0.005)
    nearby = [(lr * a, beta**b) for a, b in ((1.02, 1), (0.98, 1), (1, 1.05), (1, 0.95))]
    for other in nearby:  # no setting beside it contracts faster
        assert (
            max(spectral_radius(other[0], other[1]), spectral_radius(other[0] / condition, other[1])) > radius
        )
    plain, _ = lesson.polyak_rates(condition)["plain_descent"]
    expected = (condition - 1) / (condition + 1)
    assert lesson.contraction("plain_descent", condition, plain, 0.0) == pytest.approx(expected, rel=1e-6)


def test_updates_to_the_target_follow_the_condition_number():
    bowls = {c: lesson.minimised(c, STARTS) for c in (10, 1000)}
    plain, heavy = ([bowls[c][form]["median"] for c in bowls] for form in ("plain_descent", "heavy_ball"))
    assert plain[1] / plain[0] > 15
    assert heavy[1] / heavy[0] < 4
    # From one direction only, a rate of 1 / lambda arrives at once: a count that theory gives.
    one = lesson.bowl_updates(lesson.moving("plain_descent"), np.array([0.5]), np.ones(1), np.ones((1, 1)))
    assert one[0, 0] == np.ceil(np.log(lesson.TARGET) / 2 / np.log(0.5))


def test_the_swing_of_plain_descent_is_a_geometric_series():
    for lr in (0.5, 1.5, 1.8):
        expected = lr / (1 - abs(1 - lr))
        assert lesson.travelled("plain_descent", 0.0, lr) == pytest.approx(expected, rel=1e-9)


def test_a_ball_needs_height_and_little_friction():
    crossings = lesson._crossings(np.linspace(1.2, 2.2, 60))
    assert not crossings["plain_descent", 0.0].any()
    assert not crossings["averaged", 0.8].any()
    assert crossings["heavy_ball", 0.9].mean() > 0.3
    # Energy only falls: every start that passes lies above the highest point between the two wells.
    between = np.linspace(-0.9, 0.9, 2001)
    barrier = lesson._well(between).max()
    above = (lesson._well(np.linspace(1.2, 2.2, 60)) > barrier).sum()
    assert 0 < above < 60
    assert all(len(ends) == above for ends in crossings.values())


def test_the_page_of_a_reduced_form(monkeypatch):
    """Words in both languages, pictures that draw, numbers that serialise."""
    monkeypatch.setattr(lesson, "CONDITIONS", (10, 100))
    tried = {"plain_descent": (0, 1), "heavy_ball": (-2, -1)}
    monkeypatch.setattr(lesson, "DIGITS", {"digits_small": (300, tried), "digits_full": (300, tried)})
    with Lab(workers=1) as lab:
        found = lesson.experiment(lab)
    result = LessonResult(name="momentum", parts=tuple(found.parts), panels=tuple(found.panels))
    check(result)
