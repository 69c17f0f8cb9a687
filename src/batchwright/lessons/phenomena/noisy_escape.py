"""``noisy-escape``: whether the noise of small batches leaves a minimum that holds gradient descent.

One weight, a mean of per-example losses with a narrow and a wide well of equal depth, and many walkers at once.
Every example tilts the wells by a slope of its own, so that the noise is the same everywhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, difference, everywhere, ratio, share, within
from batchwright.lessons.lab import Lab

EXAMPLES = 1024
NARROW, WIDE = -1.5, 1.5
TILT = 12.0
RATES = (0.0125, 0.025, 0.05, 0.1)
"""All below 2 over the narrow well's curvature, 0.125: gradient descent is held at every one."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 256, EXAMPLES)
STEPS = 1000
DEPTHS = (0.5, 1.0, 1.5, 2.0)
AT_DEPTHS = (0.05, 8)
"""Learning rate and batch size at which wells of several depths are compared; both wells are left there."""
EQUAL = ((0.0125, 4), (0.025, 8), (0.05, 16), (0.1, 32), (0.2, 64))
"""Learning rates and batch sizes of one lr / B; the last rate is above the narrow well's limit."""
TIME = 20.0
"""lr times updates for which they walk."""
SAME = 0.1
"""Shares that differ by less are called the same."""
Times = np.ndarray


def experiment(lab: Lab) -> Found:
    """Walk, and count who left."""
    walkers = 256 if lab.full else 48
    narrow = {
        b: walk(
            lab.random("narrow", b), start=NARROW, batch_size=b, rates=RATES, steps=STEPS, walkers=walkers
        )
        for b in SIZES
    }
    pairs = [
        walk(
            lab.random("equal", size), start=NARROW, batch_size=size, rates=(lr,), steps=round(TIME / lr),
            walkers=8 * walkers,
        )[0]
        for lr, size in EQUAL
    ]  # fmt: skip
    return Found(
        parts=[
            _held(narrow), _leaves(narrow), _monotone(narrow), _stuck_elsewhere(lab),
            _narrow_sooner(lab, walkers), _narrow_noisier(lab, walkers), *_one_number(pairs),
        ],
        panels=[_wells(lab), _shares(narrow), _collapse(pairs)],
    )  # fmt: skip


def wells(**options: Any) -> Any:
    """The task: wells of equal depth, tilted by every example."""
    given: dict[str, Any] = {"narrow_depth": 1.0, "shift": 0.0, "tilt": TILT}
    return bw.named_task("two-wells", **given | options)


def walk(
    random: np.random.Generator, *, start: float, batch_size: int, rates: Sequence[float], steps: int,
    walkers: int, **options: Any,
) -> Times:  # fmt: skip
    """Update at which each walker first crosses to the other side, infinite if it never does; (rates, walkers).

    All rates see the same batches. Without displacements a batch's loss depends on its examples through the mean
    of their slopes alone; so the task's loss of the mean example is the batch's loss there, and where B is 1.
    """
    task = wells(**options)
    lr = torch.tensor(rates)[:, None]
    w = torch.full((len(rates), walkers), start)
    left = torch.full(w.shape, torch.inf)
    examples = torch.stack([task.train.inputs, task.train.targets], dim=1).numpy()
    for step, means in enumerate(_batches(random, examples, batch_size, steps, walkers), 1):
        displaced, tilted = torch.from_numpy(means).unbind(dim=1)
        w = w - lr * slope_of(task, w - displaced, tilted)
        crossed = w * start < 0
        left[crossed & left.isinf()] = step
    return np.asarray(left)


