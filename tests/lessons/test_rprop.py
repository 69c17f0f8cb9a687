"""Signs against the normal law, the agreement that keeps a step size, and a reduced form of the lesson."""

import numpy as np
import pytest
from scipy.special import ndtr

import batchwright as bw
from batchwright.lessons.phenomena import rprop as lesson

from .cases import run_short


@pytest.mark.parametrize(("share", "grows"), [(0.70, False), (0.76, False), (0.82, True), (0.9, True)])
def test_a_step_size_keeps_its_length_at_the_agreement_stated(share, grows):
    """The rule itself, over 20,000 random comparisons of signs."""
    agree = np.random.default_rng(0).random(20_000) < share
    drift = np.where(agree, np.log(1.2), np.log(0.5)).mean()
    assert (drift > 0) == grows == (share > lesson.KEPT)


def test_signs_of_batches_agree_as_normal_noise_says():
    """Two batches agree with the probability F^2 + (1 - F)^2 where F is the normal law of mean over deviation."""
    task = bw.named_task("digits", hidden=16)
    *_, run = bw.train(
        task, batch_size=32, lr=0.3, steps=lesson.MIDDLE, seed=3, evaluate="1000", progress=False
    )
    gradients = bw.per_example_gradients(task, run.model).double().numpy()
    mean, std = gradients.mean(axis=0), gradients.std(axis=0)
    for size in (64, 256):
        left = (len(gradients) - size) / (len(gradients) - 1)
        moves = std > 0
        positive = ndtr(mean[moves] / std[moves] * np.sqrt(size / left))
        expected = (positive**2 + (1 - positive) ** 2).mean()
        assert lesson.sign_agreement(task, size, 3) == pytest.approx(expected, abs=0.04)
    assert lesson.sign_agreement(task, len(gradients), 3) == 1.0


def test_the_lesson_in_a_reduced_form(monkeypatch):
    monkeypatch.setattr(lesson, "UPDATES", 50)
    monkeypatch.setattr(lesson, "MIDDLE", 25)
    found = run_short("rprop")
    assert found.value("loss_over_full_batch", batch_size=32) > 2
    assert found.value("rmsprop_over_rprop", batch_size=32) < 1
    assert found.value("steps_at_the_least", batch_size=32) > found.value(
        "steps_at_the_least", batch_size=1437
    )
