import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from batchwright.core.errors import InputError
from batchwright.optim import OptimizerSpec, Updater, build_optimizers

from .cases import ELEMENTWISE, PROBLEMS, SPECS, parameters, run


def constant(step):
    return 1.0


def shadow(params):
    return {k: p.detach().clone() for k, p in params.items()}


def same(a, b):
    return all(torch.equal(a[k].detach(), b[k].detach()) for k in a)


def gradients(params, seed, without=()):
    generator = torch.Generator().manual_seed(seed)
    made = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in params.values()]
    return [None if k in without else g for k, g in zip(params, made, strict=True)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_flat_path_equals_the_path_tensor_by_tensor(name, dtype):
    start = PROBLEMS["quadratic"].start
    flat, loose = parameters(start, dtype), parameters(start, dtype)
    updaters = [(Updater(SPECS[name], flat, constant, flat=True), flat)]
    updaters += [(Updater(SPECS[name], loose, constant, flat=False), loose)]
    # bfloat16 rounds at every operation, and torch's kernels differ in how many they make.
    for t in range(2 if dtype == torch.bfloat16 else 15):
        for updater, params in updaters:
            updater.step(t, gradients(params, t))
    tol = {torch.float64: 1e-13, torch.float32: 1e-5, torch.bfloat16: 2e-2}[dtype]
    for k in flat:
        torch.testing.assert_close(flat[k], loose[k], rtol=tol, atol=tol)
    assert not torch.equal(flat["c"].double(), torch.tensor(start["c"]))


@pytest.mark.parametrize("flat", [None, False])
@pytest.mark.parametrize("stop", [1, 7])
@pytest.mark.parametrize("name", SPECS)
def test_a_resumed_run_is_bitwise_the_uninterrupted_one(name, stop, flat):
    spec = SPECS[name].model_copy(update={"clip_norm": 5.0, "weight_decay": 0.01, "l1": 1e-3})
    problem, factor = PROBLEMS["matrices"], lambda t: 0.95**t
    whole = parameters(problem.start, torch.float32)
    run(Updater(spec, whole, factor, flat=flat), whole, problem, 14)

    first = parameters(problem.start, torch.float32)
    updater = Updater(spec, first, factor, flat=flat)
    run(updater, first, problem, stop)
    stored = load(save(updater.state_dict()))
    second = {k: nn.Parameter(v) for k, v in shadow(first).items()}
    resumed = Updater(spec, second, factor, flat=flat)
    resumed.load_state_dict(stored)
    run(resumed, second, problem, 14 - stop, first=stop)
    assert same(whole, second)
    assert not same(whole, first)


def test_the_state_is_a_copy_and_names_each_parameter():
    params = parameters(PROBLEMS["matrices"].start)
    updater = Updater(SPECS["adam"], params, constant)
    assert updater.state_dict() == {}
    updater.step(0, gradients(params, 0))
    before = updater.state_dict()
    kept = {k: v.clone() for k, v in before.items()}
    updater.step(1, gradients(params, 1))
    assert all(torch.equal(before[k], kept[k]) for k in kept)
    assert before["exp_avg/W1"].shape == (2, 3)
    assert before["step/bias"].item() == 1
    torch.testing.assert_close(before["exp_avg/W2"], 0.1 * gradients(params, 0)[1])


def test_loading_after_steps_goes_back():
    params = parameters(PROBLEMS["matrices"].start)
    updater = Updater(SPECS["adam"], params, constant)
    updater.step(0, gradients(params, 0))
    state, at = updater.state_dict(), shadow(params)
    ends = []
    for _ in range(2):
        updater.load_state_dict(state)
        for k, p in params.items():
            p.data.copy_(at[k])
        updater.step(1, gradients(params, 1))
        ends.append(shadow(params))
    assert same(*ends)
    assert not same(ends[0], at)


@pytest.mark.parametrize("name", ["heavy_ball", "adam", "rmsprop", "adagrad", "sgd", "rprop"])
@pytest.mark.parametrize("flat", [True, False])
def test_parameters_without_a_gradient_are_skipped_as_torch_does(name, flat):
    # b has no gradient at first and then gets one; c loses its own on the way.
    absent = [("b",), ("b",), (), ("c",), ("c",), ()]
    start = PROBLEMS["quadratic"].start
    # Rprop's L2 is ours, so that torch's own run has none.
    spec = SPECS[name].model_copy(update={"weight_decay": 0.0 if name == "rprop" else 0.1})
    params, plain = parameters(start), parameters(start)
    updater = Updater(spec, params, constant, flat=flat)
    (reference,) = build_optimizers(spec, list(plain.values()))
    for t, without in enumerate(absent):
        grads = gradients(params, t, without)
        updater.step(t, grads)
        for p, g in zip(plain.values(), grads, strict=True):
            p.grad = g
        reference.step()
        for k in params:
            torch.testing.assert_close(params[k], plain[k], rtol=1e-13, atol=1e-13)
        # A checkpoint taken in any of these states must load.
        Updater(spec, parameters(start), constant, flat=flat).load_state_dict(updater.state_dict())


def test_flattening_keeps_parameters_their_identity_and_their_layout():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2))
    model = model.to(memory_format=torch.channels_last)
    model[2].weight = nn.Parameter(torch.randn(4, 2).t())  # dense, columns first
    wide = torch.randn(2, 9)
    model[2].bias = nn.Parameter(wide[:, 4])  # strided, not dense
    params, before = dict(model.named_parameters()), shadow(dict(model.named_parameters()))
    twin = {k: nn.Parameter(v.clone()) for k, v in before.items()}
    ids = {k: id(p) for k, p in params.items()}
    spec = OptimizerSpec(lr=0.1, momentum=0.9, weight_decay=0.1)
    flat, loose = Updater(spec, params, constant, flat=True), Updater(spec, twin, constant, flat=False)
    for t in range(3):
        flat.step(t, gradients(params, t))
        loose.step(t, gradients(params, t))
    after = dict(model.named_parameters())
    assert {k: id(p) for k, p in after.items()} == ids
    assert (
        params["0.weight"].stride() == before["0.weight"].stride() != params["0.weight"].contiguous().stride()
    )
    assert params["2.weight"].stride() == (1, 2)
    for k in params:
        torch.testing.assert_close(params[k], twin[k], rtol=1e-6, atol=1e-6)
    storages = {p.untyped_storage().data_ptr() for p in params.values()}
    assert len(storages) == 1
    out = model(torch.randn(5, 3, 3, 3)).sum()
    out.backward()
    assert all(p.grad is not None for p in params.values())


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("name", ["heavy_ball", "adam", "adamw", "adagrad", "rmsprop"])
def test_gradients_in_another_memory_order_than_their_parameter(name, flat):
    start = {"w": np.zeros((3, 4)), "b": np.zeros(3), "k": np.zeros((2, 3, 4, 4))}
    params, twin = parameters(start), parameters(start)
    params["k"].data = params["k"].data.contiguous(memory_format=torch.channels_last)
    odd, plain = (
        Updater(SPECS[name], params, constant, flat=flat),
        Updater(SPECS[name], twin, constant, flat=flat),
    )
    for t in range(4):
        grads = gradients(params, t)
        grads[1] = torch.full((3,), 0.5 + t, dtype=torch.float64)
        plain.step(t, grads)
        transposed = grads[0].t().contiguous().t()
        expanded = torch.tensor(0.5 + t, dtype=torch.float64).expand(3)
        odd.step(t, [transposed, expanded, grads[2]])
        # A reloaded state must come back in the parameter's order.
        odd.load_state_dict(odd.state_dict())
        for k in params:
            torch.testing.assert_close(params[k], twin[k], rtol=1e-13, atol=1e-13)


