"""Gradient noise against closed forms, explicit Hessians, and the count of intervals that hold the truth."""

import copy
import itertools
import math

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.noise import measure_noise, noise_scale_from_norms, preconditioner
from batchwright.measure.per_example import PerExampleGradients
from batchwright.measure.scatter import SAMPLINGS, noise_along, scatter_by_batch, slope_of, weights_of
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import Run, train
from batchwright.training.spec import Budget, RunSpec


@pytest.fixture(scope="module")
def least_squares():
    return load_task(TaskReference(name="least-squares"))


@pytest.fixture(scope="module")
def digits():
    return load_task(TaskReference(name="digits"))


def small_net_task(examples=50, dtype=torch.float64, model=None):
    random = generator(1, "small-net")
    x = torch.randn(examples, 4, generator=random, dtype=dtype)
    y = torch.randn(examples, 2, generator=random, dtype=dtype)
    return Task(
        name="small-net",
        model=model or (lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)),
        train=(x, y), validation=(x, y), loss=lambda out, t: ((out - t) ** 2).sum(1),
    )  # fmt: skip


def explicit_gradients(model, task):
    """One gradient an example, by plain autograd."""
    rows = []
    for i in range(len(task.train)):
        inputs, targets = task.train.gather(torch.tensor([i]))
        loss = task.loss(model(inputs), targets).sum()
        grads = torch.autograd.grad(loss, list(model.parameters()))
        rows.append(torch.cat([g.reshape(-1) for g in grads]))
    return torch.stack(rows)


def explicit_hessian(model, task):
    names = [n for n, _ in model.named_parameters()]
    shapes = [p.shape for p in model.parameters()]
    start = torch.cat([p.detach().reshape(-1) for p in model.parameters()])

    def loss(vector):
        pieces = vector.split([s.numel() for s in shapes])
        params = {n: p.view(s) for n, p, s in zip(names, pieces, shapes, strict=True)}
        out = torch.func.functional_call(model, params, (task.train.inputs,))
        return task.loss(out, task.train.targets).mean()

    return torch.func.hessian(loss)(start)


# --- per-example gradients ---


