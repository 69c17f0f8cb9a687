"""``"auto"``: the batch size and learning rate that quick advice finds on the data an estimator is given.

Without a target of the user's, a pilot run at a usual batch size and learning rate says what can be reached:
the target is the validation loss with 19 twentieths of the way from the first to the smallest behind it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from batchwright.advice.quick.advise import quick_advice
from batchwright.advice.quick.budget import Allowance
from batchwright.advice.result import AdviceResult, BestGuess
from batchwright.integrations.estimators.train_net import EstimatorError, train_net
from batchwright.study.executors.in_process import InProcess
from batchwright.study.spec import StudySpec, default_batch_sizes
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.task import Target, Task
from batchwright.training.spec import RunSpec

FEWEST_EXAMPLES = 64
"""Training examples below which nothing is measured: a step takes the same time at every batch size."""
_WAY_LEFT = 0.05
_PILOT_PATIENCE, _PILOT_RATES, _LOWER = 10, 4, 10.0
_MOST_SIZES = 64
_ABOUT_BATCH_SIZES = {"study.few_answers"}
"""Doubts that say nothing where the batch size was given."""


@dataclass(frozen=True, kw_only=True)
class AutoChoice:
    """What was chosen, and what that took.

    Attributes:
        advice: the advice it rests on.
        any_batch_size: whether the batch size was chosen as well.
        target: what the advice was for.
        seconds: wall time of pilot and advice.
    """

    advice: AdviceResult
    any_batch_size: bool
    target: Target
    seconds: float

    @property
    def best_guess(self) -> BestGuess | None:
        """Batch size and learning rate; None where no run reached the target."""
        return self.advice.recommendation.best_guess

    @property
    def doubts(self) -> tuple[str, ...]:
        """Codes of what stands against what was chosen; none where it is conclusive."""
        codes = (doubt.code for doubt in self.advice.recommendation.doubts)
        return tuple(code for code in codes if self.any_batch_size or code not in _ABOUT_BATCH_SIZES)


def choose(spec: RunSpec, task: Task, *, any_batch_size: bool, allowance: Allowance) -> AutoChoice:
    """Advice on this task.

    Args:
        spec: the run that would be made without: its budget in epochs bounds each run of the advice, and its
            target, where it has one, is the advice's.
        task: the live task.
        any_batch_size: whether the batch size is chosen as well, or the learning rate alone.
        allowance: when to stop.

    Raises:
        EstimatorError: no target was given and none could be found.
    """
    began = time.perf_counter()
    target, start = (spec.target, spec.optimizer.lr) if spec.target is not None else _pilot(spec, task)
    sizes = default_batch_sizes(len(task.train), _MOST_SIZES) if any_batch_size else (spec.batch_size,)
    asked = StudySpec(
        task=spec.task,
        batch_sizes=sizes,
        optimizer=spec.optimizer.model_copy(update={"lr": start}),
        target=target,
        max_epochs=spec.budget.epochs or task.max_epochs,
        seed=spec.seed,
        device=spec.device,
        dtype=spec.dtype,
    )
    with MemoryStore() as store:
        advice = quick_advice(
            asked, task, store, InProcess(task), allowance=allowance,
            objective="time" if any_batch_size else "steps",
        )  # fmt: skip
    return AutoChoice(
        advice=advice, any_batch_size=any_batch_size, target=target, seconds=time.perf_counter() - began
    )


def _pilot(spec: RunSpec, task: Task) -> tuple[Target, float]:
    """A target that training is known to reach, and the learning rate that reached it."""
    lr = spec.optimizer.lr
    for _ in range(_PILOT_RATES):
        slower = spec.optimizer.model_copy(update={"lr": lr})
        found = train_net(spec.model_copy(update={"optimizer": slower}), task, patience=_PILOT_PATIENCE)
        first = next((e.loss for e in found.result.evaluations if e.loss is not None), None)
        if not found.failed and first is not None and found.best_loss is not None and found.best_loss < first:
            return Target(metric="loss", value=found.best_loss + _WAY_LEFT * (first - found.best_loss)), lr
        lr /= _LOWER
    raise EstimatorError(
        f"'auto' needs a target that training can reach, and the validation loss never fell at learning rates "
        f"from {lr * _LOWER:g} to {spec.optimizer.lr:g}: scale the inputs, or pass target"
    )
