"""Classes of critical points, the search for them, and the way out of saddles, on problems with known answers."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss, model_at
from batchwright.measure.hessian.spectrum import Eigenpairs, eigenpairs
from batchwright.measure.points.critical import CriticalPoint, classify
from batchwright.measure.points.escape import escape_saddle
from batchwright.measure.points.stationary import find_critical_point
from batchwright.report.text.catalogue import say
from batchwright.task.builtin.digits import digits
from batchwright.task.losses import squared_error
from batchwright.task.task import Task

from ..curvature_cases import (
    deep_linear,
    embedded,
    flat_origin,
    least_squares,
    off_diagonal_minimum,
    ones,
    origin,
    padded,
    product,
    triple_ones,
)


def same(case):
    return case


def classified(case, **options):
    task, model, _ = case
    return classify(Curvature(model, task), **options)


def settled_least_squares():
    """The least squares problem at its solution, where all six eigenvalues are positive."""
    task, model, truth = least_squares()
    X, y = task.train.inputs, task.train.targets
    best = torch.linalg.lstsq(X, y).solution
    with torch.no_grad():
        model.weight.copy_(best.T)
    return task, model, truth


def upside_down(case):
    task, model, truth = case
    return (
        replace(task, loss=lambda outputs, targets: -squared_error(outputs, targets)),
        model,
        -truth.flip(0),
    )


@pytest.mark.parametrize(
    ("case", "kind", "counts", "ratio"),
    [
        (origin(), "saddle", (1, 1, 0), 0.5),
        (ones(), "degenerate", (1, 0, 1), 0.5),
        (off_diagonal_minimum(), "degenerate", (1, 0, 1), 0.5),
        (flat_origin(), "degenerate", (0, 0, 3), 0.0),
        (triple_ones(), "degenerate", (1, 0, 2), 1 / 3),
        (deep_linear(), "saddle", (6, 6, 0), 0.5),
        (settled_least_squares(), "minimum", (6, 0, 0), 1.0),
        (upside_down(settled_least_squares()), "maximum", (0, 6, 0), 0.0),
    ],
)
class TestExactCases:
    def test_dense(self, case, kind, counts, ratio):
        found = classified(case)
        assert (found.kind, (found.positive, found.negative, found.undecided)) == (kind, counts)
        assert (found.minimum_ratio, found.minimum_ratio_from) == (pytest.approx(ratio), "eigenvalues")
        assert found.complete
        assert say(found.reason).endswith(".")

    @pytest.mark.parametrize("wide", [embedded, padded])
    def test_among_5000(self, case, kind, counts, ratio, wide):
        found = classified(wide(case))
        # The 5000 have flat directions: no strict minimum any more.
        assert found.kind == ("degenerate" if kind in ("minimum", "maximum") else kind)
        assert (found.positive, found.negative) == (min(counts[0], 5), min(counts[1], 5))
        assert found.positive + found.negative + found.undecided == 5000
        assert not found.complete
        assert found.minimum_ratio is None


def test_a_slope_is_not_critical():
    found = classified(product(0.3, 0.2))
    assert (found.kind, found.gradient_tolerance, found.gradient_noise) == ("not_critical", 1e-6, None)
    assert found.gradient_norm == pytest.approx(2 * 0.94 * (0.3**2 + 0.2**2) ** 0.5)
    assert say(found.reason) == "The gradient norm, 0.678, is above its tolerance, 1e-06."
    assert classified(product(0.3, 0.2), gradient_tolerance=1.0).kind == "saddle"


def test_the_json_document_calls_it_class():
    found = classified(origin())
    document = found.model_dump(mode="json", by_alias=True)
    assert document["class"] == "saddle"
    assert CriticalPoint.model_validate(document) == found
    names = {"minimum_ratio", "tolerance", "positive", "negative", "undecided"}
    assert names <= set(document)


def test_the_gradient_is_compared_with_those_of_the_examples():
    task, model, _ = settled_least_squares()
    X, y = task.train.inputs, task.train.targets
    rows = 2 * (model(X) - y).detach() * X
    found = classified((task, model, None))
    assert found.gradient_tolerance == pytest.approx(1e-3 * rows.square().sum(1).mean().sqrt().item())
    assert found.gradient_noise == pytest.approx((rows.square().sum(1).mean() / 30).sqrt().item())
    hessian = 2 / 30 * X.T @ X
    for share, kind in ((0.9, "minimum"), (1.1, "not_critical")):
        step = torch.linalg.solve(hessian, torch.eye(6, dtype=torch.float64)[0])
        moved = model_at(model, task, model.weight.detach()[0] + share * found.gradient_tolerance * step)
        at = classified((task, moved, None))
        assert at.kind == kind
        assert at.gradient_norm == pytest.approx(share * found.gradient_tolerance)


def test_a_slope_within_its_own_noise_says_so():
    task, model, _ = settled_least_squares()
    with torch.no_grad():
        model.weight += 0.02
    found = classified((task, model, None))
    assert found.gradient_tolerance < found.gradient_norm < found.gradient_noise
    assert "30 examples" in say(found.reason)


def pairs(values, residuals, ends, **options):
    k = len(values)
    given = {"complete": False, "converged": True, "hidden": 0.0, "spread": max(abs(v) for v in values)}
    return Eigenpairs(
        values=torch.tensor(values).double(), vectors=torch.eye(k, 40).double(),
        residuals=torch.tensor(residuals).double(), ends=ends, products=0, method="lanczos",
        **(given | options),
    )  # fmt: skip


BOTH = ("bottom", "top")


@pytest.mark.parametrize(
    ("given", "kind", "counts"),
    [
        (pairs([-1.0, 2.0], [0.5, 0.5], BOTH), "saddle", (1, 1, 38)),
        (pairs([-1.0, 2.0], [1.1, 0.5], BOTH), "degenerate", (1, 0, 39)),  # may be zero after all
        (pairs([0.3, 2.0], [0.1, 0.5], BOTH), "minimum", (40, 0, 0)),
        (pairs([0.3, 2.0], [0.4, 0.5], BOTH), "degenerate", (1, 0, 39)),
        (pairs([0.3, 2.0], [0.1, 0.5], BOTH, converged=False), "degenerate", (2, 0, 38)),
        (pairs([0.3, 2.0], [0.1, 0.5], BOTH, hidden=0.5), "degenerate", (2, 0, 38)),
        (pairs([1.0, 2.0], [0.1, 0.5], ("top", "top")), "degenerate", (2, 0, 38)),
        (pairs([-3.0, -2.0], [0.1, 0.5], BOTH), "maximum", (0, 40, 0)),
    ],
)
def test_signs_need_residuals_and_minima_the_bottom_end(given, kind, counts):
    task, model, _ = padded(origin(), 40)
    found = classify(Curvature(model, task), given)
    assert (found.kind, (found.positive, found.negative, found.undecided)) == (kind, counts)
    assert found.minimum_ratio == {"minimum": 1.0, "maximum": 0.0}.get(kind)


class Shares:
    def share_above(self, value):
        assert 0 < value < 1e-9
        return 0.25, 0.01


def test_a_density_estimates_the_minimum_ratio_where_not_all_eigenvalues_are_known():
    found = classified(padded(origin()), density=Shares())
    estimate = (found.minimum_ratio, found.minimum_ratio_from, found.minimum_ratio_std_error)
    assert estimate == (0.25, "density", 0.01)
    assert classified(origin(), density=Shares()).minimum_ratio == 0.5


@pytest.mark.parametrize("name", ["gradient_tolerance", "tolerance"])
def test_tolerances_below_zero_are_refused(name):
    with pytest.raises(InputError, match=f"{name} must be 0 or more, got -1"):
        classified(origin(), **{name: -1})


def test_a_diverged_model_is_refused():
    with pytest.raises(InputError, match="diverged"):
        classified(product(float("inf"), 1.0))


# --- the search ---


@pytest.mark.parametrize("wide", [same, embedded, padded])
@pytest.mark.parametrize(
    ("start", "kind", "loss"), [((0.3, 0.2), "saddle", 1.0), ((1.3, 0.9), "degenerate", 0.0)]
)
def test_saddles_and_minima_are_found(wide, start, kind, loss):
    task, model, _ = wide(product(*start))
    before = copy.deepcopy(model.state_dict())
    found = find_critical_point(model, task)
    assert found.status == "converged"
    assert found.gradient_norm <= 1e-9 < found.gradient_norm_before
    assert found.loss == pytest.approx(loss, abs=1e-15)
    there = Curvature(model_at(model, task, found.parameters), task)
    assert there.gradient().norm() == pytest.approx(found.gradient_norm)
    assert classify(there).kind == kind
    assert all(torch.equal(before[n], v) for n, v in model.state_dict().items())
    assert "parameters" not in found.model_dump(mode="json")


def test_the_saddle_of_a_deep_linear_net():
    task, model, _ = deep_linear()
    near = 0.1 * torch.randn(12, generator=generator(0, "near"), dtype=torch.float64)
    found = find_critical_point(model_at(model, task, near), task)
    assert found.status == "converged"
    assert found.parameters.norm() < 1e-9
    assert found.loss == pytest.approx(10)


def test_where_the_gradient_has_no_zero_the_search_stalls():
    """2 w - sin w has the slope 2 - cos w, at least 1."""
    one = torch.ones(1, dtype=torch.float64)
    task = Task(
        name="ramp", model=lambda: Only(2.0), train=(one, one), validation=(one, one),
        loss=lambda w, _: 2 * w - w.sin(),
    )  # fmt: skip
    found = find_critical_point(task.build_model(0), task)
    assert found.status == "stalled"
    assert found.gradient_norm == pytest.approx(1, abs=1e-6)


class Only(nn.Module):
    def __init__(self, at):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(at, dtype=torch.float64))

    def forward(self, inputs):
        return inputs * self.w


def test_the_budget_is_kept():
    task, model, _ = product(0.3, 0.2)
    found = find_critical_point(model, task, max_iterations=1)
    assert (found.status, found.iterations) == ("budget_exhausted", 1)
    assert found.gradient_norm < found.gradient_norm_before
    assert find_critical_point(model, task, max_products=4).hessian_products <= 4 + 2
    with pytest.raises(InputError, match="max_products must be above 0, got 0"):
        find_critical_point(model, task, max_products=0)


# --- the way out ---


@pytest.mark.parametrize("wide", [same, embedded, padded])
def test_escape_from_the_origin_of_two_weights(wide):
    task, model, _ = wide(origin())
    found = escape_saddle(model, task)
    assert found.escaped
    assert found.kind == "saddle"
    assert found.loss_before == 1
    assert found.loss_after < 1e-10
    assert found.eigenvalue == pytest.approx(-2, rel=1e-9)
    assert found.distance == pytest.approx(2**0.5, rel=1e-5)
    assert ShiftedLoss(model, task).loss(found.parameters) == pytest.approx(found.loss_after, abs=1e-12)
    if wide is same:
        assert found.direction == pytest.approx((0.5**0.5, 0.5**0.5))
    else:
        assert found.direction is None  # too long a list
    document = found.model_dump(mode="json", by_alias=True)
    assert {"loss_before", "loss_after", "direction", "eigenvalue"} <= set(document)
    assert "parameters" not in document


@pytest.mark.parametrize("a", [0.1, 0.5, 1.0])
def test_the_line_that_is_searched(a):
    task, model, _ = origin()
    found = escape_saddle(model, task)
    truth = {0.1: 0.990025, 0.5: 0.765625, 1.0: 0.25}[a]
    along = a * torch.tensor(found.direction, dtype=torch.float64)
    assert ShiftedLoss(model, task).loss(along) == pytest.approx(truth, rel=1e-9)


def test_escape_near_a_saddle_takes_the_side_that_goes_down():
    task, model, _ = product(-0.02, -0.01)
    found = escape_saddle(model, task)
    assert all(x < 0 for x in found.direction)
    assert found.kind == "not_critical"
    assert found.loss_after < 1e-3


@pytest.mark.parametrize("case", [ones(), flat_origin(), settled_least_squares()])
def test_no_way_out_of_what_is_no_saddle(case):
    task, model, _ = case
    found = escape_saddle(model, task)
    assert not found.escaped
    assert found.loss_after == found.loss_before
    assert (found.direction, found.distance) == (None, 0)
    assert "not certified negative" in say(found.reason)
    assert torch.equal(found.parameters, nn.utils.parameters_to_vector(model.parameters()))


# --- a real net ---


def test_digits_after_200_steps():
    task = digits(hidden=6)
    model = task.build_model(0).double()
    split = task.train.to(torch.device("cpu"), torch.float64)
    sgd = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    for _ in range(200):
        sgd.zero_grad()
        task.loss(model(split.inputs), split.targets).mean().backward()
        sgd.step()
    sgd.zero_grad()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    curvature = Curvature(model, task)
    ends = eigenpairs(curvature, top=3, bottom=3)
    found = classify(curvature, ends)
    # Cross-entropy of separable data has no minimum: the loss still falls, along eigenvalues of both signs.
    assert found.kind == "not_critical"
    assert found.complete
    assert found.gradient_norm > found.gradient_tolerance >= 1e-6
    assert found.positive + found.negative + found.undecided == curvature.count
    assert found.undecided >= 18  # three pixels are the same in all images: six weights each do nothing
    way = escape_saddle(model, task, pairs=ends)
    assert way.escaped
    assert way.loss_after < way.loss_before
    assert found.negative > 0
    assert all(torch.equal(before[n], v) for n, v in model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert model.training
    assert all(p.grad is None for p in model.parameters())
