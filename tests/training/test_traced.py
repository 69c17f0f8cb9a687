"""Forward passes that somebody wrote, on stacks: against the models by themselves, and what must not be stacked."""

import random

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from batchwright.training.traced import forward_of_stack, is_faithful


class Plain(nn.Module):
    def __init__(self, width=5):
        super().__init__()
        self.hidden, self.head = nn.Linear(6, width), nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.hidden(x).relu())


class Residual(nn.Module):
    """Functions, methods and operators, layers used twice, a chain inside, a column that is spread."""

    def __init__(self):
        super().__init__()
        self.into, self.block = nn.Linear(6, 4), nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4), nn.GELU())
        self.gate, self.head = nn.Linear(4, 1), nn.Linear(4, 3)

    def forward(self, x):
        x = torch.tanh(self.into(x.view(x.size(0), -1)))
        x = x + self.block(x)
        x = F.relu(x + 0.5 * self.block(x)) * torch.sigmoid(self.gate(x))
        return self.head(torch.flatten(x, 1)) / 2


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.pool, self.head = nn.Conv2d(1, 4, 2), nn.MaxPool2d((1, 2)), nn.Linear(4, 3)

    def forward(self, x):
        x = self.pool(F.relu(self.first(x.view(-1, 1, 2, 3))))
        return self.head(x.reshape(x.shape[0], -1))


class Column(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(6, 1)

    def forward(self, x):
        return self.head(x).squeeze(1)


KNOWN = [Plain, Residual, Images, Column]


@pytest.mark.parametrize("kind", KNOWN)
def test_stacks_give_what_the_models_give_alone_and_so_do_their_gradients(kind):
    models = [kind().double() for _ in range(3)]
    named = [dict(m.named_parameters()) for m in models]
    forward = forward_of_stack(models[0])
    x = torch.randn(3, 7, 6, dtype=torch.float64)
    stacks = {name: torch.stack([own[name].detach() for own in named]).requires_grad_() for name in named[0]}
    together = forward(stacks, x)
    alone = torch.stack([m(one) for m, one in zip(models, x, strict=True)])
    torch.testing.assert_close(together, alone, rtol=1e-12, atol=1e-12)
    together.square().sum().backward()
    alone.square().sum().backward()
    for name, stack in stacks.items():
        own = torch.stack([params[name].grad for params in named])
        torch.testing.assert_close(stack.grad, own, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KNOWN)
def test_what_is_known_is_faithful(kind):
    model = kind()
    assert is_faithful(forward_of_stack(model), model, torch.randn(3, 6))


class Own(nn.Module):
    """A net whose forward pass is given."""

    def __init__(self, forward):
        super().__init__()
        self.layer, self.calls = nn.Linear(6, 6), 0
        self.does = forward

    def forward(self, x):
        self.calls += 1
        return self.does(self, x)


@pytest.mark.parametrize(
    "forward",
    [
        lambda net, x: F.dropout(net.layer(x), 0.5, net.training),
        lambda net, x: net.layer(x) if net.training else 2 * net.layer(x),
        lambda net, x: net.layer(x) * net.calls,
        lambda net, x: net.layer(x) * random.random(),
        lambda net, x: net.layer(x) + torch.randn_like(x),
        lambda net, x: net.layer(x) - net.layer(x).mean(0),
        lambda net, x: net.layer(x) / x.shape[0],
        lambda net, x: net.layer(x) if x.sum() > 0 else x,
        lambda net, x: net.layer(x).softmax(1),
        lambda net, x: net.layer(x)[:, :3],
        lambda net, x: net.layer(x).flatten(),
        lambda net, x: net.layer(x).view(-1),
        lambda net, x: x @ net.layer.weight,
        lambda net, x: (net.layer(x), x),
    ],
)
def test_what_is_not_known_or_not_the_same_every_time_is_left_alone(forward):
    model = Own(forward)
    assert forward_of_stack(model) is None
    assert model.training  # as it was


def test_a_hook_or_a_second_input_is_left_alone():
    hooked = Plain()
    hooked.hidden.register_forward_hook(lambda module, inputs, outputs: 2 * outputs)
    assert forward_of_stack(hooked) is None

    class Two(Plain):
        def forward(self, x, scale=1.0):
            return super().forward(x) * scale

    assert forward_of_stack(Two()) is None


def test_tensors_that_do_not_line_up_on_a_stack_are_found_out():
    """One number an example, spread over the columns of another tensor: on a stack that means something else."""

    class Crossed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.one = nn.Linear(6, 3), nn.Linear(6, 1)

        def forward(self, x):
            return self.layer(x) * self.one(x).squeeze(1)

    model = Crossed()
    assert not is_faithful(forward_of_stack(model), model, torch.randn(3, 6))
