"""What a study or advice is asked: from plain arguments to a spec that fits its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchwright.app.options import MachineOptions, OptimizerOptions, RunOptions
from batchwright.core.errors import BatchwrightError, InputError
from batchwright.core.processors import usable_processors

if TYPE_CHECKING:
    from batchwright.study.spec import StudySpec
    from batchwright.task.task import Task, TaskReference

_MOST_SIZES = 12
_ECONOMY = {"search_seeds": 1, "confirm_seeds": 3}
"""With a budget, seeds are saved rather than batch sizes: one to search, three to confirm."""


@dataclass(frozen=True, kw_only=True)
class StudyQuestion:
    """The arguments that a study and advice share."""

    batch_sizes: Sequence[int] | None
    target: Any
    lr: float | None
    max_epochs: float | None
    optimizer: OptimizerOptions
    runs: RunOptions
    machine: MachineOptions

    def spec(
        self, reference: TaskReference, task: Task, *, most_sizes: int = _MOST_SIZES,
        budget_trainings: float | None = None, seeds: dict[str, int | None] | None = None, **fields: Any,
    ) -> StudySpec:  # fmt: skip
        """The study of this question on this task.

        Args:
            reference: how runs name the task.
            task: the live task.
            most_sizes: of the default batch sizes.
            budget_trainings: when to stop.
            seeds: how many search and confirm, where it was said.
            fields: further fields of the spec.

        Raises:
            InputError: it does not fit the task.
        """
        from batchwright.app.specs import optimizer_spec, run_fields
        from batchwright.app.task_given import goal_of
        from batchwright.study.spec import StudySpec, check_study, default_batch_sizes

        sizes = self.batch_sizes
        if sizes is None:
            sizes = default_batch_sizes(len(task.train), most_sizes, budget_trainings=budget_trainings)
        said = {name: count for name, count in (seeds or {}).items() if count is not None}
        spec = StudySpec.model_validate(
            {
                "task": reference, "batch_sizes": tuple(sorted(sizes)), "target": goal_of(self.target, task),
                "optimizer": optimizer_spec(task, self.optimizer, self.lr),
                "max_epochs": task.max_epochs if self.max_epochs is None else self.max_epochs,
                "budget_trainings": budget_trainings, "order": self.runs.order,
                "search": ({} if budget_trainings is None else _ECONOMY) | said,
                **run_fields(self.machine, self.runs), **fields,
            }
        )  # fmt: skip
        check_study(spec, task)
        _check_run(spec, task)
        return spec


def _check_run(spec: StudySpec, task: Task) -> None:
    """Build one run, so that a device, schedule or optimizer that does not exist is refused at once."""
    from batchwright.study.key import RunKey
    from batchwright.training.loop import Run

    try:
        Run(spec.run(RunKey(spec.batch_sizes[-1], 0, "search", 0), 1), task)
    except BatchwrightError:
        raise
    except Exception:
        return  # a model that raises is found again, and reported, by the study itself


def worker_count(workers: int | None, device: str) -> int:
    """Worker processes: as many as asked for, else one a core, and one on a GPU.

    Raises:
        InputError: fewer than one.
    """
    if workers is None:
        cores = usable_processors()
        return cores if device == "cpu" else 1
    if not 1 <= workers <= 1024:
        raise InputError(
            f"workers must be at least 1{'' if workers < 1 else ' and at most 1024'}, got {workers}"
        )
    return workers
