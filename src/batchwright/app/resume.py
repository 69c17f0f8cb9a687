"""Continue a study that was interrupted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchwright.app import options as o
from batchwright.app.signature import front_door
from batchwright.app.stored import StudyName, opened, stored_answer
from batchwright.core.errors import StoreError

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.study.executors.where import WhereRun
    from batchwright.study.stores.contract import StudyRow


@front_door
def resume(
    study: StudyName,
    *,
    workers: o.Workers = None,
    executor: o.ExecutorName = None,
    address: o.RayAddress = None,
    store: o.StorePath = None,
    progress: o.ProgressGiven = True,
) -> Answer:
    """Continue an interrupted study: finished runs are not repeated. A finished one is shown."""
    from batchwright.study.executors.where import WhereRun

    where = WhereRun(executor=executor, workers=workers, address=address)
    with opened(store) as kept:
        row = kept.study(study)
        if row["status"] == "complete" and row["result"] is not None:
            return stored_answer(kept, row, store)
    if row["kind"] == "advice":
        return _advised_further(row, store, progress)
    return _continued(row, where, store, progress)


def _advised_further(row: StudyRow, store: str | None, progress: Any) -> Answer:
    """Advice is continued by asking for it again: what it ran is stored, so no run is repeated."""
    from batchwright.app.advise import advise
    from batchwright.core.action import Action

    action = None if row["action"] is None else Action.model_validate(row["action"])
    if action is None or action.subject is None:
        raise StoreError(
            f"the task of advice {row['study_id']} lived in the process that began it: ask again there, "
            f"with {_begun(row)}"
        )
    # The store that it was found in, not the recorded one, whose password is hidden.
    arguments = {**action.arguments, "progress": progress, "store": store}
    return advise(action.subject, **arguments)


def _continued(row: StudyRow, where: WhereRun, store: str | None, progress: Any) -> Answer:
    from batchwright.app.progress import watching
    from batchwright.app.study_question import worker_count
    from batchwright.app.study_run import Workers, executed
    from batchwright.core.action import Action
    from batchwright.study.run import study_identity
    from batchwright.study.spec import StudySpec
    from batchwright.study.stores.reading import parse
    from batchwright.task.load import load_task

    spec = parse(StudySpec, row["spec"], f"the spec of study {row['study_id']}")
    where = replace(where, device=spec.device)
    count = worker_count(where.workers, where.device)
    with watching(progress, "task") as watch, Workers(spec.task.name, where, count) as pool:
        task = load_task(spec.task)
        with opened(store) as kept:
            if study_identity(spec, task, kept) != row["study_id"]:
                raise StoreError(
                    f"the code or data of task {task.name!r} changed since study {row['study_id']} began: "
                    f"start a new study with {_begun(row)}"
                )
            request = row["request"]
            return executed(
                spec, task, kept, pool.of(task, watch), watch, objective=request.get("objective", "time"), name=None,
                measures=tuple(request.get("measures", ())),
                action=None if row["action"] is None else Action.model_validate(row["action"]),
            )  # fmt: skip


def _begun(row: StudyRow) -> str:
    """The command that began the study."""
    from batchwright.core.action import Action
    from batchwright.report.render.actions import typed

    if row["action"] is not None:
        return f"`{typed(Action.model_validate(row['action']))}`"
    return f"`{row['command'] or 'batchwright study TASK'}`"
