"""The gap against gradient descent written out by hand, and verdicts on ends that are known."""

import math

import pytest
import torch

import batchwright as bw
from batchwright.lessons.phenomena import optimisation_gap as lesson
from batchwright.lessons.phenomena.optimisation_gap import Cell, End


def test_a_run_of_the_full_batch_is_gradient_descent_by_hand():
    task = bw.named_task("digits")
    inputs, labels = task.train.gather(torch.arange(lesson.EXAMPLES))
    model = task.build_model(5)
    for _ in range(10):
        loss = torch.nn.functional.cross_entropy(model(inputs), labels)
        for p, g in zip(model.parameters(), torch.autograd.grad(loss, list(model.parameters())), strict=True):
            p.data -= 0.5 * g
    outputs = model(inputs).detach()
    accuracy = (outputs.argmax(1) == labels).double().mean()
    setting = lesson.run_of_work("epochs", lesson.EXAMPLES, 0.5, 5)
    assert setting["steps"] == lesson.EPOCHS == 10
    end = lesson.end_of(bw.train_many([setting], workers=1, progress=False)[0])
    assert end.train == pytest.approx(float(accuracy), abs=2 / lesson.EXAMPLES)
    assert end.loss == pytest.approx(float(torch.nn.functional.cross_entropy(outputs, labels)), rel=1e-4)


def test_work_is_equal_in_what_it_says():
    for b in lesson.SIZES:
        epochs, updates = (lesson.run_of_work(work, b, 0.1, 0)["steps"] for work in ("epochs", "updates"))
        assert abs(epochs * b - lesson.EPOCHS * lesson.EXAMPLES) <= b / 2
        assert updates == lesson.UPDATES


def ends_of(small, large):
    """Two seeds at every size; the sizes between are like the small one."""
    rows = {b: [End(*small), End(*small)] for b in lesson.SIZES}
    rows[lesson.LARGE] = [End(*large), End(large[0] + 1e-4, large[1], large[2])]
    return {Cell("updates", "tuned_rate"): rows}


@pytest.mark.parametrize(
    ("large", "worse", "helps"),
    [((0.90, 0.9, 0.4), "holds", "holds"), ((0.979, 0.97, 0.05), "does_not_hold", "does_not_hold")],
)
def test_the_gap_and_the_noise_are_judged_apart(large, worse, helps):
    ends = ends_of((0.98, 0.95, 0.1), large)
    cell = Cell("updates", "tuned_rate")
    part = lesson.gap("worse_updates_tuned", ends, [cell], "train")
    assert part.verdict == worse
    assert part.measurements[0].value == pytest.approx(0.98 - large[0] - 5e-5)
    noise = lesson.noise_helps(ends, cell, inside=True)
    assert noise.verdict == helps
    assert noise.measurements[0].value == pytest.approx(0.1 / large[2])


def test_a_rate_at_the_end_of_the_range_is_no_result():
    ends, cell = ends_of((0.98, 0.95, 0.1), (0.5, 0.5, 1.0)), Cell("updates", "tuned_rate")
    assert lesson.gap("worse_updates_tuned", ends, [cell], "train", inside=False).verdict == "cannot_tell"
    assert lesson.noise_helps(ends, cell, inside=False).verdict == "cannot_tell"


def test_a_run_that_diverged_is_a_guess():
    setting = {**lesson.run_of_work("updates", 8, 0.1, 0), "steps": 3, "evaluate": "3"}
    run = bw.train_many([setting], workers=1, progress=False)[0]
    assert lesson.end_of(run) is not None
    assert lesson.end_of(run.model_copy(update={"status": "diverged"})) is None
    assert math.log(10) == pytest.approx(2.302585)
