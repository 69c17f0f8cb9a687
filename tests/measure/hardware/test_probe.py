"""The probe: the border found exactly, children that are killed, and nothing of the caller's changed."""

import copy
import statistics
import sys

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.caller_state import state_digest
from batchwright.measure.hardware.largest import largest_that_fits
from batchwright.measure.hardware.memory import MemoryChild, MemoryTrial
from batchwright.measure.hardware.probe import measure_hardware
from batchwright.optim.spec import OptimizerSpec
from batchwright.report.text.catalogue import say
from batchwright.task.live import as_live
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import Run
from batchwright.training.spec import RunSpec

DIGITS = TaskReference(name="digits")


@pytest.fixture(scope="module")
def digits():
    return load_task(DIGITS)


def spec(**fields):
    return RunSpec(task=DIGITS, batch_size=1, optimizer=OptimizerSpec(lr=0.01), **fields)


# --- the search, against an oracle ---


def oracle(limit, bytes_each=1000, fixed=5000):
    """Fits up to ``limit``; peaks on a straight line."""

    def measure(size):
        fits = size <= limit
        return MemoryTrial(
            batch_size=size, fits=fits, peak_memory_bytes=fixed + bytes_each * size if fits else None
        )

    return measure


LADDER = [2**k for k in range(11)] + [1437]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 64, 100, 513, 1023, 1436])
@pytest.mark.parametrize("told", [True, False])
def test_the_border_is_found_exactly(limit, told):
    room = 5000.0 + 1000 * limit if told else None
    found = largest_that_fits(oracle(limit), LADDER, room_bytes=room)
    assert found.value == limit
    assert found.does_not_fit == limit + 1
    assert found.exact
    assert len(found.trials) <= 26
    if told and limit > 8:
        assert len(found.trials) <= 17  # the slope leads


def test_all_that_fits_and_nothing_that_does():
    everything = largest_that_fits(oracle(5000), LADDER)
    assert (everything.value, everything.does_not_fit, everything.exact) == (1437, None, True)
    nothing = largest_that_fits(oracle(0), LADDER)
    assert (nothing.value, nothing.does_not_fit) == (None, 1)


def test_a_size_that_the_model_refuses_is_passed_over():
    def measure(size):
        if size == 1:
            return MemoryTrial(batch_size=1, fits=False, error="Expected more than 1 value per channel")
        return MemoryTrial(batch_size=size, fits=size <= 100)

    assert largest_that_fits(measure, LADDER).value == 100


def test_a_wrong_slope_does_not_mislead():
    """Memory that jumps: the line through small sizes promises too much, or too little."""

    def measure(size):
        peak = 1000 * size if size < 64 else 4000 * size
        return MemoryTrial(
            batch_size=size, fits=peak <= 400_000, peak_memory_bytes=peak if peak <= 400_000 else None
        )

    found = largest_that_fits(measure, LADDER, room_bytes=400_000.0)
    assert found.value == 100
    assert found.does_not_fit == 101


# --- real children ---

FAKE = """
import json, os, signal, sys
sys.stdin.readline()
facts = {"resident_bytes": 0, "parameter_bytes": 0, "optimizer_bytes": 0, "activation_bytes_per_example": 1.0}
print(json.dumps({"ready": facts}), flush=True)
for line in sys.stdin:
    size = int(line)
    if size > LIMIT:
        HOW
    print(json.dumps({"peak_bytes": 10 * size, "allocator_retries": None}), flush=True)
"""
KILLED, HANGS, ENDS = "os.kill(os.getpid(), signal.SIGKILL)", "import time; time.sleep(60)", "sys.exit(3)"


@pytest.mark.parametrize(
    ("how", "reason"),
    [(KILLED, "killed by signal 9"), (ENDS, "exit code 3"), (HANGS, "no answer in 0.5 s")],
)
def test_a_child_that_dies_or_hangs_is_an_answer(digits, how, reason):
    with MemoryChild(
        spec(), digits, budget_bytes=1 << 40, trial_seconds=0.5 if how == HANGS else 10
    ) as child:
        child.command = (sys.executable, "-c", FAKE.replace("LIMIT", "37").replace("HOW", how))
        found = largest_that_fits(child.measure, [1, 16, 32, 64], room_bytes=None)
    assert found.value == 37
    assert reason in say(next(t.reason for t in found.trials if not t.fits))
    assert child.started >= 2  # started again after every death


def test_a_real_child_under_a_budget(digits):
    with MemoryChild(spec(), digits, budget_bytes=4 << 30) as child:
        small, large = child.measure(8), child.measure(1437)
    assert small.fits
    assert large.fits
    assert 0 < small.peak_memory_bytes < large.peak_memory_bytes < 64 << 20
    assert child.facts.parameter_bytes == 4 * 4810
    with MemoryChild(spec(), digits, budget_bytes=1 << 20) as child:
        tiny = child.measure(8)
    assert not tiny.fits
    assert tiny.reason.code.removesuffix(".loading") in ("memory.killed", "memory.over_budget")


# --- nothing is changed ---


