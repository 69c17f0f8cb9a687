"""K models in one buffer, each at its own rate, against one updater a model."""

import numpy as np
import pytest
import torch

from batchwright.optim import OptimizerSpec, ScheduleSpec, Updater, schedule_factor
from batchwright.optim.spec import Horizon
from batchwright.optim.stacked import StackedUpdater, can_stack

from .cases import ELEMENTWISE, PROBLEMS, SPECS, parameters, run

STACKED = sorted(name for name, spec in ELEMENTWISE.items() if spec.name != "rprop")
FACTORS = (1.0, 0.25, 1.7)
STEPS = 12

pytestmark = pytest.mark.usefixtures("double_precision")


def both(spec, *, dropped_after=None):
    """The parameters after every step, one list a model: alone, and stacked."""
    problem = PROBLEMS["matrices"]
    factor = schedule_factor(spec.schedule, batch_size=1, examples=8)
    specs = [spec.model_copy(update={"lr": spec.lr * f}) for f in FACTORS]
    alone = []
    for each in specs:
        params = parameters(problem.start)
        alone.append(run(Updater(each, params, factor), params, problem, STEPS))
    models = [parameters(problem.start) for _ in specs]
    updater = StackedUpdater(specs, models, factor)
    going, history = [0, 1, 2], [[], [], []]
    for t in range(STEPS):
        if t == dropped_after:
            updater.keep([0, 2])
            going = [0, 2]
        gradients = [problem.gradient({n: p.detach().numpy() for n, p in models[k].items()}) for k in going]
        updater.step(t, [torch.stack([torch.tensor(g[n]) for g in gradients]) for n in updater.stacks])
        for k in (0, 1, 2):
            history[k].append({n: p.detach().numpy().copy() for n, p in models[k].items()})
    return alone, history


def agree(alone, stacked):
    assert np.abs(alone[-1]["W1"] - alone[0]["W1"]).max() > 1e-5, "it must move to show anything"
    for step, (a, b) in enumerate(zip(alone, stacked, strict=True)):
        for name in a:
            np.testing.assert_allclose(
                b[name], a[name], rtol=1e-10, atol=1e-12, err_msg=f"{name}, step {step}"
            )


@pytest.mark.parametrize("name", STACKED)
def test_every_optimizer_moves_each_model_as_if_it_were_alone(name):
    for alone, stacked in zip(*both(SPECS[name]), strict=True):
        agree(alone, stacked)


@pytest.mark.parametrize("form", ["l2", "decoupled"])
@pytest.mark.parametrize("name", STACKED)
def test_decay_clipping_and_a_schedule(name, form):
    schedule = ScheduleSpec(name="cosine", warmup_steps=3, horizon=Horizon(value=20, unit="steps"), floor=0.1)
    fields = {"weight_decay": 0.3, "decay_form": form, "clip_norm": 0.7, "schedule": schedule}
    for alone, stacked in zip(*both(SPECS[name].model_copy(update=fields)), strict=True):
        agree(alone, stacked)


@pytest.mark.parametrize("name", STACKED)
def test_a_model_that_is_left_out_stands_still_and_the_others_go_on(name):
    alone, stacked = both(SPECS[name], dropped_after=5)
    agree(alone[0], stacked[0])
    agree(alone[2], stacked[2])
    agree(alone[1][:5], stacked[1][:5])
    for rows in stacked[1][5:]:
        assert all(np.array_equal(rows[n], stacked[1][4][n]) for n in rows)


@pytest.mark.parametrize(
    ("fields", "possible"),
    [
        ({}, True), ({"name": "adamw", "lr": 1e-3}, True), ({"name": "rprop"}, False), ({"name": "muon"}, False),
        ({"name": "adafactor"}, False), ({"l1": 0.1}, False), ({"clip_norm": 1.0}, True),
    ],
)  # fmt: skip
def test_which_optimizers_can_be_stacked(fields, possible):
    params = [torch.zeros(3, 2), torch.zeros(3)]
    assert can_stack(OptimizerSpec(**fields), params) is possible
    assert not can_stack(OptimizerSpec(**fields), [params[0], params[1].float()])
