"""A task with three faults that people make: `batchwright doctor examples/broken_task.py:task` finds them."""

import torch
from torch import nn

from batchwright.task import Task


def net():
    return nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1))


def squared(outputs, targets):
    return ((outputs - targets) ** 2).mean(dim=1)  # shapes (batch, 1) and (batch,)


def task():
    random = torch.Generator().manual_seed(0)
    x = torch.randn(400, 6, generator=random)
    y = x @ torch.linspace(-1, 1, 6) + 0.1 * torch.randn(400, generator=random)
    rare = y > 1.5
    x, y = torch.cat([x, x[rare]]), torch.cat([y, y[rare]])  # more of what is rare, before the split
    return Task(model=net, train=(x, y), validation=0.2, loss=squared, target="loss=0.1")
