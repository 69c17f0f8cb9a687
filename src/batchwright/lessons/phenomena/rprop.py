"""``rprop``: a step size for every weight, grown by 1.2 while its gradient keeps its sign, halved when it turns.

    d <- min(1.2 d, 50) if g g' > 0,   max(d / 2, 1e-6) if g g' < 0,      w <- w - d sign(g)

(Riedmiller and Braun 1993; torch skips the step after a turn.) A step size keeps its length where the signs of two
gradients agree with the probability p of p log 1.2 = (1 - p) log 2, that is p = 0.79. Training loss is compared at
equal updates, each method's rate (Rprop's first step size) tuned for its batch size on seeds of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Mark, Panel, over_seeds, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import Verdict, above, below, everywhere, mean, ratio, untold
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import TunedRate, tuned_rates

UPDATES = 100
SIZES = (32, 256)
START = {"rprop": 3e-3, "sgd": 0.3, "rmsprop": 3e-3}
"""Where tuning begins; neighbouring rates are a factor of about three apart."""
FACTOR = 10**0.5
FAILS = 10.0
"""Times the full batch's training loss from which on training has failed: accuracy can still be far above chance."""
ROUNDING = 1e-6
"""Of a mean loss in single precision."""
SMALLEST_STEP, KEPT = 1e-6, math.log(2) / (math.log(2) + math.log(1.2))
"""torch's least step size; the agreement of signs that keeps a step size as it is."""
MIDDLE = 40
"""Updates after which step sizes and signs are looked at, far from the end of training."""


def experiment(lab: Lab) -> Found:
    """Tune, compare training losses at equal updates, and look at the step sizes and at the signs."""
    whole = len(bw.named_task("digits").train)
    seeds = lab.seeds(12 if lab.full else 6)
    wanted = [("rprop", b) for b in (*SIZES, whole)] + [("rmsprop", b) for b in SIZES] + [("sgd", whole)]
    best = tuned(lab, wanted, seeds[:2])
    rates = {key: rate.lr or START[key[0]] for key, rate in best.items()}
    losses = {
        (name, size): [last_loss(r) for r in lab.runs([method_run(name, size, lr, s) for s in seeds[2:]])]
        for (name, size), lr in rates.items()
    }
    asked = [(size, rates["rprop", size], seed) for size in (*SIZES, whole) for seed in seeds[2:]]
    inside = dict(zip(asked, lab.map(look_inside, asked), strict=True))
    by_size = {size: [v for k, v in inside.items() if k[0] == size] for size in (*SIZES, whole)}
    return Found(
        parts=[
            _differ(by_size[whole]), *_compared(losses, whole, all(rate.inside for rate in best.values())),
            *_shrink(by_size, whole), _signs(by_size),
        ],
        panels=[_losses(losses, whole), _steps(by_size), _curves(lab, rates, whole, seeds[2])],
    )  # fmt: skip


Key = tuple[str, int]
Losses = Mapping[Key, Sequence[float]]


def method_run(name: str, size: int, lr: float, seed: int) -> dict[str, Any]:
    """One run; batches run on, so that all hold the same number of examples."""
    return {
        "task": "digits", "optimizer": name, "batch_size": size, "lr": lr, "steps": UPDATES, "seed": seed,
        "last_batch": "run_on", "evaluate": "10", "train_metrics": True,
    }  # fmt: skip


def last_loss(run: Any) -> float:
    """Training loss over all examples at the end; infinite where it diverged."""
    rows = [e.loss for e in run.evaluations if e.split == "train"]
    ended = run.status == "budget_exhausted" and rows[-1] is not None
    return max(float(rows[-1]), ROUNDING) if ended else math.inf


def tuned(lab: Lab, keys: Sequence[Key], seeds: Sequence[int]) -> dict[Key, TunedRate]:
    """Rates with the least geometric mean of the training loss."""
    return tuned_rates(
        lab, {key: START[key[0]] for key in keys}, lambda key, lr, seed: method_run(*key, lr, seed),
        lambda _, run: math.log(last_loss(run)), seeds, factor=FACTOR, statistic=np.mean,
    )  # fmt: skip


