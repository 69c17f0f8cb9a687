"""The monitor in plain loops: what it measures is what plain autograd gives, and training does not notice."""

import copy
import json

import numpy as np
import pytest
import torch
from torch import nn

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.integrations.monitors.passes import BackwardPasses
from batchwright.measure.gradients.norms import noise_of_series

MICRO, COUNT = 8, 4
SIZE = MICRO * COUNT


class Net(nn.Module):
    """With a weight that is used twice, one that is frozen, one that is not used, and one in half of the passes."""

    def __init__(self):
        super().__init__()
        random = generator(3, "init")
        self.first, self.shared, self.last = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, 2)
        self.frozen, self.unused, self.at_times = nn.Linear(5, 5), nn.Linear(2, 2), nn.Linear(5, 5)
        self.passes = 0
        self.frozen.requires_grad_(False)
        with torch.no_grad():
            for p in self.parameters():
                p.copy_(torch.randn(p.shape, generator=random) / 2)
        self.double()

    def forward(self, x):
        hidden = self.shared(self.shared(self.first(x).tanh()).tanh()).tanh() + self.frozen(self.first(x))
        self.passes += 1
        return self.last(hidden + self.at_times(hidden) if self.passes % 2 else hidden)


def draw(random, size=MICRO):
    x = torch.randn(size, 4, generator=random, dtype=torch.float64)
    return x, x[:, :2] + torch.randn(size, 2, generator=random, dtype=torch.float64)


def loss_of(model, batch):
    return (model(batch[0]) - batch[1]).square().sum(1).mean()


def steps_of(model, monitor, steps, *, lr=0.01, clip=None, scaler=None, seed=0, early=True):
    """A plain loop with accumulation; the gradients of every step are kept as they were before clipping."""
    optimizer, random, whole = torch.optim.SGD(model.parameters(), lr=lr), generator(seed, "order"), []
    for _ in range(steps):
        for _ in range(COUNT):
            loss = loss_of(model, draw(random)) / COUNT
            (loss if scaler is None else scaler.scale(loss)).backward()
        whole.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
        if monitor is not None and early:
            monitor.step()
        if scaler is not None:
            scaler.unscale_(optimizer)
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        if monitor is not None and not early:
            monitor.step()
        optimizer.step() if scaler is None else scaler.step(optimizer)
        if scaler is not None:
            scaler.update()
        optimizer.zero_grad()
    return whole


def watched(model, **options):
    return bw.NoiseMonitor(model, **{"batch_size": SIZE, "micro_batch_size": MICRO, "every": 1, **options})


def measured(monitor):
    """|G|^2 and tr(Sigma), one row a measured step."""
    return np.array(monitor.state_dict()["steps"])


def by_hand(model, steps, seed=0):
    """|G|^2 and tr(Sigma) of each step at frozen weights, by ``torch.autograd.grad``."""
    random, found = generator(seed, "order"), []
    params = [p for p in model.parameters() if p.requires_grad]
    for _ in range(steps):
        grads = []
        for _ in range(COUNT):
            parts = torch.autograd.grad(loss_of(model, draw(random)), params, allow_unused=True)
            grads.append(
                torch.cat(
                    [
                        torch.zeros_like(p).flatten() if g is None else g.flatten()
                        for g, p in zip(parts, params, strict=True)
                    ]
                )
            )
        mean = sum(grads) / COUNT
        small, large = sum(float(g @ g) for g in grads) / COUNT, float(mean @ mean)
        found.append(
            ((SIZE * large - MICRO * small) / (SIZE - MICRO), (small - large) / (1 / MICRO - 1 / SIZE))
        )
    return np.array(found)


def test_what_is_measured_is_what_autograd_gives():
    """With shared, frozen and unused weights, some without a gradient in half of the passes."""
    model = Net()
    monitor = watched(model)
    steps_of(model, monitor, 6, lr=0.0)
    model.passes = 0
    expected = by_hand(model, 6)
    assert measured(monitor) == pytest.approx(expected, rel=1e-10)
    reading, noise = monitor.reading(), noise_of_series(expected)
    assert reading.noise_scale == pytest.approx(noise.noise_scale.value, rel=1e-5)
    assert (reading.steps, reading.updates, reading.skipped) == (6, 6, {})


