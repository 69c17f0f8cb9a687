"""The catalogue says of every optimizer what torch does, and one record is all that an optimizer needs."""

import sys

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from batchwright.core.errors import InputError, one_line
from batchwright.measure.gradients.preconditioner import preconditioner
from batchwright.optim import CATALOGUE, OptimizerSpec, Updater, build_optimizers, plan_update, scale_spec
from batchwright.optim.catalogue import OptimizerRecord, StateTensor

from .cases import SPECS, parameters
from .oracles import STEP

SHAPES = {"matrix": (3, 4), "vector": (5,), "kernel": (2, 3, 4, 4), "number": ()}


def constant(step):
    return 1.0


def test_every_optimizer_goes_through_all_tests():
    assert {spec.name for spec in SPECS.values()} == CATALOGUE.keys() == STEP.keys()


@pytest.mark.parametrize("name", SPECS)
def test_the_state_is_the_one_that_torch_keeps(name):
    spec = SPECS[name]
    params = {k: nn.Parameter(torch.ones(shape)) for k, shape in SHAPES.items()}
    optimizers = build_optimizers(spec, list(params.values()))
    for p in params.values():
        p.grad = torch.ones_like(p)
    for optimizer in optimizers:
        optimizer.step()
    kept = {p: state for optimizer in optimizers for p, state in optimizer.state.items()}
    for k, p in params.items():
        state = {key: tuple(value.shape) for key, value in kept.get(p, {}).items() if value is not None}
        record = CATALOGUE[spec.name]
        assert record.scratch <= state.keys()
        state = {key: shape for key, shape in state.items() if key not in record.scratch}
        state |= {key: () for key in record.group_state() if key in optimizers[0].param_groups[0]}
        assert record.state_of(spec, SHAPES[k]) == state


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_fields_it_takes_are_arguments_of_its_class(name):
    record = CATALOGUE[name]
    owner = CATALOGUE[record.beside] if record.beside else record
    arguments = owner.options() | record.options()
    assert record.takes - {"momentum_form"} <= arguments.keys()
    for field in {"momentum", "betas", "eps"} - record.takes - {"eps"}:
        assert field not in arguments


@pytest.mark.parametrize("name", CATALOGUE)
def test_fused_on_the_cpu_where_torch_is(name):
    record, p = CATALOGUE[name], nn.Parameter(torch.ones(2, 2))
    p.grad = torch.ones(2, 2)
    if "fused" not in record.options():
        assert not record.fused
        return
    (optimizer,) = build_optimizers(OptimizerSpec(name=name), [p], fused=True)
    assert "cpu" in record.fused
    optimizer.step()
    assert optimizer.param_groups[0]["fused"] is True


@pytest.mark.parametrize("name", CATALOGUE)
def test_adaptive_optimizers_move_as_far_whatever_the_gradients_size(name):
    def moved(scale):
        random = torch.Generator().manual_seed(0)
        p = nn.Parameter(torch.ones(4, 3, dtype=torch.float64))
        updater = Updater(OptimizerSpec(name=name, lr=0.01), {"w": p}, constant)
        for t in range(40):
            if t == 10:  # RAdam's first updates are not adaptive
                before = p.detach().clone()
            updater.step(t, [scale * torch.randn(4, 3, generator=random, dtype=torch.float64)])
        return (p.detach() - before).norm().item()

    ratio = moved(1e4) / moved(10.0)
    if CATALOGUE[name].adaptive:
        assert ratio == pytest.approx(1.0, rel=0.05)
    elif name == "sgd":
        assert ratio == pytest.approx(1e3)


UNSCALED = [
    name
    for name, spec in SPECS.items()
    if CATALOGUE[spec.name].stability and CATALOGUE[spec.name].second_moment is None
]


@pytest.mark.parametrize("name", UNSCALED)
def test_updates_along_an_eigenvector_grow_above_the_threshold_alone(name):
    spec = SPECS[name]
    edge = CATALOGUE[spec.name].stability(spec) / spec.lr
    for factor, grows in ((0.97, False), (1.03, True)):
        w = nn.Parameter(torch.ones(1, dtype=torch.float64))
        updater = Updater(spec, {"w": w}, constant)
        for t in range(1500):
            updater.step(t, [factor * edge * w.detach()])
        assert (w.abs().item() > 10) == grows


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "rmsprop"},
        {"name": "rmsprop", "options": {"centered": True}},
        {"name": "adam", "betas": (0.0, 0.95)},
        {"name": "adam", "betas": (0.0, 0.95), "options": {"amsgrad": True}},
        {"name": "adamw", "betas": (0.0, 0.95), "eps": 1e-3},
        {"name": "nadam", "betas": (0.0, 0.9)},
    ],
    ids=str,
)
def test_the_preconditioner_is_what_torch_divides_by(fields):
    # Without a first moment the last step is -lr g / (sqrt(v) + eps).
    random = torch.Generator().manual_seed(1)
    w = nn.Parameter(torch.zeros(6, dtype=torch.float64))
    spec = OptimizerSpec(lr=0.1, **fields)
    updater = Updater(spec, {"w": w}, constant)
    for t in range(8):
        before = w.detach().clone()
        g = torch.randn(6, generator=random, dtype=torch.float64) * (8 - t)
        updater.step(t, [g])
    expected = (before - w.detach()) / (0.1 * g)
    torch.testing.assert_close(preconditioner(updater.state_dict(), {"w": w}, spec), expected)


