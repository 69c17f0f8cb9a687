"""Many runs at once: each setting is what ``train`` would be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from batchwright.app.progress import Watch
    from batchwright.study.executors.contract import Executor
    from batchwright.task.task import Task
    from batchwright.training.record import RunResult
    from batchwright.training.spec import RunSpec

_OF_TASK = ("set", "data", "examples")
"""Arguments that make another task, not another run."""
_Key = tuple[str, str]
"""A run by its task and its spec."""


def train_many(
    settings: Sequence[Mapping[str, Any]], *, workers: int | None = None, progress: Any = True
) -> list[RunResult]:
    """Make the runs that :func:`train` would make with each of the settings, side by side.

    Args:
        settings: arguments of ``train``, the task among them; no checkpoints.
        workers: processes, one a core by default; with 1 all runs are made in this process.
        progress: as of ``train``.

    Returns:
        One result a setting, in order. Runs that are asked for twice are made once.

    Raises:
        InputError: a setting that ``train`` would refuse.

    >>> runs = train_many([{"task": "two-weights", "batch_size": 1, "steps": n} for n in (1, 2)], workers=1)
    >>> [run.updates for run in runs]
    [1, 2]
    """
    from batchwright.app.progress import watching

    with ManyRuns(workers) as many, watching(progress, "runs") as watch:
        return many(settings, watch)


class ManyRuns:
    """Worker processes, tasks and finished runs, kept over several calls; a context manager."""

    def __init__(self, workers: int | None = None) -> None:
        from batchwright.app.study_question import worker_count

        self._workers = worker_count(workers, "cpu")
        self._finished: dict[_Key, RunResult] = {}
        self._executors: dict[str, Executor] = {}
        self._tasks: dict[str, tuple[Any, Task]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for executor in self._executors.values():
            executor.close()
        self._executors.clear()

    def __call__(self, settings: Sequence[Mapping[str, Any]], watch: Watch | None = None) -> list[RunResult]:
        """One result a setting, in order."""
        planned = [self._planned(setting) for setting in settings]
        keys = [(_identity(task), spec.model_dump_json()) for spec, task in planned]
        missing = {key: run for key, run in zip(keys, planned, strict=True) if key not in self._finished}
        by_executor: dict[Executor, dict[str, _Key]] = {}
        for number, (key, (spec, task)) in enumerate(missing.items()):
            by_executor.setdefault(self._executor(task), {})[str(number)] = key
            self._executor(task).submit(str(number), spec)
        done = 0
        for executor, waiting in by_executor.items():
            while waiting:
                for name, result in executor.next_done():
                    self._finished[waiting.pop(name)] = result
                    done += 1
                    if watch is not None:
                        watch(done, len(missing))
        return [self._finished[key] for key in keys]

    def _planned(self, setting: Mapping[str, Any]) -> tuple[RunSpec, Task]:
        """The run of a setting, on a task that is loaded once for all settings that share it."""
        from batchwright.app.train import planned_run

        if "task" not in setting:
            raise InputError(f"a setting must name its task, got {shown(dict(setting))}")
        of_task = {name: setting[name] for name in _OF_TASK if setting.get(name) is not None}
        of_run = {name: setting[name] for name in setting if name not in (*_OF_TASK, "task")}
        given = setting["task"]
        key = repr((given if isinstance(given, str) else id(given), sorted(of_task.items(), key=repr)))
        if key not in self._tasks:
            # The given task is kept too: an id is only its own while the object lives.
            self._tasks[key] = (given, planned_run(given, **of_task)[1])
        return planned_run(self._tasks[key][1], **of_run)

    def _executor(self, task: Task) -> Executor:
        from batchwright.study.executors.choose import executor_for
        from batchwright.study.executors.in_process import InProcess

        shared = task.reference is not None and not task.reference.live and self._workers > 1
        key = "" if shared else str(id(task))
        if key not in self._executors:
            alone = self._workers == 1
            self._executors[key] = InProcess(task) if alone else executor_for(task, self._workers)[0]
        return self._executors[key]


def _identity(task: Task) -> str:
    """What tells two tasks apart."""
    return task.fingerprint or str(id(task))
