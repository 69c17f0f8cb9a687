"""Two ranks under torchrun: what the monitor measures is what plain autograd gives over both ranks' micro-batches.

Run by ``test_data_parallel.py``; each check is made on both ranks, and the last line is printed by the first.
"""

import copy
import sys

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

import batchwright as bw

MICRO, STEPS, RANKS = 6, 6, 2


class Net(nn.Module):
    """With a part that only the second rank uses."""

    def __init__(self):
        super().__init__()
        self.first, self.apart, self.last = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, 2)
        self.double()

    def forward(self, x, apart=False):
        hidden = self.first(x).tanh()
        return self.last(self.apart(hidden) if apart else hidden)


def drawn(step, rank, number, size=MICRO):
    random = torch.Generator().manual_seed(1000 * step + 10 * rank + number)
    x = torch.randn(size, 4, generator=random, dtype=torch.float64)
    return x, x[:, :2] + torch.randn(size, 2, generator=random, dtype=torch.float64)


def loss_of(model, batch, apart):
    return (model(batch[0], apart) - batch[1]).square().sum(1).mean()


def size_of(rank, uneven):
    return MICRO - 2 * rank if uneven else MICRO


def trained(count, *, watch, hook=False, apart=False, uneven=False, clip=None):
    """A loop with ``count`` micro-batches a rank; its monitor, its model, and the moments by hand."""
    torch.manual_seed(0)
    net = Net()
    model = DistributedDataParallel(net, find_unused_parameters=True)
    if hook:
        model.register_comm_hook(None, allreduce_hook)
    total = MICRO * count * RANKS
    monitor = bw.NoiseMonitor(model, batch_size=total, micro_batch_size=MICRO, every=2) if watch else None
    optimizer, rank, expected = torch.optim.SGD(model.parameters(), lr=0.05), dist.get_rank(), []
    for step in range(STEPS):
        if step % 2 == 0:
            expected.append(by_hand(copy.deepcopy(net), step, count, apart, uneven))
        for number in range(count):
            batch = drawn(step, rank, number, size_of(rank, uneven))
            model.require_backward_grad_sync = number == count - 1  # what no_sync sets
            (loss_of(model, batch, apart and rank == 1) / count).backward()
            if uneven and watch:
                monitor.micro_batch(examples=size_of(rank, uneven))
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        if watch:
            monitor.step()
        optimizer.step()
        optimizer.zero_grad()
    return monitor, net, np.array(expected)


def by_hand(net, step, count, apart, uneven):
    """|G|^2 and tr(Sigma) by the formulas of ``micro_batches``, written out."""
    gradients, sizes = [], []
    params = list(net.parameters())
    for rank in range(RANKS):
        for number in range(count):
            batch = drawn(step, rank, number, size_of(rank, uneven))
            loss = loss_of(net, batch, apart and rank == 1)
            parts = torch.autograd.grad(loss, params, allow_unused=True)
            parts = [torch.zeros_like(p) if g is None else g for g, p in zip(parts, params, strict=True)]
            gradients.append(torch.cat([g.flatten() for g in parts]))
            sizes.append(size_of(rank, uneven))
    gradients, share = torch.stack(gradients), 1 / len(sizes)
    whole = float(gradients.mean(0).square().sum())
    p, q = sum(share / b for b in sizes), sum(share**2 / b for b in sizes)
    trace = (float(gradients.square().sum(1).mean()) - whole) / (p - q)
    return whole - q * trace, trace


def main():
    dist.init_process_group("gloo")
    torch.set_num_threads(1)
    for options in (
        {"count": 1},
        {"count": 3},
        {"count": 2, "hook": True, "clip": 0.01},
        {"count": 2, "apart": True, "uneven": True},
    ):
        monitor, net, expected = trained(**options, watch=True)
        np.testing.assert_allclose(monitor.state_dict()["steps"], expected, rtol=1e-9, err_msg=str(options))
        assert monitor.reading().ranks == RANKS
        _, plain, _ = trained(**options, watch=False)
        assert all(torch.equal(a, b) for a, b in zip(net.parameters(), plain.parameters(), strict=True))
    model = DistributedDataParallel(Net(), find_unused_parameters=True)
    short = bw.NoiseMonitor(model, batch_size=4 * MICRO, micro_batch_size=MICRO)
    loss_of(model, drawn(0, dist.get_rank(), 0), False).backward()
    short.step()
    assert short.reading().skipped == {"short": 1}
    sys.stdout.write(f"agreed {dist.get_rank()}\n")  # in one piece
    sys.stdout.flush()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