@pytest.fixture(scope="module")
def probed(digits):
    """A probe in the middle of a run, with the run's and the process's state before and after."""
    run = Run(RunSpec(task=DIGITS, batch_size=32, optimizer=OptimizerSpec(name="adam", lr=1e-3)), digits)
    for _ in range(3):
        run.update()
    before = {n: t.clone() for n, t in run.model.state_dict().items()}
    state = {n: t.clone() for n, t in run.updater.state_dict().items()}
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    found = measure_hardware(
        spec(), digits, batch_sizes=[1, 8, 64, 512], limit_seconds=1.0, watched=[run.model]
    )
    unchanged = [
        all(torch.equal(a, b) for a, b in zip(before.values(), run.model.state_dict().values(), strict=True)),
        all(
            torch.equal(a, b) for a, b in zip(state.values(), run.updater.state_dict().values(), strict=True)
        ),
        torch.equal(random, torch.get_rng_state()),
        threads == torch.get_num_threads(),
    ]
    return found, unchanged


def test_the_caller_is_bitwise_as_before(probed):
    found, unchanged = probed
    assert all(unchanged)
    assert found.state_unchanged


def test_what_a_probe_of_digits_finds(probed):
    found, _ = probed
    assert [p.batch_size for p in found.points] == [1, 8, 64, 512]
    for point in found.points:
        assert point.examples_per_second == pytest.approx(point.batch_size / point.seconds_per_step)
        assert point.peak_memory_bytes > 0
    assert found.largest_that_fits == 1437
    assert found.largest_is_all
    assert found.memory_bytes_per_example > 64 * 4  # at least the inputs


def test_a_dense_nets_working_set_is_what_it_holds(probed):
    """Inputs, the hidden layer before its ReLU or after it, outputs: 8 bytes of labels, 4 of every number kept."""
    found, _ = probed
    facts, (one, *_, most) = found.model_bytes, found.points
    assert facts.fixed_bytes - (facts.optimizer_bytes or 0) == 2 * 4 * (64 * 64 + 64 + 64 * 10 + 10)
    each = (most.working_set_bytes - one.working_set_bytes) / (512 - 1)
    assert 8 + 4 * (64 + 64 + 10) <= each <= 8 + 4 * (64 + 2 * 64 + 3 * 10)
    for cache in found.caches:
        if cache.passed_at:
            assert facts.working_set_bytes(1) + (cache.passed_at - 1) * each == pytest.approx(cache.bytes)


def test_turns_stand_side_by_side(probed):
    found, _ = probed
    for point in found.points:
        assert statistics.median(point.turns) == pytest.approx(point.seconds_per_step)
        assert min(point.turns) <= point.low <= point.high <= max(point.turns)


def test_the_digest_sees_every_change(digits):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    start = state_digest(digits, model)
    assert state_digest(digits, model) == start
    for change in (
        lambda m: m[0].weight.data.add_(1e-7), lambda m: m[1].running_mean.add_(1e-7), lambda m: m.eval(),
        lambda m: m[0].bias.requires_grad_(False),
    ):  # fmt: skip
        other = copy.deepcopy(model)
        change(other)
        assert state_digest(digits, other) != start
    torch.rand(1)
    assert state_digest(digits, model) != start


def test_a_live_model_is_not_trained():
    """A factory that hands out the caller's own model."""
    x = torch.randn(64, 4)
    model = nn.Linear(4, 1)
    before = model.weight.detach().clone()
    task = Task(name="live", model=lambda: model, train=(x, x[:, :1]), validation=(x, x[:, :1]),
                loss=lambda out, t: ((out - t) ** 2).sum(1))  # fmt: skip
    live = RunSpec(task=TaskReference(name="live"), batch_size=1, optimizer=OptimizerSpec(lr=0.1))
    found = measure_hardware(live, task, batch_sizes=[1, 4, 16, 64], limit_seconds=0.5)
    assert torch.equal(model.weight, before)
    assert model.weight.grad is None
    assert found.state_unchanged


def test_memory_of_a_task_that_lives_in_this_process_is_measured():
    """The verb gives it a reference, by which no other process finds it."""
    rows = torch.randn(64, 4), torch.zeros(64, dtype=torch.long)
    live = as_live(
        Task(model=nn.Linear(4, 2), train=rows, validation=rows, loss="cross_entropy", name="live")
    )
    with MemoryChild(
        RunSpec(task=live.reference, batch_size=1, optimizer=OptimizerSpec(lr=0.1)),
        live,
        budget_bytes=4 << 30,
    ) as child:
        trial = child.measure(16)
    assert trial.fits, say(trial.reason)
    assert child.facts.parameter_bytes == 4 * (4 * 2 + 2)


def test_bad_sizes_and_budgets_are_refused(digits):
    with pytest.raises(InputError, match="between 1 and 1437"):
        measure_hardware(spec(), digits, batch_sizes=[1, 2000])
    with pytest.raises(InputError, match="must be positive"):
        measure_hardware(spec(), digits, memory_budget_bytes=0)
