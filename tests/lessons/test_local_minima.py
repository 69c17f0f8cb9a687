"""Gradients against autograd, problems with known moments, a fit that can be exact, and the lesson reduced."""

import numpy as np
import pytest
import torch

from batchwright.lessons.phenomena import local_minima as lesson

from .few_seeds import run_reduced


def test_gradients_are_autograds():
    inputs, targets = lesson.teacher_data(0, 3)
    weights = lesson.student_start(5, 3, np.random.default_rng(1))
    leaves = [w.clone().requires_grad_() for w in weights]
    losses = lesson.outputs(leaves, inputs).sub(targets).square().mean(dim=1)
    expected = torch.autograd.grad(losses.sum(), leaves)
    for found, wanted in zip(lesson.gradients(weights, inputs, targets), expected, strict=True):
        assert torch.allclose(found, wanted, atol=1e-5)


def test_targets_have_mean_0_and_variance_1():
    """So the best constant has a loss of 1, and a loss is a share of the variance."""
    _, targets = lesson.teacher_data(4, 5)
    assert torch.allclose(targets.mean(dim=1), torch.zeros(5), atol=1e-5)
    assert torch.allclose(targets.square().mean(dim=1), torch.ones(5), atol=1e-4)


def test_starts_are_the_same_for_every_batch_size():
    """Without an update the losses are those of the starts."""
    full, small = (
        lesson.final_losses(0, 4, size, 0.1, 0, 2, 3, purpose=2) for size in lesson.BATCHES.values()
    )
    assert np.array_equal(full, small)
    assert full.shape == (2, 3)


def test_a_diverged_start_is_infinite_and_not_lost():
    losses = lesson.final_losses(0, 2, 64, 1e6, 50, 1, 2, purpose=1)
    assert not np.isnan(losses).any()
    assert (losses > 1).all()


def test_the_rate_is_inside_the_range_that_was_tried():
    """From a range far too low the search climbs out of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "FIRST_RATES", (0.001, 0.002))
        ends = lesson.tuned_ends((0, 4, "whole", 60, 3, 2))
    assert ends.rate >= 0.004
    assert ends.tried >= 2


def test_narrow_nets_cannot_fit_and_wide_ones_do():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "SHORT", (400, 8, 3))
        patch.setattr(lesson, "WIDTHS", (1, 2, 16))
        reduced = run_reduced("local-minima")
    assert reduced.value("final_loss", hidden_units=16) < 0.05
    assert reduced.part("large_batch").measurements[0].at["hidden_units"] == 16
    assert reduced.value("full_less_small", hidden_units=16) < lesson.BAD
