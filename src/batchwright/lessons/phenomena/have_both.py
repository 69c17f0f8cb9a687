"""``have-both``: whether a recipe makes a large batch as good as a small one, in a fraction of the updates.

A small batch at its tuned rate is the mark. The large batch gets the same epochs: plain SGD at the small batch's
rate, at rates scaled linearly and by the square root, with and without warm-up, at its own tuned rate with and
without momentum, LARS and LAMB at theirs; and the weights of several of its runs are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, everywhere, exact, ratio
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import tuned_rates

AS_GOOD = 1.1
"""A recipe is as good where its loss is at most a tenth above the small batch's."""
BETTER = 0.95
TUNED: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"optimizer": "sgd"},
    "momentum": {"optimizer": "sgd", "momentum": 0.9},
    "lars": {"optimizer": "lars", "momentum": 0.9, "optimizer_option": {"trust_coefficient": 0.02}},
    "lamb": {"optimizer": "lamb"},
}
"""Recipes whose rate is tuned for the large batch."""
SCALED = ("unscaled", "square_root", "linear", "linear_warmup")
AVERAGED = 4
STARTS = ("one_start", "other_starts")


@dataclass(frozen=True)
class Plan:
    """The data, the sizes, and the epochs that every side gets."""

    task: str
    examples: int
    small: int
    large: int
    epochs: int
    start: float
    """Where the search of the small batch's rate begins."""

    @property
    def steps(self) -> int:
        """Updates of the large batch."""
        return self.epochs * self.examples // self.large

    def setting(self, batch_size: int, lr: float, seed: int, **how: Any) -> dict[str, Any]:
        """A run of all the epochs, evaluated at its end and on the way there."""
        steps = self.epochs * self.examples // batch_size
        return {
            "task": self.task, "batch_size": batch_size, "lr": lr, "seed": seed, "steps": steps,
            "last_batch": "run_on", "evaluate": str(max(1, steps // 10)), **how,
        }  # fmt: skip


def experiment(lab: Lab) -> Found:
    """Tune every side, run each recipe with the same seeds, and average the weights of several runs."""
    plan = planned(lab)
    tuning, seeds = lab.seeds(12)[:1], lab.seeds(12)[1 : 9 if lab.full else 5]
    starts = {"small": plan.start, "sgd": 4 * plan.start, "momentum": plan.start, "lars": 1.0, "lamb": 0.05}
    found = tuned_rates(
        lab,
        starts,
        lambda side, lr, seed: side_setting(plan, side, lr, seed),
        lambda _, run: loss_of(run),
        tuning,
    )
    rates = {side: rate.lr or starts[side] for side, rate in found.items()}
    inside = {side: rate.inside for side, rate in found.items()}
    for rule in SCALED:
        rates[rule] = scaled(rule, rates["small"], plan.large / plan.small)
    made = iter(
        lab.runs([side_setting(plan, side, lr, seed) for side, lr in rates.items() for seed in seeds])
    )
    runs = {side: [next(made) for _ in seeds] for side in rates}
    losses = {side: [loss_of(run) for run in of_side] for side, of_side in runs.items()}
    averages = dict(zip(STARTS, lab.map(averaged, [
        (plan, rates["sgd"], kind, tuple(seeds)) for kind in STARTS
    ]), strict=True))  # fmt: skip
    return Found(
        parts=[
            _fewer_updates(runs),
            *(_recipe(name, [name], losses, inside) for name in ("unscaled", "square_root", "linear")),
            _recipe("tuned", ["sgd", "momentum"], losses, inside),
            _recipe("layerwise", ["lars", "lamb"], losses, inside),
            _warmup(losses), _layerwise_beats(losses, inside), _averaging(averages),
        ],
        panels=[_recipes(losses)],
        notes=[remark("lesson.have_both.data", task=plan.task, examples=plan.examples, large=plan.large)],
    )  # fmt: skip


def planned(lab: Lab) -> Plan:
    """Fashion-MNIST at 4096 in the long form, where it is installed; digits at about a third of the data."""
    task = lab.available("fashion-mnist", "digits") if lab.full else "digits"
    if task == "fashion-mnist":
        return Plan(task, 60_000, 128, 4096, 10, 0.2)
    return Plan(task, 1437, 16, 512, 12, 0.2)


def side_setting(plan: Plan, side: str, lr: float, seed: int) -> dict[str, Any]:
    """A run of one side at a rate."""
    if side == "small":
        return plan.setting(plan.small, lr, seed)
    warmup = {"warmup_steps": max(1, plan.steps // 5)} if side.endswith("_warmup") else {}
    return plan.setting(plan.large, lr, seed, **{**TUNED.get(side, {}), **warmup})


def scaled(rule: str, lr: float, factor: float) -> float:
    """The small batch's rate for a batch ``factor`` times as large."""
    return lr * {"unscaled": 1.0, "square_root": math.sqrt(factor)}.get(rule, factor)


def loss_of(run: Any) -> float:
    """Validation loss at the end; that of a guess where the run diverged."""
    last = run.evaluations[-1].loss
    return float(last) if last is not None and math.isfinite(last) else math.inf


def averaged(asked: tuple[Plan, float, str, tuple[int, ...]]) -> list[tuple[float, float]]:
    """Validation loss of the averaged weights, and the mean of the runs' own, for each root.

    ``one_start``: runs from the same initial weights, each with its own order; ``other_starts``: from their own.
    """
    plan, lr, kind, roots = asked
    task = bw.named_task(plan.task)
    found = []
    for root in roots:
        ends, losses = [], []
        for number in range(AVERAGED):
            seed = root + 500 + 10 * number
            model = task.build_model(root if kind == "one_start" else seed)
            training = bw.train(started(task, model), **without_task(plan.setting(plan.large, lr, seed)))
            losses.append(float(training.answer().result.evaluations[-1].loss))
            ends.append(torch.nn.utils.parameters_to_vector(training.model.parameters()).detach())
        torch.nn.utils.vector_to_parameters(torch.stack(ends).mean(dim=0), model.parameters())
        with torch.no_grad():
            data = task.validation
            found.append((float(task.loss(model(data.inputs), data.targets).mean()), float(np.mean(losses))))
    return found


def started(task: Any, model: torch.nn.Module) -> Any:
    """The task with every run starting from this model's weights."""
    import copy

    return bw.Task(
        name=task.name, model=lambda: copy.deepcopy(model), train=task.train, validation=task.validation,
        loss=task.loss, metrics=task.metrics,
    )  # fmt: skip


def without_task(setting: Mapping[str, Any]) -> dict[str, Any]:
    """The setting of a run of a task that is at hand."""
    return {**{key: value for key, value in setting.items() if key != "task"}, "progress": False}


# --- what follows ---

Losses = Mapping[str, Sequence[float]]


def _against(name: str, losses: Losses, one: str, other: str) -> Measured:
    """Loss of one side over that of another; None where a run diverged."""
    if not np.all(np.isfinite([losses[one], losses[other]])):
        return exact(name, None, recipe=one)
    return ratio(name, losses[one], losses[other], recipe=one)


def _fewer_updates(runs: Mapping[str, Sequence[Any]]) -> Part:
    """Updates that the runs made, the small batch's over the large one's."""
    small, large = (runs[side][0] for side in ("small", "sgd"))
    found = exact("updates_ratio", small.updates / large.updates, unit="1", batch_size=large.spec.batch_size)
    return Part(name="fewer_updates", verdict=above(found, 10.0), measurements=(found,))


def _recipe(name: str, sides: Sequence[str], losses: Losses, inside: Mapping[str, bool]) -> Part:
    """Whether the large batch is as good as the small one by these recipes; one that diverges is not."""
    numbers = [_against("loss_ratio", losses, side, "small") for side in sides]
    verdicts = {
        m.at["recipe"]: "does_not_hold"
        if m.value is None
        else below(m, AS_GOOD)
        if inside.get(str(m.at["recipe"]), True) and inside["small"]
        else "cannot_tell"
        for m in numbers
    }
    verdict, by = everywhere(verdicts)  # type: ignore[arg-type]
    condition = remark("lesson.have_both.recipes", **by) if verdict == "holds_when" else None
    if numbers[0].value is None:
        numbers = [exact("diverged", sum(map(math.isinf, losses[sides[0]])), recipe=sides[0]), *numbers]
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


def _warmup(losses: Losses) -> Part:
    """Whether a warm-up lowers the loss at the linearly scaled rate."""
    found = _against("warmup_ratio", losses, "linear_warmup", "linear")
    if found.value is None:
        broken = {side: sum(map(math.isinf, losses[side])) for side in ("linear", "linear_warmup")}
        counts = [exact("diverged", count, recipe=side) for side, count in broken.items()]
        verdict = "holds" if broken["linear_warmup"] < broken["linear"] else "cannot_tell"
        return Part(name="warmup", verdict=verdict, measurements=tuple(counts))  # type: ignore[arg-type]
    return Part(name="warmup", verdict=below(found, BETTER), measurements=(found,))


def _layerwise_beats(losses: Losses, inside: Mapping[str, bool]) -> Part:
    """LARS and LAMB against the better of plain SGD and SGD with momentum, all tuned."""
    plain = min(("sgd", "momentum"), key=lambda side: float(np.mean(losses[side])))
    numbers = [_against("layerwise_ratio", losses, side, plain) for side in ("lars", "lamb")]
    verdicts = {
        m.at["recipe"]: below(m, BETTER)
        if m.value is not None and inside[str(m.at["recipe"])]
        else "cannot_tell"
        for m in numbers
    }
    verdict, by = everywhere(verdicts)  # type: ignore[arg-type]
    condition = remark("lesson.have_both.recipes", **by) if verdict == "holds_when" else None
    return Part(name="layerwise_beats", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _averaging(averages: Mapping[str, Sequence[tuple[float, float]]]) -> Part:
    numbers = [
        ratio("average_ratio", [a for a, _ in pairs], [own for _, own in pairs], starts=kind)
        for kind, pairs in averages.items()
    ]
    verdict, by = everywhere({m.at["starts"]: below(m, BETTER) for m in numbers})
    condition = remark("lesson.have_both.starts", **by) if verdict == "holds_when" else None
    return Part(name="averaging", verdict=verdict, condition=condition, measurements=tuple(numbers))


# --- pictures ---


def _recipes(losses: Losses) -> Panel:
    """Validation loss of each recipe, with the small batch's as the mark."""
    names = [name for name in (*SCALED, *TUNED) if np.all(np.isfinite(losses[name]))]
    means = [float(np.mean(losses[name])) for name in names]
    return Panel(
        name="recipes", title=remark("lesson.have_both.recipes.title"),
        takeaway=remark("lesson.have_both.recipes.takeaway"), x=remark("lesson.have_both.axis.recipe"),
        y=remark("lesson.axis.validation_loss"), x_names=tuple(remark(f"lesson.choice.{name}") for name in names),
        series=(
            series(
                range(len(names)), means, low=[min(losses[name]) for name in names],
                high=[max(losses[name]) for name in names], look="dots",
            ),
        ),
        marks=(Mark(value=float(np.mean(losses["small"])), label=remark("lesson.have_both.small")),),
    )  # fmt: skip


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    recipes = {
        "small batch": {"batch_size": 16, "lr": 0.2},
        "large, same rate": {"batch_size": 512, "lr": 0.2},
        "large, linear and warm-up": {"batch_size": 512, "lr": 6.4, "warmup_steps": 6},
        "large, LAMB": {"batch_size": 512, "lr": 0.05, "optimizer": "lamb"},
    }
    for name, how in recipes.items():
        answer = bw.train("digits", epochs=12, progress=False, **how).answer()
        print(name, answer.result.evaluations[-1].loss)
