"""Runs that share a program against the same runs by themselves."""

import copy

import pytest
import torch
from torch import nn

from batchwright.task import Task, TaskReference
from batchwright.task.data import ItemSplit
from batchwright.task.load import load_task
from batchwright.task.losses import cross_entropy
from batchwright.task.metrics import Metric
from batchwright.training import RunSpec, Status
from batchwright.training.loop import continue_to, run, start
from batchwright.training.replicas import (
    MOST_REPLICAS,
    Replicas,
    replicas_at_once,
    run_replicas,
    why_not_replicated,
)


@pytest.fixture
def toy(make_toy):
    return make_toy().with_fields(loss=cross_entropy)


def spec_of(**fields):
    base = {
        "task": TaskReference(name="toy"), "batch_size": 5, "dtype": "float64", "optimizer": {"lr": 0.2},
        "sampling": {"last_batch": "run_on"}, "budget": {"steps": 100}, "record_ratio": 1.1,
        "evaluation": {"at": "log", "ratio": 1.1, "splits": ["validation", "train"]},
    }  # fmt: skip
    return RunSpec.model_validate(base | fields)


def side_by_side(**fields):
    """Three rates on two seeds."""
    first = spec_of(**fields)
    lr = first.optimizer.lr
    return [
        first.model_copy(
            update={"seed": seed, "optimizer": first.optimizer.model_copy(update={"lr": lr * f})}
        )
        for seed in (0, 1)
        for f in (1.0, 0.5, 2.0)
    ]


def equal(alone, together, tolerance=1e-9):
    """All but the clock, numbers within rounding."""
    assert (together.spec, together.status, together.updates, together.examples) == (
        alone.spec, alone.status, alone.updates, alone.examples,
    )  # fmt: skip
    for a, b in ((alone.steps, together.steps), (alone.evaluations, together.evaluations)):
        assert [timeless(row) for row in b] == [timeless(row) for row in a]
        assert [row.loss for row in b] == pytest.approx([row.loss for row in a], rel=tolerance)
    assert (together.steps_to_target is None) == (alone.steps_to_target is None)
    if alone.steps_to_target is not None:
        assert together.steps_to_target == pytest.approx(alone.steps_to_target, rel=tolerance)


def timeless(row):
    return row.model_copy(update={"seconds": 0.0, "loss": None})


OPTIMIZERS = [
    {"lr": 0.2},
    {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01},
    {"lr": 0.05, "momentum": 0.9, "momentum_form": "nesterov", "clip_norm": 0.3},
    {"name": "adam", "lr": 0.01},
    {"name": "adamw", "lr": 0.01, "weight_decay": 0.1, "clip_norm": 0.5},
    {"name": "rmsprop", "lr": 0.005},
]


@pytest.mark.parametrize("batch_size", [1, 5, 53])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_replica_is_the_run_by_itself(toy, optimizer, batch_size):
    specs = side_by_side(optimizer=optimizer, batch_size=batch_size)
    assert replicas_at_once(specs[0], toy) == MOST_REPLICAS
    for spec, together in zip(specs, run_replicas(specs, toy), strict=True):
        equal(run(spec, toy), together)


@pytest.mark.parametrize("order", ["shuffled", "fixed", "with_replacement"])
def test_each_replica_has_its_own_examples(toy, order):
    specs = side_by_side(sampling={"last_batch": "run_on", "order": order}, batch_size=7)
    for spec, together in zip(specs, run_replicas(specs, toy), strict=True):
        equal(run(spec, toy), together)


@pytest.mark.parametrize("optimizer", [{"lr": 0.3}, {"name": "adam", "lr": 0.02}])
def test_replicas_that_reach_the_target_or_diverge_leave_the_others_to_go_on(toy, optimizer):
    specs = side_by_side(
        optimizer=optimizer, target={"metric": "loss", "value": 0.6, "split": "validation"}
    )  # fmt: skip
    broken = specs[0].model_copy(update={"optimizer": specs[0].optimizer.model_copy(update={"lr": 1e6})})
    specs.insert(1, broken)
    alone = [run(spec, toy) for spec in specs]
    assert {r.status for r in alone} >= {Status.TARGET_REACHED, Status.DIVERGED}
    assert len({r.updates for r in alone}) > 3
    for one, together in zip(alone, run_replicas(specs, toy), strict=True):
        if one.status is Status.DIVERGED:
            assert (together.status, together.updates) == (one.status, one.updates)
        else:
            equal(one, together)


