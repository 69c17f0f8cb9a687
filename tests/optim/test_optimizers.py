import numpy as np
import pytest
import torch
from torch import nn

from batchwright.optim import OptimizerSpec, ScheduleSpec, Updater, build_optimizers, schedule_factor
from batchwright.optim.spec import Horizon

from .cases import ELEMENTWISE, PROBLEMS, SPECS, parameters, run
from .oracles import trajectory

STEPS = 25
MATRIX_PROBLEMS = {"adafactor": ["matrices", "quadratic", "least-squares"], "muon": ["matrices"]}

pytestmark = pytest.mark.usefixtures("double_precision")


def agree(actual, expected, tol=1e-10):
    for step, (a, e) in enumerate(zip(actual, expected, strict=True)):
        for name in e:
            np.testing.assert_allclose(
                a[name], e[name], rtol=tol, atol=tol, err_msg=f"{name} after step {step}"
            )


def check(spec, problem, flat=None, tol=1e-10):
    factor = schedule_factor(spec.schedule, batch_size=1, examples=8)
    params = parameters(problem.start)
    updater = Updater(spec, params, factor, flat=flat)
    expected = trajectory(spec, problem, STEPS, factor)
    moved = max(np.abs(expected[-1][k] - problem.start[k]).max() for k in expected[-1])
    assert 1e-3 < moved < 1e3, "the case must move, and not blow up, to show anything"
    agree(run(updater, params, problem, STEPS), expected, tol)


ALL = [(name, p) for name, spec in SPECS.items() for p in MATRIX_PROBLEMS.get(spec.name, [*PROBLEMS])]


@pytest.mark.parametrize(("name", "problem"), ALL)
def test_every_optimizer_agrees_with_the_oracle(name, problem):
    # Muon iterates in bfloat16 (8 bits), where the order of a sum decides the last one.
    check(SPECS[name], PROBLEMS[problem], tol=0.02 if name == "muon" else 1e-10)


@pytest.mark.parametrize("form", ["l2", "decoupled"])
@pytest.mark.parametrize("name", SPECS)
def test_both_decay_forms_agree_with_the_oracle(name, form):
    spec = SPECS[name].model_copy(update={"weight_decay": 0.3, "decay_form": form})
    check(spec, PROBLEMS["matrices"], tol=0.02 if name == "muon" else 1e-10)


@pytest.mark.parametrize("name", SPECS)
def test_the_default_decay_form_is_torchs_own(name):
    spec = SPECS[name].model_copy(update={"weight_decay": 0.3})
    check(spec, PROBLEMS["matrices"], tol=0.02 if name == "muon" else 1e-10)


@pytest.mark.parametrize("name", SPECS)
def test_a_changing_learning_rate_agrees_with_the_oracle(name):
    schedule = ScheduleSpec(name="cosine", warmup_steps=3, horizon=Horizon(value=20, unit="steps"), floor=0.1)
    spec = SPECS[name].model_copy(update={"schedule": schedule})
    check(spec, PROBLEMS["matrices"], tol=0.02 if name == "muon" else 1e-10)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_clipping_decay_and_l1_agree_with_the_oracle_in_both_layouts(name, flat):
    changes = {"clip_norm": 0.7, "weight_decay": 0.1}
    if name in ("sgd", "heavy_ball", "nesterov", "averaged", "velocity", "rmsprop_momentum", "adam"):
        changes["l1"] = 0.02
    check(SPECS[name].model_copy(update=changes), PROBLEMS["matrices"], flat=flat)


def test_the_three_forms_of_momentum_are_one_trajectory_at_a_constant_rate():
    problem, ends = PROBLEMS["least-squares"], []
    for form, lr in (("heavy_ball", 0.01), ("averaged", 0.1), ("velocity", 0.01)):
        params = parameters(problem.start)
        spec = OptimizerSpec(lr=lr, momentum=0.9, momentum_form=form, l1=0.05, clip_norm=3.0)
        ends.append(run(Updater(spec, params, lambda t: 1.0), params, problem, 40))
    agree(ends[1], ends[0])
    agree(ends[2], ends[0])


def test_velocity_differs_from_heavy_ball_when_the_rate_changes():
    problem, ends = PROBLEMS["least-squares"], []
    for form in ("heavy_ball", "velocity"):
        params = parameters(problem.start)
        spec = OptimizerSpec(lr=0.01, momentum=0.9, momentum_form=form)
        ends.append(run(Updater(spec, params, lambda t: 0.9**t), params, problem, 10)[-1])
    assert np.abs(ends[0]["w"] - ends[1]["w"]).max() > 1e-3


def test_averaged_momentum_starts_from_one_minus_beta_times_the_gradient():
    w = nn.Parameter(torch.tensor([1.0]))
    spec = OptimizerSpec(lr=0.5, momentum=0.9, momentum_form="averaged")
    Updater(spec, {"w": w}, lambda t: 1.0).step(0, [torch.tensor([2.0])])
    assert w.item() == pytest.approx(1 - 0.5 * 0.1 * 2, abs=1e-15)


def test_muon_moves_matrices_by_orthogonal_steps_and_the_rest_by_adamw():
    params = {"w": nn.Parameter(torch.zeros(6, 4)), "conv": nn.Parameter(torch.zeros(2, 2, 3, 3))}
    params["bias"] = nn.Parameter(torch.zeros(5))
    grads = [torch.randn(p.shape, generator=torch.Generator().manual_seed(0)) for p in params.values()]
    Updater(OptimizerSpec(name="muon", lr=0.1), params, lambda t: 1.0).step(0, grads)
    singular = torch.linalg.svdvals(params["w"].detach() / (0.1 * (6 / 4) ** 0.5))
    assert 0.6 < singular.min() <= singular.max() < 1.3
    for name, g in zip(("conv", "bias"), grads[1:], strict=True):
        np.testing.assert_allclose(params[name].detach(), -0.1 * g.sign(), rtol=1e-6)


@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "radam", "adagrad", "adadelta", "rmsprop", "sgd"])
def test_without_our_additions_an_update_is_torchs_own(name):
    spec, problem = SPECS[name].model_copy(update={"weight_decay": 0.1}), PROBLEMS["matrices"]
    ours, theirs = parameters(problem.start), parameters(problem.start)
    history = run(Updater(spec, ours, lambda t: 1.0), ours, problem, STEPS)
    (optimizer,) = build_optimizers(spec, list(theirs.values()))
    expected = []
    for _ in range(STEPS):
        grads = problem.gradient({k: p.detach().numpy() for k, p in theirs.items()})
        for k, p in theirs.items():
            p.grad = torch.tensor(grads[k])
        optimizer.step()
        expected.append({k: p.detach().numpy().copy() for k, p in theirs.items()})
    agree(history, expected, tol=1e-12)
