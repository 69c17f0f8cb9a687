"""What the tasks around here share: data that can be learnt, a small net, and how a task is made of them."""

import torch
from torch import nn

from batchwright.task import Task

FEATURES, CLASSES = 6, 3


def points(count=240, seed=0):
    """Normal inputs, and the class of the largest of three fixed linear functions."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(count, FEATURES, generator=random)
    rule = torch.randn(FEATURES, CLASSES, generator=torch.Generator().manual_seed(99))
    return x, (x @ rule).argmax(dim=1)


def numbers(count=240, seed=0):
    """Normal inputs, and a noisy linear function of them, shape (count,)."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(count, FEATURES, generator=random)
    y = x @ torch.linspace(-1, 1, FEATURES) + 0.1 * torch.randn(count, generator=random)
    return x, y


def net(inputs=FEATURES, outputs=CLASSES, hidden=16):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, outputs))


def task(**changed):
    """A sound task of three classes, with some of its parts changed."""
    parts = {
        "model": net,
        "train": points(),
        "validation": points(240, 1),
        "loss": "cross_entropy",
        "target": "loss=0.3",
    }
    return Task(**{"name": "tried", **parts, **changed})


def regression(**changed):
    """A sound regression, with some of its parts changed."""
    data = {"train": numbers(), "validation": numbers(240, 1)}
    return Task(
        **{
            "name": "tried",
            "model": lambda: net(outputs=1),
            "loss": "mse",
            "target": "loss=0.1",
            **data,
            **changed,
        }
    )
