"""One sitting at a study: it is held while the work goes on, and ends with the state that the work ended in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from batchwright.core.action import Action
from batchwright.core.errors import StoreError
from batchwright.study.spec import StudySpec
from batchwright.study.stores.contract import Kind, Store
from batchwright.task.task import Task


@contextmanager
def sitting(
    store: Store,
    study_id: str,
    *,
    kind: Kind,
    name: str | None,
    task: Task,
    spec: StudySpec,
    request: Mapping[str, Any],
    action: Action | None,
) -> Iterator[None]:
    """Begin a study, or take it up again, for a block: ``complete`` after it, ``interrupted`` if it raises.

    The arguments are those of :meth:`~batchwright.study.stores.contract.Store.begin_study`, with the live task and
    the spec in the place of what is stored of them.
    """
    began = time.perf_counter()
    store.begin_study(
        study_id,
        kind=kind,
        name=name,
        task=task.name,
        spec_json=spec.model_dump_json(),
        fingerprint=task.fingerprint or None,
        request=dict(request),
        action=action,
    )
    try:
        yield
    except BaseException:
        with suppress(StoreError):  # what went wrong first is what there is to say
            store.end_study(study_id, status="interrupted", seconds=time.perf_counter() - began)
        raise
    store.end_study(study_id, status="complete", seconds=time.perf_counter() - began)
