"""Equal epochs, updates, examples or seconds: the budgets, and that gradient descent is gradient descent."""

import pytest
import torch

from batchwright.optim import OptimizerSpec
from batchwright.study.compare import Method, method, run_methods
from batchwright.task import TaskReference, load_task

LEAST_SQUARES = TaskReference(name="least-squares", examples=90)
SGD = OptimizerSpec(lr=0.05)


def compare(methods, **options):
    """Each method on the task that it names."""
    return run_methods(methods, [load_task(m.task) for m in methods], **options)


def three():
    return [method(name, LEAST_SQUARES, 90, 20, SGD) for name in ("gd", "sgd", "minibatch")]


def test_batch_sizes_of_the_methods():
    assert [(m.label, m.batch_size) for m in three()] == [
        ("gradient descent", 90), ("SGD", 1), ("mini-batch", 20),
    ]  # fmt: skip


def test_equal_epochs():
    rows = compare(three(), align="epochs", epochs=3)
    # 90 = 4 x 20 + 10: five batches an epoch, the last one short.
    assert [row.result.updates for row in rows] == [3, 270, 15]
    assert [row.result.examples for row in rows] == [270, 270, 270]
    for row in rows:
        epochs = [e.epoch for e in row.result.evaluations if e.split == "train"]
        assert epochs == [0, 1, 2, 3]
        assert row.seconds_per_epoch == pytest.approx(row.result.seconds / 3)


def test_equal_updates():
    rows = compare(three(), align="updates", epochs=3)
    assert [row.result.updates for row in rows] == [15, 15, 15]
    assert [row.result.examples for row in rows] == [15 * 90, 15, 270]


def test_equal_examples():
    rows = compare(three(), align="examples", epochs=3)
    assert [row.result.examples for row in rows] == [270, 270, 270]
    steps = [e.step for e in rows[1].result.evaluations if e.split == "train"]
    assert steps == [0, 68, 136, 204, 270]


def test_equal_seconds():
    rows = compare(three(), align="seconds", epochs=20)
    reference = rows[-1].result
    for row in rows[:-1]:
        last = row.result.steps[-1]
        before = row.result.steps[-2].seconds if len(row.result.steps) > 1 else 0.0
        assert before < reference.seconds <= last.seconds


def test_gradient_descent_is_gradient_descent():
    """Against w <- w - lr grad of the mean loss over all 90 examples, by hand in float64."""
    (row,) = compare([method("gd", LEAST_SQUARES, 90, 20, SGD)], align="epochs", epochs=5)
    task = load_task(LEAST_SQUARES)
    inputs, targets = (part.double() for part in (task.train.inputs, task.train.targets))
    model = task.build_model(0).double()
    losses = []
    for _ in range(6):
        loss = task.loss(model(inputs), targets).mean()
        losses.append(loss.item())
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 0.05 * parameter.grad
    measured = [e.loss for e in row.result.evaluations if e.split == "train"]
    assert measured == pytest.approx(losses, rel=1e-5)


def test_methods_start_from_the_same_weights():
    rows = compare(three(), align="epochs", epochs=1, seed=4)
    assert len({row.result.evaluations[0].loss for row in rows}) == 1
    other = compare(three()[:1], align="epochs", epochs=1, seed=5)
    assert other[0].result.evaluations[0].loss != rows[0].result.evaluations[0].loss


def test_the_order_given_is_the_order_returned():
    seen = []
    rows = compare(three(), align="updates", epochs=1, finished=lambda row: seen.append(row.method.name))
    assert [row.method.name for row in rows] == ["gd", "sgd", "minibatch"]
    assert seen == ["minibatch", "gd", "sgd"]  # the reference first


def test_optimizers_share_the_batch_size():
    methods = [
        Method(name=n, label=n, task=LEAST_SQUARES, batch_size=30, optimizer=OptimizerSpec(name=n, lr=0.01))
        for n in ("sgd", "adam")
    ]
    rows = compare(methods, align="epochs", epochs=2)
    assert [row.result.updates for row in rows] == [6, 6]
    assert rows[0].result.evaluations[-1].loss != rows[1].result.evaluations[-1].loss
