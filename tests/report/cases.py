"""Hand-made studies for the report: digits-like, S = 40 (1 + 60 / B), 12 batch sizes, 5 seeds."""

import math
import random

from batchwright.advice.result import (
    AdviceCost,
    AdviceEvidence,
    AdviceResult,
    AdviceRun,
    CriticalBatch,
    EasierTarget,
    Recommendation,
    StudyResult,
)
from batchwright.core.action import Action
from batchwright.core.remark import remark
from batchwright.study.result import BatchSizeResult, SecondsPerStep, StepsToTarget, Trial

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1437)
SEEDS = 5
STEPS_MIN, CRITICAL = 40.0, 60.0
CENSORED_AT = 1024
CENSORED_UPDATES = 90
DIVERGED_AT = 32
RECOMMENDED = (32, 64, 128)
BEST = 128


def true_steps(batch_size):
    return STEPS_MIN * (1 + CRITICAL / batch_size)


def true_seconds_per_step(batch_size):
    return 60e-6 + 0.6e-6 * batch_size


def chosen_lr(batch_size):
    return 0.5 * 2.0 ** round(math.log2(batch_size / (batch_size + CRITICAL)) - 0.2)


def noisy(rng, batch_size):
    return true_steps(batch_size) * math.exp(rng.gauss(0, 0.07))


def trials_at(rng, batch_size, lr, values):
    trials = []

    def add(rate, seed, purpose, status, steps):
        updates = CENSORED_UPDATES if status == "budget_exhausted" else math.ceil(steps) if steps else 7
        key = f"{batch_size}-{rate:.4g}-{seed}"
        trials.append(
            Trial(
                batch_size=batch_size,
                lr=rate,
                seed=seed,
                purpose=purpose,
                status=status,
                steps_to_target=steps,
                updates=updates,
                run_key=key,
            )
        )

    for power in (-2, -1, -0.5, 0, 0.5, 1):
        rate = lr * 2.0**power
        if power == 1 and batch_size == DIVERGED_AT:
            for seed in (0, 1):
                add(rate, seed, "search", "diverged", None)
        elif power == -2 and batch_size >= 512:
            for seed in (0, 1):
                add(rate, seed, "search", "budget_exhausted", None)
        else:
            for seed in (0, 1):
                slower = 1 + (0.55 if power < 0 else 0.25) * abs(power)
                add(rate, seed, "search", "target_reached", noisy(rng, batch_size) * slower)
    for seed, value in enumerate(values):
        status = "target_reached" if value is not None else "budget_exhausted"
        add(lr, 100 + seed, "confirm", status, value)
    return trials


