"""The pages of one run and of several methods side by side."""

import pytest

from batchwright.core.action import Action
from batchwright.report.draw.runs import run_curve
from batchwright.report.page import Table
from batchwright.report.pages.compare import compare_page
from batchwright.report.pages.train import train_page
from batchwright.study.compare import METHODS, method, run_methods
from batchwright.task.load import load_task
from batchwright.training.loop import run
from batchwright.training.record import Status
from batchwright.training.spec import RunSpec

ACTION = Action(command="train", subject="digits", arguments={"set": {"hidden": 4}, "epochs": 2, "seed": 1})


def trained(point, **changes):
    return run(RunSpec.model_validate(point.spec.model_dump() | changes), point.task)


@pytest.fixture(scope="module")
def plain(point):
    return trained(point, budget={"epochs": 2})


def test_without_a_target_the_last_evaluation_is_the_answer(plain, read):
    page = read(train_page(plain, action=ACTION))
    loss = float(page.column("validation loss")[-1])
    assert loss == pytest.approx(plain.evaluations[-1].loss, abs=5e-3)
    assert page.answers[0].startswith("After 90 updates and 2,874 examples: validation loss ")
    assert (
        f"loss {plain.evaluations[-1].loss:.3f}, accuracy {plain.evaluations[-1].metrics['accuracy']:.3f};"
        in page.answers[0]
    )
    assert page.column("updates") == ["0", "45", "90"]
    assert page.steps == ["batchwright advise digits --set hidden=4 --seed 1"]


def test_a_target_is_reached_or_needs_a_longer_budget(point, read):
    easy = {"metric": "accuracy", "value": 0.4}
    page = read(train_page(trained(point, budget={"epochs": 8}, target=easy), action=ACTION))
    assert page.answers[0].startswith("The target, validation accuracy 0.4, was reached after ")
    assert page.facts["steps to target"] in page.answers[0]
    hard = {"metric": "accuracy", "value": 0.999}
    page = read(train_page(trained(point, budget={"epochs": 2}, target=hard), action=ACTION))
    assert "without the target, validation accuracy 0.999" in page.answers[0]
    assert page.steps == ["batchwright train digits --set hidden=4 --epochs 4 --seed 1"]


def test_a_divergence_is_tried_again_with_a_lower_rate(point, read):
    page = read(train_page(trained(point, optimizer={"name": "sgd", "lr": 1e6}), action=ACTION))
    assert page.answers[0].startswith("The loss diverged after ")
    command, lr = page.steps[0].rsplit(" ", 1)
    assert command == "batchwright train digits --set hidden=4 --epochs 2 --seed 1 --lr"
    assert float(lr) == 250_000


def test_out_of_memory_and_failure(plain, read):
    full = plain.model_copy(update={"status": Status.OUT_OF_MEMORY})
    page = read(train_page(full, action=ACTION))
    assert page.steps == ["batchwright train digits --set hidden=4 --epochs 2 --seed 1 --micro-batch-size 16"]
    failed = plain.model_copy(update={"status": Status.FAILED, "message": "no such thing", "evaluations": ()})
    page = read(train_page(failed, action=ACTION))
    assert page.answers == ["The run failed after 90 updates: no such thing"]
    assert page.steps == []


def test_a_run_that_was_stopped_goes_on_from_its_checkpoint(plain, read):
    stopped = plain.up_to(45)
    page = read(train_page(stopped, action=ACTION.with_arguments(checkpoint="runs/a")))
    assert page.answers[0].startswith("Stopped after 45 updates and 1,437 examples: validation loss ")
    assert page.steps[0].endswith(" --checkpoint runs/a --resume runs/a")
    assert read(train_page(stopped, action=ACTION)).steps == []


@pytest.mark.parametrize(
    ("progress", "end"), [("epochs", 2.0), ("updates", 90), ("examples", 2874), ("seconds", None)]
)
def test_curves_end_where_the_run_did(plain, progress, end):
    curve = run_curve(plain, "run", progress)
    assert curve.loss["validation"][-1][0] == pytest.approx(plain.seconds if end is None else end)
    assert curve.metric["validation"][-1][1] == plain.evaluations[-1].metrics["accuracy"]


@pytest.fixture(scope="module")
def compared(point):
    reference = point.spec.task.model_copy(update={"examples": 200})
    chosen = [method(name, reference, 200, 32, point.spec.optimizer) for name in METHODS]
    return run_methods(chosen, [load_task(reference)] * 3, align="epochs", epochs=2)


def test_the_lowest_loss_at_the_end_leads(compared, read):
    made = Action(command="compare", subject="digits", arguments={"set": {"hidden": 4}, "methods": "gd,sgd"})
    page = read(compare_page(compared, action=made))
    losses = [float(v) for v in page.column("validation loss")]
    best = min(range(3), key=lambda k: losses[k])
    assert page.page.all(Table)[0].best == best
    names = page.column("method")
    assert page.answers[0].startswith(
        f"With equal epochs, {names[best]} ends with the lowest validation loss, "
    )
    for name in names:
        assert name in page.answers[0]
    assert page.steps == ["batchwright advise digits --set hidden=4 --examples 200"]
    assert page.column("epoch", table=1)[:3] == ["0.00", "1.00", "2.00"]


def test_a_method_that_diverged_does_not_win(compared, read):
    gone = [
        row.model_copy(update={"result": row.result.model_copy(update={"status": Status.DIVERGED})})
        for row in compared
    ]
    page = read(compare_page([*gone[:2], compared[2]]))
    assert page.answers[0].startswith("mini-batch ends with a validation loss of ")
    assert page.caveats[0] == "gradient descent diverged: lower its learning rate."
    assert read(compare_page(gone)).answers == ["No method came to its end."]


def test_of_optimizers_the_best_is_advised_on(compared, point, read):
    adam = compared[1].method.model_copy(
        update={"optimizer": point.spec.optimizer.model_copy(update={"name": "adam"})}
    )
    rows = [compared[0], compared[1].model_copy(update={"method": adam}), compared[2]]
    losses = [row.result.evaluations[-1].loss for row in rows]
    name = rows[losses.index(min(losses))].method.optimizer.name
    assert f"--optimizer {name}" in read(compare_page(rows)).steps[0]
