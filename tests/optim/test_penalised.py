import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, LinearRegression, Ridge

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.optim.penalised import lasso_path, ridge_path

rng = np.random.default_rng(11)
X = rng.normal(size=(60, 8)) @ (np.eye(8) + 0.4 * rng.normal(size=(8, 8)))
y = X @ np.array([2.0, -1.5, 0, 0, 0.8, 0, 0, 0.05]) + 0.3 * rng.normal(size=60)
STRENGTHS = [0.0, 1e-3, 0.03, 0.3, 1.0, 5.0]


def test_ridge_is_scikit_learns_and_the_normal_equations():
    path = ridge_path(X, y, STRENGTHS)
    for s, w in zip(STRENGTHS, path, strict=True):
        theirs = Ridge(alpha=len(y) * s / 2, fit_intercept=False, solver="cholesky", tol=0).fit(X, y).coef_
        np.testing.assert_allclose(w, theirs, rtol=0, atol=1e-10)
        normal = np.linalg.solve(2 / len(y) * X.T @ X + s * np.eye(8), 2 / len(y) * X.T @ y)
        np.testing.assert_allclose(w, normal, rtol=0, atol=1e-10)


def test_without_a_penalty_both_are_the_least_squares_solution():
    expected = LinearRegression(fit_intercept=False).fit(X, y).coef_
    np.testing.assert_allclose(ridge_path(X, y, [0])[0], expected, atol=1e-10)
    np.testing.assert_allclose(lasso_path(X, y, [0])[0], expected, atol=1e-8)


def test_lasso_is_scikit_learns_with_the_same_zeros():
    strengths = STRENGTHS[1:]
    path = lasso_path(X, y, strengths)
    zeros = set()
    for s, w in zip(strengths, path, strict=True):
        model = Lasso(alpha=s / 2, fit_intercept=False, tol=1e-14, max_iter=1_000_000).fit(X, y)
        np.testing.assert_allclose(w, model.coef_, rtol=0, atol=1e-8)
        np.testing.assert_array_equal(w == 0, model.coef_ == 0)
        zeros.add(int((w == 0).sum()))
    assert len(zeros) > 2  # the path goes through several supports


def test_lasso_meets_the_conditions_of_its_minimum():
    """The gradient is -s sign(w) where w moves, and at most s where it is zero."""
    for s, w in zip(STRENGTHS, lasso_path(X, y, STRENGTHS), strict=True):
        gradient = 2 / len(y) * X.T @ (X @ w - y)
        np.testing.assert_allclose(gradient[w != 0], -s * np.sign(w[w != 0]), atol=1e-10)
        assert np.all(np.abs(gradient[w == 0]) <= s + 1e-12)


def test_orthogonal_columns_have_closed_forms():
    Q = np.linalg.qr(rng.normal(size=(40, 5)))[0] * np.sqrt(40 / 2)  # 2/N Q'Q = 1
    target = Q @ np.array([3.0, -1.0, 0.2, 0.0, 0.5])
    w = 2 / 40 * Q.T @ target
    np.testing.assert_allclose(ridge_path(Q, target, [0.7])[0], w / 1.7, atol=1e-12)
    np.testing.assert_allclose(
        lasso_path(Q, target, [0.7])[0], np.sign(w) * np.maximum(abs(w) - 0.7, 0), atol=1e-12
    )


def test_strengths_come_back_in_the_order_they_were_given_in():
    up, down = lasso_path(X, y, [0.1, 1.0]), lasso_path(X, y, [1.0, 0.1])
    np.testing.assert_array_equal(up, down[::-1])


def test_dependent_columns_have_a_ridge_and_the_smallest_least_squares_solution():
    twice = np.c_[X[:, 0], X[:, 0]]
    path = ridge_path(twice, y, [0.0, 0.5])
    np.testing.assert_allclose(path[:, 0], path[:, 1], atol=1e-12)
    np.testing.assert_allclose(path[0], np.linalg.pinv(twice) @ y, atol=1e-12)
    assert lasso_path(np.c_[X[:, 0], np.zeros(60)], y, [0.1])[0, 1] == 0


def test_training_with_decay_and_with_l1_ends_there():
    task = bw.Task(
        model=lambda: torch.nn.Linear(8, 1, bias=False),
        train=(torch.from_numpy(X), torch.from_numpy(y)),
        validation=(torch.from_numpy(X), torch.from_numpy(y)),
        loss="mse",
        name="line",
    )

    def trained(**penalty):
        *_, run = bw.train(
            task, batch_size=60, lr=0.05, steps=6000, evaluate="6000", dtype="float64", **penalty
        )
        return next(run.model.parameters()).detach().numpy()[0]

    np.testing.assert_allclose(trained(weight_decay=0.3), ridge_path(X, y, [0.3])[0], atol=1e-10)
    w, exact = trained(l1=0.3), lasso_path(X, y, [0.3])[0]
    np.testing.assert_allclose(w, exact, atol=1e-10)
    np.testing.assert_array_equal(w == 0, exact == 0)
    assert 0 < (exact == 0).sum() < 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (X, y[:-1], [1]),
            r"^inputs must have shape \(N, features\) and targets \(N,\), got \(60, 8\) and \(59,\)$",
        ),
        ((X, y * np.inf, [1]), "^inputs and targets must be finite, got an infinity or no number$"),
        ((X, y, [0.1, -2]), r"^strengths must be a list of finite numbers from 0 on, got \[0.1, -2.0\]$"),
        ((X, y, 1.0), "^strengths must be a list of finite numbers from 0 on, got 1.0$"),
    ],
)
@pytest.mark.parametrize("solve", [ridge_path, lasso_path])
def test_what_cannot_be_solved_is_refused(solve, arguments, message):
    with pytest.raises(InputError, match=message):
        solve(*arguments)
