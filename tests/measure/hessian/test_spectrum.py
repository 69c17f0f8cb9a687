"""Eigenpairs at both ends against spectra that are known: dense, iterative, and hidden in 5000 parameters."""

import pytest
import torch

from batchwright.core.errors import InputError
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.spectrum import eigenpairs

from ..curvature_cases import CASES, EMBEDDED, EmbeddedOperator, embedded, padded


def ends_of(truth, top, bottom):
    return torch.cat([truth[:bottom], truth[len(truth) - top :]])


def check(pairs, truth, top, bottom, atol=1e-9):
    torch.testing.assert_close(pairs.values, ends_of(truth, top, bottom), rtol=0, atol=atol)
    assert pairs.ends == ("bottom",) * bottom + ("top",) * top
    assert pairs.converged
    gram = pairs.vectors.double() @ pairs.vectors.double().T
    torch.testing.assert_close(gram, torch.eye(len(gram), dtype=torch.float64), rtol=0, atol=1e-5)


def true_residuals(operator, pairs):
    products = operator.hessian_products(pairs.vectors).double()
    return (products - pairs.values[:, None] * pairs.vectors.double()).norm(dim=1)


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("name", list(CASES))
def test_exact_cases(name, dense):
    task, model, truth = CASES[name]()
    top = (len(truth) + 1) // 2
    pairs = eigenpairs(Curvature(model, task), top=top, bottom=len(truth) - top, dense=dense, tolerance=1e-10)
    check(pairs, truth, top, len(truth) - top)
    assert pairs.complete
    assert pairs.method == ("dense" if dense else "lanczos")


@pytest.mark.parametrize("widen", [embedded, padded])
@pytest.mark.parametrize("name", list(CASES))
def test_exact_cases_among_5000_parameters(name, widen):
    """All copies of a multiple eigenvalue are found although the method starts from one vector."""
    task, model, truth = widen(CASES[name]())
    curvature = Curvature(model, task)
    assert curvature.count == EMBEDDED
    top, bottom = min(6, int((truth > 1e-9).sum()) + 1), min(6, int((truth < -1e-9).sum()) + 1)
    pairs = eigenpairs(curvature, top=top, bottom=bottom, tolerance=1e-9)
    assert pairs.method == "lanczos"
    assert not pairs.complete
    check(pairs, truth, top, bottom, atol=1e-7)
    torch.testing.assert_close(pairs.residuals, true_residuals(curvature, pairs), rtol=0, atol=1e-9)


def test_every_copy_in_the_deep_linear_case():
    task, model, _ = embedded(CASES["deep-linear"]())
    pairs = eigenpairs(Curvature(model, task), top=6, bottom=6, tolerance=1e-8)
    assert [round(v, 6) for v in pairs.values.tolist()] == [-6] * 3 + [-2] * 3 + [2] * 3 + [6] * 3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_spectrum_like_a_networks(dtype, seed):
    """A bulk about zero, a few large ones, two of them equal."""
    large = [50.0, 20.0, 20.0, 10.0, 5.0]
    bulk = torch.randn(EMBEDDED - 5, generator=torch.Generator().manual_seed(3)).double() * 0.05
    operator = EmbeddedOperator(torch.cat([torch.tensor(large).double(), bulk]), dtype=dtype)
    pairs = eigenpairs(operator, top=5, bottom=2, tolerance=1e-4, seed=seed)
    assert pairs.converged
    torch.testing.assert_close(
        pairs.values[2:], torch.tensor(sorted(large), dtype=torch.float64), rtol=0, atol=5e-3
    )
    residuals = true_residuals(operator, pairs)
    assert float(residuals.max()) <= 1.2e-4 * pairs.spread
    # A residual bounds the distance to the next eigenvalue.
    for value, residual in zip(pairs.values, pairs.residuals, strict=True):
        assert float((operator.truth - value).abs().min()) <= float(residual) + 1e-4


def test_hardly_more_products_than_arpack():
    """ARPACK finds one copy of an eigenvalue and is content; the look for others costs a few products."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    bulk = torch.randn(EMBEDDED - 6, generator=torch.Generator().manual_seed(3)).double() * 0.3
    values = torch.cat([torch.tensor([9.0, 7.0, 4.0, 3.0, 2.5, 2.2]).double(), bulk])
    ours = EmbeddedOperator(values)
    pairs = eigenpairs(ours, top=5, bottom=0, tolerance=1e-4)
    assert pairs.converged
    peer, count = EmbeddedOperator(values), 0

    def product(vector):
        nonlocal count
        count += 1
        return peer.hessian_products(torch.from_numpy(vector.reshape(1, -1).copy()))[0].numpy()

    shape = (EMBEDDED, EMBEDDED)
    eigsh(LinearOperator(shape, matvec=product, dtype="float64"), k=5, which="LA", tol=1e-4)
    assert pairs.products == ours.products <= 1.25 * count + 2


def test_a_warm_start_saves_products():
    values = torch.cat([torch.tensor([9.0, 8.5, 8.0]), torch.linspace(-1, 7, 997)]).double()
    operator = EmbeddedOperator(values, count=1000)
    cold = eigenpairs(operator, top=1, bottom=0, dense=False, tolerance=1e-3)
    warm = eigenpairs(operator, top=1, bottom=0, tolerance=1e-3, start=cold.vectors)
    assert warm.products < cold.products
    assert warm.values[-1] == pytest.approx(9.0, abs=1e-2)


def test_the_same_seed_gives_the_same_bits():
    operator = EmbeddedOperator(torch.linspace(-1, 3, 5000).double())
    found = [eigenpairs(operator, top=2, bottom=1, tolerance=0.05, seed=4) for _ in range(2)]
    assert torch.equal(found[0].vectors, found[1].vectors)


def test_products_that_run_out_say_so():
    operator = EmbeddedOperator(torch.linspace(0, 1, 5000).double())
    pairs = eigenpairs(operator, top=3, bottom=3, tolerance=1e-8, max_products=20)
    assert not pairs.converged
    assert operator.products <= 40
    residuals = true_residuals(operator, pairs)
    torch.testing.assert_close(pairs.residuals, residuals, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("dense", [True, False])
def test_tiny_problems(count, dense):
    operator = EmbeddedOperator([2.0, -1.0, 0.5][:count], count=count)
    pairs = eigenpairs(operator, dense=dense)
    torch.testing.assert_close(pairs.values, operator.truth, rtol=0, atol=1e-12)
    assert pairs.complete


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0, "bottom": 0}, "top and bottom"),
        ({"tolerance": 0.0}, "tolerance must be a positive number"),
        ({"start": torch.zeros(1, 3)}, r"start must have shape \(k, 5000\)"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message):
        eigenpairs(EmbeddedOperator([1.0]), **options)
