"""``lenet-batch-size``: seconds an epoch, epochs, seconds and final accuracy of LeNet against the batch size.

Steps are timed alone, epochs to the target counted in runs, and the two multiplied. Everything is done at one
learning rate for all sizes, as in the article, and at a rate tuned for each size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Panel, Series, series
from batchwright.core.remark import Remark, remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, at_least, below, difference, everywhere, ratio, share, untold
from batchwright.lessons.lab import Lab
from batchwright.lessons.timing import Probe, clocked, example_ratio, point_at, unless_busy
from batchwright.lessons.tuning import RunResult, TunedRate, tuned_rates

TINY = 1
SIZES, SIZES_FULL = (8, 32, 128), (8, 16, 32, 64, 128)
SMALLEST, LARGEST = SIZES[0], SIZES[-1]
START = {TINY: 0.02, 8: 0.1, 16: 0.1, 32: 0.2, 64: 0.2, 128: 0.4}
FIXED = 0.1
TARGET = 0.85
"""Validation accuracy that every size reaches on digits within the epochs given."""
EXAMPLES = 1437
TARGETS_FULL = {"mnist": 0.97, "fashion-mnist": 0.85}
"""The same on all 60,000."""
EXAMPLES_FULL = 60_000
MORE, MUCH_MORE, BETTER = 1.2, 1.5, 1.1
"""Ratios: of epochs, of seconds to the target, and of seconds at an end of the range over those inside it."""
FASTER = 0.9
TIMING_SECONDS = 8.0
WORSE = 0.01
ON_THE_CLOCK = ("faster_data", "more_time", "best_time")
"""Parts that rest on seconds."""
STEMS = ("more_epochs", "more_time", "best_time", "best_accuracy", "tiny")


@dataclass(frozen=True)
class Plan:
    """What is trained, for how long, and how often it is evaluated."""

    task: str
    examples: int
    target: float
    epochs: int = 8
    tiny_epochs: int = 2
    evaluations: int = 2
    sizes: tuple[int, ...] = SIZES

    def task_fields(self) -> dict[str, Any]:
        """The task as arguments of a run."""
        return {"task": self.task, "examples": self.examples, "set": {"model": "lenet"}}

    def epochs_of(self, batch_size: int) -> int:
        """The tiny batch is slow, and has made many updates after few epochs."""
        return self.tiny_epochs if batch_size == TINY else self.epochs

    def setting(self, batch_size: int, lr: float, seed: int, *, to_target: bool = False) -> dict[str, Any]:
        """A run, evaluated several times an epoch."""
        return {
            **self.task_fields(), "batch_size": batch_size, "lr": lr, "seed": seed, "last_batch": "run_on",
            "steps": math.ceil(self.epochs_of(batch_size) * self.examples / batch_size),
            "evaluate": str(max(1, round(self.examples / batch_size / self.evaluations))),
            "target": f"accuracy={self.target}" if to_target else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Course:
    """What one run showed: epochs to the target, None where it did not get there, and its last accuracy."""

    epochs: float | None
    final: float


def experiment(lab: Lab) -> Found:
    """Count epochs at one rate and at tuned rates, then time the steps."""
    plan = plan_of(lab)
    tuning, seeds = lab.seeds(10)[: 1 if lab.full else 2], lab.seeds(10)[2:5]
    tuned = _tuned(lab, plan, tuning)
    rates = {
        "fixed": dict.fromkeys((TINY, *plan.sizes), FIXED),
        "tuned": {b: rate.lr or FIXED for b, rate in tuned.items()},
    }
    courses = {kind: _courses(lab, plan, of_size, seeds) for kind, of_size in rates.items()}
    task = bw.named_task(plan.task, model="lenet", examples=plan.examples)
    clock = clocked(lab, task, [TINY, *plan.sizes], TIMING_SECONDS)
    parts = [faster_data(clock)]
    inside = {"fixed": True, "tuned": all(rate.inside for rate in tuned.values())}
    for kind, found in courses.items():
        those = parts_at(kind, found, clock, plan)
        parts += those if inside[kind] else map(untold, those)
    parts, busy = unless_busy(parts, [clock], lambda part: part.name.startswith(ON_THE_CLOCK))
    return Found(parts=parts, panels=[_cost(courses, clock, plan), _final(courses, plan)],
                 notes=[*_data(plan), *_changes(parts), *busy])  # fmt: skip


def plan_of(lab: Lab) -> Plan:
    """Enlarged digits in the short form; in the long one the largest data at hand, whole."""
    task = lab.available("mnist", "fashion-mnist", "digits") if lab.full else "digits"
    if not lab.full:
        return Plan(task, EXAMPLES, TARGET)
    if task == "digits":
        return Plan(task, EXAMPLES, TARGET, epochs=60, tiny_epochs=20, sizes=SIZES_FULL)
    return Plan(task, EXAMPLES_FULL, TARGETS_FULL[task], 3, 1, sizes=SIZES_FULL)


def _tuned(lab: Lab, plan: Plan, seeds: Sequence[int]) -> dict[int, TunedRate]:
    """For the fewest epochs to the target; a run that ends short of it costs more the further it is away."""

    def cost(b: int, run: RunResult) -> float:
        if run.status not in ("target_reached", "budget_exhausted"):
            return math.inf
        course = course_of(run, plan)
        return plan.epochs_of(b) * (2 - course.final) if course.epochs is None else course.epochs

    start = {b: START[b] for b in (TINY, *plan.sizes)}
    return tuned_rates(lab, start, lambda b, lr, seed: plan.setting(b, lr, seed, to_target=True), cost, seeds)


def course_of(run: RunResult, plan: Plan) -> Course:
    """The first crossing of the target, interpolated between evaluations, and the last accuracy."""
    rows = [(e.step, e.metrics["accuracy"] or 0.0) for e in run.evaluations if e.split == "validation"]
    per_epoch = plan.examples / run.spec.batch_size
    for (before, low), (after, high) in itertools.pairwise(rows):
        if high >= plan.target:
            share_of_way = (plan.target - low) / (high - low) if low < plan.target else 0.0
            return Course((before + share_of_way * (after - before)) / per_epoch, rows[-1][1])
    return Course(None, rows[-1][1] if rows else 0.0)


Courses = Mapping[int, Sequence[Course]]


def _courses(lab: Lab, plan: Plan, rates: Mapping[int, float], seeds: Sequence[int]) -> Courses:
    runs = lab.runs([plan.setting(b, lr, seed) for b, lr in rates.items() for seed in seeds])
    rows = iter(course_of(run, plan) for run in runs)
    return {b: [next(rows) for _ in seeds] for b in rates}


# --- what follows ---


def faster_data(clock: Probe) -> Part:
    """Seconds of an example at the largest batch over those at the smallest."""
    largest = point_at(clock, LARGEST)
    ratios = [
        example_ratio("example_ratio", largest, point, batch_size=b)
        for b in (SMALLEST, TINY)
        if largest and (point := point_at(clock, b))
    ]
    return Part(name="faster_data", verdict=below(ratios[0], FASTER), measurements=tuple(ratios))


def parts_at(kind: str, found: Courses, clock: Probe, plan: Plan) -> list[Part]:
    """The claims on epochs, time and accuracy, at one kind of rates."""
    epochs = {b: _epochs(found[b], plan.epochs_of(b)) for b in found}
    seconds = {b: [n * _epoch_seconds(clock, b, plan) for n in values] for b, values in epochs.items()}
    more = ratio("epochs_ratio", epochs[LARGEST], epochs[SMALLEST], rates=f"{kind}_rate")
    best = min(plan.sizes[:-1], key=lambda b: math.prod(seconds[b]))
    slower = ratio("seconds_ratio", seconds[LARGEST], seconds[best], beside=best, rates=f"{kind}_rate")
    short = {b for b, courses in found.items() if any(course.epochs is None for course in courses)}
    more_epochs = at_least(above(more, MORE), LARGEST, SMALLEST, short)
    more_time = at_least(above(slower, MUCH_MORE), LARGEST, best, short)
    return [
        Part(name=f"more_epochs_{kind}", verdict=more_epochs, measurements=(more,)),
        Part(name=f"more_time_{kind}", verdict=more_time, measurements=(slower,)),
        _best_time(kind, seconds, best, short), _best_accuracy(kind, found, plan), _tiny(kind, found),
    ]  # fmt: skip


def _epochs(courses: Sequence[Course], most: int) -> list[float]:
    """Epochs to the target; of a run that did not get there all of its epochs, which is too few."""
    return [most if course.epochs is None else max(course.epochs, 1e-3) for course in courses]


def _epoch_seconds(clock: Probe, batch_size: int, plan: Plan) -> float:
    point = point_at(clock, batch_size)
    return math.nan if point is None else plan.examples / point.examples_per_second


def _best_time(kind: str, seconds: Mapping[int, Sequence[float]], inner: int, short: Collection[int]) -> Part:
    """Both ends of the range against the best size inside it."""
    ends = [
        ratio("seconds_ratio", seconds[b], seconds[inner], batch_size=b, beside=inner, rates=f"{kind}_rate")
        for b in (TINY, LARGEST)
    ]
    verdicts = {
        m.at["batch_size"]: at_least(above(m, BETTER), int(m.at["batch_size"]), inner, short) for m in ends
    }
    return _both(f"best_time_{kind}", ends, verdicts)


def _best_accuracy(kind: str, found: Courses, plan: Plan) -> Part:
    """Final accuracies: the best size inside the range minus either end of it."""
    finals = {b: [course.final for course in found[b]] for b in plan.sizes}
    inner = max(plan.sizes[1:-1], key=lambda b: sum(finals[b]))
    ends = [
        difference("accuracy_gap", finals[inner], finals[b], unit="1", batch_size=b, beside=inner,
                   rates=f"{kind}_rate")
        for b in (LARGEST, SMALLEST)
    ]  # fmt: skip
    return _both(f"best_accuracy_{kind}", ends, {m.at["batch_size"]: above(m, WORSE) for m in ends})


def _both(name: str, ends: Sequence[Measured], worse: Mapping[Any, Verdict]) -> Part:
    """A best size inside the range needs both ends to be worse; one that is not refutes it."""
    verdict, _ = everywhere(worse)
    told = "does_not_hold" if verdict == "holds_when" else verdict
    return Part(name=name, verdict=told, measurements=tuple(ends))


def _tiny(kind: str, found: Courses) -> Part:
    """The share of runs at B = 1 that did not reach the target."""
    rows = found[TINY]
    missed = share(
        "not_reached", sum(c.epochs is None for c in rows), len(rows), batch_size=TINY, rates=f"{kind}_rate"
    )
    return Part(name=f"tiny_{kind}", verdict=above(missed, 0.5), measurements=(missed,))


def _data(plan: Plan) -> list[Remark]:
    key = "enlarged" if plan.task == "digits" else "found"
    return [
        remark(
            f"lesson.lenet_batch_size.data.{key}", task=plan.task, examples=plan.examples, target=plan.target
        )
    ]


def _changes(parts: Sequence[Part]) -> list[Remark]:
    """For every claim, whether tuning changes the verdict on it."""
    verdicts = {part.name: part.verdict for part in parts}
    return [
        remark(f"lesson.lenet_batch_size.{change}.{stem}")
        for stem in STEMS
        for change in ["same" if verdicts[f"{stem}_fixed"] == verdicts[f"{stem}_tuned"] else "changed"]
    ]


# --- pictures ---


def _cost(courses: Mapping[str, Courses], clock: Probe, plan: Plan) -> Panel:
    """Epochs, seconds an epoch and seconds, each over its smallest value."""
    epoch = {b: _epoch_seconds(clock, b, plan) for b in (TINY, *plan.sizes)}
    lines = [_normalised({b: [s] for b, s in epoch.items()}, "epoch_seconds", "dashed")]
    for kind, found in courses.items():
        epochs = {b: _epochs(found[b], plan.epochs_of(b)) for b in plan.sizes}
        lines.append(_normalised(epochs, f"epochs.{kind}", "line"))
        lines.append(
            _normalised({b: [n * epoch[b] for n in v] for b, v in epochs.items()}, f"seconds.{kind}", "both")
        )
    return Panel(
        name="cost",
        title=remark("lesson.lenet_batch_size.cost.title"),
        takeaway=remark("lesson.lenet_batch_size.cost.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.lenet_batch_size.axis.normalised"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _normalised(values: Mapping[int, Sequence[float]], label: str, look: Any) -> Series:
    means = {b: sum(v) / len(v) for b, v in values.items()}
    least = min(means.values())
    return series(
        list(means),
        [v / least for v in means.values()],
        remark(f"lesson.lenet_batch_size.line.{label}"),
        look=look,
    )


def _final(courses: Mapping[str, Courses], plan: Plan) -> Panel:
    lines = []
    for kind, found in courses.items():
        finals = [[course.final for course in found[b]] for b in plan.sizes]
        lines.append(
            series(
                plan.sizes,
                [sum(v) / len(v) for v in finals],
                remark(f"lesson.lenet_batch_size.line.final.{kind}"),
                low=[min(v) for v in finals],
                high=[max(v) for v in finals],
            )
        )
    return Panel(
        name="final",
        title=remark("lesson.lenet_batch_size.final.title"),
        takeaway=remark("lesson.lenet_batch_size.final.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.axis.accuracy"),
        x_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    task = bw.named_task("digits", model="lenet")  # or "fashion-mnist", where it is installed
    clock = bw.probe(task, batch_sizes=[8, 32, 64, 128], seconds=4).result
    for point, lr in zip(clock.points, (0.1, 0.2, 0.2, 0.4), strict=True):
        run = (
            bw.train(
                task, batch_size=point.batch_size, lr=lr, epochs=10, target="accuracy=0.85", evaluate="log"
            )
            .answer()
            .result
        )
        if run.steps_to_target is not None:
            epochs = run.steps_to_target * point.batch_size / 1437
            seconds = run.steps_to_target * point.seconds_per_step
            print(f"B={point.batch_size}: {epochs:.1f} epochs, {seconds:.2f} s to the target")