@pytest.mark.parametrize("clip", [None, 0.01])
def test_training_is_bitwise_the_same(clip):
    plain, seen = Net(), Net()
    monitor = watched(seen, every=3)
    before = torch.random.get_rng_state()
    for one, other in zip(
        steps_of(plain, None, 20, clip=clip), steps_of(seen, monitor, 20, clip=clip), strict=True
    ):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), seen.parameters(), strict=True))
    assert torch.equal(before, torch.random.get_rng_state())
    assert monitor.reading().steps == 7


def test_a_clipped_gradient_is_measured_before_it_was_clipped():
    early, late = Net(), Net()
    monitors = watched(early), watched(late)
    steps_of(early, monitors[0], 5, clip=0.01)
    steps_of(late, monitors[1], 5, clip=0.01, early=False)
    assert monitors[0].state_dict() == monitors[1].state_dict()


@pytest.mark.parametrize("early", [True, False])
def test_a_loss_scale_is_taken_off(early):
    """Before and after ``unscale_``; a power of two changes no digit."""
    plain, scaled = Net(), Net()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=2)
    monitors = watched(plain), watched(scaled, scaler=scaler)
    steps_of(plain, monitors[0], 6)
    steps_of(scaled, monitors[1], 6, scaler=scaler, early=early)
    assert scaler.get_scale() == 2.0**13
    assert measured(monitors[1]) == pytest.approx(measured(monitors[0]), rel=1e-9)


def test_steps_with_gradients_that_are_not_finite_are_skipped():
    model = nn.Linear(4, 2).double()
    monitor = watched(model)
    random = generator(0, "order")
    for step in range(7):
        for i in range(COUNT):
            loss = loss_of(model, draw(random)) / COUNT
            (loss * torch.inf if (step, i) == (2, 1) else loss).backward()
        monitor.step()
        model.zero_grad()
    assert (monitor.reading().steps, monitor.reading().skipped) == (6, {"not_finite": 1})
    assert "1 step was left out" in repr(monitor.reading())


def least_squares(scale=1.0):
    """Rows of a least-squares problem, their gradients at w, and the exact |G|^2 and tr(Sigma)."""
    random = generator(5, "least-squares")
    x = torch.randn(400, 6, generator=random, dtype=torch.float64)
    y = x @ torch.ones(6, dtype=torch.float64) + scale * torch.randn(
        400, generator=random, dtype=torch.float64
    )
    model = nn.Linear(6, 1, bias=False).double()
    nn.init.constant_(model.weight, 0.4)
    rows = 2 * (x @ model.weight[0].detach() - y)[:, None] * x
    mean = rows.mean(0)
    return x, y, model, float(mean @ mean), float(((rows - mean) ** 2).sum(1).mean())


@pytest.mark.parametrize("replaced", [True, False])
def test_least_squares_at_frozen_weights(replaced):
    """Unequal micro-batches with their own weights; an epoch's last one is shorter."""
    x, y, model, signal, trace = least_squares()
    sizes = [48, 48, 24] if not replaced else [16, 8, 4]
    total = sum(sizes)
    monitor = bw.NoiseMonitor(
        model,
        batch_size=total,
        micro_batch_size=sizes[0],
        every=1,
        window=400,
        examples=None if replaced else 400,
    )
    random = generator(4, "order")
    for _ in range(400):
        rows = (
            torch.randint(400, (total,), generator=random)
            if replaced
            else torch.randperm(400, generator=random)[:total]
        )
        for part in rows.split(sizes):
            share = len(part) / total
            (((model(x[part])[:, 0] - y[part]) ** 2).mean() * share).backward()
            monitor.micro_batch(examples=len(part), weight=share)
        monitor.step()
        model.zero_grad()
    reading = monitor.reading()
    assert reading.unresolved is None
    for found, truth in ((reading.grad_sq_norm, signal), (reading.trace_sigma, trace)):
        half = (found.interval[1] - found.interval[0]) / 2
        assert abs(found.value - truth) < 1.5 * half  # 2.5 standard errors
        assert half < 0.15 * truth
    assert reading.interval[0] * 0.95 < trace / signal < reading.interval[1] * 1.05


