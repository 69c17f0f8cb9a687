"""An optimizer at another batch size: the rule of each family, and what a pass over the data keeps."""

import math

import pytest
import torch

from batchwright.core.errors import InputError
from batchwright.optim import CATALOGUE, OptimizerSpec
from batchwright.optim.rescale import carried_over, spec_of


def test_sgd_is_scaled_in_proportion_and_its_l2_decay_follows():
    found = carried_over(OptimizerSpec(lr=0.1, momentum=0.9, weight_decay=1e-4), 256, 1024)
    assert (found.rule, found.after.lr, found.after.weight_decay) == ("linear", pytest.approx(0.4), 1e-4)
    assert not found.decay_kept


def test_two_small_sgd_steps_are_one_large_one_to_first_order():
    """On a quadratic, (1 - lr h)^4 against 1 - 4 lr h: the error is of second order in lr."""
    errors = []
    for lr in (1e-3, 1e-4):
        found = carried_over(OptimizerSpec(lr=lr), 32, 128)
        errors.append(abs((1 - lr) ** 4 - (1 - found.after.lr)))
    assert errors[1] / errors[0] == pytest.approx(1e-2, rel=0.01)


def test_adams_averages_keep_their_length_in_examples():
    found = carried_over(OptimizerSpec(name="adam", lr=1e-3, betas=(0.9, 0.99)), 64, 128)
    assert found.rule == "adam"
    assert found.after.lr == pytest.approx(1e-3 * math.sqrt(2))
    lengths = [size / (1 - v.betas[1]) for size, v in ((64, found.before), (128, found.after))]
    assert lengths[0] == pytest.approx(lengths[1])
    assert found.after.eps == pytest.approx(found.before.eps / math.sqrt(2))


def test_beyond_adams_rule_the_half_life_is_kept():
    """1 - 16 (1 - 0.9) is negative: no first average could forget so fast."""
    found = carried_over(OptimizerSpec(name="adamw", lr=1e-3), 64, 1024)
    assert found.rule == "half_life"
    assert found.after.betas == pytest.approx((0.9, 0.999**16))
    assert found.after.lr == pytest.approx(4e-3)


@pytest.mark.parametrize("size", [16, 128, 4096])
def test_decoupled_decay_shrinks_a_weight_as_much_a_pass(size):
    found = carried_over(OptimizerSpec(name="adamw", lr=1e-3, weight_decay=0.1), 64, size)
    a_pass = [v.lr * v.weight_decay / b for b, v in ((64, found.before), (size, found.after))]
    assert a_pass[0] == pytest.approx(a_pass[1])
    assert found.decay_kept


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - {"rprop"}))
def test_there_and_back_again(name):
    """Within the range of its rule every optimizer returns to what it was."""
    spec = OptimizerSpec(name=name, lr=0.01, weight_decay=0.1)
    there = carried_over(spec, 64, 128)
    values = {k: v for k, v in there.after.model_dump().items() if v is not None}
    back = carried_over(spec.model_copy(update=values), 128, 64)
    assert back.after.lr == pytest.approx(0.01)
    assert back.after.weight_decay == pytest.approx(0.1)
    if there.before.betas:
        assert back.after.betas == pytest.approx(there.before.betas)
    assert carried_over(spec, 64, 64).rule == "none"


def test_a_torch_optimizer_is_read():
    weights = list(torch.nn.Linear(2, 2).parameters())
    adam = torch.optim.AdamW(weights, lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1)
    spec = spec_of(adam)
    assert (spec.name, spec.lr, spec.betas, spec.weight_decay) == ("adamw", 3e-4, (0.9, 0.95), 0.1)
    assert spec_of(torch.optim.SGD(weights, lr=0.2, momentum=0.9)).lr == 0.2
    assert spec_of(torch.optim.RMSprop(weights)).name == "rmsprop"
    assert spec_of("adam").lr == 1e-3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (torch.optim.LBFGS([torch.zeros(1)]), "no rule is known for LBFGS"),
        (3, "must be a name or a torch optimizer, got int"),
        (
            torch.optim.SGD(
                [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.2}]
            ),
            "groups differ in lr",
        ),
    ],
)
def test_what_cannot_be_read(given, message):
    with pytest.raises(InputError, match=message):
        spec_of(given)


def test_what_cannot_be_carried_over():
    with pytest.raises(InputError, match="rprop counts signs of whole gradients"):
        carried_over(OptimizerSpec(name="rprop"), 1, 2)
    with pytest.raises(InputError, match="batch sizes of 1 or more, got from_batch 0"):
        carried_over(OptimizerSpec(), 0, 2)