def test_tied_parameters_move_once():
    a = nn.Linear(3, 3, bias=False)
    model = nn.Sequential(a, nn.ReLU(), a)
    params = dict(model.named_parameters())
    assert list(params) == ["0.weight"]
    before = a.weight.detach().clone()
    Updater(OptimizerSpec(lr=0.5), params, constant, flat=True).step(0, [torch.ones(3, 3)])
    torch.testing.assert_close(a.weight.detach(), before - 0.5)
    assert model[0].weight is model[2].weight


@pytest.mark.parametrize("name", ["velocity", "adam", "muon"])
def test_the_callers_gradients_are_left_alone(name):
    params = parameters(PROBLEMS["matrices"].start)
    spec = SPECS[name].model_copy(update={"clip_norm": 0.1, "weight_decay": 0.2, "decay_form": "l2"})
    grads = gradients(params, 0)
    kept = [g.clone() for g in grads]
    for flat in (None, False):
        Updater(spec, params, constant, flat=flat).step(0, grads)
        assert all(torch.equal(g, k) for g, k in zip(grads, kept, strict=True))
        assert all(p.grad is None for p in params.values())


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_no_gradient_stays_with_a_parameter(name):
    params = parameters(PROBLEMS["quadratic"].start)
    for p in params.values():
        p.grad = torch.ones_like(p)
    updater = Updater(OptimizerSpec(name=name, lr=0.1), params, constant, flat=False)
    updater.step(0, gradients(params, 0))
    assert all(p.grad is None for p in params.values())


