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
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, everywhere, exact, ratio
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import tuned_rates

AS_GOOD = 1.2
"""A recipe is as good where its loss is at most a fifth above the small batch's; seeds differ by that much."""
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
Side = tuple[str, int]
"""A recipe and a batch size."""


@dataclass(frozen=True)
class RecipePlan:
    """The data, the sizes, and the epochs that every side gets."""

    task: str
    examples: int
    small: int
    middle: int
    large: int
    epochs: int
    start: float
    """Where the search of the small batch's rate begins."""

    def steps(self, batch_size: int) -> int:
        """Updates of a batch size."""
        return self.epochs * self.examples // batch_size

    def tuned_sides(self) -> dict[Side, float]:
        """The sides whose rate is tuned, and where the search for each begins."""
        return {
            ("small", self.small): self.start, ("sgd", self.middle): 2 * self.start,
            ("sgd", self.large): 4 * self.start, ("momentum", self.large): self.start,
            ("lars", self.large): 1.0, ("lamb", self.large): 0.05,
        }  # fmt: skip

    def warmup_rates(self) -> list[float]:
        """Rates at which warm-up is tried, from an easy one to one that only a small part of training survives."""
        return [factor * self.start for factor in (2, 4, 8, 16)]

    def setting(self, batch_size: int, lr: float, seed: int, **how: Any) -> dict[str, Any]:
        """A run of all the epochs, evaluated at its end and on the way there."""
        steps = self.steps(batch_size)
        return {
            "task": self.task, "batch_size": batch_size, "lr": lr, "seed": seed, "steps": steps,
            "last_batch": "run_on", "evaluate": str(max(1, steps // 10)), **how,
        }  # fmt: skip


def experiment(lab: Lab) -> Found:
    """Tune every side, run each recipe with the same seeds, and average the weights of several runs."""
    plan = planned_recipes(lab)
    tuning, seeds = lab.seeds(18)[:2], lab.seeds(18)[2 : 18 if lab.full else 12]
    starts = plan.tuned_sides()
    tuned = tuned_rates(
        lab,
        starts,
        lambda side, lr, seed: side_setting(plan, side, lr, seed),
        lambda _, run: loss_of(run),
        tuning,
    )
    rates = {side: rate.lr or starts[side] for side, rate in tuned.items()}
    inside = {side: rate.inside for side, rate in tuned.items()}
    for rule in SCALED:
        for size in (plan.middle, plan.large):
            rates[rule, size] = scaled(rule, rates["small", plan.small], size / plan.small)
    made = iter(
        lab.runs([side_setting(plan, side, lr, seed) for side, lr in rates.items() for seed in seeds])
    )
    runs = {side: [next(made) for _ in seeds] for side in rates}
    losses = Losses({side: [loss_of(run) for run in of_side] for side, of_side in runs.items()}, inside, plan)
    asked = [(plan, rates["sgd", plan.large], kind, tuple(seeds[:8])) for kind in STARTS]
    averages = dict(zip(STARTS, lab.map(averaged_runs, asked), strict=True))
    swept = _swept(lab, plan, seeds)
    return Found(
        parts=[
            _fewer_updates(runs["small", plan.small][0], runs["sgd", plan.large][0]),
            *(_at_large(name, losses) for name in ("unscaled", "square_root", "linear")),
            _at_sizes(losses), _over_recipes(losses), _warmup(swept), _layerwise_beats(losses), _averaging(averages),
        ],
        panels=[_recipes(losses)],
        notes=[remark("lesson.have_both.data", task=plan.task, examples=plan.examples, large=plan.large)],
    )  # fmt: skip


def _swept(lab: Lab, plan: RecipePlan, seeds: Sequence[int]) -> dict[float, dict[str, list[float]]]:
    """Losses of the middle size with and without warm-up, one a seed, by rate."""
    asked = [
        (lr, rule, side_setting(plan, (rule, plan.middle), lr, seed))
        for lr in plan.warmup_rates() for rule in ("linear", "linear_warmup") for seed in seeds
    ]  # fmt: skip
    found: dict[float, dict[str, list[float]]] = {}
    for (lr, rule, _), run in zip(asked, lab.runs([how for *_, how in asked]), strict=True):
        found.setdefault(lr, {}).setdefault(rule, []).append(loss_of(run))
    return found


def planned_recipes(lab: Lab) -> RecipePlan:
    """Fashion-MNIST at 4096 in the long form, where it is installed; digits at about a third of the data."""
    task = lab.available("fashion-mnist", "digits") if lab.full else "digits"
    if task == "fashion-mnist":
        return RecipePlan(task, 60_000, 128, 1024, 4096, 10, 0.2)
    return RecipePlan(task, 1437, 16, 128, 512, 12, 0.2)


def side_setting(plan: RecipePlan, side: Side, lr: float, seed: int) -> dict[str, Any]:
    """A run of one side at a rate."""
    recipe, size = side
    how = dict(TUNED.get(recipe, {}))
    if recipe.endswith("_warmup"):
        how["warmup_steps"] = max(1, plan.steps(size) // 5)
    return plan.setting(size, lr, seed, **how)


def scaled(rule: str, lr: float, factor: float) -> float:
    """The small batch's rate for a batch ``factor`` times as large."""
    return lr * {"unscaled": 1.0, "square_root": math.sqrt(factor)}.get(rule, factor)


def loss_of(run: Any) -> float:
    """Validation loss at the end; that of a guess where the run diverged."""
    last = run.evaluations[-1].loss
    return float(last) if last is not None and math.isfinite(last) else math.inf


def averaged_runs(asked: tuple[RecipePlan, float, str, tuple[int, ...]]) -> list[tuple[float, float]]:
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


@dataclass(frozen=True)
class Losses:
    """Validation losses at the end, one a seed, by side; whether a tuned side's rate lay inside its range."""

    by_side: Mapping[Side, Sequence[float]]
    inside: Mapping[Side, bool]
    plan: RecipePlan

    def against(self, name: str, one: Side, other: Side, **at: Any) -> Measured:
        """Loss of one side over that of another; None where a run diverged."""
        pair = self.by_side[one], self.by_side[other]
        return ratio(name, *pair, **at) if np.all(np.isfinite(pair)) else exact(name, None, **at)

    def as_good(self, side: Side, **at: Any) -> tuple[Measured, Verdict]:
        """A side against the small batch; one that diverges is not as good."""
        small: Side = ("small", self.plan.small)
        found = self.against("loss_ratio", side, small, **at)
        if not (self.inside.get(side, True) and self.inside[small]):
            return found, "cannot_tell"
        return found, "does_not_hold" if found.value is None else below(found, AS_GOOD)


def _fewer_updates(small: Any, large: Any) -> Part:
    """Updates that the runs made, the small batch's over the large one's."""
    found = exact("updates_ratio", small.updates / large.updates, unit="1", batch_size=large.spec.batch_size)
    return Part(name="fewer_updates", verdict=above(found, 10.0), measurements=(found,))


def _at_large(recipe: str, losses: Losses) -> Part:
    """Whether a rule for the rate makes the largest batch as good as the small one; the middle one beside it."""
    found, verdict = losses.as_good((recipe, losses.plan.large), batch_size=losses.plan.large)
    beside, _ = losses.as_good((recipe, losses.plan.middle), batch_size=losses.plan.middle)
    numbers = [found, beside]
    if found.value is None:
        broken = sum(map(math.isinf, losses.by_side[recipe, losses.plan.large]))
        numbers.insert(0, exact("diverged", broken, batch_size=losses.plan.large))
    return Part(name=recipe, verdict=verdict, measurements=tuple(numbers))


def _at_sizes(losses: Losses) -> Part:
    """Whether the tuned rate alone makes a larger batch as good as the small one, and at which sizes."""
    found = {b: losses.as_good(("sgd", b), batch_size=b) for b in (losses.plan.large, losses.plan.middle)}
    verdict, by = everywhere({b: verdict for b, (_, verdict) in found.items()})
    condition = remark("lesson.have_both.sizes", **by) if verdict == "holds_when" else None
    return Part(
        name="sgd", verdict=verdict, condition=condition, measurements=tuple(m for m, _ in found.values())
    )


def _over_recipes(losses: Losses) -> Part:
    """Whether momentum, LARS or LAMB make the largest batch as good."""
    found = {
        name: losses.as_good((name, losses.plan.large), recipe=name) for name in ("momentum", "lars", "lamb")
    }
    verdict, by = everywhere({name: verdict for name, (_, verdict) in found.items()})
    condition = remark("lesson.have_both.recipes", **by) if verdict == "holds_when" else None
    return Part(
        name="other_optimizers", verdict=verdict, condition=condition,
        measurements=tuple(m for m, _ in found.values()),
    )  # fmt: skip


def _warmup(ends: Mapping[float, Mapping[str, Sequence[float]]]) -> Part:
    """The loss with warm-up over that without, at every rate; one at which runs diverged tells nothing."""
    numbers = []
    for lr, of_rule in ends.items():
        pair = of_rule["linear_warmup"], of_rule["linear"]
        finite = bool(np.all(np.isfinite(pair)))
        numbers.append(ratio("warmup_ratio", *pair, lr=lr) if finite else exact("warmup_ratio", None, lr=lr))
    verdict, by = everywhere({m.at["lr"]: below(m, BETTER) for m in numbers if m.value is not None})
    condition = remark("lesson.have_both.rates", **by) if verdict == "holds_when" else None
    return Part(name="warmup", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _layerwise_beats(losses: Losses) -> Part:
    """LARS and LAMB against the better of plain SGD and SGD with momentum, all tuned."""
    large = losses.plan.large
    plain = min(("sgd", "momentum"), key=lambda name: float(np.mean(losses.by_side[name, large])))
    numbers = [
        losses.against("layerwise_ratio", (name, large), (plain, large), recipe=name)
        for name in ("lars", "lamb")
    ]
    verdicts: dict[Any, Verdict] = {
        m.at["recipe"]: below(m, BETTER)
        if m.value is not None and losses.inside[str(m.at["recipe"]), large]
        else "cannot_tell"
        for m in numbers
    }
    verdict, by = everywhere(verdicts)
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
    """Validation loss of each recipe at both sizes, with the small batch's as the mark."""
    plan, names, lines = losses.plan, (*SCALED, *TUNED), []
    for size in (plan.middle, plan.large):
        values = [losses.by_side.get((name, size), [math.nan]) for name in names]
        values = [v if np.all(np.isfinite(v)) else [math.nan] for v in values]
        lines.append(
            series(
                range(len(names)), [np.mean(v) for v in values], remark("lesson.have_both.size", batch_size=size),
                low=[min(v) for v in values], high=[max(v) for v in values], look="dots",
            )
        )  # fmt: skip
    small = float(np.mean(losses.by_side["small", plan.small]))
    return Panel(
        name="recipes", title=remark("lesson.have_both.recipes.title"),
        takeaway=remark("lesson.have_both.recipes.takeaway"), x=remark("lesson.have_both.axis.recipe"),
        y=remark("lesson.axis.validation_loss"), y_log=True, series=tuple(lines),
        x_names=tuple(remark(f"lesson.choice.{name}") for name in names),
        marks=(Mark(value=small, label=remark("lesson.have_both.small")),),
    )  # fmt: skip


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    recipes: dict[str, dict[str, Any]] = {
        "small batch": {"batch_size": 16, "lr": 0.2},
        "large, same rate": {"batch_size": 512, "lr": 0.2},
        "large, linear and warm-up": {"batch_size": 512, "lr": 6.4, "warmup_steps": 6},
        "large, LAMB": {"batch_size": 512, "lr": 0.05, "optimizer": "lamb"},
    }
    for name, how in recipes.items():
        answer = bw.train("digits", epochs=12, progress=False, **how).answer()
        print(name, answer.result.evaluations[-1].loss)
