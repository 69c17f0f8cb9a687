"""Sharpness against closed forms: alone, among unused parameters, rotated, in float32."""

import copy

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.sharpness.averaged import averaged
from batchwright.measure.sharpness.definitions import NOT_INVARIANT, measure_sharpness
from batchwright.measure.sharpness.keskar import keskar
from batchwright.measure.sharpness.sam import sam
from batchwright.task.task import Task

from ..curvature_cases import embedded, padded, product

EXACT = 1e-9


class Bowl(nn.Module):
    """The weights themselves are the outputs."""

    def __init__(self, at):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(at, dtype=torch.float64))

    def forward(self, inputs):
        return inputs * self.w


def _half_of_4_and_1(outputs, targets):
    return (outputs**2 * torch.tensor([2.0, 0.5], dtype=torch.float64)).sum(1)


def quadratic(*at):
    """(4 w1^2 + w2^2)/2."""
    one = torch.ones(1, 2, dtype=torch.float64)
    task = Task(
        name="bowl", model=lambda: Bowl(at), train=(one, one), validation=(one, one), loss=_half_of_4_and_1
    )
    return task, task.build_model(0), torch.tensor([1.0, 4.0], dtype=torch.float64)


def same(case):
    return case


def measured(case, **options):
    task, model, _ = case
    return measure_sharpness(model, task, **options)


@pytest.mark.parametrize("wide", [same, padded])
@pytest.mark.parametrize(
    ("case", "truth"),
    [
        (quadratic(0.0, 0.0), 2.5e-4),
        (quadratic(0.5, -0.2), 0.2135013158),
        (product(1.0, 1.0), 0.0016032016),
    ],
)
def test_keskar_in_the_full_space(case, truth, wide):
    found = measured(wide(case), epsilons=[1e-3], subspace=None).keskar[0]
    assert found.value == pytest.approx(truth, rel=1e-9)
    sloping = 2 if truth > 0.1 else 0
    assert found.starts == 1 + sloping + 2 + 2  # centre, gradient, eigenvector, random
    assert (found.epsilon, found.subspace) == (1e-3, "full_space")


def test_half_the_box_at_a_minimum_is_a_quarter_of_the_sharpness():
    large, small = measured(quadratic(0.0, 0.0)).keskar
    assert (large.epsilon, small.epsilon) == (1e-3, 5e-4)
    assert small.value == pytest.approx(large.value / 4, rel=EXACT)


def test_the_centre_alone_calls_a_minimum_flat():
    """(2 w1^2 + 2 w2^2 - 3 w1 w2) at 0 rises most towards (1, -1): the start that does not stop at once."""
    one = torch.ones(1, 2, dtype=torch.float64)
    task = Task(
        name="tilted", model=lambda: Bowl((0.0, 0.0)), train=(one, one), validation=(one, one),
        loss=lambda w, _: 2 * w[:, 0] ** 2 + 2 * w[:, 1] ** 2 - 3 * w[:, 0] * w[:, 1],
    )  # fmt: skip
    shifted = ShiftedLoss(task.build_model(0), task)
    value, gradient = shifted.loss_and_gradient(shifted.origin)
    assert (value, gradient.norm()) == (0, 0)  # ascent from the centre ends there, with phi = 0
    top = torch.tensor([[1.0, -1.0]]).double() / 2**0.5
    found = keskar(shifted, directions=top)
    assert found.value == pytest.approx(100 * 7e-6, rel=EXACT)
    assert "eigenvector" in found.best_start or "random" in found.best_start


def test_keskar_in_a_random_subspace_against_every_corner():
    """f(x + A y) with A one or two columns: the maximum of a convex function is at one of the corners."""
    task, model, _ = padded(quadratic(0.5, -0.2), 40)
    shifted = ShiftedLoss(model, task)
    for seed in range(3):
        found = keskar(shifted, subspace=2, seed=seed)
        A = torch.randn(40, 2, dtype=torch.float64, generator=generator(seed, "sharpness", "subspace"))
        widths = 1e-3 * (torch.linalg.lstsq(A, shifted.origin[:, None]).solution[:, 0].abs() + 1)
        corners = [widths * torch.tensor([i, j]).double() for i in (-1, 1) for j in (-1, 1)]
        most = max(shifted.loss(shifted.origin + A @ y) for y in corners)
        base = shifted.loss(shifted.origin)
        assert found.value == pytest.approx(100 * (most - base) / (1 + base), rel=EXACT)
        assert (found.subspace, found.dimension) == ("random_subspace", 2)


@pytest.mark.parametrize("wide", [same, padded, embedded])
def test_sam(wide):
    found = measured(wide(quadratic(0.5, -0.2))).sam
    assert found.one_step == pytest.approx(0.1054616275, rel=EXACT)
    assert found.maximum == pytest.approx(0.1054641837, rel=EXACT)


