import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError

from batchwright.core.errors import InputError, one_line
from batchwright.optim import OptimizerSpec, build_optimizers, plan_update


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"name": "adagrad", "momentum": 0.9},
            "momentum applies to sgd, rmsprop, muon and lars, got momentum=0.9 with adagrad",
        ),
        (
            {"betas": (0.9, 0.99)},
            "betas applies to adam, adamw, nadam, radam, muon and lamb, got betas=(0.9, 0.99) with sgd",
        ),
        ({"name": "rprop", "eps": 1e-8}, "got eps=1e-08 with rprop"),
        ({"momentum_form": "nesterov"}, "momentum_form 'nesterov' needs momentum above 0, got 0"),
        (
            {"name": "rmsprop", "momentum": 0.5, "momentum_form": "velocity"},
            "momentum_form 'velocity' applies to sgd, got rmsprop",
        ),
        (
            {"name": "adam", "options": {"amsgrd": True}},
            "unknown option of adam 'amsgrd': did you mean 'amsgrad'?",
        ),
        ({"name": "adam", "options": {"lr": 1.0}}, "lr has a field of its own, got it among the options"),
        (
            {"options": {"nesterov": True}},
            "nesterov has a field of its own, got it among the options: set momentum_form",
        ),
        ({"options": {"fused": True}}, "unknown option of sgd 'fused'"),
        (
            {"momentum": 0.9, "momentum_form": "averaged", "options": {"dampening": 0.9}},
            "dampening applies to heavy_ball momentum, got averaged",
        ),
    ],
)
def test_a_field_that_does_not_apply_is_refused(fields, message):
    with pytest.raises(InputError) as error:
        plan_update(OptimizerSpec(**fields))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_value_that_torch_refuses_is_one_line():
    spec = OptimizerSpec(name="rprop", options={"etas": [1.5, 1.2]})
    with pytest.raises(
        InputError, match=r"torch refuses these options of Rprop: Invalid eta values: 1.5, 1.2"
    ):
        build_optimizers(spec, [torch.zeros(1, requires_grad=True)])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"betas": (0.9, 1.0)}, "betas.1: "),
        ({"eps": -1.0}, "eps: "),
        ({"lr": -1}, "lr: "),
        ({"lr": 1e40}, "lr: must be at most 1000000, got 1e+40"),
        ({"lr": float("nan")}, "lr: must be "),
        ({"lr": float("inf")}, "lr: must be "),
        ({"weight_decay": 1e9}, "weight_decay: must be at most 1000000, got 1000000000.0"),
        ({"clip_norm": float("nan")}, "clip_norm: must be "),
        ({"schedule": {"warmup_steps": 2**63}}, "schedule.warmup_steps: must be at most 1000000000000, got"),
        ({"schedule": {"decay": 1e300}}, "schedule.decay: must be at most 1000000, got 1e+300"),
        ({"schedule": {"horizon": {"value": 1e300}}}, "schedule.horizon.value: must be at most "),
        ({"name": "adm"}, "name: "),
    ],
)
def test_values_out_of_range_are_refused_by_the_spec(fields, message):
    with pytest.raises(ValidationError) as error:
        OptimizerSpec(**{"name": "adam"} | fields)
    assert one_line(error.value).startswith(message)


def test_options_survive_json():
    spec = OptimizerSpec(name="rprop", options={"etas": (0.4, 1.3)})
    assert plan_update(OptimizerSpec.model_validate_json(spec.model_dump_json())).options["etas"] == (
        0.4,
        1.3,
    )


def test_an_update_imports_no_compiler_and_leaves_torch_as_it_was():
    """It is a second in every process; whoever makes an optimizer of torch itself gets it as always."""
    code = (
        "import sys, torch\n"
        "from batchwright.optim import OptimizerSpec, Updater\n"
        "before = dict(vars(torch.optim.Optimizer.add_param_group.__wrapped__))\n"
        "for name in ('sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'):\n"
        "    weight = torch.nn.Parameter(torch.ones(3))\n"
        "    Updater(OptimizerSpec(name=name), {'w': weight}, lambda step: 1.0).step(0, [torch.ones(3)])\n"
        "    assert not torch.equal(weight, torch.ones(3))\n"
        "assert 'torch._dynamo' not in sys.modules\n"
        "assert vars(torch.optim.Optimizer.add_param_group.__wrapped__) == before\n"
        "torch.optim.SGD([weight], lr=0.1)\n"
        "assert 'torch._dynamo' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
