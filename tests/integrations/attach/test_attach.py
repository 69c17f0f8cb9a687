"""A probe on a loop leaves no trace: the run after it is bitwise the run without it."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import batchwright as bw
from batchwright.integrations.attach.memento import Memento
from batchwright.integrations.attach.noise import noise_of

FURTHER = 20


class Loop:
    """A plain loop with what keeps state: dropout, batch norm, scheduler, counters, a shuffled loader."""

    def __init__(self, optimizer="adam"):
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)
        layers = [nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Dropout(0.2), nn.ReLU(), nn.Linear(16, 3)]
        self.model = nn.Sequential(*layers)
        made = {
            "adam": lambda p: torch.optim.Adam(p, 0.01),
            "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
            "fused tensors": lambda p: torch.optim.AdamW(
                p, torch.tensor(0.01), capturable=False, amsgrad=True
            ),
        }
        self.optimizer = made[optimizer](self.model.parameters())
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 50)
        x = torch.randn(320, 6)
        self.loader = DataLoader(TensorDataset(x, x[:, :3].argmax(1)), batch_size=16, shuffle=True)
        self.seen, self.losses = 0, []

    def step(self, batch):
        x, y = batch
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x + 0.01 * torch.randn_like(x) * random.random()), y)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.scheduler.step()
        self.seen += len(x)
        self.losses.append(float(loss.detach()) + 0.0 * np.random.random())

    def go(self, steps):
        batches = iter(self.loader)
        for _ in range(steps):
            batch = next(batches, None)
            if batch is None:
                batches = iter(self.loader)
                batch = next(batches)
            self.step(batch)

    def batch(self):
        x, y = self.loader.dataset.tensors
        return x[:96], y[:96]

    def state(self):
        return [
            self.model.state_dict(), self.optimizer.state_dict(), self.scheduler.state_dict(), self.losses, self.seen,
            torch.get_rng_state(), random.getstate(), np.random.get_state(), [p.grad for p in self.model.parameters()],
            [m.training for m in self.model.modules()],
        ]  # fmt: skip


def alike(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    return a == b


@pytest.fixture(scope="module", autouse=True)
def modules_are_imported():
    """The first use imports modules, and the checks of shapes in these tests draw from Python's generator then."""
    loop = Loop()
    with bw.attach(step=loop.step, model=loop.model, batch=loop.batch()) as probe:
        probed(probe)


def probed(probe):
    probe.seconds_per_step([4, 16], limit_seconds=0.2)
    probe.largest_batch()
    probe.noise_scale(batches=6)


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "fused tensors"])
@pytest.mark.parametrize("before", [0, 5])
def test_a_run_goes_on_as_if_nothing_had_been(optimizer, before):
    plain = Loop(optimizer)
    plain.go(before)
    plain.go(FURTHER)
    expected = plain.state()
    watched = Loop(optimizer)
    watched.go(before)
    identities = [id(p) for p in watched.model.parameters()]
    with bw.attach(
        step=watched.step, model=watched.model, optimizer=watched.optimizer, batch=watched.batch()
    ) as probe:
        probed(probe)
    assert bool(watched.optimizer.state) == bool(before)
    assert [id(p) for p in watched.model.parameters()] == identities
    watched.go(FURTHER)
    assert alike(expected, watched.state())


def test_also_where_the_block_or_the_step_raises():
    plain = Loop()
    plain.go(5)
    plain.go(FURTHER)
    expected = plain.state()
    watched = Loop()
    watched.go(5)
    options = {"model": watched.model, "optimizer": watched.optimizer, "batch": watched.batch()}

    def leave():
        watched.step(watched.batch())  # by hand inside the block
        raise KeyError("mine")

    def wrong(batch):
        watched.step(batch)
        raise ValueError("two\nlines")

    with pytest.raises(KeyError), bw.attach(step=watched.step, **options):
        leave()
    with (
        pytest.raises(bw.InputError, match="the step fails: ValueError: two lines"),
        bw.attach(step=wrong, **options) as probe,
    ):
        probe.seconds_per_step([4])
    watched.go(FURTHER)
    assert alike(expected, watched.state())


def test_what_a_function_closes_over_is_put_back():
    model = nn.Linear(6, 1)
    optimizer, count, log = torch.optim.SGD(model.parameters(), 0.1), 0, []

    def step(batch):
        nonlocal count
        count += 1
        log.append(count)
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()

    kept = model.weight.detach().clone()
    with bw.attach(step=step, model=model, batch=torch.randn(40, 6)) as probe:
        (row,) = probe.seconds_per_step([8], limit_seconds=0.1)
    assert (count, log) == (0, [])
    assert torch.equal(model.weight, kept)
    assert model.weight.grad is None
    assert row.low <= row.seconds <= row.high
    assert row.examples_per_second == pytest.approx(8 / row.seconds)


