"""What does advice cost, and how good is it, on made-up problems whose truth is known?

Each problem is a law of steps to every level of a metric over batch size and learning rate, drawn at random and wider
than the priors of ``advise``: steps follow S_min (1 + (B_crit/B)^a) with a between .75 and 1.25; B_crit grows along
the run; the best rate is larger for an easier level than for the target; too large a rate stalls short of the target
or diverges; seeds scatter by 3 to 15%, evaluations carry noise. Seconds a step are an overhead and a part that grows
with B. ``advise`` runs as it is, with an executor that makes up the curves. Costs are counted work over that of
one training at the truly best batch size and rate.

    python benchmarks/advice_simulated.py [--problems 100] [--workers 2]
"""

from __future__ import annotations

import argparse
import math
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import torch
from record import markdown, record

from batchwright.advice.quick.advise import quick_advice
from batchwright.advice.quick.budget import Allowance, Meter
from batchwright.advice.quick.race import Race
from batchwright.advice.quick.step_times import StepTimes
from batchwright.optim.spec import OptimizerSpec
from batchwright.study.spec import StudySpec, default_batch_sizes
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.task import Target, Task, TaskReference
from batchwright.training.record import Evaluation, RunResult, Status
from batchwright.training.spec import EvaluationPlan, RunSpec
from batchwright.training.target import Crossing

EXAMPLES, EVALUATED, MAX_EPOCHS = 20_000, 500, 40
START, GOAL = 2.3, 0.5
LEVELS = np.linspace(0.0, 1.3, 261)
"""Share of the way from the first value to the target; a run goes on past it."""


@dataclass(frozen=True)
class Law:
    """One made-up problem."""

    seed: int
    adaptive: bool
    steps_min: float
    critical: float
    exponent: float
    growth: float
    best_lr: float
    levels_off: float
    alpha: float
    kappa: float
    slope: float
    early_bias: float
    cliff: float
    shape: float
    bend: float
    seed_sd: float
    noise: float
    knee: float

    @staticmethod
    def drawn(seed: int) -> Law:
        r = np.random.default_rng(seed)
        adaptive = bool(r.random() < 0.4)
        critical = 150.0 * math.exp(1.4 * r.standard_normal())
        return Law(
            seed=seed, adaptive=adaptive, steps_min=float(10 ** r.uniform(1.5, 3.0)), critical=critical,
            exponent=r.uniform(0.75, 1.25), growth=r.uniform(0.0, 0.8), best_lr=float(10 ** r.uniform(-1.2, 1.2)),
            levels_off=critical * math.exp(0.7 * r.standard_normal()),
            alpha=(0.5 if adaptive else 0.9) + 0.15 * r.standard_normal(),
            kappa=1.8 * math.exp(0.5 * r.standard_normal()),
            slope=(0.6 if adaptive else 0.9) * math.exp(0.3 * r.standard_normal()), early_bias=r.uniform(0.0, 0.7),
            cliff=r.uniform(1.5, 5.0), shape=r.uniform(0.5, 1.5), bend=float(10 ** r.uniform(0.5, 2.0)),
            seed_sd=r.uniform(0.03, 0.15), noise=r.uniform(0.002, 0.02), knee=float(10 ** r.uniform(1.2, 3.0)),
        )  # fmt: skip

    def seconds(self, batch_size: float) -> float:
        """Seconds a step: so many that three trainings are far above the least that advice is granted."""
        return 1.0 + batch_size / self.knee

    def log_best_lr(self, log_batch: float) -> float:
        rise = np.logaddexp(0.0, math.log(self.levels_off) - math.log(64.0)) - np.logaddexp(
            0.0, math.log(self.levels_off) - log_batch
        )
        return math.log(self.best_lr) + self.alpha * float(rise)

    def steps_to_levels(self, batch_size: int, lr: float) -> np.ndarray:
        """Steps to each of LEVELS without scatter, shape (levels,); infinite from where it stalls."""
        u, log_batch = LEVELS, math.log(batch_size)
        inverse = (1.0 + self.bend) ** -self.shape
        remaining = np.clip(1.0 - u * (1.0 - inverse), 1e-9, None)
        share = (remaining ** (-1.0 / self.shape) - 1.0) / self.bend
        critical = self.critical * np.clip(u, 0.05, None) ** self.growth
        over = 1.0 + (critical / batch_size) ** self.exponent
        off = math.log(lr) - self.log_best_lr(log_batch)
        early = off - self.early_bias * np.clip(1.0 - u, 0.0, 1.0)
        penalty = np.logaddexp(
            math.log(self.kappa) - self.slope * early, math.log(self.slope) + self.kappa * early
        )
        steps = self.steps_min * over * share * np.exp(penalty - math.log(self.kappa + self.slope))
        steps = np.maximum.accumulate(steps)
        stall = 1.6 - 0.6 * math.exp(off) / self.cliff
        return np.where(u > stall, np.inf, steps)

    def steps_to_target(self, batch_size: int, lr: float) -> float:
        return float(self.steps_to_levels(batch_size, lr)[int(np.argmin(np.abs(LEVELS - 1.0)))])

    def diverges(self, batch_size: int, lr: float) -> bool:
        return math.log(lr) - self.log_best_lr(math.log(batch_size)) > math.log(2.5 * self.cliff)


