"""The noisy quadratic's closed form against simulation, limits that are known otherwise, and its task."""

import math

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.task import TaskReference, load_task
from batchwright.task.builtin.noisy_quadratic import NoisyQuadratic

DEFAULT = NoisyQuadratic(curvatures=(1.0, 0.05), noise=1.0, target=0.01)


def load(**options):
    return load_task(TaskReference(name="noisy-quadratic", options=options))


@pytest.mark.parametrize(("batch_size", "lr"), [(1, 0.02), (8, 0.3), (64, 1.7)])
def test_the_expected_excess_is_what_simulated_updates_average_to(batch_size, lr):
    random = np.random.default_rng(0)
    walkers, steps = 40_000, 60
    w = np.ones((walkers, 2))
    for _ in range(steps):
        mean = random.normal(size=(walkers, 2)) * math.sqrt(DEFAULT.noise / batch_size)
        w -= lr * np.array([1.0, 0.05]) * (w - mean)
    excess = 0.5 * (w**2) @ np.array([1.0, 0.05])
    error = excess.std() / math.sqrt(walkers)
    assert abs(excess.mean() - DEFAULT.excess(steps, batch_size, lr)) < 4 * error


def test_without_noise_steps_are_those_of_geometric_decay():
    known = NoisyQuadratic(curvatures=(2.0,), noise=0.0, target=1e-4)
    assert known.steps_to_target(1, 0.1) == pytest.approx(math.log(1e-4) / (2 * math.log(0.8)))
    assert known.steps_to_target(1, 1.0) == math.inf
    lr, _ = NoisyQuadratic(curvatures=(1.0, 0.5), noise=0.0, target=1e-12).best(1)
    # Far down the best rate is the classic 2 / (h_max + h_min).
    assert lr == pytest.approx(2 / 1.5, rel=0.02)


def test_noise_bounds_the_rate_and_small_batches_pay_in_proportion():
    # Left to itself the excess stays at a noise / (2 B (2 - a)) h: at B = 1 the target of .01 needs a < .02 or so.
    one = NoisyQuadratic(curvatures=(1.0,), noise=1.0, target=0.01)
    edge = 2 * 0.01 / 1.01  # a / (2 - a) = target
    assert one.steps_to_target(1, 1.001 * edge) == math.inf
    assert one.steps_to_target(1, 0.999 * edge) < math.inf
    steps = [DEFAULT.best(b)[1] for b in (1, 2, 4)]
    assert steps[0] / steps[1] == pytest.approx(2, rel=0.05)
    rates = [DEFAULT.best(b)[0] for b in (1, 2, 4)]
    assert rates[1] / rates[0] == pytest.approx(2, rel=0.05)


def test_the_critical_batch_size_is_the_least_examples_over_the_least_steps():
    steps = DEFAULT.steps_to_target(math.inf, np.linspace(0.01, 1.999, 4000)).min()
    # Ever smaller batches at ever smaller rates follow an equation in continuous time, with lr h / 2B = u:
    # E_h(t) = exp(-2 h t) (1 - u h) + u h, of which t and u with the least t / u are sought; examples are t / 2u.
    h, least = np.array([1.0, 0.05]), math.inf
    for u in np.geomspace(1e-3, 1e-2, 400):
        t = np.linspace(0, 200, 200_001)[:, None]
        excess = 0.5 * ((np.exp(-2 * h * t) * (1 - u * h) + u * h) @ h)
        below = excess <= DEFAULT.target_excess
        if below.any():
            least = min(least, t[below.argmax(), 0] / (2 * u))
    assert DEFAULT.critical_batch_size() == pytest.approx(least / steps, rel=0.005)


def test_the_tasks_losses_are_those_of_the_closed_form():
    task = load(copies=8, examples=50, noise=2.0)
    known = NoisyQuadratic(curvatures=(1.0, 0.05), noise=2.0, target=0.01)
    model = task.build_model(0)
    at_start = task.loss(model(task.validation.inputs), task.validation.targets).mean().item()
    assert at_start == pytest.approx(known.start_excess, rel=1e-6)
    assert task.target.value == pytest.approx(0.01 * known.start_excess)
    means = task.train.inputs.double().mean(dim=0)
    variances = task.train.inputs.double().square().mean(dim=0)
    torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-7, rtol=0)
    torch.testing.assert_close(variances, torch.full_like(variances, 2.0 / 8))
    # The mean training loss exceeds its minimum by the excess, wherever the weights are.
    gap = task.loss(model(task.train.inputs), task.train.targets).mean()
    model.load_state_dict({"weights": task.truth["weights"]}, strict=False)
    gap = gap - task.loss(model(task.train.inputs), task.train.targets).mean()
    assert gap.item() == pytest.approx(known.start_excess, rel=1e-4)


@pytest.mark.parametrize(("batch_size", "lr"), [(4, 0.06), (32, 0.5), (1024, 1.5)])
def test_a_runs_losses_follow_the_closed_form(batch_size, lr):
    run = bw.train(
        "noisy-quadratic", batch_size=batch_size, lr=lr, steps=100, order="with_replacement",
        set={"copies": 256}, evaluate="20", progress=False,
    )  # fmt: skip
    for _ in run:
        pass
    for evaluation in run.result.evaluations:
        expected = DEFAULT.excess(evaluation.step, batch_size, lr)
        # 2 x 256 coordinates: the sum of their squares scatters by sqrt(2 / 256) of the noisy part at most.
        assert evaluation.loss == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"curvatures": "1,-1"}, "curvatures must be positive, got 1,-1"),
        ({"target": "1"}, "target must be a share of the initial excess between 0 and 1, got 1"),
        ({"noise": "-1"}, "noise must be at least 0, got -1.0"),
    ],
)
def test_values_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        load(**options)