@dataclass(frozen=True)
class Inside:
    """What is inside a run of Rprop after some updates.

    Attributes:
        steps: the 10th to 90th percentiles of the step sizes of weights that ever had a gradient.
        smallest: the share of them within ten times the least step size.
        spread: 90th over 10th percentile of |gradient| over the weights, at the start.
        agreement: share of weights whose sign is the same in two batches of the run's size, at the same point of
            a run of plain descent.
    """

    steps: tuple[float, ...]
    smallest: float
    spread: float
    agreement: float


def look_inside(asked: tuple[int, float, int]) -> Inside:
    """One run of Rprop with this batch size and first step size."""
    size, lr, seed = asked
    task = bw.named_task("digits")
    training = bw.train(
        task, optimizer="rprop", batch_size=size, lr=lr, steps=MIDDLE, seed=seed, last_batch="run_on",
        evaluate=str(10**6), progress=False,
    )  # fmt: skip
    start = bw.per_example_gradients(task, training.model).numpy()
    entries = np.abs(start.mean(axis=0))
    *_, run = training
    state = run.updater.state_dict()
    lengths = np.concatenate([v.numpy().ravel() for k, v in state.items() if k.startswith("step_size")])
    used = lengths[lengths != np.float32(lr)]
    return Inside(
        steps=tuple(np.quantile(used, np.linspace(0.1, 0.9, 9)).tolist()),
        smallest=float((used < 10 * SMALLEST_STEP).mean()),
        spread=float(np.divide(*np.quantile(entries[entries > 0], [0.9, 0.1]))),
        agreement=sign_agreement(task, size, seed),
    )


def sign_agreement(task: Any, size: int, seed: int) -> float:
    """The share of weights with a gradient whose sign is that of another batch's gradient."""
    *_, run = bw.train(
        task, batch_size=32, lr=0.3, steps=MIDDLE, seed=seed, evaluate=str(10**6), progress=False
    )
    gradients = bw.per_example_gradients(task, run.model).numpy()
    random, shares = np.random.default_rng(seed), []
    for _ in range(20):
        one, two = (gradients[random.permutation(len(gradients))[:size]].mean(axis=0) for _ in range(2))
        moves = (one != 0) & (two != 0)
        shares.append(float((np.sign(one) == np.sign(two))[moves].mean()))
    return float(np.mean(shares))


# --- what follows ---


def _differ(inside: Sequence[Inside]) -> Part:
    found = mean("gradient_spread", [i.spread for i in inside], unit="1")
    return Part(name="gradients_differ", verdict=above(found, 10.0), measurements=(found,))


def _compared(losses: Losses, whole: int, inside: bool) -> list[Part]:
    """What rests on tuned rates."""
    parts = [_full_batch(losses, whole), _fails(losses, whole), _repair(losses)]
    return parts if inside else [untold(part) for part in parts]


def _full_batch(losses: Losses, whole: int) -> Part:
    found = ratio("loss_over_descent", losses["rprop", whole], losses["sgd", whole], batch_size=whole)
    return Part(name="works_on_the_full_batch", verdict=below(found, 1.0), measurements=(found,))


def _fails(losses: Losses, whole: int) -> Part:
    numbers = [
        ratio("loss_over_full_batch", losses["rprop", size], losses["rprop", whole], batch_size=size)
        for size in SIZES
    ]
    return _by_size("fails_on_mini_batches", numbers, [above(m, FAILS) for m in numbers])


