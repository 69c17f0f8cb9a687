"""A run continued with another batch size: a branch that leaves the run itself as it is."""

from __future__ import annotations

from torch import Tensor

from batchwright.optim.spec import OptimizerSpec, ScheduleSpec
from batchwright.task.task import Task
from batchwright.training.spec import Budget, EvaluationPlan
from batchwright.training.state import Run


def branch(
    run: Run, task: Task, *, batch_size: int, optimizer: OptimizerSpec, seed: int,
    average_half_life: float | None = None,
) -> Run:  # fmt: skip
    """A new run from where ``run`` stands: its weights, buffers and optimizer state, with other batches.

    Every update takes exactly ``batch_size`` examples, from passes of its own over the data. The schedule goes on
    where the run's stands, as a function of the examples. Where the betas of an adaptive optimizer were rescaled, its
    count of updates is too, since 1 - beta^t corrects a mean over examples. Nothing is evaluated by itself.

    Args:
        run: between two updates; only read.
        task: the run's, with a model factory that does not hand out the run's own model.
        batch_size: of the branch.
        optimizer: of the branch, of the same kind as the run's; its schedule is the run's.
        seed: of the branch's order of examples, augmentation and dropout.

    Raises:
        InputError: a batch size that the data do not hold.
    """
    factor = batch_size / run.spec.batch_size
    lr_at, first, scale = run.updater.lr, run.step, run.lr_factor / run.spec.optimizer.lr
    spec = run.spec.model_copy(
        update={
            "batch_size": batch_size,
            "batch_growth": None,
            "sampling": run.spec.sampling.model_copy(update={"last_batch": "run_on"}),
            "optimizer": optimizer.model_copy(update={"schedule": ScheduleSpec()}),
            "budget": Budget(),
            "target": None,
            "evaluation": EvaluationPlan(splits=()),
            "average_half_life": average_half_life,
            "seed": seed,
        }
    )
    made = Run(spec, task.with_fields(schedule=lambda n: lr_at(first + round(n * factor)) * scale))
    state = run.updater.state_dict()
    if optimizer.betas != run.spec.optimizer.betas:
        state = _recounted(state, factor)
    made.updater.load_state_dict(state)
    made.model.load_state_dict(run.model.state_dict())
    return made


def _recounted(state: dict[str, Tensor], factor: float) -> dict[str, Tensor]:
    """Counts of updates as if all had had the branch's batch size."""
    return {name: value / factor if name.startswith("step/") else value for name, value in state.items()}