@pytest.mark.parametrize("wide", [same, padded, embedded])
def test_sam_at_a_minimum_needs_the_eigenvector(wide):
    task, model, _ = wide(quadratic(0.0, 0.0))
    shifted = ShiftedLoss(model, task)
    assert sam(shifted).maximum == 0
    top = eigenpairs(Curvature(model, task), top=1, bottom=0)
    found = sam(shifted, directions=top.vectors)
    assert found.one_step == 0
    assert found.maximum == pytest.approx(0.5 * 4 * 0.05**2, rel=EXACT)


class Bump(nn.Module):
    """w^2 (0.02 - w^2) as a loss: its maximum within rho = 0.15 lies inside the ball, at w = 0.1."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(0.02, dtype=torch.float64))

    def forward(self, inputs):
        return inputs * self.w


def test_sam_finds_a_maximum_inside_the_ball():
    one = torch.ones(1, dtype=torch.float64)
    task = Task(
        name="bump",
        model=Bump,
        train=(one, one),
        validation=(one, one),
        loss=lambda w, _: w**2 * (0.02 - w**2),
    )
    found = sam(ShiftedLoss(task.build_model(0), task), rho=0.15)
    assert found.maximum == pytest.approx(1e-4 - 0.02**2 * (0.02 - 0.02**2), rel=1e-5)
    assert found.one_step < 0


def test_the_average_is_half_the_trace_times_the_variance():
    task, model, _ = quadratic(0.5, -0.2)
    shifted = ShiftedLoss(model, task)
    found = averaged(shifted, sigma=0.01, draws=400, seed=1)
    truth = 0.5 * 0.01**2 * 5
    assert abs(found.value - truth) < 4 * found.std_error
    # Pairs take out the slope: what scatters is z'Hz/2, with variance (4^2 + 1^2)/2.
    assert found.std_error == pytest.approx(0.01**2 * (17 / 2 / 400) ** 0.5, rel=0.2)
    assert averaged(shifted, sigma=0.01, seed=1) == averaged(shifted, sigma=0.01, seed=1)
    assert averaged(shifted, sigma=0.01, seed=1) != averaged(shifted, sigma=0.01, seed=2)


def test_what_is_reported_and_the_model_left_alone():
    task, model, _ = padded(quadratic(0.5, -0.2), 200)
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    found = measured((task, model, None), trace=5.0)
    assert [(k.epsilon, k.subspace, k.dimension) for k in found.keskar] == [
        (1e-3, "full_space", 200), (5e-4, "full_space", 200),
        (1e-3, "random_subspace", 100), (5e-4, "random_subspace", 100),
    ]  # fmt: skip
    assert found.largest_eigenvalue == pytest.approx(4, rel=EXACT)
    assert (found.trace, found.caveat) == (5.0, NOT_INVARIANT)
    assert found.averaged.sigma == pytest.approx(0.05 / 200**0.5)
    document = found.model_dump(mode="json")
    assert document["sam"]["maximum"] == found.sam.maximum
    assert document["caveat"]["code"] == "sharpness.not_invariant"
    assert all(torch.equal(before[n], v) for n, v in model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert model.inner.w.grad is None


def test_float32_agrees_with_float64():
    exact = measured(quadratic(0.5, -0.2))
    task, model, _ = quadratic(0.5, -0.2)
    coarse = measure_sharpness(model.float(), task)
    assert coarse.keskar[0].value == pytest.approx(exact.keskar[0].value, rel=1e-4)
    assert coarse.sam.maximum == pytest.approx(exact.sam.maximum, rel=1e-5)


def test_a_loss_that_is_not_finite_nearby_is_shown_as_such():
    one = torch.ones(1, dtype=torch.float64)
    task = Task(
        name="wall", model=Bump, train=(one, one), validation=(one, one),
        loss=lambda w, _: torch.where(w < 0.0205, w**2, torch.full_like(w, float("nan"))),
    )  # fmt: skip
    found = measured((task, task.build_model(0), None))
    assert [k.value for k in found.keskar] == [None, None]
    assert (found.sam.one_step, found.sam.maximum) == (None, None)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda s: keskar(s, epsilon=0), "epsilon must be above 0, got 0"),
        (lambda s: keskar(s, subspace=3), r"subspace must be between 1 and 2 \(the parameters\), got 3"),
        (lambda s: sam(s, rho=-1.0), "rho must be above 0, got -1.0"),
        (lambda s: averaged(s, sigma=0), "sigma must be above 0, got 0"),
        (lambda s: averaged(s, sigma=1.0, draws=1), "draws must be at least 2, got 1"),
    ],
)
def test_refusals(call, word):
    task, model, _ = quadratic(0.5, -0.2)
    with pytest.raises(InputError, match=word):
        call(ShiftedLoss(model, task))


def test_a_diverged_model_is_refused():
    task, model, _ = quadratic(float("inf"), 0.0)
    with pytest.raises(InputError, match="finite"):
        sam(ShiftedLoss(model, task))
