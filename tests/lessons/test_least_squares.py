"""The article's function against runs of the front door, weighted normal equations and the noise of an epoch's sum."""

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import least_squares as lesson

from .cases import run_short

HOW = {"own_size": {}, "full_size": {"full_divisor": True}, "dropped": {"last_batch": "drop"}}


@pytest.fixture(scope="module")
def problem():
    X, y, solution = lesson.problems(np.random.default_rng(0), 1, 2 * 32 + 5, 0.5)
    return X[0], y[0], solution[0]


@pytest.mark.parametrize("short", lesson.SHORTS)
def test_many_at_once_are_what_the_front_door_trains(problem, short):
    X, y, _ = problem
    data = (torch.from_numpy(X), torch.from_numpy(y))
    task = bw.Task(model=lesson.zeros, train=data, validation=data, loss="mse", name="line")
    *_, run = bw.train(
        task, batch_size=32, lr=0.01, epochs=7, order="fixed", dtype="float64", progress=False, **HOW[short]
    )
    ours = lesson.descend_by_batches(
        X[None], y[None], np.random.default_rng(0), order="kept_order", short=short, rate=0.01, epochs=7
    )
    np.testing.assert_allclose(run.model.weight.detach().numpy()[0], ours[-1, 0], rtol=0, atol=1e-12)


def test_a_kept_order_solves_the_weighted_problem(problem):
    """At small rates the limit is the least-squares solution with each example's weight in an epoch."""
    X, y, solution = problem
    for short, weight in (("own_size", 1 / 5), ("full_size", 1 / 32), ("dropped", 0.0)):
        weights = np.r_[np.full(64, 1 / 32), np.full(5, weight)]
        expected = np.linalg.solve(X.T @ (weights[:, None] * X), X.T @ (weights * y))
        found = lesson.descend_by_batches(
            X[None],
            y[None],
            np.random.default_rng(0),
            order="kept_order",
            short=short,
            rate=0.001,
            epochs=8000,
        )[-1, 0]
        near = np.linalg.norm(found - expected) / np.linalg.norm(solution)
        apart = np.linalg.norm(expected - solution) / np.linalg.norm(solution)
        assert near < 2e-3
        assert apart < 1e-12 if short == "full_size" else apart > 10 * near


def test_shuffled_the_ratio_is_that_of_an_epochs_sum():
    """Left out against own size: r / (B - r), where the remainder's noise is what is left."""
    with Lab(seed=5, workers=1) as lab:
        for r in (4, 8):
            left_out, own = (
                lesson.distances(
                    lab,
                    20,
                    remainder=r,
                    noise=0.5,
                    order="shuffled_order",
                    short=short,
                    rate=0.01,
                    epochs=100,
                )
                for short in ("dropped", "own_size")
            )
            assert np.exp(np.log(left_out / own).mean()) == pytest.approx(r / (32 - r), rel=0.12)


def test_the_verdicts():
    found = run_short("least-squares")
    verdicts = {part.name: part.verdict for part in found.parts}
    assert verdicts == {
        "solves": "holds", "full_size_kept_order": "holds", "full_size_shuffled_order": "holds",
        "dropped_kept_order": "holds_when", "dropped_shuffled_order": "holds_when", "without_noise": "holds",
        "smaller_rate": "holds_when",
    }  # fmt: skip
    assert found.part("dropped_shuffled_order").condition.values["holds"] == [1, 2, 4, 8]
    assert found.part("smaller_rate").condition.values["does_not_hold"] == [
        "kept_order_own_size", "kept_order_dropped",
    ]  # fmt: skip
