import random

import pytest
import torch
from jaxtyping import TypeCheckError

from batchwright.core.params import flat_gradient, unflatten
from batchwright.measure.hessian.ritz import orthogonalised
from batchwright.task.losses import cross_entropy


def test_shapes_are_enforced_while_testing():
    with pytest.raises(TypeCheckError):
        unflatten(torch.zeros(2, 2), {"x": torch.zeros(4)})
    with pytest.raises(TypeCheckError):
        cross_entropy([1.0], torch.tensor([0]))
    with pytest.raises(TypeCheckError):
        orthogonalised(torch.zeros(3), torch.zeros(2, 4))


def test_the_checks_draw_nothing_that_is_under_test():
    state = random.getstate()
    flat_gradient([torch.ones(2), None], [torch.ones(2), torch.ones(3)])
    assert random.getstate() == state