def test_it_agrees_with_the_measurement_at_a_point():
    """``bw.noise`` on the same rows at the same weights, exact; the monitor's interval holds it."""
    x, y, model, _, _ = least_squares()
    task = bw.Task(
        name="rows", model=model, train=(x, y), validation=(x, y), loss=lambda out, t: (out[:, 0] - t) ** 2
    )
    exact = bw.noise(task, sample="all", at=model, curvature=False, progress=False).result.noise_scale.value
    monitor, random = watched(model, window=200), generator(2, "order")
    for _ in range(200):
        for part in torch.randint(400, (SIZE,), generator=random).split(MICRO):
            (((model(x[part])[:, 0] - y[part]) ** 2).mean() / COUNT).backward()
        monitor.step()
        model.zero_grad()
    low, high = monitor.reading().interval
    assert low < exact < high < 1.5 * low


def test_losses_that_are_added_up():
    model, added = Net(), Net()
    divided, summed = watched(model), watched(added, divided=False)
    steps_of(model, divided, 5, lr=0.0)
    random = generator(0, "order")
    for _ in range(5):
        for _ in range(COUNT):
            loss_of(added, draw(random)).backward()
        summed.step()
        added.zero_grad()
    assert measured(summed) == pytest.approx(measured(divided), rel=1e-9)


def test_without_a_signal_it_is_unresolved_and_bounded_below():
    model = nn.Linear(3, 1, bias=False).double()
    monitor, random = watched(model, window=50), generator(0, "order")
    for _ in range(60):
        for _ in range(COUNT):
            x = torch.randn(MICRO, 3, generator=random, dtype=torch.float64)
            (model(x).mean() / COUNT).backward()  # gradients are means of x: G = 0
        monitor.step()
        model.zero_grad()
    reading = monitor.reading()
    assert (reading.steps, reading.unresolved, reading.interval[1]) == (50, "no_signal", None)
    assert reading.interval[0] > SIZE
    assert reading.grad_sq_norm.interval[0] < 0
    assert reading.advice.verdict == "below"  # the lower end alone says so
    assert "cannot be told from zero" in repr(reading)


def test_a_state_goes_on_exactly(tmp_path):
    model = Net()
    monitor = watched(model, every=2, window=8)
    steps_of(model, monitor, 11)
    state = json.loads(json.dumps(monitor.state_dict()))
    resumed = copy.deepcopy(model)
    other = watched(resumed, every=2, window=8)
    other.load_state_dict(state)
    assert other.state_dict() == monitor.state_dict()
    assert other.reading() == monitor.reading()
    steps_of(model, monitor, 9, seed=1)
    steps_of(resumed, other, 9, seed=1)
    assert other.state_dict() == monitor.state_dict()
    assert other.reading().steps == 8


def test_what_is_measured_is_forgotten_after_the_window():
    model = Net()
    monitor = watched(model, window=6)
    steps_of(model, monitor, 20, lr=0.0)
    assert monitor.reading().steps == 6
    assert len(monitor.state_dict()["steps"]) == 6


def test_hooks_are_there_in_measured_steps_alone():
    model = Net()
    monitor = watched(model, every=3)

    def hooks():
        return sum(len(p._backward_hooks or ()) for p in model.parameters())

    def accumulating():
        return sum(len(p._post_accumulate_grad_hooks or ()) for p in model.parameters())

    watched_parameters = sum(p.requires_grad for p in model.parameters())
    counts = []
    for _ in range(4):
        counts.append(hooks())
        assert accumulating() == hooks()
        steps_of(model, monitor, 1)
    assert counts == [watched_parameters, 0, 0, watched_parameters]
    steps_of(model, monitor, 2)
    assert hooks() == watched_parameters
    monitor.close()
    steps_of(model, monitor, 1)
    assert hooks() == accumulating() == 0
    assert monitor.reading().updates == 7


def test_parameters_that_thaw_are_seen_from_the_next_measured_step_on():
    model = Net()
    monitor = watched(model)
    steps_of(model, monitor, 1, lr=0.0)
    model.frozen.requires_grad_(True)
    steps_of(model, monitor, 1, lr=0.0)  # hooked before: this step still leaves it out
    steps_of(model, monitor, 3, lr=0.0)
    model.passes = 0
    assert measured(monitor)[-3:] == pytest.approx(by_hand(model, 3), rel=1e-9)


