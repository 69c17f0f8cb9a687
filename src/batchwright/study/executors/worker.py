"""What happens in a worker process. It imports torch last: Ctrl-C must not find it halfway."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchwright.study.executors.runner import Runner

_LOOK_SECONDS = 0.5


def begin(driver: int) -> None:
    """Make this process a worker of the process ``driver``: one thread, and an end when the driver ends."""
    for name in ("SIGINT", "SIGHUP"):  # a terminal sends them to all; they are the driver's to handle
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(driver,), daemon=True).start()
    import torch

    torch.set_num_threads(1)
    import batchwright.study.executors.runner  # noqa: F401  now, while the driver still reads its data


def ready(packed: str | None) -> None:
    """Load the task, if it was sent; asking for this starts a worker."""
    from contextlib import suppress

    from batchwright.core.errors import BatchwrightError

    if packed is not None:
        with suppress(BatchwrightError):  # the first run says it
            _load(packed)


def execute(spec_jsons: list[str], stop_at: int | None, packed: str | None) -> list[str]:
    """A run, or runs that share a program, as JSON in and out; whatever goes wrong is their status.

    Args:
        spec_jsons: a ``RunSpec`` each.
        stop_at: pause after so many updates.
        packed: file with the task, where it was sent; None to load it by its reference.
    """
    from batchwright.core.errors import BatchwrightError, one_line
    from batchwright.study.executors.runner import failed
    from batchwright.training.loop import failed_to_start
    from batchwright.training.record import Status
    from batchwright.training.spec import RunSpec

    try:
        return as_json(_runner(spec_jsons[0], packed), spec_jsons, stop_at)
    except BatchwrightError as error:
        message = one_line(error)
        results = [
            failed(spec, Status.FAILED, message) for spec in map(RunSpec.model_validate_json, spec_jsons)
        ]
    except Exception as error:
        results = [failed_to_start(spec, error) for spec in map(RunSpec.model_validate_json, spec_jsons)]
    return [result.model_dump_json() for result in results]


def as_json(runner: Runner, spec_jsons: list[str], stop_at: int | None) -> list[str]:
    """What a runner makes of a job."""
    from batchwright.training.spec import RunSpec

    specs = [RunSpec.model_validate_json(text) for text in spec_jsons]
    return [result.model_dump_json() for result in runner.run_all(specs, stop_at)]


_runners: dict[str, Runner] = {}
"""One for each task that this worker has loaded, by its reference or its file."""


def _runner(spec_json: str, packed: str | None) -> Runner:
    if packed is not None:
        return _load(packed)
    from batchwright.study.executors.runner import Runner
    from batchwright.task.load import load_task
    from batchwright.training.spec import RunSpec

    spec = RunSpec.model_validate_json(spec_json)
    reference = spec.task.model_dump_json()
    if reference not in _runners:
        _runners[reference] = Runner(load_task(spec.task))
    return _runners[reference]


def _load(packed: str) -> Runner:
    from batchwright.study.executors.packed import read
    from batchwright.study.executors.runner import Runner

    if packed not in _runners:
        _runners[packed] = Runner(read(packed))
    return _runners[packed]


def _leave_with(driver: int) -> None:
    """End this worker when the driver is gone, however it went."""
    while os.getppid() == driver:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