def _shrink(by_size: Mapping[int, Sequence[Inside]], whole: int) -> list[Part]:
    """Step sizes in mid-training: shorter than the full batch's, and whether most have shrunk to nothing."""
    medians = {size: [i.steps[len(i.steps) // 2] for i in inside] for size, inside in by_size.items()}
    shorter = [ratio("median_step_ratio", medians[size], medians[whole], batch_size=size) for size in SIZES]
    least = [
        mean("steps_at_the_least", [i.smallest for i in inside], unit="1", batch_size=size)
        for size, inside in by_size.items()
    ]
    return [
        _by_size("steps_are_shorter", shorter, [below(m, 0.5) for m in shorter]),
        _by_size("most_steps_end", least, [above(m, 0.5) for m in least[: len(SIZES)]]),
    ]


def _signs(by_size: Mapping[int, Sequence[Inside]]) -> Part:
    """Decided at the smallest batch; at larger ones the agreement comes near to what is needed."""
    numbers = [
        mean("sign_agreement", [i.agreement for i in by_size[size]], unit="1", batch_size=size)
        for size in SIZES
    ]
    return Part(name="signs_disagree", verdict=below(numbers[0], KEPT), measurements=tuple(numbers))


def _repair(losses: Losses) -> Part:
    numbers = [
        ratio("rmsprop_over_rprop", losses["rmsprop", size], losses["rprop", size], batch_size=size)
        for size in SIZES
    ]
    return _by_size("rmsprop_repairs", numbers, [below(m, 1.0) for m in numbers])


def _by_size(name: str, numbers: Sequence[Measured], verdicts: Sequence[Verdict]) -> Part:
    verdict, by = everywhere(dict(zip(SIZES, verdicts, strict=True)))
    condition = remark("lesson.rprop.sizes", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


# --- pictures ---


def _losses(losses: Losses, whole: int) -> Panel:
    sizes = (*SIZES, whole)
    lines = []
    for name in ("rprop", "rmsprop"):
        own = [size for size in sizes if (name, size) in losses]
        values = [losses[name, size] for size in own]
        lines.append(over_seeds(own, values, remark(f"lesson.rprop.method.{name}")))
    return Panel(
        name="losses",
        title=remark("lesson.rprop.losses.title", updates=UPDATES),
        takeaway=remark("lesson.rprop.losses.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.axis.train_loss"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _steps(by_size: Mapping[int, Sequence[Inside]]) -> Panel:
    lines = [
        series(
            np.linspace(0.1, 0.9, 9), np.exp(np.log([i.steps for i in inside]).mean(axis=0)),
            remark("lesson.rprop.line.size", size=size),
        )
        for size, inside in by_size.items()
    ]  # fmt: skip
    return Panel(
        name="step_sizes",
        title=remark("lesson.rprop.steps.title", updates=MIDDLE),
        takeaway=remark("lesson.rprop.steps.takeaway"),
        x=remark("lesson.rprop.axis.share"),
        y=remark("lesson.rprop.axis.step_size"),
        y_log=True,
        series=tuple(lines),
        marks=(Mark(value=SMALLEST_STEP, label=remark("lesson.rprop.least")),),
    )


def _curves(lab: Lab, rates: Mapping[Key, float], whole: int, seed: int) -> Panel:
    lines = []
    for name, size in (("rprop", whole), ("rprop", 256), ("rprop", 32), ("rmsprop", 32)):
        run = lab.runs([method_run(name, size, rates[name, size], seed)])[0]
        rows = [e for e in run.evaluations if e.split == "train"]
        label = remark("lesson.rprop.line.method", name=name, size=size)
        lines.append(series([e.step for e in rows], [e.loss for e in rows], label, look="line"))
    return Panel(
        name="curves",
        title=remark("lesson.rprop.curves.title"),
        takeaway=remark("lesson.rprop.curves.takeaway"),
        x=remark("lesson.axis.updates"),
        y=remark("lesson.axis.train_loss"),
        y_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for batch_size in (1437, 256, 32):
        for optimizer, lr in (("rprop", 1e-3), ("rmsprop", 1e-2)):
            training = bw.train(
                "digits", optimizer=optimizer, lr=lr, batch_size=batch_size, steps=100, train_metrics=True
            )
            *_, run = training
            losses = [e.loss for e in run.evaluations if e.split == "train"]
            print(optimizer, batch_size, "training loss", losses[-1])
            if optimizer == "rprop":
                steps = run.updater.state_dict()["step_size/0.weight"]
                print("  step sizes from", float(steps.min()), "to", float(steps.max()))
