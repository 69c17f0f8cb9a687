import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge
from torch import nn

from batchwright.core.errors import InputError
from batchwright.optim import OptimizerSpec, Updater, soft_threshold_

rng = np.random.default_rng(3)
X = rng.normal(size=(60, 8))
y = X @ np.array([2.0, -1.5, 0, 0, 0.8, 0, 0, 0.05]) + 0.3 * rng.normal(size=60)


def minimise(spec, steps):
    """Full-batch descent on 1/(2N) |Xw - y|^2."""
    A, b = torch.tensor(X.T @ X / len(y)), torch.tensor(X.T @ y / len(y))
    w = nn.Parameter(torch.zeros(8, dtype=torch.float64))
    updater = Updater(spec, {"w": w}, lambda t: 1.0)
    for t in range(steps):
        updater.step(t, [A @ w.detach() - b])
    return w.detach().numpy()


def test_soft_threshold_closed_form():
    w = torch.tensor([-2.0, -0.3, 0.0, 0.3, 0.5, 2.0, float("nan"), float("inf")], dtype=torch.float64)
    expected = torch.tensor([-1.5, 0.0, 0.0, 0.0, 0.0, 1.5, float("nan"), float("inf")], dtype=torch.float64)
    other = torch.tensor([[1.0]])
    soft_threshold_([w, other], 0.5)
    # inf - clamp(inf) is inf: a diverged weight stays visible
    torch.testing.assert_close(w, expected, rtol=0, atol=0, equal_nan=True)
    assert other.item() == 0.5
    with pytest.raises(InputError, match="must be at least 0, got -1"):
        soft_threshold_([w], -1)


@pytest.mark.parametrize(
    "spec",
    [
        OptimizerSpec(lr=0.3, l1=0.2),
        OptimizerSpec(lr=0.03, momentum=0.9, l1=0.2),
        OptimizerSpec(lr=0.03, momentum=0.9, momentum_form="nesterov", l1=0.2),
        OptimizerSpec(lr=0.3, momentum=0.9, momentum_form="averaged", l1=0.2),
        OptimizerSpec(lr=0.03, momentum=0.9, momentum_form="velocity", l1=0.2),
    ],
    ids=lambda s: s.momentum_form if s.momentum else "plain",
)
def test_l1_is_the_lasso_with_exact_zeros(spec):
    expected = Lasso(alpha=0.2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(X, y).coef_
    w = minimise(spec, 600)
    np.testing.assert_allclose(w, expected, atol=1e-4)
    assert 3 <= (expected == 0).sum() < 8
    np.testing.assert_array_equal(w == 0, expected == 0)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_l2_is_ridge(momentum):
    spec = OptimizerSpec(lr=0.05, momentum=momentum, weight_decay=0.5)
    expected = Ridge(alpha=0.5 * len(y), fit_intercept=False).fit(X, y).coef_
    np.testing.assert_allclose(minimise(spec, 600), expected, atol=1e-4)


def test_decoupled_decay_of_plain_sgd_is_ridge_too():
    # w <- (1 - lr d) w - lr g(w) has the fixed point g = -d w, that of L2.
    spec = OptimizerSpec(lr=0.05, weight_decay=0.5, decay_form="decoupled")
    expected = Ridge(alpha=0.5 * len(y), fit_intercept=False).fit(X, y).coef_
    np.testing.assert_allclose(minimise(spec, 600), expected, atol=1e-4)