def test_a_replica_stays_an_ordinary_run(toy):
    """Its weights are where a run's are, its checkpoint can be taken, and nothing of it moves once it has ended."""
    specs = side_by_side(target={"metric": "loss", "value": 0.5, "split": "validation"})
    runs = [start(spec, toy) for spec in specs]
    Replicas(runs).run()
    ends = [copy.deepcopy(run.model.state_dict()) for run in runs]
    for spec, one, end in zip(specs, runs, ends, strict=True):
        alone = continue_to(start(spec, toy), 10**6)
        for name, value in alone.model.state_dict().items():
            torch.testing.assert_close(end[name], value, rtol=1e-8, atol=1e-10)
        assert one.evaluate_on("train").loss == pytest.approx(alone.evaluate_on("train").loss, rel=1e-9)
        assert one.loss == pytest.approx(alone.loss, rel=1e-8)


def test_the_test_split_is_looked_at_once_at_the_end(make_toy, toy):
    task = toy.with_fields(test=toy.validation)
    specs = side_by_side(test_at_end=True)
    for spec, together in zip(specs, run_replicas(specs, task), strict=True):
        equal(run(spec, task), together)
        assert [row.split for row in together.evaluations].count("test") == 1


def test_a_schedule_of_the_task_and_metrics_of_a_whole_split(toy):
    flips = Metric(
        function=lambda outputs, targets: float(outputs.argmax(1).ne(targets).sum()), per_example=False
    )
    task = toy.with_fields(schedule=lambda n: 1 / (1 + n / 20), metrics={**toy.metrics, "flips": flips})
    specs = side_by_side()
    for spec, together in zip(specs, run_replicas(specs, task), strict=True):
        equal(run(spec, task), together)


def test_regression_on_several_numbers_and_a_deeper_net(make_toy, toy):
    random = torch.Generator().manual_seed(3)
    x = torch.randn(60, 2, 3, generator=random)
    y = torch.randn(60, 2, generator=random)

    def model():
        block = nn.Sequential(nn.Linear(8, 5, bias=False), nn.GELU())
        return nn.Sequential(nn.Flatten(), nn.Linear(6, 8), nn.ReLU(), block, nn.Linear(5, 2))

    task = Task(name="toy", model=model, train=(x[:40], y[:40]), validation=(x[40:], y[40:]), loss="mse")
    specs = side_by_side(optimizer={"lr": 0.05}, batch_size=3)
    assert replicas_at_once(specs[0], task) > 1
    for spec, together in zip(specs, run_replicas(specs, task), strict=True):
        equal(run(spec, task), together)


def test_convolutions_pooling_and_layer_norm(toy):
    random = torch.Generator().manual_seed(3)
    x = torch.randn(60, 2, 8, 8, generator=random)
    y = torch.randint(0, 3, (60,), generator=random)

    def model():
        return nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, stride=1, groups=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 3, 2, dilation=2, bias=False), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
            nn.LayerNorm(3), nn.Linear(3, 5), nn.LayerNorm(5, bias=False), nn.Linear(5, 3),
        )  # fmt: skip

    task = Task(
        name="toy", model=model, train=(x[:40], y[:40]), validation=(x[40:], y[40:]), loss=cross_entropy
    )
    for batch_size in (1, 3):
        specs = side_by_side(optimizer={"lr": 0.05}, batch_size=batch_size, budget={"steps": 60})
        assert replicas_at_once(specs[0], task) > 1
        for spec, together in zip(specs, run_replicas(specs, task), strict=True):
            equal(run(spec, task), together)


def test_a_large_split_is_evaluated_replica_by_replica(toy, monkeypatch):
    monkeypatch.setattr("batchwright.training.replicas.OPERATIONS_EVALUATED", 0)
    specs = side_by_side()
    for spec, together in zip(specs, run_replicas(specs, toy), strict=True):
        equal(run(spec, toy), together)


def sequential(*layers):
    return lambda: nn.Sequential(nn.Linear(6, 7), *layers, nn.Linear(7, 3))


class Odd(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"dtype": "bfloat16"}, "dtype"),
        ({"autocast": "bfloat16"}, "autocast"),
        ({"optimizer": {"name": "rprop", "lr": 0.01}}, "optimizer"),
        ({"optimizer": {"name": "muon", "lr": 0.01}}, "optimizer"),
        ({"optimizer": {"lr": 0.1, "l1": 0.1}}, "optimizer"),
        ({"average_half_life": 100.0}, "average"),
        ({"micro_batch_size": 2}, "micro_batches"),
        ({"batch_growth": {"every_epochs": 2}}, "batch_growth"),
        ({"sampling": {}}, "sampling"),
        ({"budget": {"epochs": 3}}, "budget"),
        ({"budget": {"epochs": 3, "steps": 10}}, "budget"),
        ({"evaluation": {"at": "epoch"}}, "evaluation"),
        ({}, None),
    ],
)
def test_a_spec_that_shares_no_program(toy, fields, reason):
    spec = spec_of(**fields)
    assert why_not_replicated(spec, toy, toy.build_model(0)) == reason
    assert replicas_at_once(spec, toy) == (MOST_REPLICAS if reason is None else 1)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (sequential(nn.Dropout(0.5)), "layers"),
        (sequential(nn.BatchNorm1d(7)), "layers"),
        (sequential(nn.Softmax(dim=1)), "layers"),
        (sequential(Odd(7, 7)), "layers"),
        (sequential(nn.Tanh(), nn.Linear(7, 7).requires_grad_(False)), "layers"),
        (sequential(nn.utils.parametrizations.weight_norm(nn.Linear(7, 7))), "layers"),
        (lambda: nn.Sequential(nn.Linear(6, 6), *[nn.Linear(6, 6)] * 2, nn.Linear(6, 3)), "layers"),
        (sequential(nn.Tanh()), None),
    ],
)
def test_a_model_that_shares_no_program(make_toy, toy, model, reason):
    task = make_toy(model).with_fields(loss=toy.loss)
    assert why_not_replicated(spec_of(), task, task.build_model(0)) == reason