@pytest.mark.parametrize("memory", [1, 10_000, 1 << 30])
def test_per_example_gradients_are_autograds_whatever_the_chunk(memory):
    task = small_net_task()
    model = task.build_model(0)
    gradients = PerExampleGradients(model, task, memory_bytes=memory)
    rows = torch.cat(list(gradients.chunks(torch.arange(50))))
    assert gradients.vectorised
    torch.testing.assert_close(rows, explicit_gradients(model, task), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(gradients.mean(torch.arange(50)), rows.mean(0), rtol=1e-12, atol=1e-14)


def test_memory_bounds_the_chunk():
    task = small_net_task()
    gradients = PerExampleGradients(task.build_model(0), task, memory_bytes=4 * 8 * 23 * 7)
    assert gradients.count == 23
    assert gradients.chunk == 7
    assert [len(c) for c in gradients.chunks(torch.arange(50))] == [7] * 7 + [1]


class Branches(nn.Module):
    """Data-dependent control flow, which vmap refuses; one parameter is never used, one is used twice."""

    def __init__(self):
        super().__init__()
        self.first, self.unused = nn.Linear(4, 4, bias=False), nn.Linear(3, 3)
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        x = self.first(self.first(x))
        return self.last(x if x.sum() > 0 else 2 * x)


def test_what_vmap_refuses_is_computed_one_by_one():
    task = small_net_task(model=lambda: Branches().double())
    model = task.build_model(0)
    gradients = PerExampleGradients(model, task)
    rows = torch.cat(list(gradients.chunks(torch.arange(10))))
    assert not gradients.vectorised
    inputs, targets = task.train.gather(torch.tensor([3]))
    loss = task.loss(model(inputs), targets).sum()
    expected = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    flat = [
        (torch.zeros_like(p) if g is None else g).reshape(-1)
        for g, p in zip(expected, model.parameters(), strict=True)
    ]
    torch.testing.assert_close(rows[3], torch.cat(flat))


def test_hessian_products_are_the_explicit_hessians():
    task = small_net_task()
    model = task.build_model(0)
    vectors = torch.randn(3, 23, dtype=torch.float64, generator=generator(0, "v"))
    products = PerExampleGradients(model, task).hessian_products(torch.arange(50), vectors)
    torch.testing.assert_close(products, vectors @ explicit_hessian(model, task), rtol=1e-9, atol=1e-11)


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
    from batchwright.measure.noise import _moments

    rows = explicit_gradients(model, task)
    mean = rows.mean(0)
    gradients = PerExampleGradients(model, task)
    found = [_moments(gradients, torch.tensor(s)) for s in itertools.combinations(range(8), 5)]
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
    truth = [float(mean @ mean), trace, trace / float(mean @ mean)]
    held = [0, 0, 0]
    for seed in range(150):
        found = measure_noise(model, least_squares, seed=seed)
        for k, estimate in enumerate((found.grad_sq_norm, found.trace_sigma, found.noise_scale)):
            held[k] += estimate.interval[0] <= truth[k] <= estimate.interval[1]
    assert all(0.82 <= h / 150 <= 0.97 for h in held), held


def test_at_a_minimum_the_noise_scale_is_unresolved(least_squares):
    model = least_squares.build_model(0)
    with torch.no_grad():
        model.weight.copy_(least_squares.truth["weight"])
    found = measure_noise(model, least_squares)
    assert not found.noise_scale.resolved
    assert found.noise_scale.interval[1] is None
    assert found.grad_sq_norm.interval[0] < 0  # not clamped


# --- batches ---


def test_norms_at_two_batch_sizes_by_enumeration():
    """Mean squared norms over every batch of 2 and of 4 of 6 rows give exactly the stored rows' values."""
    rows = torch.randn(6, 3, dtype=torch.float64, generator=generator(0, "rows"))
    mean = rows.mean(0)
    signal, trace = float(mean @ mean), float(((rows - mean) ** 2).sum(1).mean())

    def mean_square(size, replaced):
        draws = (
            itertools.product(range(6), repeat=size) if replaced else itertools.combinations(range(6), size)
        )
        means = torch.stack([rows[list(d)].mean(0) for d in draws])
        return float((means**2).sum(1).mean())

    without = noise_scale_from_norms(mean_square(2, False), mean_square(4, False), 2, 4, examples=6)
    assert without == pytest.approx((signal, trace), rel=1e-9)
    replaced = noise_scale_from_norms(mean_square(1, True), mean_square(3, True), 1, 3)
    assert replaced == pytest.approx((signal, trace), rel=1e-9)
    with pytest.raises(InputError, match="1 <= b < B"):
        noise_scale_from_norms(1.0, 1.0, 4, 4)


def test_std_follows_the_law_for_both_kinds_of_sampling(digits):
    model = digits.build_model(0)
    trace = measure_noise(model, digits, sample=None).trace_sigma.value
    rows = scatter_by_batch(model, digits, trace, draws=24)
    for sampling in SAMPLINGS:
        slope = slope_of(rows, 1437, sampling)
        assert slope.value == pytest.approx(-0.5, abs=0.02)
        assert slope.interval[0] - 0.01 <= -0.5 <= slope.interval[1] + 0.01
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
    wanted = spec(name="adam", lr=1e-3)
    plain = [state.loss for state in train(wanted, digits)]
    measured = list(noise_along(wanted, digits, every=10, sample=64))
    assert [row.step for row in measured] == [10, 20, 30]
    assert [row.loss for row in measured] == [plain[9], plain[19], plain[29]]
    assert all(row.preconditioned is not None for row in measured)


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
        preconditioner({}, ["0.weight"], OptimizerSpec(name="sgd", lr=0.1))


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
