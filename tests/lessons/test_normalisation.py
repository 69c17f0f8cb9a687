"""Hessians and gradients against closed forms, and a reduced form of the lesson."""

import numpy as np
import torch
from torch import nn

import batchwright as bw
from batchwright.lessons import tuning
from batchwright.lessons.phenomena import normalisation as lesson
from batchwright.task.losses import cross_entropy

from .cases import run_short


def test_the_dense_hessian_is_that_of_softmax_regression_at_zero():
    """(I/C - 11'/C^2) kron X'X/N."""
    X = torch.randn(30, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    model = nn.Linear(4, 3, bias=False).double()
    nn.init.zeros_(model.weight)
    ours = lesson.dense_hessian(model, X, torch.arange(30) % 3, cross_entropy).numpy()
    expected = np.kron(np.eye(3) / 3 - np.ones((3, 3)) / 9, (X.T @ X / 30).numpy())
    np.testing.assert_allclose(ours, expected, atol=1e-12)


def test_behind_batch_norm_the_loss_does_not_depend_on_the_scale_of_the_weights():
    """So w.g = 0 and H w = -g for the weights of a layer: the curvature of a function of w / |w|."""
    task = bw.named_task("digits", hidden=4, examples=100, batch_norm=True)
    model = task.build_model(0).double().train()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.eps = 1e-12
    inputs, targets = task.train.inputs.double(), task.train.targets
    weight = model[0].weight
    gradient = torch.autograd.grad(task.loss(model(inputs), targets).mean(), [weight])[0]
    hessian = lesson.dense_hessian(model, inputs, targets, task.loss)
    count = weight.numel()
    flat = weight.detach().reshape(-1)
    assert abs(float(flat @ gradient.reshape(-1))) < 1e-10
    torch.testing.assert_close(hessian[:count, :count] @ flat, -gradient.reshape(-1), atol=1e-9, rtol=0)


def test_the_first_gradient_falls_as_the_scale_rises_only_behind_batch_norm():
    def norm(**options):
        task = bw.named_task("digits", hidden=[32] * 3, **options)
        model = task.build_model(0).train()
        loss = task.loss(model(task.train.inputs), task.train.targets).mean()
        return float(torch.autograd.grad(loss, [model[0].weight])[0].norm())

    # The last layer has no batch norm behind it: only the hidden layers' scale is free, so compare at small scales,
    # where the loss is still at its start.
    assert norm(batch_norm=True, init_scale=0.1) > 20 * norm(init_scale=0.1)


def test_the_lesson_in_a_reduced_form(monkeypatch):
    monkeypatch.setattr(lesson, "MOST_UPDATES", 60)
    monkeypatch.setattr(lesson, "SIZES", (8, 64))
    monkeypatch.setattr(lesson, "SCALES", (0.1, 1.0))
    monkeypatch.setattr(lesson, "PASSES", 0.2)
    monkeypatch.setattr(tuning, "MOST_RATES", 4)
    found = run_short("normalisation")
    # Plain layers of torch's start shrink what passes: the first gradient falls with the depth, behind batch norm less.
    assert found.value("gradient_change", net="inputs") > 10
    assert found.value("gradient_change", net="batch_norm") < found.value("gradient_change", net="inputs")
    assert found.value("updates_to_target", net="inputs") <= 60
