"""The largest eigenvalue along a run, and the thresholds at which updates become unstable."""

import pytest
import torch
from torch import nn

from batchwright.measure.gradients.preconditioner import weights_of
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.tracking import curvature_along, stability_threshold
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import Run, updates
from batchwright.training.spec import RunSpec

from ..noise_cases import explicit_hessian, small_net_task

X = torch.tensor([[2.0, 0.0], [0.0, 0.5]], dtype=torch.float64)


def quadratic():
    """L(w) = 1/2 (4 w1^2 + 0.25 w2^2): the largest eigenvalue is 4 everywhere."""

    def loss(outputs, targets):
        return (outputs - targets).square().sum(dim=1)

    def model():
        net = nn.Linear(2, 1, bias=False).double()
        nn.init.ones_(net.weight)
        return net

    data = (X, torch.zeros(2, 1, dtype=torch.float64))
    return Task(name="quadratic", model=model, train=data, validation=data, loss=loss)


def run_spec(task, optimizer, steps, batch_size=None):
    return RunSpec.model_validate(
        {
            "task": TaskReference(name=task.name), "batch_size": batch_size or len(task.train),
            "optimizer": optimizer, "budget": {"steps": steps}, "dtype": "float64",
            "evaluation": {"at": "steps", "every": 10**9},
        }
    )  # fmt: skip


def last(spec, task):
    """The run at its end."""
    *_, run = updates(spec, task)
    return run


FORMS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "momentum_form": "nesterov"},
    {"momentum": 0.9, "momentum_form": "averaged"},
    {"momentum": 0.9, "momentum_form": "velocity"},
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.get("momentum_form", str(form)))
@pytest.mark.parametrize(("share", "grows"), [(0.97, False), (1.03, True)])
def test_updates_grow_just_above_the_threshold_and_shrink_just_below(form, share, grows):
    spec = OptimizerSpec(name="sgd", **form)
    lr = stability_threshold(spec, 1.0) / 4.0 * share  # threshold is proportional to 1/lr; lambda is 4
    task = quadratic()
    spec = run_spec(task, {"name": "sgd", "lr": lr, **form}, 600)
    rows = list(curvature_along(spec, task, every=600))
    assert len(rows) == (1 if grows else 2)  # a run that diverges ends the curve
    assert grows or rows[1].loss < 1e-4 * rows[0].loss
    for row in rows:
        assert row.largest == pytest.approx(4.0, rel=1e-10)
        assert row.threshold == pytest.approx(4.0 / share)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_the_preconditioned_hessian_is_the_explicit_one(name):
    task = small_net_task(dtype=torch.float64)
    spec = run_spec(task, {"name": name, "lr": 0.01}, 6, batch_size=8)
    rows = list(curvature_along(spec, task, every=3))
    assert rows[0].preconditioned is None
    assert rows[0].threshold is None
    run = last(spec, task)
    scale = weights_of(run.updater, run.model, run.spec).sqrt()
    hessian = explicit_hessian(run.model, task)
    truth = torch.linalg.eigvalsh(scale[:, None] * hessian * scale)[-1]
    assert rows[-1].preconditioned == pytest.approx(float(truth), rel=1e-2)
    assert rows[-1].largest == pytest.approx(float(torch.linalg.eigvalsh(hessian)[-1]), rel=1e-2)
    beta = 0.9 if name == "adam" else 0.0
    assert rows[-1].threshold == pytest.approx((2 + 2 * beta) / ((1 - beta) * 0.01))


def test_every_layer_has_the_largest_eigenvalue_of_its_block():
    task = small_net_task(dtype=torch.float64)
    spec = run_spec(task, {"name": "sgd", "lr": 0.1}, 2)
    row = next(iter(curvature_along(spec, task, every=2, layers=True)))
    model = Run(spec, task).model
    hessian = explicit_hessian(model, task)
    start = 0
    for name, parameter in model.named_parameters():
        block = slice(start, start + parameter.numel())
        start += parameter.numel()
        truth = float(torch.linalg.eigvalsh(hessian[block, block])[-1])
        assert row.layers[name] == pytest.approx(max(truth, 0.0), rel=1e-6, abs=1e-12)


def test_the_run_is_bitwise_the_same():
    task = small_net_task(dtype=torch.float64)
    spec = run_spec(task, {"name": "sgd", "lr": 0.1, "momentum": 0.9}, 5, batch_size=8)
    plain = last(spec, task)
    rows = list(curvature_along(spec, task, every=1))
    assert rows[-1].loss == Curvature(plain.model.eval(), task).loss()


def test_other_optimizers_have_no_threshold():
    assert stability_threshold(OptimizerSpec(name="adagrad"), 0.1) is None