def test_a_layer_without_parameters_may_stand_there_twice(make_toy, toy):
    relu = nn.ReLU()
    task = make_toy(
        lambda: nn.Sequential(nn.Linear(6, 7), relu, nn.Linear(7, 7), relu, nn.Linear(7, 3))
    ).with_fields(loss=toy.loss)
    specs = side_by_side(budget={"steps": 30})
    assert replicas_at_once(specs[0], task) > 1
    for spec, together in zip(specs, run_replicas(specs, task), strict=True):
        equal(run(spec, task), together)


class Gated(nn.Module):
    """With a forward pass of its own."""

    def __init__(self):
        super().__init__()
        self.hidden, self.gate, self.head = nn.Linear(6, 7), nn.Linear(6, 1), nn.Linear(7, 3)

    def forward(self, x):
        return self.head(self.hidden(x).relu() * torch.sigmoid(self.gate(x)))


class Crossed(Gated):
    """What is one number an example alone would be one a replica on a stack."""

    def forward(self, x):
        return self.head(self.hidden(x)) * self.gate(x).squeeze(1)


def test_a_forward_pass_of_ones_own_shares_a_program_where_it_can(make_toy, toy):
    task = make_toy(Gated).with_fields(loss=toy.loss)
    specs = side_by_side(optimizer={"name": "adam", "lr": 0.01})
    assert replicas_at_once(specs[0], task) > 1
    for spec, together in zip(specs, run_replicas(specs, task), strict=True):
        equal(run(spec, task), together)
    crossed = make_toy(Crossed).with_fields(loss=toy.loss)
    assert why_not_replicated(specs[0], crossed, crossed.build_model(0)) == "layers"


@pytest.mark.parametrize("split", ["train", "validation"])
def test_data_read_item_by_item_share_no_program(toy, split):
    data = toy.split(split)
    task = toy.with_fields(**{split: ItemSplit(dataset=list(zip(data.inputs, data.targets, strict=True)))})
    spec = spec_of(
        evaluation={"at": "steps", "splits": []},
        target={"metric": "loss", "value": 0.1, "split": "validation"},
    )
    assert why_not_replicated(spec, task, task.build_model(0)) == "data"


@pytest.mark.parametrize("evaluation", [{"at": "steps", "every": 7}, {"at": "log", "ratio": 3.0}])
def test_evaluations_as_they_are_planned(toy, evaluation):
    specs = side_by_side(evaluation=evaluation | {"splits": ["validation"]}, record_ratio=1.5)
    for spec, together in zip(specs, run_replicas(specs, toy), strict=True):
        equal(run(spec, toy), together)


def test_a_task_that_shares_no_program(toy, make_toy):
    reasons = {
        "forward": {"forward": lambda model, inputs: model(inputs)},
        "augment": {"augment": lambda inputs, generator: inputs},
        "loss": {"loss": lambda outputs, targets: outputs[:, 0]},
        "autocast": {"autocast": "bfloat16"},
    }
    for reason, fields in reasons.items():
        task = toy.with_fields(**fields)
        assert why_not_replicated(spec_of(), task, task.build_model(0)) == reason
    own = Metric(function=lambda outputs, targets: outputs[:, 0])
    task = toy.with_fields(metrics={"own": own})
    assert why_not_replicated(spec_of(), task, task.build_model(0)) == "loss"


def test_the_number_at_once_falls_with_the_size_of_an_update():
    reference = TaskReference(name="digits")
    task = load_task(reference)
    found = [replicas_at_once(spec_of(task=reference, batch_size=b), task) for b in (1, 8, 32, 64, 128, 1024)]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (MOST_REPLICAS, 1)
    assert replicas_at_once(spec_of(task=reference, device="cuda"), task) == 1