def test_lr_and_gradient_norm():
    params = parameters({"a": np.zeros((2, 2)), "b": np.zeros(1), "c": np.zeros(3)})
    updater = Updater(OptimizerSpec(lr=0.5), params, lambda t: 1 / (1 + t))
    assert updater.lr(0) == 0.5
    assert updater.lr(4) == 0.1
    grads = [torch.full((2, 2), 3.0), torch.tensor([8.0]), None]
    norm = updater.grad_norm(grads)
    assert norm.shape == ()
    assert norm.item() == 10.0


@pytest.mark.parametrize("flat", [True, False])
def test_clipping_is_by_the_global_norm_and_only_downwards(flat):
    params = parameters({"a": np.zeros(1), "b": np.zeros(1)})
    updater = Updater(OptimizerSpec(lr=1.0, clip_norm=1.0), params, constant, flat=flat)
    updater.step(0, [torch.tensor([3.0]).double(), torch.tensor([4.0]).double()])
    assert [p.item() for p in params.values()] == pytest.approx([-0.6, -0.8])
    updater.step(1, [torch.tensor([0.3]).double(), torch.tensor([0.0]).double()])
    assert [p.item() for p in params.values()] == pytest.approx([-0.9, -0.8])
    updater.step(2, [torch.zeros(1).double(), torch.zeros(1).double()])
    assert [p.item() for p in params.values()] == pytest.approx([-0.9, -0.8])


def test_not_a_number_is_not_hidden():
    params = parameters({"a": np.ones(2)})
    spec = OptimizerSpec(lr=1.0, clip_norm=1.0, l1=0.1)
    Updater(spec, params, constant).step(0, [torch.tensor([float("nan"), 1.0]).double()])
    assert params["a"].isnan().all()


def test_the_layout_follows_the_size_of_the_tensors():
    def joined(shapes, name="sgd"):
        params = parameters({str(i): np.zeros(s) for i, s in enumerate(shapes)})
        updater = Updater(OptimizerSpec(name=name), params, constant)
        updater.arrange(gradients(params, 0))
        return updater.state_dict()["joined"].tolist()

    assert joined([(64, 64), 64, (10, 64), 10]) == [True] * 4
    assert joined([(300, 300), 300]) == [False] * 2
    assert joined([(100, 300), 300], "rmsprop") == [True] * 2
    assert joined([5]) == [False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exp_avg/W1": torch.zeros(3, 3)}, "exp_avg of 'W1' must have shape (2, 3), got (3, 3)"),
        ({"exp_avg/V": torch.zeros(3)}, "names 'V', and the model has no such parameter"),
        ({"step/W1": torch.tensor(9.0)}, "joined parameters must agree in their optimizer's step"),
        ({"joined": torch.tensor([True])}, "must describe 3 parameters"),
        ({"exp_avg/W1": None}, "must hold exp_avg of 'W1', got none"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(change, message):
    params = parameters(PROBLEMS["matrices"].start)
    updater = Updater(SPECS["adam"], params, constant)
    updater.step(0, gradients(params, 0))
    state = {k: v for k, v in (updater.state_dict() | change).items() if v is not None}
    with pytest.raises(InputError) as error:
        updater.load_state_dict(state)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("spec", "arguments", "message"),
    [
        (SPECS["adafactor"], {"flat": True}, "flat=True needs an elementwise optimizer"),
        (
            SPECS["muon"],
            {"params": {"b": nn.Parameter(torch.zeros(2))}},
            "muon needs a parameter with two dimensions",
        ),
        (SPECS["sgd"], {"params": {}}, "at least one trainable parameter, got none"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(spec, arguments, message):
    arguments = {"params": parameters(PROBLEMS["matrices"].start)} | arguments
    with pytest.raises(InputError, match=message):
        Updater(spec, factor=constant, **arguments)


def test_a_wrong_number_of_gradients_is_refused():
    params = parameters(PROBLEMS["matrices"].start)
    with pytest.raises(InputError, match=r"step needs 3 gradients, one a parameter, got 1"):
        Updater(SPECS["sgd"], params, constant).step(0, [torch.zeros(2, 3)])


def test_a_sparse_gradient_is_refused():
    table = nn.Parameter(torch.zeros(4, 2))
    with pytest.raises(InputError, match="gradients must be dense, got a sparse one"):
        Updater(SPECS["sgd"], {"table": table}, constant).step(0, [torch.eye(4, 2).to_sparse()])
