"""``three-methods``: gradient descent, SGD and mini-batch as the article compared them, at four equalities.

The article gave gradient descent and SGD 100 digits and mini-batch (B = 2) 200, four epochs each, and compared
after equal epochs: mini-batch saw twice the data, gradient descent made 4 updates and the others 400. Here the
same runs are compared at equal epochs, updates, examples and seconds, at several rates and 30 seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, everywhere, exact, ratio, share
from batchwright.lessons.lab import Lab

METHODS = {"gd": (100, 100), "sgd": (100, 1), "minibatch": (200, 2)}
"""Examples and batch size of each method in the article."""
RATES = {"gd": (0.3, 1.0, 3.0), "sgd": (0.01, 0.03, 0.1, 0.3), "minibatch": (0.01, 0.03, 0.1, 0.3)}
COMMON = (0.01, 0.03, 0.1)
EPOCHS, UPDATES = 4, 400
PRINTED = {
    "gd": ((2.708, 2.554, 2.444, 2.362), (0.10, 0.15, 0.17, 0.21)),
    "sgd": ((2.090, 1.067, 0.572, 0.362), (0.26, 0.71, 0.85, 0.94)),
    "minibatch": ((1.868, 0.956, 0.621, 0.431), (0.425, 0.81, 0.88, 0.94)),
}
"""The article's figures, epoch by epoch: running mean of the loss, accuracy on the training examples."""
LONGER = 1.25
"""From which ratio on an epoch takes longer; clocks differ by less from run to run, on a busy machine too."""

Runs = Mapping[tuple[str, float], Sequence[Any]]
"""(method, learning rate) -> one result a seed."""
Sides = Mapping[str, np.ndarray]
"""Method -> training loss of its best rate, one a seed."""


