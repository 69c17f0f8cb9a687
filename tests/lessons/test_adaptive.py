"""The rules against torch's, AdaGrad's rate against its sum, the printed RMSprop against the sign."""

import numpy as np
import pytest

from batchwright.advice.lesson import LessonResult
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import adaptive as lesson

from .cases import check

GRADIENTS = np.random.default_rng(0).standard_normal((60, 5))


@pytest.mark.parametrize("rule", ["rmsprop", "adam", "adagrad"])
def test_the_rules_are_torchs(rule):
    step = lesson.stepping(rule)
    ours = np.cumsum([0.3 * step(g) for g in GRADIENTS], axis=0)
    np.testing.assert_allclose(ours, lesson.torch_steps(rule, GRADIENTS, 0.3), atol=1e-12, rtol=1e-12)


def test_adam_without_corrections_is_adam_under_a_schedule_of_the_rate():
    """m / sqrt(v) = corrected * (1 - .9^t) / sqrt(1 - .999^t), but for an epsilon of 1e-8."""
    t = np.arange(1, len(GRADIENTS) + 1)[:, None]
    factors = {
        "none": (1 - 0.9**t) / np.sqrt(1 - 0.999**t),
        "first": 1 / np.sqrt(1 - 0.999**t),
        "second": 1 - 0.9**t,
    }
    both = lesson.stepping("adam")
    full = np.array([both(g) for g in GRADIENTS])
    for kind, factor in factors.items():
        first, second = lesson.CORRECTIONS[kind]
        step = lesson.stepping("adam", first=first, second=second)
        np.testing.assert_allclose(np.array([step(g) for g in GRADIENTS]), factor * full, rtol=2e-5)
    assert factors["none"][0, 0] == pytest.approx(0.1 / np.sqrt(0.001))


def test_the_printed_rmsprop_is_a_step_of_the_sign():
    step = lesson.stepping("printed", beta=0.99)
    for g in GRADIENTS[:5]:
        np.testing.assert_allclose(step(g), -10 * np.sign(g), rtol=1e-4)
    assert np.abs(step(np.array([1e-4])) - step(np.array([1e4]))).max() < 0.02


def test_adagrads_rate_falls_as_the_root_of_the_count():
    rates = lesson.effective_rates("adagrad", 2000, np.random.default_rng(1), 40)
    # 1 / sqrt(sum of t squares of standard normal numbers), whose mean is t.
    for t in (200, 2000):
        assert np.median(rates[t - 1]) == pytest.approx(t**-0.5, rel=0.05)
    assert np.median(
        lesson.effective_rates("rmsprop", 2000, np.random.default_rng(1), 40)[-1]
    ) == pytest.approx(1, rel=0.1)


def needed(rule, axes, rates=(0.5, 1.0)):
    starts = np.random.default_rng(2).standard_normal((3, lesson.DIMENSIONS))
    eigenvalues = 100 ** -np.linspace(0, 1, lesson.DIMENSIONS)
    return (
        lesson.updates_needed(lesson.stepping(rule), np.array(rates), eigenvalues, axes, starts, 0.01),
        starts,
        eigenvalues,
    )


def test_turning_the_bowl_changes_nothing_for_plain_descent_and_momentum():
    straight = np.repeat(np.eye(lesson.DIMENSIONS)[None], 3, axis=0)
    turned = lesson.orthogonal(np.random.default_rng(3), 3)
    np.testing.assert_allclose(turned @ turned.transpose(0, 2, 1), straight, atol=1e-12)
    for rule in ("plain", "momentum"):
        assert np.array_equal(needed(rule, straight)[0], needed(rule, turned)[0])
    assert not np.array_equal(needed("rmsprop", straight, (0.05,))[0], needed("rmsprop", turned, (0.05,))[0])


def test_plain_descent_arrives_when_its_factors_say():
    counts, starts, eigenvalues = needed(
        "plain", np.repeat(np.eye(lesson.DIMENSIONS)[None], 3, axis=0), (1.0,)
    )
    for start, count in zip(starts, counts[0], strict=True):
        loss = [
            (eigenvalues * ((1 - eigenvalues) ** t * start) ** 2).sum()
            for t in (0, int(count) - 1, int(count))
        ]
        assert loss[1] > 0.01 * loss[0] >= loss[2]


def test_following_a_walk_costs_what_a_kalman_like_average_says():
    """Plain steps, gap' = (1 - lr) gap - lr noise - walk: E gap^2 = (lr^2 s^2 + d^2) / (2 lr - lr^2) an entry."""
    rates = np.array([0.05, 0.2])
    loss = lesson.walk_losses(lesson.stepping("plain"), rates, 8000, np.random.default_rng(4), 20).mean(
        axis=1
    )
    expected = (rates**2 * lesson.NOISE**2 + lesson.DRIFT**2) / (2 * rates - rates**2)
    np.testing.assert_allclose(loss, 0.5 * 4 * expected, rtol=0.05)


def test_the_page_of_a_reduced_form(monkeypatch):
    """Words in both languages, pictures that draw, numbers that serialise."""
    monkeypatch.setattr(lesson, "HORIZONS", (20, 40))
    monkeypatch.setattr(lesson, "CONDITIONS", (100,))
    monkeypatch.setattr(lesson, "TARGET", 0.05)
    small = {"task": "sparse-logistic", "batch_size": 64, "steps": 60, "target": "loss=0.65"}
    tried = {"sgd": (0, 1), "rmsprop": (-5, -4), "adam": (-5, -4)}
    monkeypatch.setattr(lesson, "ON_TASKS", {"sparse": (small, tried)})
    with Lab(workers=1) as lab:
        found = lesson.experiment(lab)
    result = LessonResult(name="adaptive", parts=tuple(found.parts), panels=tuple(found.panels))
    check(result)