def test_a_loader_is_read_and_not_drawn_from():
    loop, order = Loop(), torch.Generator().manual_seed(5)
    loader = DataLoader(loop.loader.dataset, batch_size=8, shuffle=True, generator=order)
    running = iter(loader)
    next(running)
    before = order.get_state()
    with bw.attach(step=loop.step, model=loop.model, optimizer=loop.optimizer, loader=loader) as probe:
        assert probe.largest_batch(most=64).value == 64
        assert probe.largest_batch().value == 320
    assert torch.equal(order.get_state(), before)
    assert len(list(running)) == 39


def test_memory_is_counted_an_example():
    """One linear layer without bias and a square: the batch and the layer's output are kept, 6 + 100 floats."""
    model = nn.Linear(6, 100, bias=False)

    def step(batch):
        model(batch).square().sum().backward()

    with bw.attach(step=step, model=model, batch=torch.randn(8, 6)) as probe:
        found = probe.largest_batch(memory_budget_bytes=3 * 600 * 4 + 1000 * 106 * 4)
    assert found.bytes_per_example in (
        106 * 4,
        112 * 4,
    )  # the batch is an input and is saved: one storage or two
    assert found.value == int(1000 * 106 * 4 / found.bytes_per_example)
    assert (found.method, found.capped) == ("estimated", False)


def test_the_noise_scale_of_known_gradients():
    """Batches of b examples about a mean of length 1: tr(Sigma) = d b s^2, and a factor on all gradients cancels."""
    random_ = torch.Generator().manual_seed(0)
    rows = torch.randn(300, 50, generator=random_, dtype=torch.float64) * 0.05
    rows[:, 0] += 1
    found = noise_of(rows @ rows.T, 8)
    assert found.trace == pytest.approx(8 * 50 * 0.05**2, rel=0.05)
    assert found.squared_gradient == pytest.approx(1, rel=0.02)
    assert found.value == pytest.approx(1.0, abs=4 * found.std_error)
    assert noise_of(9 * rows @ rows.T, 8).value == pytest.approx(found.value)
    rows[:, 0] -= 1
    assert noise_of(rows[:6] @ rows[:6].T, 8).value is None  # no gradient to be seen


def test_the_noise_of_a_step_is_that_of_its_gradients():
    """Least squares of one weight: g_i = 2 x_i (w x_i - y_i) by hand; clipping and the optimizer do not enter."""
    random_ = torch.Generator().manual_seed(1)
    x = torch.randn(512, 1, generator=random_)
    y = 3 * x + torch.randn(512, 1, generator=random_)
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def step(batch):
        optimizer.zero_grad()
        (128 * F.mse_loss(model(batch[0]), batch[1])).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        optimizer.step()

    with bw.attach(step=step, model=model, optimizer=optimizer, batch=(x, y)) as probe:
        found = probe.noise_scale(batches=64)
    gradients = (2 * x * -y).double()
    exact = float(gradients.var() / (gradients.mean() ** 2 - gradients.var() / 512))
    assert found.batch_size == 8
    assert abs(found.value - exact) < 4 * found.std_error
    assert found.std_error < found.value


def test_a_memento_restores_what_moved_and_leaves_the_rest():
    tensor, shared = torch.zeros(3, requires_grad=True), {"a": [1, 2], "b": {3}}
    memento = Memento(tensor, shared, np.ones(2))
    alias, inner = tensor.data, shared["a"]
    with torch.no_grad():
        tensor.add_(1)
    tensor.data = torch.ones(5)
    tensor.grad = torch.ones(5)
    shared["a"].append(3)
    shared["b"].add(4)
    shared["c"] = 5
    memento.restore()
    assert torch.equal(tensor, torch.zeros(3))
    assert tensor.data_ptr() == alias.data_ptr()
    assert tensor.grad is None
    assert shared == {"a": [1, 2], "b": {3}}
    assert shared["a"] is inner


def test_wrong_arguments_are_said_in_one_line():
    model, batch = nn.Linear(2, 1), torch.randn(4, 2)
    for arguments, words in (
        ({"model": model, "step": print}, "batch= or loader="),
        ({"step": print, "batch": batch}, "model="),
        ({"model": model, "batch": batch}, "trainer or step="),
        ({"model": model, "step": print, "batch": (batch, batch[:2])}, "equally many"),
        ({"trainer": model, "model": model, "batch": batch}, "Lightning trainer"),
    ):
        with pytest.raises(bw.InputError, match=words), bw.attach(**arguments):
            pass