def test_gradients_that_are_not_accumulated_are_no_micro_batches():
    """As of a measurement at the weights between two updates, or beside them."""
    plain, looked_at = nn.Linear(4, 2).double(), nn.Linear(4, 2).double()
    looked_at.load_state_dict(plain.state_dict())
    monitors, random = (watched(plain), watched(looked_at)), generator(0, "order")
    for _ in range(2):
        for _ in range(COUNT):
            batch = draw(random)
            for model in (plain, looked_at):
                (loss_of(model, batch) / COUNT).backward()
            torch.autograd.grad(loss_of(looked_at, batch), list(looked_at.parameters()))
        for monitor in monitors:
            monitor.step()
    assert monitors[0].state_dict() == monitors[1].state_dict()


def test_sparse_gradients_and_half_precision():
    model = nn.Embedding(10, 4, sparse=True)
    passes = BackwardPasses(model)
    passes.watch()
    model(torch.tensor([1, 2, 2])).sum().backward()
    assert [float(square) for square in passes.each()] == [4 * (1 + 4)]
    assert float(passes.whole()) == 20
    half = nn.Linear(4, 1, bias=False).half()
    passes = BackwardPasses(half)
    passes.watch()
    half(torch.full((1, 4), 200.0).half()).sum().backward()
    assert [float(square) for square in passes.each()] == [160_000]  # more than a half can hold


def test_reentrant_checkpoints_take_a_call_after_each_micro_batch():
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x, reentrant):
            for part in self.parts:
                x = checkpoint(part, x, use_reentrant=True) if reentrant else part(x)
            return x

    plain, random = Checkpointed().double(), generator(0, "order")
    checkpointed = copy.deepcopy(plain)
    monitors = watched(plain), watched(checkpointed)
    for _ in range(2):
        for _ in range(COUNT):
            x, y = draw(random)
            for model, reentrant in ((plain, False), (checkpointed, True)):
                ((model(x.requires_grad_(), reentrant)[:, :2] - y).square().mean() / COUNT).backward()
            monitors[1].micro_batch()
        for monitor in monitors:
            monitor.step()
    assert measured(monitors[1]) == pytest.approx(measured(monitors[0]), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"micro_batch_size": 32}, "must be below batch_size 32, got 32"),
        ({"every": 0}, "every must be at least 1, got 0"),
        ({"window": 0}, "window must be at least 1, got 0"),
        ({"micro_batch_size": 0}, "micro_batch_size must be at least 1, got 0"),
        ({"examples": 20}, "examples must be at least batch_size 32, got 20"),
    ],
)
def test_what_it_cannot_take(options, message):
    with pytest.raises(InputError, match=message):
        watched(Net(), **options)


def backward(model, random, times=1):
    for _ in range(times):
        loss_of(model, draw(random)).backward()


def test_steps_of_other_micro_batches_than_announced():
    model, random = nn.Linear(4, 2).double(), generator(0, "order")
    monitor = watched(model)
    backward(model, random, 3)
    monitor.step()
    assert monitor.reading().skipped == {"short": 1}
    backward(model, random, 5)
    with pytest.raises(InputError, match=r"= 4 backward passes over all ranks, got 5: call micro_batch"):
        monitor.step()
    backward(model, random)
    monitor.micro_batch(examples=2)
    backward(model, random)
    with pytest.raises(InputError, match="got 1 calls and another pass"):
        monitor.step()
    backward(model, random, 1)
    with pytest.raises(InputError, match="a weight of 0 or more, got 8 and -1"):
        monitor.micro_batch(weight=-1.0)


def test_two_losses_of_one_micro_batch_are_refused_where_they_are_told():
    model, random = nn.Linear(4, 2).double(), generator(0, "order")
    monitor = watched(model)
    backward(model, random, 2)
    with pytest.raises(InputError, match="add its losses up and call backward once"):
        monitor.micro_batch()


def test_sharded_models_are_refused():
    class FullyShardedDataParallel(nn.Linear):
        pass

    with pytest.raises(InputError, match="whole gradients on every rank, got FullyShardedDataParallel"):
        watched(FullyShardedDataParallel(2, 2))