class MadeUp:
    """An executor whose runs follow a law."""

    def __init__(self, law: Law) -> None:
        self.law, self._done = law, {}

    def __enter__(self) -> MadeUp:
        return self

    def __exit__(self, *error: object) -> None: ...

    def warm_up(self) -> None: ...

    def close(self) -> None: ...

    def submit(self, key: str, spec: RunSpec, *, stop_at: int | None = None) -> None:
        self._done[key] = made_up(self.law, spec, stop_at)

    def submit_together(self, runs: Any) -> None:
        for key, spec in runs.items():
            self.submit(key, spec)

    def next_done(self) -> list[tuple[str, RunResult]]:
        done, self._done = list(self._done.items()), {}
        return done


def made_up(law: Law, spec: RunSpec, stop_at: int | None) -> RunResult:
    r = np.random.default_rng(
        [law.seed, spec.seed, spec.batch_size, int(1e6 * math.log(spec.optimizer.lr)) % 2**31]
    )
    lr, size = spec.optimizer.lr, spec.batch_size
    steps = law.steps_to_levels(size, lr) * math.exp(law.seed_sd * r.standard_normal())
    budget = spec.budget.steps or 1
    last = min(budget, stop_at or budget)
    finite = np.isfinite(steps)
    status, crossing = Status.STOPPED, Crossing(GOAL, higher_is_better=False)
    rows, at = [Evaluation(step=0, examples_seen=0, epoch=0.0, split="validation", loss=START)], 0
    explodes = 20 if law.diverges(size, lr) else None
    while True:
        at = spec.evaluation.next_after(at)
        if at > last:
            break
        if explodes is not None and at >= explodes:
            status = Status.DIVERGED
            break
        level = float(np.interp(at, steps[finite], LEVELS[finite])) if finite.any() else 0.0
        value = START + level * (GOAL - START) + law.noise * (START - GOAL) * r.standard_normal()
        rows.append(
            Evaluation(
                step=at, examples_seen=at * size, epoch=at * size / EXAMPLES, split="validation", loss=value
            )
        )
        crossing.add(at, value)
        if crossing.step is not None:
            status = Status.TARGET_REACHED
            break
        if at == last:
            break
    updates = rows[-1].step if status is Status.TARGET_REACHED else min(at, last)
    if status is Status.STOPPED and updates >= budget:
        status = Status.BUDGET_EXHAUSTED
    return RunResult(
        spec=spec, status=status, updates=updates, examples=updates * size, evaluations=tuple(rows),
        steps_to_target=crossing.step,
    )  # fmt: skip


