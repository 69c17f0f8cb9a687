"""The mean loss and its derivatives away from the model's own parameters."""

import copy

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.task.builtin.two_weights import TwoWeights, two_weights

from ..noise_cases import explicit_hessian, small_net_task


def point(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("chunk", [1, 7, 128])
def test_the_net_written_out_at_another_point(chunk):
    task = small_net_task(dtype=torch.float64)
    model = task.build_model(0)
    shifted = ShiftedLoss(model, task, chunk=chunk)
    there = copy.deepcopy(model)
    w = torch.linspace(-1, 1, len(shifted.origin), dtype=torch.float64).sin()
    nn.utils.vector_to_parameters(w, there.parameters())
    expected = task.loss(there(task.train.inputs), task.train.targets).mean()
    gradient = torch.autograd.grad(expected, list(there.parameters()))
    value, found = shifted.loss_and_gradient(w)
    assert value == pytest.approx(expected.item(), rel=1e-13)
    assert shifted.loss(w) == pytest.approx(expected.item(), rel=1e-13)
    torch.testing.assert_close(found, torch.cat([g.flatten() for g in gradient]), rtol=1e-11, atol=1e-13)
    torch.testing.assert_close(shifted.origin, nn.utils.parameters_to_vector(model.parameters()).detach())
    assert shifted.evaluations == 2


def test_products_after_a_move_are_those_of_the_new_point():
    task = small_net_task(dtype=torch.float64)
    model = task.build_model(0)
    curvature = Curvature(model, task, chunk=20)
    eye = torch.eye(curvature.count, dtype=torch.float64)
    curvature.hessian_products(eye)  # graphs of the first point are kept
    w = 0.7 * curvature.point() - 0.1
    assert curvature.loss_at(w) != curvature.loss()
    torch.testing.assert_close(curvature.hessian_products(eye), explicit_hessian(model, task))
    curvature.move(w)
    there = copy.deepcopy(model)
    nn.utils.vector_to_parameters(w, there.parameters())
    torch.testing.assert_close(curvature.hessian_products(eye), explicit_hessian(there, task))
    torch.testing.assert_close(curvature.gradient(), Curvature(there, task).gradient())


def test_values_that_are_not_finite_are_shown_as_such():
    shifted = ShiftedLoss(TwoWeights((0.5, 0.5)).double(), two_weights())
    assert shifted.loss(point(1e200, 1e200)) == float("inf")
    assert shifted.loss(shifted.origin) == pytest.approx(0.75**2)


def test_the_model_is_left_alone_and_shapes_are_checked():
    model = TwoWeights((0.5, 0.25)).double()
    shifted, state = ShiftedLoss(model, two_weights()), torch.get_rng_state()
    shifted.loss_and_gradient(point(1, 1))
    assert (model.w1.item(), model.w2.item()) == (0.5, 0.25)
    assert model.w1.grad is None
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(InputError, match=r"shape \(k, 2\)"):
        shifted.loss(torch.ones(3, dtype=torch.float64))
    with pytest.raises(InputError, match="dropout"):
        ShiftedLoss(nn.Sequential(nn.Linear(4, 2), nn.Dropout()).double(), small_net_task())
