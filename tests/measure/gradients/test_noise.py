"""Gradient noise against closed forms, explicit Hessians, and the count of intervals that hold the truth."""

import copy
import dataclasses
import itertools
import math

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.gradients.along import measured_run, noise_along
from batchwright.measure.gradients.moments import moments
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.per_example import PerExampleGradients
from batchwright.measure.gradients.preconditioner import preconditioner, weights_of
from batchwright.measure.gradients.scatter import SAMPLINGS, scatter_by_batch, scatter_slope
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference
from batchwright.training.loop import Run, updates
from batchwright.training.spec import Budget, RunSpec

from ..noise_cases import explicit_gradients, explicit_hessian, small_net_task


@pytest.fixture(scope="module")
def least_squares():
    return load_task(TaskReference(name="least-squares"))


@pytest.fixture(scope="module")
def digits():
    return load_task(TaskReference(name="digits"))


# --- all rows: exact ---


def test_all_rows_give_the_stored_rows_own_values():
    task = small_net_task()
    model = task.build_model(0)
    rows = explicit_gradients(model, task)
    mean = rows.mean(0)
    trace = float(((rows - mean) ** 2).sum(1).mean())
    found = measure_noise(model, task, sample=None)
    assert found.grad_sq_norm.value == pytest.approx(float(mean @ mean), rel=1e-10)
    assert found.trace_sigma.value == pytest.approx(trace, rel=1e-10)
    assert found.noise_scale.value == pytest.approx(trace / float(mean @ mean), rel=1e-10)
    assert found.grad_sq_norm.interval == pytest.approx((found.grad_sq_norm.value,) * 2)
    assert found.sample == found.examples == 50


def test_the_curvature_noise_scale_against_the_explicit_one():
    task = small_net_task(examples=600)
    model = task.build_model(0)
    rows, hessian = explicit_gradients(model, task), explicit_hessian(model, task)
    mean = rows.mean(0)
    sigma = (rows - mean).T @ (rows - mean) / 600
    truth = float((hessian @ sigma).trace() / (mean @ hessian @ mean))
    values = [
        measure_noise(model, task, sample=600, seed=s, curvature=True).curvature_noise_scale
        for s in range(30)
    ]
    assert sum(v.value for v in values) / 30 == pytest.approx(truth, rel=0.1)
    inside = sum(v.interval[0] <= truth <= v.interval[1] for v in values)
    assert inside >= 24  # 27 expected; 23 or fewer has a chance of 3%


# --- a sample: unbiased, and covered as often as stated ---


def test_every_sample_of_a_tiny_data_set_averages_to_the_truth():
    """All 56 samples of 5 of 8 rows: |G|^2 and tr Sigma are unbiased for the stored rows."""
    task = small_net_task(examples=8)
    model = task.build_model(0)
    rows = explicit_gradients(model, task)
    mean = rows.mean(0)
    gradients = PerExampleGradients(model, task)
    found = [moments(gradients, torch.tensor(s)) for s in itertools.combinations(range(8), 5)]
    signal = [m.grad_sq_norm().value for m in found]
    trace = [m.trace_sigma().value for m in found]
    assert sum(signal) / 56 == pytest.approx(float(mean @ mean), rel=1e-10)
    assert sum(trace) / 56 == pytest.approx(float(((rows - mean) ** 2).sum(1).mean()), rel=1e-10)


def test_intervals_hold_the_closed_form(least_squares):
    """150 samples here; benchmarks/noise_coverage.py counts over 1000."""
    model = least_squares.build_model(0)
    x = least_squares.train.inputs.double()
    y = least_squares.train.targets.double().reshape(-1)
    rows = 2 * (x @ model.weight.detach().double()[0] - y)[:, None] * x  # d/dw (x.w - y)^2
    mean = rows.mean(0)
    trace = float(((rows - mean) ** 2).sum(1).mean())
    directions = torch.randn(3, rows.shape[1], generator=generator(0, "probe", "directions"))
    along = (directions / directions.norm(dim=1, keepdim=True)).double() @ mean
    truth = [float(mean @ mean), trace, trace / float(mean @ mean), *along.tolist()]
    held, values, widths = [0] * 6, [], []
    for seed in range(150):
        found = measure_noise(model, least_squares, sample=512, seed=seed)
        estimates = [found.grad_sq_norm, found.trace_sigma, found.noise_scale, *found.projections]
        for k, estimate in enumerate(estimates):
            held[k] += estimate.interval[0] <= truth[k] <= estimate.interval[1]
        values.append([e.value for e in estimates])
        widths.append([e.interval[1] - e.interval[0] for e in estimates])
    assert all(0.82 <= h / 150 <= 0.97 for h in held), held
    oracle = 2 * 1.645 * torch.tensor(values).std(dim=0)
    assert float((torch.tensor(widths).median(dim=0).values / oracle).max()) < 1.3


