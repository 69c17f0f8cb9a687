"""Which updates may be a CUDA graph. That the graph makes the same run is tested where there is a GPU (tests/device)."""

import pytest
import torch
from torch import nn

import batchwright as bw
from batchwright.optim.build import build_optimizers
from batchwright.optim.schedules import schedule_factor
from batchwright.optim.spec import OptimizerSpec
from batchwright.optim.update import Updater
from batchwright.task.load import load_task
from batchwright.training.graph import GRAPHED_OPTIMIZERS, GraphedUpdates, why_not_graphed
from batchwright.training.loop import Run, continue_to, start
from batchwright.training.spec import RunSpec


def spec_of(**fields) -> RunSpec:
    given = {
        "task": {"name": "digits"},
        "batch_size": 32,
        "optimizer": {"name": "sgd", "lr": 0.1},
        "device": "cuda",
    }
    return RunSpec.model_validate({**given, **fields})


TASK = load_task(spec_of().task)
DENSE = TASK.build_model(0)


@pytest.mark.parametrize("name", GRAPHED_OPTIMIZERS)
def test_a_plain_net_at_a_constant_rate_is_graphed(name):
    assert why_not_graphed(spec_of(optimizer={"name": name, "lr": 0.01}), TASK, DENSE) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"device": "cpu"}, "device"),
        ({"optimizer": {"name": "rmsprop", "lr": 0.01}}, "optimizer"),
        ({"optimizer": {"lr": 0.01, "schedule": {"name": "cosine", "horizon": {"value": 5, "unit": "epochs"}}}}, "optimizer"),
        ({"optimizer": {"lr": 0.01, "schedule": {"warmup_steps": 10}}}, "optimizer"),
        ({"optimizer": {"name": "adam", "lr": 0.01, "options": {"amsgrad": True}}}, "optimizer"),
        ({"autocast": "bfloat16"}, "autocast"),
        ({"micro_batch_size": 8}, "micro_batches"),
    ],
)  # fmt: skip
def test_whatever_python_decides_at_every_update_is_not(fields, reason):
    assert why_not_graphed(spec_of(**fields), TASK, DENSE) == reason


class Counting(nn.Module):
    """Does something else at every pass, which a graph would never see."""

    def __init__(self):
        super().__init__()
        self.layer, self.passes = nn.Linear(64, 10), 0

    def forward(self, x):
        self.passes += 1
        return self.layer(x) * self.passes


@pytest.mark.parametrize("model", [nn.Sequential(nn.Linear(64, 10), nn.Dropout(0.1)), Counting()])
def test_a_module_that_might_differ_from_pass_to_pass_is_not(model):
    assert why_not_graphed(spec_of(), TASK, model) == "layers"


def test_a_tasks_own_forward_pass_is_not():
    task = bw.Task(model=lambda: nn.Linear(4, 2), train=(torch.randn(8, 4), torch.randint(2, (8,))),
                   validation=0.25, loss="cross_entropy", forward=lambda model, inputs: model(inputs))  # fmt: skip
    assert why_not_graphed(spec_of(), task, nn.Linear(4, 2)) == "forward"


class Recorded(GraphedUpdates):
    """Captures nothing, and notes what it was asked for."""

    def _captured(self, shape, batch, divisor):
        self.shapes = [*getattr(self, "shapes", []), shape]


def test_a_run_offers_every_batch_and_goes_on_where_none_was_captured():
    spec = spec_of(device="cpu", batch_size=500, budget={"steps": 6})
    run, plain = start(spec, TASK), start(spec, TASK)
    assert run._graphs is None  # no GPU
    run._graphs = Recorded(run._engine, run.updater)
    continue_to(run, 6), continue_to(plain, 6)
    assert [shape[0] for shape in run._graphs.shapes] == [500, 500, 437, 500, 500, 437]
    assert all(
        torch.equal(a, b) for a, b in zip(run.model.parameters(), plain.model.parameters(), strict=True)
    )


def test_measurements_of_speed_take_the_loop_that_people_write():
    assert Run(spec_of(device="cpu"), TASK)._graphs is None


def test_an_optimizer_that_asks_is_told_that_it_is_captured():
    layer = nn.Linear(3, 2)
    spec = OptimizerSpec(name="adam", lr=0.01)
    updater = Updater(
        spec, dict(layer.named_parameters()), schedule_factor(spec.schedule, batch_size=1, examples=1)
    )
    updater.step(0, [torch.ones_like(p) for p in layer.parameters()])
    groups = [group for optimizer in updater._optimizers for group in optimizer.param_groups]
    with updater.capturing():
        assert all(group["capturable"] for group in groups)
    assert not any(group["capturable"] for group in groups)
    assert build_optimizers(spec, list(layer.parameters()))[0].param_groups[0]["capturable"] is False
