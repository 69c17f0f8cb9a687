"""Two wells and the saddle: closed forms of their mean losses and of their noise."""

import numpy as np
import pytest
import torch
from scipy import integrate

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.task import TaskReference, load_task


def load(name, **options):
    return load_task(TaskReference(name=name, options=options))


def per_example(task, weight, name):
    """Losses and gradients of every example at a weight, in double precision."""
    inputs, targets = task.train.inputs.double(), task.train.targets.double()
    model = task.build_model(0).double()
    with torch.no_grad():
        dict(model.named_parameters())[name].copy_(torch.as_tensor(weight, dtype=torch.float64))

    def loss(params, x, y):
        outputs = torch.func.functional_call(model, params, (x[None],))
        return task.loss(outputs, y[None])[0]

    params = {name: dict(model.named_parameters())[name].detach()}
    grads = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(params, inputs, targets)[name]
    return task.loss(model(inputs), targets).detach().numpy(), grads.numpy()


def mean_wells(w, narrow_depth):
    """The mean loss over normal displacements, without its constant: two Gaussian wells in a wide bowl."""
    narrow = narrow_depth * np.exp(-((w + 1.5) ** 2) / (2 * 0.25**2))
    wide = np.exp(-((w - 1.5) ** 2) / (2 * 0.75**2))
    return 0.05 * w**2 - narrow - wide


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2])
def test_the_mean_of_the_examples_wells_is_the_same_for_every_shift(shift):
    task = load("two-wells", shift=shift, narrow_depth=1.0, examples=512)
    grid = np.linspace(-2.5, 2.5, 41)
    losses = np.array([per_example(task, w, "weight")[0].mean() for w in grid])
    gaps = losses - mean_wells(grid, 1.0)
    assert np.ptp(gaps) < 0.01  # 512 quantiles stand for the normal distribution


def test_the_noise_of_the_shifts_is_that_of_the_closed_form():
    # At a well's centre f'(u) = d u / s^2 exp(-u^2 / 2 s^2) for u normal: integrated numerically.
    task = load("two-wells", narrow_depth=1.0, examples=4096)
    for centre, width in ((-1.5, 0.25), (1.5, 0.75)):
        variance = width**2 - 0.2**2
        depth = width / np.sqrt(variance)

        def density(x, centre=centre, variance=variance, depth=depth):
            slope = -depth * x / variance * np.exp(-(x**2) / (2 * variance)) + 0.1 * (centre - x)
            return (slope - 0.1 * centre) ** 2 * np.exp(-(x**2) / (2 * 0.2**2)) / (0.2 * np.sqrt(2 * np.pi))

        expected = np.sqrt(integrate.quad(density, -1.2, 1.2, points=[0.0])[0])
        assert per_example(task, centre, "weight")[1].std() == pytest.approx(expected, rel=0.02)


def test_a_tilt_is_the_same_noise_everywhere():
    task = load("two-wells", shift=0.0, tilt=0.7)
    for weight in (-1.5, 0.0, 1.2):
        assert per_example(task, weight, "weight")[1].std() == pytest.approx(0.7, rel=1e-4)


def test_the_target_lies_between_the_wells_and_only_the_wide_one_reaches_it():
    task = load("two-wells")
    at = {w: per_example(task, w, "weight")[0].mean() for w in (-1.5, 1.5)}
    assert at[1.5] < task.target.value < at[-1.5]
    assert load("two-wells").build_model(0).weight.item() == -1.5


def test_two_wells_refuses_a_shift_wider_than_the_narrow_well():
    with pytest.raises(
        InputError, match=r"^shift must be at least 0 and below the narrow well's width 0.25, got 0.3$"
    ):
        load("two-wells", shift="0.3")


@pytest.mark.parametrize("noise", ["additive", "vanishing"])
@pytest.mark.parametrize("angle", [0.0, 30.0])
def test_the_saddle_has_the_stated_eigenvalues(noise, angle):
    task = load("saddle", noise=noise, angle=angle, steep=2.0, down=0.5)
    model = task.build_model(0)

    def loss(weights):
        outputs = torch.func.functional_call(model, {"weights": weights}, (task.train.inputs,))
        return task.loss(outputs, task.train.targets).mean()

    at_saddle = torch.zeros(2)
    assert torch.func.grad(loss)(at_saddle).abs().max() < 1e-6
    torch.testing.assert_close(
        torch.linalg.eigvalsh(torch.func.hessian(loss)(at_saddle)),
        torch.tensor([-0.5, 2.0]),
        atol=1e-5,
        rtol=1e-4,
    )
    radians = np.radians(angle)
    minimum = torch.tensor([-np.sin(radians), np.cos(radians)], dtype=torch.float32)
    assert loss(minimum).item() == pytest.approx(0, abs=1e-6)
    eigenvalues = torch.linalg.eigvalsh(torch.func.hessian(loss)(minimum))
    torch.testing.assert_close(eigenvalues, torch.tensor([1.0, 2.0]), atol=1e-5, rtol=1e-4)
    assert loss(at_saddle).item() == pytest.approx(2 * task.target.value, rel=1e-5)


def test_one_noise_of_the_saddle_is_additive_and_the_other_vanishes_there():
    additive, vanishing = (load("saddle", noise=kind, sigma=0.3) for kind in ("additive", "vanishing"))
    for point in ((0.0, 0.0), (0.7, -0.4)):
        spread = per_example(additive, point, "weights")[1].std(axis=0)
        np.testing.assert_allclose(spread, [0.3, 0.3], rtol=1e-4)
    assert np.abs(per_example(vanishing, (0.0, 0.0), "weights")[1]).max() == 0
    spread = per_example(vanishing, (0.7, -0.4), "weights")[1].std(axis=0)
    np.testing.assert_allclose(spread, [0.3 * 0.7, 0.3 * 0.1 * 0.4], rtol=1e-4)


def test_small_batches_leave_the_saddle_where_its_noise_is_additive_only():
    steps = {}
    for noise in ("additive", "vanishing"):
        for batch_size in (1, 1024):
            run = bw.train(
                "saddle", batch_size=batch_size, lr=0.5, steps=600, target="loss=0.0125", evaluate="10",
                set={"noise": noise, "start": [1.0, 1e-6]}, progress=False,
            )  # fmt: skip
            for _ in run:
                pass
            steps[noise, batch_size] = run.result.steps_to_target
    assert steps["additive", 1] < 0.5 * steps["additive", 1024]
    # From v = 1e-6 growth by 1.05 an update takes log(.54e6) / log(1.05) = 270 updates, noise or not.
    for batch_size in (1, 1024):
        assert steps["vanishing", batch_size] == pytest.approx(np.log(0.54e6) / np.log(1.05), rel=0.15)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "1,2,3"}, "start must be two numbers u,v, got 1.0,2.0,3.0"),
        ({"down": "0"}, "down must be above 0, got 0"),
        ({"sigma": "-1"}, "sigma must be at least 0, got -1.0"),
    ],
)
def test_the_saddle_refuses_values_out_of_range(options, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        load("saddle", **options)