def slope_of(task: Any, w: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Derivative of the task's loss at each w."""
    w = w.requires_grad_(True)
    (slope,) = torch.autograd.grad(task.loss(w, targets).sum(), w)
    w.requires_grad_(False)
    return slope


def _batches(
    random: np.random.Generator, examples: np.ndarray, size: int, steps: int, walkers: int
) -> list[np.ndarray]:
    """Mean example of every batch of every walker, epochs shuffled; one array of shape (walkers, 2) a step."""
    everybody = np.tile(np.arange(len(examples)), (walkers, 1))
    means: list[np.ndarray] = []
    while len(means) < steps:
        drawn = examples[random.permuted(everybody, axis=1)]
        batches = drawn[:, : len(examples) // size * size].reshape(walkers, -1, size, 2)
        means += list(batches.mean(axis=2).swapaxes(0, 1))
    return means[:steps]


# --- what follows ---


def _left(times: Times, steps: float = STEPS) -> np.ndarray:
    return (times <= steps).astype(float)


def _held(narrow: Mapping[int, Times]) -> Part:
    found = [
        share("share_left", int(_left(row).sum()), len(row), batch_size=EXAMPLES, lr=lr)
        for lr, row in zip(RATES, narrow[EXAMPLES], strict=True)
    ]
    verdict, _ = everywhere({m.at["lr"]: below(m, 0.1) for m in found})
    return Part(name="held", verdict=verdict, measurements=tuple(found))


def _leaves(narrow: Mapping[int, Times]) -> Part:
    """The smallest batch leaves within the time, by learning rate."""
    found = [
        share("share_left", int(_left(row).sum()), len(row), batch_size=SIZES[0], lr=lr)
        for lr, row in zip(RATES, narrow[SIZES[0]], strict=True)
    ]
    verdict, by = everywhere({m.at["lr"]: above(m, 0.5) for m in found})
    condition = remark("lesson.noisy_escape.rates", **by) if verdict == "holds_when" else None
    return Part(name="leaves", verdict=verdict, condition=condition, measurements=tuple(found))


def _monotone(narrow: Mapping[int, Times]) -> Part:
    """The largest rise of the share left from one batch size to the next larger one; chance leaves some."""
    found = []
    for index, lr in enumerate(RATES):
        shares = [_left(narrow[b][index]) for b in SIZES]
        rises = [difference("rise", b, a, unit="1", lr=lr) for a, b in itertools.pairwise(shares)]
        found.append(max(rises, key=lambda m: m.value or 0.0))
    verdict, _ = everywhere({m.at["lr"]: below(m, SAME) for m in found})
    return Part(name="monotone", verdict=_unconditional(verdict), measurements=tuple(found))


def _unconditional(verdict: Verdict) -> Verdict:
    return "cannot_tell" if verdict == "holds_when" else verdict


def _stuck_elsewhere(lab: Lab) -> Part:
    """Share of batches whose own loss has a minimum in the narrow well."""
    random = lab.random("stuck")
    task = wells()
    grid = torch.linspace(NARROW - 0.5, NARROW + 0.5, 201)
    found = []
    for size in (1, 16, 64, EXAMPLES):
        draws = 1 if size == EXAMPLES else 400
        means = [random.choice(task.train.targets.numpy(), size, replace=False).mean() for _ in range(draws)]
        slopes = torch.stack([slope_of(task, grid.clone(), torch.tensor(float(m))) for m in means])
        turns = (slopes[:, :-1] < 0) & (slopes[:, 1:] >= 0)
        found.append(share("share_stuck", int(turns.any(dim=1).sum()), draws, batch_size=size))
    return Part(name="stuck_elsewhere", verdict=below(found[0], 0.5), measurements=tuple(found))


def _narrow_sooner(lab: Lab, walkers: int) -> Part:
    """Time to leave the wide well over that of the narrow one, at several depths of the narrow one."""
    lr, size = AT_DEPTHS
    further: dict[str, Any] = {"batch_size": size, "rates": (lr,), "steps": 2 * STEPS, "walkers": 2 * walkers}
    # Who never left is counted with the whole time: a bound, on whichever side it is.
    wide, *narrow = (
        np.minimum(walk(lab.random("depth", size), start=start, narrow_depth=depth, **further)[0], 2 * STEPS)
        for start, depth in ((WIDE, 1.0), *((NARROW, depth) for depth in DEPTHS))
    )
    found = [
        ratio("time_ratio", wide, times, depth=depth) for depth, times in zip(DEPTHS, narrow, strict=True)
    ]
    verdict, by = everywhere({m.at["depth"]: _sooner(m) for m in found})
    condition = remark("lesson.noisy_escape.depths", **by) if verdict == "holds_when" else None
    found.sort(key=lambda m: abs(m.at["depth"] - 1.0))  # type: ignore[operator]
    return Part(name="narrow_sooner", verdict=verdict, condition=condition, measurements=tuple(found))


def _narrow_noisier(lab: Lab, walkers: int) -> Part:
    """The same with examples that displace the wells: noise in proportion to the curvature."""
    how: dict[str, Any] = {
        "batch_size": 1,
        "rates": RATES[-1:],
        "steps": STEPS,
        "walkers": walkers,
        "shift": 0.2,
        "tilt": 0.0,
    }
    wide, narrow = (
        np.minimum(walk(lab.random("displaced"), start=start, **how)[0], STEPS) for start in (WIDE, NARROW)
    )
    found = ratio("time_ratio", wide, narrow, depth=1.0)
    return Part(name="narrow_noisier", verdict=_sooner(found), measurements=(found,))


def _sooner(found: Measured) -> Verdict:
    """Where nobody left either well within the time, the ratio is 1 and says nothing."""
    return "cannot_tell" if found.interval == (1.0, 1.0) else above(found, 1.0)


def _one_number(pairs: Sequence[Times]) -> list[Part]:
    """Shares that left at one lr / B: in equal lr times updates, and in equally many updates."""
    fewest = round(TIME / EQUAL[-2][0])
    gaps = {
        "same_in_time": [_gap(pairs, which, (round(TIME / EQUAL[which][0]), round(TIME / EQUAL[0][0])))
                         for which in range(1, len(EQUAL))],
        "same_in_updates": [_gap(pairs, len(EQUAL) - 2, (fewest, fewest))],
    }  # fmt: skip
    parts = []
    for name, found in gaps.items():
        verdict, by = everywhere({m.at["lr"]: within(m, -SAME, SAME) for m in found})
        condition = remark("lesson.noisy_escape.rates", **by) if verdict == "holds_when" else None
        parts.append(Part(name=name, verdict=verdict, condition=condition, measurements=tuple(found)))
    return parts


def _gap(pairs: Sequence[Times], which: int, within_steps: tuple[int, int]) -> Measured:
    """Share that left at one of the pairs, less that of the smallest rate, each within so many updates."""
    lr, size = EQUAL[which]
    one, first = (_left(pairs[k], steps) for k, steps in zip((which, 0), within_steps, strict=True))
    return difference("share_gap", one, first, unit="1", lr=lr, batch_size=size)


# --- pictures ---


def _wells(lab: Lab) -> Panel:
    """The mean loss, and that of three batches of 16."""
    task, random = wells(), lab.random("wells")
    grid = torch.linspace(-2.6, 3.4, 121)
    mean_loss = task.loss(grid, torch.zeros(())).numpy()
    lines = [series(grid.numpy(), mean_loss, remark("lesson.noisy_escape.mean"), look="line")]
    for _ in range(3):
        slope = torch.tensor(float(random.choice(task.train.targets.numpy(), 16, replace=False).mean()))
        lines.append(series(grid.numpy(), task.loss(grid, slope).numpy(), look="dashed", colour=1))
    return Panel(
        name="wells", title=remark("lesson.noisy_escape.wells.title"),
        takeaway=remark("lesson.noisy_escape.wells.takeaway"), x=remark("lesson.noisy_escape.axis.weight"),
        y=remark("lesson.axis.loss"), series=tuple(lines), marks=(Mark(value=NARROW, upright=True),),
    )  # fmt: skip


def _shares(narrow: Mapping[int, Times]) -> Panel:
    lines = []
    for index, lr in enumerate(RATES):
        found = [share("left", int(_left(narrow[b][index]).sum()), len(narrow[b][index])) for b in SIZES]
        ends = [m.interval or (None, None) for m in found]
        lines.append(
            series(
                SIZES, [m.value for m in found], remark("lesson.noisy_escape.line.lr", lr=lr),
                low=[low for low, _ in ends], high=[high for _, high in ends],
            )
        )  # fmt: skip
    return Panel(
        name="shares", title=remark("lesson.noisy_escape.shares.title", updates=STEPS),
        takeaway=remark("lesson.noisy_escape.shares.takeaway"), x=remark("lesson.axis.batch_size"),
        y=remark("lesson.noisy_escape.axis.share"), x_log=True, series=tuple(lines),
    )  # fmt: skip


def _collapse(pairs: Sequence[Times]) -> Panel:
    """Share that left against lr times updates, at one lr / B."""
    lines = []
    for (lr, size), times in zip(EQUAL, pairs, strict=True):
        clock = np.linspace(0, TIME, 51)
        lines.append(
            series(
                clock, [(times * lr <= t).mean() for t in clock],
                remark("lesson.noisy_escape.line.pair", lr=lr, batch_size=size), look="line",
            )
        )  # fmt: skip
    return Panel(
        name="collapse", title=remark("lesson.noisy_escape.collapse.title"),
        takeaway=remark("lesson.noisy_escape.collapse.takeaway"), x=remark("lesson.noisy_escape.axis.time"),
        y=remark("lesson.noisy_escape.axis.share"), series=tuple(lines),
    )  # fmt: skip


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for batch_size in (4, 16, 256):
        left = 0
        for seed in range(10):
            training = bw.train(
                "two-wells", batch_size=batch_size, lr=0.05, steps=500, seed=seed, progress=False,
                set={"narrow_depth": 1.0, "shift": 0.0, "tilt": 12.0},
            )  # fmt: skip
            left += any(float(next(run.model.parameters())) > 0 for run in training)
        print(f"batches of {batch_size}: {left} of 10 left the narrow well")