def advised(law: Law) -> dict[str, Any]:
    """One run of advise on a made-up problem, against the truth."""
    torch.set_num_threads(1)
    rows = torch.zeros(EXAMPLES, 1)
    task = Task(
        name="made-up", model=lambda: torch.nn.Linear(1, 1), train=(rows, rows[:, 0]),
        validation=(rows[:EVALUATED], rows[:EVALUATED, 0]),
        loss=lambda out, t: (out[:, 0] - t) ** 2, max_epochs=MAX_EPOCHS,
    )  # fmt: skip
    spec = StudySpec(
        task=TaskReference(name="made-up"), batch_sizes=default_batch_sizes(EXAMPLES, 64),
        optimizer=OptimizerSpec(name="adam" if law.adaptive else "sgd", lr=1.0),
        target=Target(metric="loss", value=GOAL), max_epochs=MAX_EPOCHS, seed=law.seed,
    )  # fmt: skip
    sizes = [b for b in spec.batch_sizes if b == min(spec.batch_sizes) or math.log(b, 4) % 1 < 1e-9]
    times = StepTimes({b: law.seconds(b) for b in sizes})
    with mock.patch.object(Race, "_noise", return_value=None):
        found = quick_advice(spec, task, MemoryStore(), MadeUp(law), times=times)
    cost = {
        (b, k): law.steps_to_target(b, spec.rate(k)) * law.seconds(b)
        for b in spec.batch_sizes for k in range(-30, 31)
        if law.steps_to_target(b, spec.rate(k)) <= MAX_EPOCHS * EXAMPLES / b
    }  # fmt: skip
    if not cost:
        return {"seed": law.seed, "verdict": "unreachable"}
    best = min(cost, key=lambda k: cost[k])
    per_evaluation = Meter(Allowance(), times, EVALUATED)._per_evaluation
    plan = EvaluationPlan(at="log", ratio=spec.evaluation_ratio)

    def counted(steps: int, batch_size: int) -> float:
        at = evaluations = 0
        while at < steps:
            at, evaluations = plan.next_after(at), evaluations + 1
        return steps * law.seconds(batch_size) + evaluations * per_evaluation

    training = counted(math.ceil(law.steps_to_target(best[0], spec.rate(best[1]))), best[0])
    spent = dict.fromkeys(spec.batch_sizes, 0.0)
    for r in found.evidence.runs:
        spent[r.batch_size] += counted(r.steps, r.batch_size) / training
    middle = found.evidence.reference_batch_size
    reference = [
        counted(r.steps, middle)
        for r in found.evidence.runs
        if r.batch_size == middle and r.status == "target_reached"
    ]
    answer = found.recommendation
    chosen = answer.batch_size, answer.lr
    regret = None
    if answer.batch_size is not None and answer.lr is not None:
        regret = (
            law.steps_to_target(answer.batch_size, answer.lr) * law.seconds(answer.batch_size) / cost[best]
        )
    return {
        "seed": law.seed, "verdict": answer.verdict, "chosen": chosen, "best": (best[0], spec.rate(best[1])),
        "regret": regret, "trainings": sum(spent.values()), "runs": len(found.evidence.runs),
        "at_middle": spent[middle], "reference": min(reference) / training if reference else None,
        "doubts": [d.code for d in answer.doubts],
        "covers": bool(answer.batch_sizes) and min(answer.batch_sizes) <= best[0] <= max(answer.batch_sizes),
        "width": max(answer.batch_sizes) / min(answer.batch_sizes) if answer.batch_sizes else None,
    }  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    known = [r for r in rows if r["verdict"] != "unreachable"]
    told = [r for r in known if r["verdict"] == "recommended"]
    regrets = sorted(r["regret"] for r in told)

    def quantile(values: list[float], q: float) -> float:
        return sorted(values)[min(len(values) - 1, int(q * len(values)))]

    return {
        "problems": len(known), "answers": len(told) / len(known), "median_regret": statistics.median(regrets),
        "regret_90": quantile(regrets, 0.9), "worst_regret": regrets[-1],
        "cost": statistics.median(r["trainings"] for r in known),
        "cost_90": quantile([r["trainings"] for r in known], 0.9),
        "at_middle": statistics.median(r["at_middle"] for r in known),
        "reference": statistics.median(r["reference"] for r in known if r["reference"]),
        "covered": sum(r["covers"] for r in told) / len(told),
        "width": statistics.median(r["width"] for r in told),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--print", action="store_true", help="every problem; nothing is recorded")
    given = parser.parse_args()
    laws = [Law.drawn(seed) for seed in range(given.first, given.first + given.problems)]
    with ProcessPoolExecutor(given.workers) as pool:
        rows = list(pool.map(advised, laws))
    facts = summary(rows)
    if given.print:
        for row in rows:
            print({k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()})
    table = markdown(list(facts), [[f"{v:.3g}" for v in facts.values()]])
    if given.print:
        print(table)
        return
    record("advice_simulated", question=(__doc__ or "").splitlines()[0], ratio=facts["median_regret"],
           measurements={"summary": facts, "problems": rows}, table=table)  # fmt: skip


if __name__ == "__main__":
    main()
