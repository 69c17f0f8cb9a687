"""The target: reached before training starts, by a constant, by nothing, or decided by one example."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from batchwright.core.errors import one_line
from batchwright.measure.checkup.bench import Bench, spaced
from batchwright.measure.checkup.floor import constant_accuracy, constant_loss, free_accuracy, free_loss
from batchwright.measure.checkup.reading import ReadSplit
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.task.data import Split
from batchwright.task.target import Target
from batchwright.training.evaluate import Evaluator

_SEEDS = 3
_FEWEST, _MOST = 32, 512
_EVALUATION_SECONDS = 0.5
"""Examples of an evaluation, and about how long one may take."""
_FEWEST_WRONG = 4
"""Wrong answers that a target on a share of right ones should allow."""
_BELOW = 0.98
"""Share of a floor below which a target is out of reach: the floor is of a sample."""


def evaluation_works(bench: Bench) -> Iterator[TaskFinding]:
    """Loss and every metric on the validation examples."""
    try:
        loss, metrics = _evaluated(bench, bench.task.validation, bench.built)
    except Exception as error:
        yield finding("evaluation_fails", "error", error=one_line(error))
        return
    for name, value in {"loss": loss, **metrics}.items():
        target = bench.task.target
        if value is None and name != "loss":
            wanted = target is not None and target.metric == name
            yield finding("metric_not_finite", "error" if wanted else "warning", metric=name)


def reached_at_start(bench: Bench, target: Target, read: ReadSplit) -> Iterator[TaskFinding]:
    """Whether untrained models reach the target, or a constant output does."""
    values = []
    for seed in range(_SEEDS):
        model = bench.built if seed == 0 else bench.task.build_model(seed).to(bench.device, bench.dtype)
        loss, metrics = _evaluated(bench, bench.task.split(target.split), model)
        values.append(loss if target.metric == "loss" else metrics[target.metric])
    higher = bench.task.higher_is_better(target.metric)
    known = [v for v in values if v is not None]
    about = {"split": target.split, "metric": target.metric, "target": target.value}
    if len(known) == _SEEDS and all(_reaches(v, target, higher) for v in known):
        yield finding("target_met_at_start", "error", **about, value=sum(known) / len(known), seeds=_SEEDS)
        return
    constant = _constant(bench, target, read)
    if constant is not None and _reaches(constant, target, higher):
        yield finding("target_met_by_constant", "note", **about, value=constant)


def out_of_reach(bench: Bench, target: Target, read: ReadSplit) -> Iterator[TaskFinding]:
    """Whether any function of the inputs could reach the target on these examples."""
    about = {"split": target.split, "metric": target.metric, "target": target.value}
    if target.metric == "loss":
        least = free_loss(bench, read)
        if least is not None and target.value < _BELOW * least:
            yield finding("target_out_of_reach", "error", **about, best=least)
    else:
        best = free_accuracy(bench.task.metrics[target.metric], read)
        if best is not None and target.value > best + (0.0 if read.complete else 0.02):
            yield finding("target_out_of_reach", "error", **about, best=best)


def resolved(bench: Bench, target: Target, read: ReadSplit) -> Iterator[TaskFinding]:
    """Whether the split has examples enough to tell the target from its neighbours."""
    if bench.task.range_of(target.metric) != (0.0, 1.0) or target.metric == "loss":
        return
    wrong = (1 - target.value) * read.total
    if wrong < _FEWEST_WRONG and bench.task.higher_is_better(target.metric):
        yield finding(
            "target_unresolved", "warning", split=target.split, metric=target.metric, target=target.value,
            examples=read.total, wrong=int(wrong + 1e-9), step=1 / read.total,
        )  # fmt: skip


def _constant(bench: Bench, target: Target, read: ReadSplit) -> float | None:
    if target.metric == "loss":
        return constant_loss(bench, read)
    return constant_accuracy(bench.task.metrics[target.metric], read)


def _evaluated(bench: Bench, split: Split, model: nn.Module) -> tuple[float | None, dict[str, float | None]]:
    # A forward pass is a third of forward and backward.
    count = int(min(_MOST, max(_FEWEST, 3 * _EVALUATION_SECONDS / max(bench.seconds_each, 1e-9))))
    data = split.subset(spaced(len(split), count)).to(bench.device, bench.dtype)
    return Evaluator(bench.task, data)(model)


def _reaches(value: float, target: Target, higher: bool) -> bool:
    return value >= target.value if higher else value <= target.value
