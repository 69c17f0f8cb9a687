"""Advice from a few runs: which batch size and learning rate, at the cost of a few trainings.

Seconds a step are measured first. Then learning rates race at one moderate batch size until one reaches
the target; what is left of the budget goes to the runs that promise most (``advice.quick.race``). One
posterior of steps to target over batch size and learning rate (``advice.quick.posterior``) ties them
together.

Its runs are runs that a study's search could ask for, kept in the same store: a study takes over those that
fit, and advice that was killed continues. Decisions rest on what runs showed and on counted work, never on
the clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from batchwright.advice.quick.budget import Allowance, Meter
from batchwright.advice.quick.found import advice_result
from batchwright.advice.quick.inference import CRITICAL_GUESS
from batchwright.advice.quick.legs import Legs
from batchwright.advice.quick.race import Race
from batchwright.advice.quick.step_times import StepTimes, step_times
from batchwright.advice.result import AdviceResult, Objective
from batchwright.core.action import Action
from batchwright.measure.hardware.load import TOO_BUSY
from batchwright.study.executors.contract import Executor
from batchwright.study.sitting import sitting
from batchwright.study.spec import StudySpec, check_study
from batchwright.study.stores.contract import Store
from batchwright.task.task import Task
from batchwright.training.environment import environment
from batchwright.training.feed import device_of

_FEWEST_ABOVE, _SMALLEST_MIDDLE = 8, 8
_TIMES = "step_times/"


def advice_identity(spec: StudySpec, task: Task) -> str:
    """The id under which advice on a study is stored."""
    return f"advice-{spec.identity(task.fingerprint)}"


def quick_advice(
    spec: StudySpec,
    task: Task,
    store: Store,
    executor: Executor,
    *,
    allowance: Allowance | None = None,
    objective: Objective = "time",
    times: StepTimes | None = None,
    study_id: str | None = None,
    name: str | None = None,
    action: Action | None = None,
    say: Callable[[str, dict[str, Any]], None] = lambda code, values: None,
) -> AdviceResult:
    """Recommend a batch size and learning rate from a few runs.

    Args:
        spec: what a study would be run with; ``batch_sizes`` are those to choose from.
        task: the live task that ``spec.task`` names.
        store: where runs are kept and looked up.
        executor: where they are executed.
        allowance: when to stop; three trainings by default.
        objective: what to minimise: ``time``, ``examples`` or ``steps`` to target.
        times: seconds a step, where they are known already.
        study_id, name, action: as in :func:`~batchwright.study.run.run_study`.
        say: called with a code and values as the work goes on.

    Raises:
        InputError: the spec does not fit the task.
    """
    began = time.perf_counter()
    check_study(spec, task)
    study_id = study_id or advice_identity(spec, task)
    finished = {row["study_id"] for row in store.studies() if row["status"] == "complete"}
    request = {"objective": objective}
    with sitting(
        store, study_id, kind="advice", name=name, task=task, spec=spec, request=request, action=action
    ):
        try:
            say("advice.timing", {})
            times = times or _kept_times(spec, task, store, study_id, continues=study_id not in finished)
            legs = Legs(spec, task, store, executor, study_id)
            meter = Meter(allowance or Allowance(), times, len(task.split(spec.target.split)))
            race = Race(legs, meter, middle=_middle(spec, times, len(task.train)), say=say)
            race.run()
        finally:
            executor.close()
        asked = action or Action(command="advise", subject=spec.task.name)
        found = advice_result(race, objective=objective, asked=asked)
        seconds = time.perf_counter() - began
        result = found.model_copy(
            update={
                "study_id": study_id,
                "environment": environment(device_of(spec.device)),
                "seconds": seconds,
                "cost": found.cost.model_copy(update={"seconds": seconds}),
            }
        )
        store.keep_result(study_id, result.model_dump_json())
    return result


def _kept_times(spec: StudySpec, task: Task, store: Store, study_id: str, *, continues: bool) -> StepTimes:
    """Seconds a step, measured once: what is decided by them must not change when advice continues.

    Asked again after it was finished, advice that was timed beside other work is timed anew.
    """
    stored = store.measurements(study_id)
    count = sum(name.startswith(_TIMES) for name in stored)
    last = stored.get(f"{_TIMES}{count - 1}")
    if last is not None and (continues or last["others_load"] <= TOO_BUSY):
        seconds = {int(size): float(value) for size, value in last["seconds"].items()}
        return StepTimes(seconds, float(last["others_load"]))
    times = step_times(spec, task)
    document = {"seconds": {str(b): s for b, s in times.measured.items()}, "others_load": times.others_load}
    store.put_measurement(study_id, f"{_TIMES}{count}", document)
    return times


def _middle(spec: StudySpec, times: StepTimes, examples: int) -> int:
    """Where to begin: seconds to target (a + b B)(1 + B_crit/B) are least at sqrt(knee B_crit)."""
    guess = math.sqrt(times.knee * CRITICAL_GUESS)
    guess = min(max(guess, _SMALLEST_MIDDLE), max(1.0, examples / _FEWEST_ABOVE))
    return min(spec.batch_sizes, key=lambda size: abs(math.log(size / guess)))