def test_at_a_minimum_the_noise_scale_is_unresolved(least_squares):
    model = least_squares.build_model(0)
    with torch.no_grad():
        model.weight.copy_(least_squares.truth["weight"])
    found = measure_noise(model, least_squares)
    assert not found.noise_scale.resolved
    assert found.noise_scale.interval[1] is None
    assert found.grad_sq_norm.interval[0] < 0  # not clamped


# --- batches ---


def test_std_follows_the_law_for_both_kinds_of_sampling(digits):
    model = digits.build_model(0)
    trace = measure_noise(model, digits, sample=None).trace_sigma.value
    rows = scatter_by_batch(model, digits, trace, draws=24)
    for sampling in SAMPLINGS:
        slope = scatter_slope(rows, 1437, sampling)
        assert slope.value == pytest.approx(-0.5, abs=0.03)
        assert slope.interval[0] <= -0.5 <= slope.interval[1]
        assert slope.interval[1] - slope.interval[0] < 0.06
    for row in rows:
        assert row.std == pytest.approx(row.predicted, rel=0.15, abs=1e-12)
    whole = next(r for r in rows if r.batch_size == 1437 and r.sampling == "without_replacement")
    assert whole.std == 0.0
    assert whole.predicted == 0.0


# --- nothing is changed ---


def test_measuring_changes_nothing(digits):
    task = small_net_task(
        model=lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2), nn.Dropout(0.5)).double()
    )
    model = task.build_model(0).train()
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    measure_noise(model, task, curvature=True)
    assert model.training
    assert all(m.training for m in model.modules())
    assert all(torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=True))
    assert torch.equal(random, torch.get_rng_state())
    assert all(p.grad is None for p in model.parameters())


def spec(**optimizer):
    return RunSpec(
        task=TaskReference(name="digits"), batch_size=32, optimizer=OptimizerSpec(**optimizer),
        budget=Budget(steps=30),
    )  # fmt: skip


def test_a_run_that_is_measured_is_bitwise_the_same(digits):
    """Dropout and batch norm in the model, Adam: losses and every bit of the final state."""
    task = dataclasses.replace(
        digits,
        model=lambda: nn.Sequential(
            nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 10)
        ),
    )
    wanted = spec(name="adam", lr=1e-3)
    losses = [(state.loss, state) for state in updates(wanted, task)]
    measured = list(measured_run(wanted, task, every=10, sample=64))
    assert [row.step for _, row in measured] == [10, 20, 30]
    assert [row.loss for _, row in measured] == [losses[k][0] for k in (9, 19, 29)]
    assert all(row.preconditioned is not None for _, row in measured)
    run, plain = measured[-1][0], losses[-1][1]
    for ours, theirs in (
        (run.model.state_dict(), plain.model.state_dict()),
        (run.updater.state_dict(), plain.updater.state_dict()),
    ):
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    again = next(iter(noise_along(wanted, task, every=20, sample=64)))
    assert again.raw.noise_scale == measured[1][1].raw.noise_scale


def test_divergence_ends_the_curve(least_squares):
    wanted = RunSpec(
        task=TaskReference(name="least-squares"), batch_size=32, optimizer=OptimizerSpec(lr=50.0),
        budget=Budget(steps=400),
    )  # fmt: skip
    assert 0 < len(list(noise_along(wanted, least_squares, every=1, sample=16))) < 100


# --- preconditioning ---


@pytest.mark.parametrize(("name", "key"), [("adam", "exp_avg_sq"), ("rmsprop", "square_avg")])
def test_preconditioned_gradients_are_divided_by_the_optimizers_scale(digits, name, key):
    run = Run(spec(name=name, lr=1e-3), digits)
    for _ in range(5):
        run.update()
    state = run.updater.state_dict()
    weights = weights_of(run.updater, run.model, run.spec)
    second = torch.cat([state[f"{key}/{n}"].reshape(-1) for n, _ in run.model.named_parameters()])
    scale = 1 - 0.999**5 if name == "adam" else 1.0
    torch.testing.assert_close(weights, 1.0 / ((second / scale).sqrt() + 1e-8))
    raw, own = (
        next(PerExampleGradients(run.model, digits, weights=w).chunks(torch.arange(4)))
        for w in (None, weights)
    )
    torch.testing.assert_close(own, raw * weights)


def test_sgd_has_no_preconditioner(digits):
    run = Run(spec(lr=0.1), digits)
    run.update()
    assert weights_of(run.updater, run.model, run.spec) is None
    with pytest.raises(InputError, match="preconditioned noise scale needs"):
        preconditioner({}, {"0.weight": torch.ones(1)}, OptimizerSpec(name="sgd", lr=0.1))


def test_too_few_rows_are_refused(digits):
    with pytest.raises(InputError, match="three examples"):
        measure_noise(digits.build_model(0), digits, sample=2)


def test_more_rows_give_a_narrower_interval(digits):
    model = digits.build_model(0)
    widths = []
    for rows in (64, 1024):
        low, high = measure_noise(model, digits, sample=rows).noise_scale.interval
        widths.append(math.log(high / low))
    assert widths[1] < widths[0] / 2
