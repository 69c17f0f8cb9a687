import math

import pytest

from batchwright.core.errors import InputError
from batchwright.optim import (
    OptimizerSpec,
    scale_adam,
    scale_beta2_half_life,
    scale_linear,
    scale_spec,
    scale_sqrt,
)


def test_hand_values():
    assert scale_linear(0.1, 32) == pytest.approx(3.2)
    assert scale_sqrt(0.1, 16) == pytest.approx(0.4)
    lr, betas, eps = scale_adam(1e-3, (0.9, 0.999), 1e-8, 9)
    assert (lr, *betas, eps) == pytest.approx((3e-3, 0.1, 0.991, 1e-8 / 3))
    lr, betas, eps = scale_adam(1e-3, (0.9, 0.999), 1e-8, 0.25)
    assert (lr, *betas, eps) == pytest.approx((5e-4, 0.975, 0.99975, 2e-8))
    # Marek et al. 2025: beta2 = 0.95 at batch size 512 is 0.9999 at batch size 1.
    assert scale_beta2_half_life(0.95, 1 / 512) == pytest.approx(0.9999, abs=1e-6)


def test_the_half_life_in_examples_stays():
    def half_life(beta2, batch_size):
        return batch_size * math.log(0.5) / math.log(beta2)

    assert half_life(scale_beta2_half_life(0.99, 8), 256) == pytest.approx(half_life(0.99, 32))


def test_adams_rule_is_refused_where_an_average_would_forget_at_once():
    scale_adam(1e-3, (0.9, 0.999), 1e-8, 9.9)
    with pytest.raises(
        InputError, match=r"above 0, got -0.6 for beta 0.9 and k 16: the largest k is below 10"
    ):
        scale_adam(1e-3, (0.9, 0.999), 1e-8, 16)


@pytest.mark.parametrize(("rule", "lr"), [("linear", 0.4), ("sqrt", 0.2), ("none", 0.1)])
def test_a_spec_is_scaled_in_its_learning_rate_alone(rule, lr):
    spec = OptimizerSpec(lr=0.1, momentum=0.9, weight_decay=0.1)
    scaled = scale_spec(spec, 4, rule)
    assert scaled.lr == pytest.approx(lr)
    assert scaled.model_copy(update={"lr": 0.1}) == spec


def test_a_spec_is_scaled_by_adams_rule_from_torchs_defaults():
    scaled = scale_spec(OptimizerSpec(name="adamw", lr=1e-3), 4, "adam")
    assert (scaled.lr, *scaled.betas, scaled.eps) == pytest.approx((2e-3, 0.6, 0.996, 5e-9))
    assert OptimizerSpec.model_validate(scaled.model_dump()) == scaled


def test_a_spec_is_scaled_by_the_half_life_where_adams_rule_ends():
    scaled = scale_spec(OptimizerSpec(name="adam", lr=1e-3), 16, "half_life")
    assert (scaled.lr, *scaled.betas) == pytest.approx((4e-3, 0.9, 0.999**16))
    assert scaled.eps is None


@pytest.mark.parametrize(
    ("spec", "factor", "rule", "message"),
    [
        (OptimizerSpec(), 2, "adam", "applies to adam, adamw, nadam, radam, got sgd: use linear or sqrt"),
        (OptimizerSpec(), 2, "squared", "unknown scaling rule 'squared'"),
        (OptimizerSpec(), 0, "none", "must be positive, got 0"),
        (OptimizerSpec(), math.nan, "linear", "must be positive, got nan"),
    ],
)
def test_bad_input(spec, factor, rule, message):
    with pytest.raises(InputError) as error:
        scale_spec(spec, factor, rule)
    assert message in str(error.value)
