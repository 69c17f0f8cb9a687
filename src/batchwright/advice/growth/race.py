"""The best fixed batch against growing ones, trained to the same target on the same fresh seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from batchwright.advice.growth.result import GROWING, Cost, GrowthRace, GrowthSide, Kind, LeftOut, RaceVerdict
from batchwright.advice.growth.sides import (
    SEEDS,
    Side,
    branched_from,
    fixed_row,
    halving_sides,
    usable,
    warm_up_start,
    warmed_up,
)
from batchwright.advice.growth.warm_up import BatchWarmUp
from batchwright.advice.quick.step_times import StepTimes
from batchwright.advice.result import Objective, StudyResult
from batchwright.batches.schedule import batch_size_at
from batchwright.core.statistics import pooled_log_variance, t_quantile
from batchwright.measure.estimate import Estimate, on_log_scale
from batchwright.study.driver import Progress
from batchwright.study.executors.contract import Executor
from batchwright.study.spec import StudySpec
from batchwright.study.stores.contract import Store
from batchwright.task.task import Task
from batchwright.training.spec import RunSpec

_PREFIX = "growth"
_COSTS: dict[Objective, Cost] = {"time": "seconds", "examples": "examples", "steps": "steps"}


def growth_race(
    spec: StudySpec,
    task: Task,
    store: Store,
    executor: Executor,
    result: StudyResult,
    *,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda phase: None,
) -> GrowthRace | None:
    """Race the answer of a study against growing batches.

    Every run and the branches behind the warm-up are kept in the store as soon as they are made.

    Args:
        spec, task: the study's.
        store: where the study is kept.
        executor: for the runs; closed afterwards. Branches are trained in this process.
        result: the study's answer, of which the best batch size and the tuned rates are taken.
        progress: called with (done, expected).
        say: called with the code of each phase.

    Returns:
        None where no batch size reached the target.
    """
    best = fixed_row(result)
    if best is None:
        return None
    book = _Book(store, result.study_id)
    sides, left_out = [Side("fixed", best)], dict[Kind, LeftOut]()
    start = warm_up_start(result, best)
    if isinstance(start, str):
        left_out["warm_up"] = start
    else:
        say("branches")
        branches = f"branches/{start.batch_size}/{start.lr}"
        warm_up = book.once(
            branches, lambda: branched_from(start, spec, task, _counted(progress)).model_dump(mode="json")
        )
        side = warmed_up(start, best, BatchWarmUp.model_validate(warm_up))
        if isinstance(side, Side):
            sides.append(side)
        else:
            left_out["warm_up"] = side
    if task.schedule is None and spec.optimizer.schedule.name == "constant":
        sides += halving_sides(spec, task, best)
    else:
        left_out |= {"decay": "own_schedule", "seesaw": "own_schedule"}
    say("growth")
    runs = {(side.kind, seed): side.run(spec, seed) for side in sides for seed in range(SEEDS)}
    steps = _steps(runs, book, executor, progress)
    times = StepTimes({row.batch_size: row.seconds_per_step or math.nan for row in usable(result)})
    raced = [_side(side, runs, steps, times, len(task.train)) for side in sides]
    doubted = any(doubt.code == "study.clock_in_doubt" for doubt in result.recommendation.doubts)
    return judged(raced, _COSTS[result.recommendation.objective], left_out, clock_in_doubt=doubted)


class _Book:
    """What the race has kept in the store."""

    def __init__(self, store: Store, study_id: str) -> None:
        self._store, self._study_id = store, study_id
        self._kept = store.measurements(study_id)

    def find(self, name: str) -> Mapping[str, object] | None:
        return self._kept.get(f"{_PREFIX}/{name}")

    def keep(self, name: str, value: Mapping[str, object]) -> None:
        self._store.put_measurement(self._study_id, f"{_PREFIX}/{name}", value)

    def once(self, name: str, make: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
        """What is kept under the name, else what is made now."""
        found = self.find(name)
        if found is None:
            found = make()
            self.keep(name, found)
        return found


def _counted(progress: Progress | None) -> Callable[[float, float], None]:
    def told(done: float, expected: float) -> None:
        if progress is not None:
            progress(round(done), round(expected))

    return told


_Which = tuple[Kind, int]
"""A side and the number of its seed."""


def _steps(
    runs: Mapping[_Which, RunSpec], book: _Book, executor: Executor, progress: Progress | None
) -> dict[_Which, float | None]:
    """Steps to target of every run, None for one that missed it; those that are kept are not made again."""
    found: dict[_Which, float | None] = {}
    waiting: dict[str, _Which] = {}
    for which, spec in runs.items():
        kept = book.find(spec.identity())
        if kept is None:
            waiting[f"{which[0]}/{which[1]}"] = which
            executor.submit(f"{which[0]}/{which[1]}", spec)
        else:
            found[which] = kept["steps"]  # type: ignore[assignment]
    while waiting:
        for key, run in executor.next_done():
            which = waiting.pop(key)
            found[which] = run.steps_to_target
            book.keep(
                runs[which].identity(), {"side": key, "status": run.status, "steps": run.steps_to_target}
            )
            if progress is not None:
                progress(len(found), len(runs))
    executor.close()
    return found


def _side(
    side: Side, runs: Mapping[_Which, RunSpec], steps: Mapping[_Which, float | None], times: StepTimes, examples: int
) -> GrowthSide:  # fmt: skip
    """What the runs of a side cost."""
    reached = [
        (runs[side.kind, seed], n) for seed in range(SEEDS) if (n := steps[side.kind, seed]) is not None
    ]
    costs = [spent_by(spec, n, examples, times.seconds_at) for spec, n in reached]
    assert side.row.lr is not None
    return GrowthSide(
        kind=side.kind, batch_size=side.row.batch_size, lr=side.row.lr, growth=side.growth,
        halved_every=side.halved_every, seeds=SEEDS, steps=tuple(n for _, n in reached),
        examples=tuple(seen for seen, _ in costs), seconds=tuple(seconds for _, seconds in costs),
    )  # fmt: skip


def spent_by(
    spec: RunSpec, steps: float, examples: int, seconds_at: Callable[[int], float]
) -> tuple[float, float]:
    """Examples and seconds of so many updates of a run, the last of which may count in part.

    Args:
        spec: of the run, whose batches run on from one epoch to the next.
        steps: made.
        examples: N, of the training data.
        seconds_at: seconds of an update by batch size.
    """
    position, seen, seconds = 0, 0.0, 0.0
    for step in range(math.ceil(steps)):
        size = batch_size_at(position, spec.batch_size, spec.batch_growth, examples)
        share = min(1.0, steps - step)
        seen, seconds = seen + share * size, seconds + share * seconds_at(size)
        position += size
    return seen, seconds


def judged(
    sides: Sequence[GrowthSide], cost: Cost, left_out: Mapping[Kind, LeftOut], *, clock_in_doubt: bool = False
) -> GrowthRace:
    """The verdict on the sides, the fixed batch first."""
    fixed, told = sides[0], not (clock_in_doubt and cost == "seconds")
    beside = [
        fixed,
        *(side.model_copy(update={"ratio": cost_ratio(side, fixed, cost)}) for side in sides[1:]),
    ]
    growing = [side for side in beside if side.kind in GROWING]
    wins = [side for side in growing if told and side.ratio is not None and side.ratio.interval[1] < 1]
    loses = [side for side in growing if told and _loses(side, fixed)]
    winner = min(wins, key=lambda side: side.ratio.value if side.ratio else math.inf).kind if wins else None
    lost = bool(growing) and len(loses) == len(growing)
    verdict: RaceVerdict = "growth_wins" if wins else "fixed_wins" if lost else "cannot_tell"
    return GrowthRace(
        cost=cost, sides=tuple(beside), left_out=dict(left_out), verdict=verdict, winner=winner,
        clock_in_doubt=clock_in_doubt,
    )  # fmt: skip


def _loses(side: GrowthSide, fixed: GrowthSide) -> bool:
    if side.ratio is None:
        return side.reached < side.seeds and fixed.reached == fixed.seeds
    return side.ratio.interval[0] > 1


def cost_ratio(side: GrowthSide, fixed: GrowthSide, cost: Cost) -> Estimate | None:
    """Ratio of geometric means with Student's interval on pooled log values; None where a seed missed the target."""
    if min(side.reached, fixed.reached) < side.seeds:
        return None
    one, two = side.cost(cost), fixed.cost(cost)
    variance, degrees = pooled_log_variance([one, two])
    error = math.sqrt((variance or 0.0) * (1 / len(one) + 1 / len(two)))
    value = math.exp(float(np.mean(np.log(one)) - np.mean(np.log(two))))
    return on_log_scale(value, t_quantile(degrees) * error)
