"""Targets as text and as data, and what a metric cannot be."""

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.task import Metric, Target, Task, parse_target

X, Y = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3


def task_of(loss="cross_entropy", **fields):
    targets = X[:, :3] if loss in ("mse", "l1") else Y
    return Task(
        name="t", model=lambda: nn.Linear(4, 3), train=(X, targets), validation=0.2, loss=loss, **fields
    )


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("accuracy=0.95", Target(metric="accuracy", value=0.95)),
        (" accuracy = 1e-1 ", Target(metric="accuracy", value=0.1)),
        ("train.loss=0.1", Target(metric="loss", value=0.1, split="train")),
        ("validation.top5=1", Target(metric="top5", value=1)),
        ({"accuracy": 0.5}, Target(metric="accuracy", value=0.5)),
        ({"metric": "loss", "value": 0.3, "split": "train"}, Target(metric="loss", value=0.3, split="train")),
        ({"value": 0.3}, Target(metric="loss", value=0.3)),
        (Target(metric="loss", value=0), Target(metric="loss", value=0)),
        (None, None),
    ],
)
def test_every_form_of_a_target(given, target):
    assert task_of(metrics=["top5"], target=given).target == target


BAD = [
    ("accuracy=95", "accuracy must be between 0 and 1, got 95: did you mean 0.95?"),
    ("accuracy=100", "accuracy must be between 0 and 1, got 100: did you mean 1?"),
    ("accuracy=-0.5", "accuracy must be between 0 and 1, got -0.5"),
    ("train.accuracy=1000", "accuracy must be between 0 and 1, got 1000"),
    ("loss=-1", "loss must be at least 0, got -1"),
    ("loss=nan", "target must be a finite number, got nan"),
    ("loss=inf", "target must be a finite number, got inf"),
    ("loss=1e999", "target must be a finite number, got 1e999"),
    ("loss", "target must be METRIC=VALUE with a number, as loss=0.2, got 'loss'"),
    ("loss=low", "target must be METRIC=VALUE with a number, as loss=0.2, got 'loss=low'"),
    ("loss=²", "target must be METRIC=VALUE with a number, as loss=0.2, got 'loss=²'"),
    ("", "target must be METRIC=VALUE with a number, as loss=0.2, got ''"),
    ("los=0.9", "unknown metric of task 't': 'los': did you mean 'loss'? Known: accuracy, loss"),
    ("mae=0.9", "unknown metric of task 't': 'mae'. Known: accuracy, loss; add metrics=['mae']"),
    (
        "valdation.loss=1",
        "unknown split in target: 'valdation': did you mean 'validation'? Known: train, validation",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_target_is_one_line_with_its_fix(text, message):
    with pytest.raises(InputError) as error:
        parse_target(text, task_of())
    assert str(error.value) == message
    with pytest.raises(InputError) as error:
        task_of(target=text)
    assert str(error.value) == f"task 't': {message}"


def test_a_bad_target_is_refused_as_data_too():
    with pytest.raises(InputError, match=r"accuracy must be between 0 and 1, got 95: did you mean 0\.95"):
        task_of(target=Target(metric="accuracy", value=95))
    with pytest.raises(InputError, match="target of task 't': value: must be a valid number"):
        task_of(target={"metric": "loss", "value": "low"})
    with pytest.raises(InputError, match=r"target of task 't': .*, got 3"):
        task_of(target=3)


def test_an_echo_ends_after_80_characters():
    with pytest.raises(InputError) as error:
        parse_target("x" * 10_000, task_of())
    assert len(str(error.value)) < 160


@pytest.mark.parametrize(
    ("loss", "least"), [("mse", 0), ("l1", 0), (nn.CrossEntropyLoss(), 0), (nn.NLLLoss(), None)]
)
def test_the_range_of_a_loss(loss, least):
    assert task_of(loss).range_of("loss") == (least, None)


def test_a_loss_of_ones_own_has_no_bound_and_a_metric_the_one_it_states():
    def loss(outputs, targets):
        return outputs.sum(dim=1)

    task = task_of(loss, metrics={"r2": Metric(function=loss, range=(None, 1.0))})
    assert parse_target("loss=-3", task).value == -3
    with pytest.raises(InputError, match="r2 must be at most 1, got 3"):
        parse_target("r2=3", task)
