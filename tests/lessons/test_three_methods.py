"""What is read out of runs against the runs followed update by update; orders where arithmetic decides them."""

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.advice.lesson import LessonResult, Measured
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import three_methods as lesson

from .cases import check


@pytest.fixture(scope="module")
def followed():
    """Mini-batch on 200 digits, with the loss of every update."""
    training = bw.train(
        "digits", examples=200, batch_size=2, lr=0.03, epochs=4, seed=0, train_metrics=True, progress=False
    )
    losses = [run.loss for run in training]
    return training, losses


def test_running_means_are_those_of_the_batches_in_each_epoch(followed):
    training, losses = followed
    expected = np.reshape(losses, (4, 100)).mean(axis=1)
    ours = lesson.running_means(training.result)
    assert np.all(np.isfinite(ours))
    # Records are thinned: one may reach over the end of an epoch, by at most 2% of the updates so far.
    np.testing.assert_allclose(ours, expected, rtol=0.12)
    assert np.mean(ours) == pytest.approx(np.mean(expected), rel=0.05)


def test_the_loss_after_an_epoch_is_that_of_the_model_then(followed):
    training, _ = followed
    split, model = training.task.train, training._run.model
    with torch.no_grad():
        outputs = model(split.inputs)
        loss = torch.nn.functional.cross_entropy(outputs, split.targets).item()
        accuracy = (outputs.argmax(dim=1) == split.targets).float().mean().item()
    assert lesson.after_epoch(training.result, 4) == pytest.approx(loss, rel=1e-4)
    assert lesson.after_epoch(training.result, 4, "accuracy") == pytest.approx(accuracy)
    assert lesson.after_epoch(training.result, 5) == np.inf


def test_gradient_descents_running_mean_is_the_loss_before_its_update():
    result = bw.train_many(
        [{**lesson._setting("gd", 0), "lr": 1.0, "epochs": 4, "train_metrics": True}],
        workers=1,
        progress=False,
    )[0]
    before = [row.loss for row in result.evaluations if row.split == "train"][:4]
    assert lesson.running_means(result) == pytest.approx(before, rel=1e-5)


def test_the_best_rate_is_that_of_the_least_loss():
    with Lab(workers=1) as lab:
        runs = lesson._runs(lab, [0, 1], {"gd": (0.01, 1.0)}, epochs=4)
    best, rates = lesson._tuned(runs, {"gd": 4})
    assert rates == {"gd": 1.0}
    assert (best["gd"] < [lesson.after_epoch(r, 4) for r in runs["gd", 0.01]]).all()


def test_an_epoch_of_single_examples_takes_longer_than_one_update():
    part = lesson._epoch_time([0, 1, 2])
    ratios = {(m.name, m.at["trained_on"]): m.value for m in part.measurements}
    # 200 updates against one, and against 100.
    assert ratios["minibatch_over_gd", "equal_data"] > 3
    assert ratios["sgd_over_minibatch", "equal_data"] > 1.2
    assert all(isinstance(m, Measured) for m in part.measurements)


def test_the_articles_figures_are_24():
    assert sum(len(values) for printed in lesson.PRINTED.values() for values in printed) == 24


def test_the_page_of_a_reduced_form(monkeypatch):
    """Words in both languages, pictures that draw, numbers that serialise."""
    monkeypatch.setattr(lesson, "RATES", {"gd": (1.0,), "sgd": (0.03,), "minibatch": (0.03, 0.1)})
    monkeypatch.setattr(lesson, "COMMON", (0.03,))
    monkeypatch.setattr(Lab, "seeds", lambda lab, count: [0, 1])
    with Lab(workers=1) as lab:
        found = lesson.experiment(lab)
    result = LessonResult(name="three-methods", parts=tuple(found.parts), panels=tuple(found.panels))
    check(result)
