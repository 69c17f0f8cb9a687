"""Monitors, probes of somebody's own step, and runs under torchrun on a GPU; skipped without one.

python -m pytest tests/device
"""

import json
import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import batchwright as bw
from batchwright.core.streams import generator

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

MICRO, COUNT = 16, 4


def net(width=32):
    random = generator(0, "init")
    model = nn.Sequential(nn.Linear(20, width), nn.Tanh(), nn.Linear(width, 5))
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=random) / 4)
    return model.cuda()


def batches(count):
    random = generator(0, "data")
    x = torch.randn(count, MICRO, 20, generator=random)
    return x.cuda(), x[:, :, :5].argmax(2).cuda()


def trained(monitored, steps=30, precision="float32", lr=0.05):
    """The weights in the end, the monitor, and each step's squared norms by plain autograd."""
    model, (x, y) = net(), batches(COUNT * steps)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    scaler = torch.amp.GradScaler("cuda", enabled=precision == "float16", init_scale=2.0**10)
    monitor = bw.NoiseMonitor(
        model, batch_size=MICRO * COUNT, micro_batch_size=MICRO, every=1, optimizer=optimizer, scaler=scaler
    ) if monitored else None  # fmt: skip
    by_hand = []
    for step in range(steps):
        each = []
        for k in range(COUNT):
            i = COUNT * step + k
            with torch.autocast("cuda", getattr(torch, precision), enabled=precision != "float32"):
                loss = F.cross_entropy(model(x[i]), y[i])
            if not monitored:
                gradients = torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)
                each.append(float(sum(g.double().square().sum() for g in gradients)))
            scaler.scale(loss / COUNT).backward()
        if monitor is not None:
            monitor.step()
        scaler.unscale_(optimizer)
        if not monitored:
            whole = float(sum(p.grad.double().square().sum() for p in model.parameters()))
            mean = sum(each) / COUNT
            trace = (mean - whole) / (1 / MICRO - 1 / (MICRO * COUNT))
            by_hand.append((whole - trace / (MICRO * COUNT), trace))
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
    return torch.cat([p.detach().flatten() for p in model.parameters()]), monitor, by_hand


@pytest.mark.parametrize(
    ("precision", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.05), ("float16", 0.01)]
)
def test_a_monitor_on_a_gpu_reads_what_plain_autograd_gives_and_changes_nothing(precision, tolerance):
    plain, _, by_hand = trained(False, precision=precision)
    watched, monitor, _ = trained(True, precision=precision)
    assert torch.equal(plain, watched)
    reading = monitor.reading()
    assert reading.steps == 30
    signal, trace = (sum(column) / len(column) for column in zip(*by_hand, strict=True))
    assert reading.trace_sigma.value == pytest.approx(trace, rel=tolerance)
    assert reading.grad_sq_norm.value == pytest.approx(signal, rel=20 * tolerance)


def test_a_probe_of_a_step_on_a_gpu_leaves_no_trace():
    def run(probed):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(20, 64), nn.Dropout(0.3), nn.ReLU(), nn.Linear(64, 5)).cuda()
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        x, y = (part.flatten(0, 1) for part in batches(16))

        def step(batch):
            optimizer.zero_grad()
            F.cross_entropy(model(batch[0]), batch[1]).backward()
            optimizer.step()

        for _ in range(5):
            step((x[:32], y[:32]))
        if probed:
            with bw.attach(step=step, model=model, optimizer=optimizer, batch=(x[:32], y[:32])) as probe:
                seconds = probe.seconds_per_step([16, 64])
                largest = probe.largest_batch()
            assert largest is not None
            assert seconds is not None
        for _ in range(20):
            step((x[:32], y[:32]))
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(run(False), run(True))


def test_a_run_of_one_rank_over_nccl_is_the_run_by_itself():
    asked = ["-m", "batchwright", "train", "digits", "--batch-size", "50", "--lr", "0.1", "--steps", "60",
             "--device", "cuda", "--json"]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ranks = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1"]
    found = []
    for start in ([], ranks):
        done = subprocess.run(
            [sys.executable, *start, *asked], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(json.loads(done.stdout))
    losses = [[e["loss"] for e in one["evaluations"]] for one in found]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert len(losses[0]) > 3