def batch_size_result(batch_size, lr, values, *, timed=True):
    reached = sorted(v for v in values if v is not None)
    enough = 2 * len(reached) > len(values)
    ordered = reached + [math.inf] * (len(values) - len(reached))
    median = ordered[len(values) // 2] if enough else None
    per_step = true_seconds_per_step(batch_size) if timed else None
    return BatchSizeResult(
        batch_size=batch_size,
        lr=lr,
        lr_interval=(lr / 2**0.5, lr * 2**0.5),
        lr_fails_at=2 * lr if batch_size == DIVERGED_AT else None,
        lr_on_edge=batch_size == 1437,
        runs=17,
        seeds=len(values),
        seeds_reached=len(reached),
        steps_to_target=StepsToTarget(
            median=median,
            low=reached[0] if enough else None,
            high=reached[-1] if enough else None,
            values=tuple(values),
        ),
        seconds_per_step=per_step,
        seconds_to_target=per_step * median if per_step and median else None,
        examples_to_target=batch_size * median if median else None,
        timing=SecondsPerStep(median=per_step, low=0.95 * per_step, high=1.1 * per_step, repeats=7, threads=1)
        if per_step
        else None,
        test_metrics={"accuracy": 0.962},
        note=note_at(batch_size),
    )


def note_at(batch_size):
    if batch_size == CENSORED_AT:
        return remark("study.some_seeds_reached", reached=2, seeds=SEEDS)
    return remark("study.best_rate_on_edge") if batch_size == 1437 else None


def band():
    grid = [1437 ** (i / 40) for i in range(41)]
    mid = [true_steps(b) for b in grid]
    return {
        "batch_size": grid,
        "low": [0.9 * s for s in mid],
        "mid": mid,
        "high": [1.12 * s for s in mid],
    }


def study(*, timed=True, fitted=True, task="digits"):
    """A finished study; at B = 1024 two of five seeds reach the target, the others run out of budget."""
    rng = random.Random(7)
    entries, trials = [], []
    for batch_size in SIZES:
        values = [noisy(rng, batch_size) for _ in range(SEEDS)]
        if batch_size == CENSORED_AT:
            values[2:] = [None, None, None]
        lr = chosen_lr(batch_size)
        trials += trials_at(rng, batch_size, lr, values)
        entries.append(batch_size_result(batch_size, lr, values, timed=timed))
    best = next(e for e in entries if e.batch_size == BEST)
    costs = tuple(
        {
            "batch_size": e.batch_size,
            "seconds_ratio": e.seconds_to_target / best.seconds_to_target if e.seconds_to_target else None,
            "examples_ratio": e.examples_to_target / best.examples_to_target
            if e.examples_to_target
            else None,
            "steps_ratio": e.steps_to_target.median / best.steps_to_target.median
            if e.steps_to_target.median
            else None,
        }
        for e in entries
    )
    return StudyResult(
        study_id="3f9c2a71",
        task=task,
        target={"metric": "loss", "value": 0.25, "split": "validation"},
        recommendation=Recommendation(
            verdict="recommended",
            objective="time",
            batch_size=BEST,
            lr=0.25,
            batch_sizes=RECOMMENDED,
            interval=(32, 128),
            at_easier_targets=(
                EasierTarget(
                    metric="loss",
                    value=0.3125,
                    batch_size=32,
                    batch_sizes=(32, 64),
                    critical_batch=48.0,
                    moves=False,
                    shift="within_set",
                ),
                EasierTarget(
                    metric="loss",
                    value=0.375,
                    batch_size=16,
                    batch_sizes=(16, 32),
                    critical_batch=31.0,
                    moves=True,
                    shift="leaves_set",
                ),
            ),
            caveats=(remark("study.easier_target_moves"),),
            costs=costs,
        ),
        critical_batch=CriticalBatch(
            value=61.0 if fitted else None,
            interval=(51.0, 72.0) if fitted else None,
            identifiable=fitted,
            valid_range=(1.0, 2874.0) if fitted else None,
            verdict="fits" if fitted else "",
            steps_min=40.2 if fitted else None,
            examples_min=2450.0 if fitted else None,
            misfit=0.03 if fitted else None,
            points_used=11 if fitted else 0,
            band=band() if fitted else None,
        ),
        batch_sizes=tuple(entries),
        trials=tuple(trials),
        seconds=41.3,
        runs_executed=204,
        action=Action(command="study", subject=task, arguments={"confirm_seeds": 5}),
        spec={"base": {"task": {"name": task}, "optimizer": {"name": "sgd", "momentum": 0.0}}, "seeds": 5},
        environment={"python": "3.12.4", "torch": "2.13.0", "device": "cpu", "threads": 1},
    )


def inconclusive():
    """The same runs, and an answer that they do not support."""
    base = study()
    return base.model_copy(
        update={
            "recommendation": base.recommendation.model_copy(
                update={
                    "verdict": "inconclusive",
                    "batch_size": 1437,
                    "lr": 0.5,
                    "batch_sizes": (256, 512, 1024, 1437),
                    "interval": (256, 1437),
                    "doubts": (remark("study.rate_on_edge", batch_size=1437, lr=0.5),),
                    "next": (
                        Action(
                            command="study",
                            subject="digits",
                            arguments={"batch_sizes": [512, 1024, 1437], "lr": 0.5},
                        ),
                    ),
                }
            ),
            "critical_batch": CriticalBatch(
                value=None,
                interval=(900.0, None),
                identifiable=False,
                valid_range=(1.0, 2874.0),
                verdict="not_identifiable",
            ),
        }
    )


def empty():
    """Nothing reached the target anywhere."""
    base = study(fitted=False, timed=False)
    entries = tuple(
        e.model_copy(
            update={
                "lr": None,
                "lr_interval": None,
                "seeds_reached": 0,
                "examples_to_target": None,
                "steps_to_target": StepsToTarget(median=None, low=None, high=None, values=(None,) * SEEDS),
            }
        )
        for e in base.batch_sizes
    )
    return base.model_copy(
        update={
            "batch_sizes": entries,
            "trials": (),
            "recommendation": Recommendation(
                verdict="inconclusive",
                objective="time",
                batch_size=None,
                lr=None,
                batch_sizes=(),
                interval=None,
                doubts=(remark("study.nothing_reached"),),
                next=(Action(command="study", subject="digits", arguments={"target": "loss=0.5"}),),
            ),
        }
    )


def busy():
    """A study whose runs settle it, timed beside other work."""
    base = study()
    advice = base.recommendation
    return base.model_copy(
        update={
            "recommendation": advice.model_copy(
                update={
                    "verdict": "inconclusive",
                    "doubts": (remark("study.clock_in_doubt", load=0.45),),
                    "next": (base.action,),
                }
            )
        }
    )


def advice(**cost):
    """The same answer from a few runs: only batch sizes 64 and 128 were trained to the target."""
    base = study()
    trained = (64, 128)
    rows = tuple(
        row
        if row.batch_size in trained
        else row.model_copy(update={"inferred": True, "seeds": 0, "seeds_reached": 0, "note": None})
        for row in base.batch_sizes
    )
    runs = tuple(
        AdviceRun(
            batch_size=b, lr=0.25, seed=0, steps=60, status=status, implied_steps=true_steps(b),
            implied_sd=None if status == "target_reached" else 0.12, bound=b == 8,
        )
        for b, status in ((64, "target_reached"), (128, "target_reached"), (8, "budget_exhausted"))
    )  # fmt: skip
    return AdviceResult(
        **base.model_copy(update={"batch_sizes": rows, "seconds": 1.4}).model_dump(),
        cost=AdviceCost(**{"seconds": 1.2, "examples": 40_000, "trainings": 2.9} | cost),
        evidence=AdviceEvidence(
            reference_batch_size=64,
            runs=runs,
            ended=remark("advice.ended.budget_spent"),
            seconds_per_step_measured={64: 1e-4},
        ),
    )


def curves():
    """Exponential decay to a floor, evaluated at 80 log-spaced examples, one curve a seed."""
    rng = random.Random(3)
    made = []
    for batch_size in SIZES:
        end = batch_size * true_steps(batch_size) * 1.02
        for seed in range(100, 100 + SEEDS):
            examples = [max(batch_size, end ** (i / 79)) for i in range(80)]
            loss = [
                0.15 + 2.15 * math.exp(-3.06 * (x / end) ** 0.7) + 0.004 * rng.gauss(0, 1) for x in examples
            ]
            made.append(
                {
                    "batch_size": batch_size,
                    "lr": chosen_lr(batch_size),
                    "seed": seed,
                    "steps": [x / batch_size for x in examples],
                    "examples": examples,
                    "loss": loss,
                }
            )
    return made