@pytest.mark.parametrize("name", ["lars", "lamb"])
def test_without_its_package_an_optimizer_names_the_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    with pytest.raises(
        InputError, match=r"needs pytorch_optimizer: pip install 'batchwright\[optimizers\]'$"
    ):
        plan_update(OptimizerSpec(name=name))


@pytest.mark.parametrize("name", ["lars", "lamb"])
def test_the_relative_step_of_a_matrix_does_not_depend_on_its_scale(name):
    moved = []
    for scale in (1.0, 0.01):
        w = nn.Parameter(scale * torch.ones(4, 3, dtype=torch.float64))
        before = w.detach().clone()
        spec = OptimizerSpec(name=name, lr=0.1, eps=1e-12 if name == "lamb" else None)
        gradient = torch.linspace(0.5, 1.0, 12, dtype=torch.float64).reshape(4, 3)
        Updater(spec, {"w": w}, constant).step(0, [gradient])
        assert gradient[0, 0] == 0.5  # the caller's gradients stay as they are
        moved.append((w.detach() - before).norm().item() / before.norm().item())
    # LARS by trust_coefficient lr; LAMB by lr over its first correction.
    assert moved == pytest.approx([0.1 * 1e-3] * 2 if name == "lars" else [0.1 / (1 - 0.9)] * 2)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValidationError) as error:
        OptimizerSpec(name="adm")
    assert one_line(error.value) == (
        f"name: must be one of {', '.join(CATALOGUE)}, got 'adm': did you mean 'adam'?"
    )


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_stored_spec_still_validates_and_is_written_as_before(name):
    text = (
        f'{{"name":"{name}","lr":0.1,"momentum":0.0,"momentum_form":"heavy_ball","betas":null,"eps":null,'
        '"weight_decay":0.0,"decay_form":null,"l1":0.0,"clip_norm":null,"schedule":{"name":"constant",'
        '"warmup_steps":0,"horizon":null,"decay":0.95,"power":1.0,"floor":0.0},"options":{}}'
    )
    assert OptimizerSpec.model_validate_json(text).model_dump_json() == text


class Signum(torch.optim.Optimizer):
    """w <- w - lr sign(m), m <- momentum m + g: an optimizer that the package does not know."""

    def __init__(self, params, lr=0.01, momentum=0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    m = self.state[p].setdefault("m", torch.zeros_like(p))
                    m.mul_(group["momentum"]).add_(p.grad)
                    p.sub_(m.sign(), alpha=group["lr"])


def test_one_record_is_all_that_an_optimizer_needs(monkeypatch):
    record = OptimizerRecord(
        torch=Signum, usual_lr=0.01, takes=frozenset({"momentum"}), state={"m": StateTensor()}
    )
    monkeypatch.setitem(CATALOGUE, "signum", record)
    spec = OptimizerSpec(name="signum", momentum=0.5, weight_decay=0.1, decay_form="decoupled")
    assert OptimizerSpec.model_validate_json(spec.model_dump_json()) == spec
    assert plan_update(spec).decoupled == 0.1

    start = {"a": np.ones((2, 3)), "b": np.zeros(4)}
    ends = []
    for flat in (True, False):
        params = parameters(start)
        updater = Updater(spec, params, constant, flat=flat)
        for t in range(6):
            if t == 3:  # a checkpoint on the way
                state = updater.state_dict()
                assert state["m/a"].shape == (2, 3)
                updater = Updater(spec, params, constant, flat=flat)
                updater.load_state_dict(state)
            updater.step(t, [torch.full_like(p, 1.0 - 0.4 * t) for p in params.values()])
        ends.append(params)
    m, w = 0.0, 1.0
    for t in range(6):
        m = 0.5 * m + 1.0 - 0.4 * t
        w = w * (1 - 0.1 * 0.1) - 0.1 * np.sign(m)
    for params in ends:
        np.testing.assert_allclose(params["a"].detach(), np.full((2, 3), w), rtol=1e-12)
    with pytest.raises(InputError, match="holds exp_avg of 'a', which signum does not keep"):
        updater.load_state_dict(state | {"exp_avg/a": state["m/a"]})

    assert scale_spec(spec, 4, "sqrt").lr == pytest.approx(0.2)
    with pytest.raises(InputError, match="got signum: use linear or sqrt"):
        scale_spec(spec, 4, "adam")
    with pytest.raises(InputError, match="after a step, got signum"):
        preconditioner(state, params, spec)
    with pytest.raises(InputError, match="momentum applies to sgd, rmsprop, muon, lars and signum, got"):
        plan_update(OptimizerSpec(name="adagrad", momentum=0.9))
