"""Stochastic Lanczos quadrature against spectra that are known."""

import numpy as np
import pytest
import torch

from batchwright.core.errors import InputError
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.density import spectral_density

from ..curvature_cases import EmbeddedOperator, deep_linear, padded


class Diagonal:
    """diag(values)."""

    def __init__(self, values):
        self.values = torch.as_tensor(values, dtype=torch.float64)
        self.count, self.dtype, self.device = len(self.values), torch.float64, torch.device("cpu")
        self.examples, self.products = 1, 0

    def hessian_products(self, vectors):
        self.products += len(vectors)
        return vectors * self.values


LEVELS = {-0.5: 90, 0.0: 700, 1.0: 200, 8.0: 10}


def test_few_levels_are_found_exactly():
    """Signs have equal squares: every level's weight is its share of the eigenvalues."""
    operator = Diagonal([level for level, count in LEVELS.items() for _ in range(count)])
    found = spectral_density(operator, probes=3, steps=20)
    assert found.products == operator.products <= 3 * 5
    for nodes, weights in zip(found.nodes, found.weights, strict=True):
        np.testing.assert_allclose(nodes, list(LEVELS), atol=1e-10)
        np.testing.assert_allclose(weights, [0.09, 0.70, 0.20, 0.01], atol=1e-10)
    assert found.share_above(1e-6)[0] == pytest.approx(0.21)
    assert found.share_above(1e-6)[1] == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("steps", [1, 3, 6])
def test_moments_are_exact_to_twice_the_steps_less_one(steps):
    values = torch.linspace(-1, 2, 40, dtype=torch.float64)
    found = spectral_density(Diagonal(values), probes=1, steps=steps)
    nodes, weights = np.array(found.nodes[0]), np.array(found.weights[0])
    for k in range(2 * steps):
        assert float(weights @ nodes**k) == pytest.approx(float((values**k).mean()), abs=1e-12)
    k = 2 * steps
    assert abs(float(weights @ nodes**k) - float((values**k).mean())) > 1e-6


def test_the_curve_integrates_to_one_and_covers_the_spectrum():
    operator = EmbeddedOperator(torch.linspace(1, 5, 600).double(), count=600)
    found = spectral_density(operator, probes=6, steps=40)
    grid = np.linspace(0, 6, 1200)
    mean, spread = found.on_grid(grid)
    assert np.trapezoid(mean, grid) == pytest.approx(1, abs=1e-3)
    inside = mean[(grid > 1.3) & (grid < 4.7)]
    assert float(inside.mean()) == pytest.approx(0.25, rel=0.05)
    assert float(spread.max()) > 0
    share, error = found.share_above(3.0)
    assert share == pytest.approx(0.5, abs=max(4 * error, 0.03))


def test_a_model_probes_together_or_one_by_one():
    task, model, _ = padded(deep_linear())
    curvature = Curvature(model, task)
    found = spectral_density(curvature, probes=4, steps=16)
    alone = spectral_density(curvature, probes=4, steps=16, memory_bytes=0)
    for a, b in zip(found.nodes, alone.nodes, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)
        # A probe may happen to have no part in one of the few.
        assert all(min(abs(node - level) for level in (-6, -2, 0, 2, 6)) < 1e-8 for node in a)
    share, error = found.share_above(1.0)
    assert share == pytest.approx(6 / 5000, abs=4 * error)
    assert error < 1e-3


def test_bad_input():
    with pytest.raises(InputError, match="probes and steps must be at least 1, got 0 and 5"):
        spectral_density(Diagonal([1.0]), probes=0, steps=5)
