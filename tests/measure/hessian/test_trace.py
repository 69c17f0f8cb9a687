"""The trace and its standard error."""

import pytest
import torch

from batchwright.core.errors import InputError
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.trace import trace

from ..curvature_cases import CASES, EmbeddedOperator, embedded


def decaying(count=1000, power=1.0, **options):
    return EmbeddedOperator(10.0 * torch.arange(1, count + 1).double() ** -power, count=count, **options)


@pytest.mark.parametrize("name", list(CASES))
def test_small_problems_are_exact(name):
    task, model, truth = CASES[name]()
    found = trace(Curvature(model, task))
    assert found.method == "exact"
    assert found.value == pytest.approx(float(truth.sum()), abs=1e-12)
    assert (found.std_error, found.converged) == (0.0, True)


@pytest.mark.parametrize("name", ["origin", "deep-linear", "least-squares", "softmax"])
def test_a_range_that_the_basis_captures_is_exact(name):
    """Among 5000 parameters few matter: so many directions, and the trace is exact to rounding."""
    task, model, truth = embedded(CASES[name]())
    found = trace(Curvature(model, task), relative_error=1e-6)
    assert found.method == "xtrace"
    assert found.value == pytest.approx(float(truth.sum()), abs=1e-9)
    assert (found.std_error, found.converged) == (0.0, True)
    assert found.products <= 2 * len(CASES[name]()[2]) + 16


@pytest.mark.parametrize("operator", [decaying(), decaying(power=2.0), EmbeddedOperator(fill=1.0, count=800)])
def test_the_error_is_what_it_says(operator):
    """Over 60 seeds the errors in units of the stated standard error are about standard normal."""
    truth = float(operator.truth.sum())
    found = [trace(operator, relative_error=1e-9, max_products=40, seed=seed) for seed in range(60)]
    assert not any(f.converged for f in found) or float(operator.truth.std()) < 1e-9
    errors = torch.tensor([f.value - truth for f in found], dtype=torch.float64)
    stated = torch.tensor([f.std_error for f in found], dtype=torch.float64)
    if float(stated.max()) < 1e-9 * truth:  # all eigenvalues equal: nothing is left to chance
        assert float(errors.abs().max()) < 1e-9 * truth
        return
    assert 0.5 < float((errors / stated).square().mean().sqrt()) < 1.3
    assert abs(float((errors / stated).mean())) < 3.5 / 60**0.5


def test_the_mean_is_unbiased_and_far_better_than_hutchinsons():
    operator = decaying(power=2.0)
    truth = float(operator.truth.sum())
    ours = [trace(operator, relative_error=1e-9, max_products=60, seed=s).value - truth for s in range(20)]
    plain = [
        trace(operator, relative_error=1e-9, max_products=60, memory_bytes=0, seed=s).value - truth
        for s in range(20)
    ]
    rms = [float(torch.tensor(e).square().mean().sqrt()) for e in (ours, plain)]
    assert rms[0] < rms[1] / 5


def test_it_stops_at_the_error_asked_for():
    operator = decaying()
    found = trace(operator, relative_error=0.01)
    assert found.converged
    assert found.std_error <= 0.01 * found.value
    assert found.products < trace(operator, relative_error=0.001).products <= 400
    assert abs(found.value / float(operator.truth.sum()) - 1) < 0.05


def test_little_memory_takes_hutchinsons_method():
    found = trace(decaying(), memory_bytes=0, relative_error=0.05)
    assert found.method == "hutchinson"
    assert found.products == found.samples
    assert found.value == pytest.approx(float(decaying().truth.sum()), rel=0.2)


def test_float32_and_zero():
    operator = decaying(dtype=torch.float32)
    found = trace(operator, relative_error=0.01)
    assert found.value == pytest.approx(float(operator.truth.sum()), rel=0.04)
    zero = trace(EmbeddedOperator(count=500))
    assert (zero.value, zero.std_error, zero.converged) == (0.0, 0.0, True)


@pytest.mark.parametrize(
    ("options", "message"), [({"relative_error": 0}, "relative_error"), ({"max_products": 2}, "max_products")]
)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message):
        trace(decaying(), **options)