def experiment(lab: Lab) -> Found:
    """All runs side by side, then the clock alone."""
    seeds = lab.seeds(60 if lab.full else 30)
    by_epochs = _runs(lab, seeds, RATES, epochs=EPOCHS)
    gd_updates = _runs(lab, seeds, {"gd": RATES["gd"]}, steps=UPDATES, evaluate=str(UPDATES))
    ends = {
        "equal_epochs": dict.fromkeys(METHODS, EPOCHS),
        "equal_updates": {"gd": UPDATES, "sgd": EPOCHS, "minibatch": EPOCHS},
        "equal_examples": {"gd": EPOCHS, "sgd": EPOCHS, "minibatch": EPOCHS // 2},
    }
    tuned = {
        equal: _tuned(by_epochs | gd_updates if equal == "equal_updates" else by_epochs, epochs)
        for equal, epochs in ends.items()
    }
    first, _ = _tuned(by_epochs, dict.fromkeys(METHODS, 1))
    timed = _at_equal_seconds(lab.seeds(24 if lab.full else 6), tuned["equal_updates"][1])
    losses = {equal: found for equal, (found, _) in tuned.items()} | {
        "equal_seconds": timed["minibatch_epochs"]
    }
    return Found(
        parts=[
            _epoch_time(lab.seeds(8)), _beats("sgd_over_gd", "sgd", "gd", losses),
            _beats("minibatch_over_sgd", "minibatch", "sgd", losses), _every_rate(by_epochs),
            _sooner(first, timed["one_epoch"]), _printed(by_epochs),
        ],
        panels=[_panel("losses", by_epochs), _panel("accuracies", by_epochs), _equalities(losses)],
    )  # fmt: skip


# --- the runs ---


def _setting(method: str, seed: int, **further: Any) -> dict[str, Any]:
    examples, size = METHODS[method]
    return {"task": "digits", "examples": examples, "batch_size": size, "seed": seed, **further}


def _runs(
    lab: Lab, seeds: Sequence[int], rates: Mapping[str, Sequence[float]], **length: Any
) -> dict[tuple[str, float], list[Any]]:
    keys = [(method, lr, seed) for method, tried in rates.items() for lr in tried for seed in seeds]
    results = lab.runs(
        _setting(method, seed, lr=lr, train_metrics=True, **length) for method, lr, seed in keys
    )
    found: dict[tuple[str, float], list[Any]] = {}
    for (method, lr, _), result in zip(keys, results, strict=True):
        found.setdefault((method, lr), []).append(result)
    return found


def after_epoch(result: Any, epoch: float, metric: str = "loss") -> float:
    """Loss or accuracy on the training examples after so many epochs; infinite where the run had diverged."""
    for row in result.evaluations:
        if row.split == "train" and row.epoch == epoch:
            value = row.loss if metric == "loss" else row.metrics[metric]
            return np.inf if value is None else float(value)
    return np.inf


def running_means(result: Any) -> list[float]:
    """Mean loss of the batches during each epoch, as the article prints it, from the thinned records.

    A record is the mean since the one before; where it reaches over the end of an epoch (by at most 2% of the
    updates so far) it counts for the epoch in which it ends.
    """
    totals, counts, last = np.zeros(EPOCHS), np.zeros(EPOCHS), 0
    for row in result.steps:
        epoch = min(EPOCHS, int(np.ceil(row.epoch - 1e-9))) - 1
        totals[epoch] += (row.step - last) * (np.nan if row.loss is None else row.loss)
        counts[epoch] += row.step - last
        last = row.step
    with np.errstate(invalid="ignore"):
        return [float(value) for value in totals / counts]


def _tuned(runs: Runs, epochs: Mapping[str, float]) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Training loss after these epochs at each method's best rate (least geometric mean), and that rate."""
    best: dict[str, np.ndarray] = {}
    rates: dict[str, float] = {}
    for (method, lr), results in runs.items():
        losses = np.array([after_epoch(result, epochs[method]) for result in results])
        if method not in best or np.log(losses).mean() < np.log(best[method]).mean():
            best[method], rates[method] = losses, lr
    return best, rates


# --- the clock: one run at a time in this process ---


def _seconds_an_epoch(examples: int, size: int, seed: int) -> float:
    """Training time of an epoch, the first update apart, which is slow in every run."""
    epochs = max(2, 200 * size // examples)
    training = bw.train(
        _task(examples), batch_size=size, lr=0.03, epochs=epochs, seed=seed, evaluate="100000", progress=False
    )
    began = 0.0
    for run in training:
        if run.step == 1:
            began, start = run.seconds, run.epoch
    return float((run.seconds - began) / (run.epoch - start))


@cache
def _task(examples: int) -> Any:
    """The digits, loaded once."""
    return bw.named_task("digits", examples=examples)


def _at_equal_seconds(seeds: Sequence[int], rates: Mapping[str, float]) -> dict[str, dict[str, np.ndarray]]:
    """Training losses in the time of mini-batch's four epochs, and in that of SGD's first."""
    found: dict[str, dict[str, list[float]]] = {}
    lengths = {"minibatch_epochs": ("minibatch", EPOCHS), "one_epoch": ("sgd", 1)}
    for seed in seeds:
        for name, (reference, epochs) in lengths.items():
            own = _end(reference, rates[reference], seed, epochs=epochs)
            for method, lr in rates.items():
                result = own if method == reference else _end(method, lr, seed, seconds=own.seconds)
                loss = next(e.loss for e in reversed(result.evaluations) if e.split == "train")
                found.setdefault(name, {}).setdefault(method, []).append(np.inf if loss is None else loss)
    return {name: {m: np.array(v) for m, v in sides.items()} for name, sides in found.items()}


def _end(method: str, lr: float, seed: int, **length: Any) -> Any:
    examples, size = METHODS[method]
    training = bw.train(
        _task(examples), batch_size=size, lr=lr, seed=seed, evaluate="100000", train_metrics=True,
        progress=False, **length,
    )  # fmt: skip
    for _ in training:
        pass
    return training.result


# --- the parts ---


def _judged(name: str, words: str, verdicts: Mapping[Any, Verdict], numbers: Sequence[Measured]) -> Part:
    """A part over several settings; ``words`` say at which of them it holds."""
    verdict, by = everywhere(verdicts)
    condition = remark(f"lesson.three_methods.{words}", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


def _epoch_time(seeds: Sequence[int]) -> Part:
    """Seconds an epoch: mini-batch over gradient descent, SGD over mini-batch; as printed and on equal data."""
    numbers, verdicts = [], {}
    for data in ("as_printed", "equal_data"):
        seconds: dict[str, list[float]] = {method: [] for method in METHODS}
        for seed in seeds:
            for method, (examples, size) in METHODS.items():
                own = (examples, size) if data == "as_printed" else (200, 200 if method == "gd" else size)
                seconds[method].append(_seconds_an_epoch(*own, seed))
        steps = [
            ratio("minibatch_over_gd", seconds["minibatch"], seconds["gd"], trained_on=data),
            ratio("sgd_over_minibatch", seconds["sgd"], seconds["minibatch"], trained_on=data),
        ]
        numbers += steps
        found = [above(step, LONGER) for step in steps]
        verdicts[data] = next((v for v in ("does_not_hold", "cannot_tell") if v in found), "holds")
    return _judged("epoch_time", "data", verdicts, numbers[::-1])  # type: ignore[arg-type]


def _beats(name: str, method: str, other: str, losses: Mapping[str, Sides]) -> Part:
    """The training loss of one method over another's at each equality, each at its best rate."""
    numbers = [
        ratio("loss_ratio", sides[method], sides[other], equal=equal) for equal, sides in losses.items()
    ]
    return _judged(name, "equal", {m.at["equal"]: below(m, 1.0) for m in numbers}, numbers)


def _every_rate(runs: Runs) -> Part:
    """Mini-batch against SGD after four epochs, both at the same rate."""
    numbers = []
    for lr in COMMON:
        sides = [[after_epoch(r, EPOCHS) for r in runs[method, lr]] for method in ("minibatch", "sgd")]
        numbers.append(ratio("loss_ratio", *sides, lr=lr))
    return _judged("every_rate", "rates", {m.at["lr"]: below(m, 1.0) for m in numbers}, numbers)


def _sooner(first: Sides, timed: Sides) -> Part:
    """SGD against gradient descent after a pass over 100 examples, and in the seconds that SGD's pass takes."""
    numbers = [
        ratio("first_ratio", sides["sgd"], sides["gd"], equal=equal)
        for equal, sides in (("equal_examples", first), ("equal_seconds", timed))
    ]
    return _judged("sooner", "equal", {m.at["equal"]: below(m, 1.0) for m in numbers}, numbers)


def of_every_run(runs: Runs, method: str, kind: str) -> np.ndarray:
    """What the article prints, of every run of a method, shape (runs, epochs)."""
    results = [result for (name, _), rows in runs.items() if name == method for result in rows]
    if kind == "losses":
        return np.array([running_means(result) for result in results])
    return np.array([[after_epoch(r, e, "accuracy") for e in range(1, EPOCHS + 1)] for r in results])


def _printed(runs: Runs) -> Part:
    """How many of the article's 24 figures lie between the lowest and the highest of ours."""
    inside = []
    for method, printed in PRINTED.items():
        for kind, values in zip(("losses", "accuracies"), printed, strict=True):
            ours = of_every_run(runs, method, kind)
            low, high = np.nanmin(ours, axis=0), np.nanmax(ours, axis=0)
            inside.append(int(((low <= values) & (values <= high)).sum()))
    total = share("figures_inside", sum(inside), 24)
    start = [running_means(r)[0] for (method, _), rows in runs.items() if method == "gd" for r in rows]
    first = exact("first_loss", float(np.mean(start)), n=len(start))
    return Part(name="printed", verdict=above(total, 0.5), measurements=(total, first))


# --- pictures ---


def _panel(kind: str, runs: Runs) -> Panel:
    """The article's figures as dots, the median of ours as a line with the range over rates and seeds."""
    lines, epochs = [], range(1, EPOCHS + 1)
    for colour, (method, printed) in enumerate(PRINTED.items()):
        ours = of_every_run(runs, method, kind)
        label = remark(f"lesson.three_methods.line.{method}")
        lines.append(
            series(
                epochs, np.nanmedian(ours, axis=0), label, look="line", colour=colour,
                low=np.nanmin(ours, axis=0), high=np.minimum(np.nanmax(ours, axis=0), 4.0),
            )
        )  # fmt: skip
        article = remark(f"lesson.three_methods.article.{method}")
        lines.append(series(epochs, printed[kind == "accuracies"], article, look="dots", colour=colour))
    return Panel(
        name=kind,
        title=remark(f"lesson.three_methods.{kind}.title"),
        takeaway=remark(f"lesson.three_methods.{kind}.takeaway"),
        x=remark("lesson.axis.epochs"),
        y=remark("lesson.axis.loss" if kind == "losses" else "lesson.axis.accuracy"),
        series=tuple(lines),
    )


def _equalities(losses: Mapping[str, Sides]) -> Panel:
    lines = [
        series(
            range(len(losses)), [float(np.median(sides[method])) for sides in losses.values()],
            remark(f"lesson.three_methods.line.{method}"), look="dots",
        )
        for method in METHODS
    ]  # fmt: skip
    return Panel(
        name="equalities",
        title=remark("lesson.three_methods.equalities.title"),
        takeaway=remark("lesson.three_methods.equalities.takeaway"),
        x=remark("lesson.setting.equal"),
        y=remark("lesson.axis.train_loss"),
        y_log=True,
        x_names=tuple(remark(f"lesson.choice.{equal}") for equal in losses),
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for align in ("epochs", "updates", "examples", "seconds"):
        print(
            bw.compare(
                "digits", batch_size=2, examples=[100, 100, 200], lr=[1.0, 0.03, 0.1], epochs=4, align=align
            )
        )
