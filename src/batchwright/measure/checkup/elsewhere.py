"""Whether another process finds the same task: it is sent there, or loaded again by its name."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from batchwright.core.errors import BatchwrightError, one_line
from batchwright.core.streams import global_randomness
from batchwright.measure.checkup.bench import read_batch, same, spaced
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.task.data import Split, TensorSplit
from batchwright.task.live import pack, unpack
from batchwright.task.load import load_task
from batchwright.task.task import Task

_COMPARED = 64


def found_again(task: Task) -> Iterator[TaskFinding]:
    """Load the task as a worker does, and compare a few examples and the initial weights."""
    reference = task.reference
    by_name = reference is not None and not reference.live
    began = time.perf_counter()
    try:
        # Another seed than the caller's: a task that draws from the process-wide generators comes out differently.
        with global_randomness(time.time_ns() % 2**31, python_too=True):
            other = load_task(reference) if by_name and reference is not None else unpack(pack(_small(task)))
    except BatchwrightError as error:
        yield finding("not_found_again", "warning", by_name=by_name, error=one_line(error))
        return
    except Exception as error:
        yield finding(
            "not_found_again", "warning", by_name=by_name, error=f"{type(error).__name__}: {one_line(error)}"
        )
        return
    taken = time.perf_counter() - began
    changed = [
        name for name in ("train", "validation") if by_name and _differs(task.split(name), other.split(name))
    ]
    if changed:
        yield finding("task_unrepeatable", "error", splits=changed, seconds=taken)
    elif not by_name:
        try:
            with global_randomness(0, python_too=True):
                other.build_model(0)
                other.train.gather(torch.tensor([0]), seed=0)
        except Exception as error:
            yield finding(
                "not_found_again",
                "warning",
                by_name=False,
                error=f"{type(error).__name__}: {one_line(error)}",
            )


def _small(task: Task) -> Task:
    """Tensors can always be sent: two examples of them stand for all."""
    few = {
        name: split.subset(torch.arange(min(2, len(split))))
        for name in ("train", "validation")
        if isinstance(split := task.split(name), TensorSplit)
    }
    return task.with_fields(**few, test=None)


def _differs(first: Split, second: Split) -> bool:
    """Whether two splits hold other examples, as far as some of them say."""
    if len(first) != len(second):
        return True
    positions = spaced(len(first), _COMPARED)
    try:
        return not same(read_batch(first, positions), read_batch(second, positions))
    except Exception:
        return False
