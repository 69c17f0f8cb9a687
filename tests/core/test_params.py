import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from batchwright.core import params as p
from batchwright.core.errors import InputError


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


def test_flatten_and_unflatten_are_inverse(model):
    own = p.parameters_of(model)
    vector = p.flatten(own)
    assert vector.shape == (3 * 4 + 4 + 4 * 2 + 2,)
    back = p.unflatten(vector, own)
    assert list(back) == list(own)
    assert all(torch.equal(back[name], own[name]) for name in own)


def test_algebra_against_the_flat_vectors(model):
    a = p.parameters_of(model)
    b = p.map_params(torch.randn_like, a)
    assert torch.equal(p.flatten(p.add(a, b, scale=2.0)), p.flatten(a) + 2.0 * p.flatten(b))
    assert torch.equal(p.flatten(p.sub(a, b)), p.flatten(a) - p.flatten(b))
    assert torch.equal(p.flatten(p.scale(a, 3.0)), 3.0 * p.flatten(a))
    assert torch.allclose(p.dot(a, b), p.flatten(a) @ p.flatten(b))
    assert torch.allclose(p.norm(a), p.flatten(a).norm())


def test_arguments_are_left_alone_and_copies_do_not_follow_the_model(model):
    own = p.parameters_of(model)
    before = p.flatten(own).clone()
    p.add(own, own)
    with torch.no_grad():
        model[0].weight.add_(1.0)
    assert torch.equal(p.flatten(own), before)
    p.load_parameters(model, own)
    assert torch.equal(p.flatten(p.parameters_of(model)), before)


def test_tied_parameters_appear_once():
    first = nn.Linear(2, 2, bias=False)
    second = nn.Linear(2, 2, bias=False)
    second.weight = first.weight
    assert len(p.parameters_of(nn.Sequential(first, second))) == 1


def test_mismatches_are_refused(model):
    own = p.parameters_of(model)
    with pytest.raises(InputError, match="names must agree"):
        p.add(own, {"x": torch.zeros(1)})
    with pytest.raises(InputError, match="must have 26 entries, got 3"):
        p.unflatten(torch.zeros(3), own)
    with pytest.raises(InputError, match="no parameter 'x'"):
        p.load_parameters(model, {"x": torch.zeros(1)})
    with pytest.raises(InputError, match=r"shape \(4,\), got \(5,\)"):
        p.load_parameters(model, {"0.bias": torch.zeros(5)})


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), st.floats(-3, 3))
def test_norm_is_homogeneous(values, factor):
    a = {"x": torch.tensor(values, dtype=torch.float64)}
    assert float(p.norm(p.scale(a, factor))) == pytest.approx(abs(factor) * float(p.norm(a)), abs=1e-9)
