"""A small problem whose gradients and Hessian are written out by plain autograd."""

from __future__ import annotations

import torch
from torch import nn

from batchwright.core.streams import generator
from batchwright.task.task import Task


def small_net_task(examples=50, dtype=torch.float64, model=None):
    random = generator(1, "small-net")
    x = torch.randn(examples, 4, generator=random, dtype=dtype)
    y = torch.randn(examples, 2, generator=random, dtype=dtype)
    return Task(
        name="small-net",
        model=model or (lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)),
        train=(x, y), validation=(x, y), loss=lambda out, t: ((out - t) ** 2).sum(1),
    )  # fmt: skip


def explicit_gradients(model, task, count=None):
    """One gradient an example, by plain autograd; zeros for parameters without one."""
    params = list(model.parameters())
    rows = []
    for i in range(len(task.train) if count is None else count):
        inputs, targets = task.train.gather(torch.tensor([i]))
        found = torch.autograd.grad(task.loss(model(inputs), targets).sum(), params, allow_unused=True)
        pairs = zip(found, params, strict=True)
        rows.append(torch.cat([(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in pairs]))
    return torch.stack(rows)


def explicit_hessian(model, task):
    names = [n for n, _ in model.named_parameters()]
    shapes = [p.shape for p in model.parameters()]
    start = torch.cat([p.detach().reshape(-1) for p in model.parameters()])

    def loss(vector):
        pieces = vector.split([s.numel() for s in shapes])
        params = {n: p.view(s) for n, p, s in zip(names, pieces, shapes, strict=True)}
        out = torch.func.functional_call(model, params, (task.train.inputs,))
        return task.loss(out, task.train.targets).mean()

    return torch.func.hessian(loss)(start)
