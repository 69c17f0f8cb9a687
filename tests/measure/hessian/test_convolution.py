"""Derivatives of convolutions of the data against finite differences and torch's own."""

from contextlib import nullcontext

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from batchwright.core.streams import generator
from batchwright.measure.hessian.convolution import DataConvolutions
from batchwright.measure.hessian.curvature import Curvature
from batchwright.task.task import Task

from ..noise_cases import explicit_hessian

RANDOM = generator(5, "convolutions")


def drawn(*shape):
    return torch.randn(shape, generator=RANDOM, dtype=torch.float64)


CASES = {
    "plain": (F.conv2d, (3, 2, 6, 5), (4, 2, 3, 2), {}),
    "all-options": (F.conv2d, (2, 4, 9, 8), (6, 2, 3, 3),
                    {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}),
    "same": (F.conv2d, (2, 1, 6, 6), (2, 1, 3, 3), {"padding": "same"}),
    "line": (F.conv1d, (3, 2, 8), (3, 2, 3), {"stride": 2}),
    "volume": (F.conv3d, (2, 1, 4, 4, 4), (2, 1, 2, 2, 2), {"padding": 1}),
    "one-example": (F.conv2d, (2, 5, 5), (3, 2, 2, 2), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_first_and_second_derivatives(name):
    function, inputs, weights, options = CASES[name]
    x, w, b = drawn(*inputs), drawn(*weights).requires_grad_(), drawn(weights[0]).requires_grad_()

    def convolved(weight, bias):
        with DataConvolutions():
            return function(x, weight, bias, **options)

    torch.testing.assert_close(convolved(w, b), function(x, w, b, **options), rtol=0, atol=0)
    assert gradcheck(convolved, (w, b))
    assert gradgradcheck(convolved, (w, b))
    assert gradgradcheck(lambda weight: convolved(weight, None), (w,))


def net():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.Tanh(), nn.Conv2d(2, 3, 2, stride=2), nn.Tanh(),
        nn.Flatten(), nn.Linear(12, 3),
    ).double()  # fmt: skip


def image_task():
    data = (drawn(7, 1, 4, 4), torch.arange(7) % 3)
    loss = nn.CrossEntropyLoss(reduction="none")
    return Task(name="images", model=net, train=data, validation=data, loss=loss)


def test_the_hessian_of_a_small_convolutional_net():
    task = image_task()
    model = task.build_model(0)
    curvature = Curvature(model, task, chunk=3)
    found = curvature.hessian_products(torch.eye(curvature.count, dtype=torch.float64))
    torch.testing.assert_close(found, explicit_hessian(model, task), rtol=1e-9, atol=1e-12)


def convolutions_of_a_product(model, task, context):
    parameters = list(model.parameters())
    with context:
        loss = task.loss(model(task.train.inputs), task.train.targets).mean()
    gradient = torch.autograd.grad(loss, parameters, create_graph=True)
    vector = [torch.ones_like(p) for p in parameters]
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        torch.autograd.grad(gradient, parameters, vector)
    return sum(event.count for event in seen.key_averages() if event.key == "aten::convolution")


def test_one_convolution_less_than_torch():
    """The one from the first layer back to the images."""
    task = image_task()
    model = task.build_model(0)
    ours = convolutions_of_a_product(model, task, DataConvolutions())
    assert ours == convolutions_of_a_product(model, task, nullcontext()) - 1
