"""The process in which memory is measured, and which may be killed for it.

Started as ``python -m batchwright.measure.hardware.memory_child``. One JSON document a line: the order (an
:class:`Order`) and then batch sizes come in on stdin, answers go out on stdout. It ends when stdin does, or
when the process that started it is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import pickle
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

_FIRST_SIZES = 1, 2, 4, 8
"""Batch sizes tried for the first update; batch normalisation refuses one example."""


class Order(BaseModel):
    """What to measure: a spec whose batch size changes, and its task where no reference finds that."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    spec: Any
    task_file: str | None
    threads: int
    budget_bytes: int
    parent: int


def serve() -> None:
    """Answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a user's code prints must not stand between the answers
    order = Order.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_leave_with, args=(order.parent,), daemon=True).start()

    def answer(document: dict[str, Any]) -> None:
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    try:
        subject = _Subject(order)
    except Exception as error:
        answer(_failure(error))
        return
    answer({"ready": subject.facts})
    for line in sys.stdin:
        answer(subject.measure(int(line)))


class _Subject:
    """The model under measurement, and the memory it stood at before its first step."""

    def __init__(self, order: Order) -> None:
        import torch

        from batchwright.task.load import load_task
        from batchwright.training.spec import RunSpec

        torch.set_num_threads(order.threads)
        self.spec = RunSpec.model_validate(order.spec)
        if order.task_file is None:
            self.task = load_task(self.spec.task)
        else:
            self.task = pickle.loads(Path(order.task_file).read_bytes())
        self.cuda = self.spec.device.startswith("cuda")
        if self.cuda:
            total = torch.cuda.mem_get_info(self.spec.device)[1]
            torch.cuda.set_per_process_memory_fraction(min(1.0, order.budget_bytes / total), self.spec.device)
        self.facts = self._facts()
        run = self._run(1)
        self.resident = self._memory_now()
        self.facts["resident_bytes"] = self.resident
        del run

    def _run(self, batch_size: int) -> Any:
        from batchwright.training.loop import Run

        return Run(self.spec.model_copy(update={"batch_size": batch_size}), self.task)

    def _facts(self) -> dict[str, Any]:
        """Bytes of parameters, optimizer state and activations; what is loaded once is loaded here."""
        from batchwright.measure.hardware.activations import activation_bytes_per_example

        run = self._run(1)
        facts: dict[str, Any] = {
            "parameter_bytes": sum(p.numel() * p.element_size() for p in run.model.parameters()),
            "activation_bytes_per_example": activation_bytes_per_example(run.model, self.task, self.spec),
            "optimizer_bytes": None,
        }
        if self._first_update(run):
            state = run.updater.state_dict().values()
            facts["optimizer_bytes"] = sum(t.numel() * t.element_size() for t in state)
        return facts

    def _first_update(self, run: Any) -> bool:
        """A small update, which creates the optimizer's state; False where the model runs no small size."""
        from batchwright.training.loop import is_out_of_memory

        for size in _FIRST_SIZES:
            if size > len(self.task.train):
                break
            run.rewind(size)
            try:
                run.update()
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                continue
            return True
        return False

    def measure(self, batch_size: int) -> dict[str, Any]:
        """Peak memory of an update at one batch size, above :attr:`resident`."""
        import torch

        began = time.perf_counter()
        self._reset_peak()
        retries = self._retries()
        try:
            run = self._run(batch_size)
            self._first_update(run)
            # In mid-run the batch before is still held while the next one is gathered.
            run.rewind(batch_size)
            run.skip_batch()
            run.update()
            if self.cuda:
                torch.cuda.synchronize(self.spec.device)
        except Exception as error:
            run = None
            return _failure(error)
        peak = max(0, self._peak() - self.resident)
        run = None
        return {
            "peak_bytes": peak,
            "seconds": time.perf_counter() - began,
            "allocator_retries": None if retries is None else (self._retries() or 0) - retries,
        }

    def _memory_now(self) -> int:
        import torch

        _give_back()
        if self.cuda:
            return int(torch.cuda.memory_allocated(self.spec.device))
        return _status_bytes("VmRSS") or _highest_rss()

    def _reset_peak(self) -> None:
        import torch

        _give_back()
        if self.cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.spec.device)
        else:
            with contextlib.suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again from VmRSS

    def _peak(self) -> int:
        import torch

        if self.cuda:
            return int(torch.cuda.max_memory_allocated(self.spec.device))
        # Without /proc the highest of the process counts: right as long as batch sizes ascend.
        return _status_bytes("VmHWM") or _highest_rss()

    def _retries(self) -> int | None:
        import torch

        if not self.cuda:
            return None
        return int(torch.cuda.memory_stats(self.spec.device).get("num_alloc_retries", 0))


def _failure(error: Exception) -> dict[str, Any]:
    from batchwright.core.errors import one_line
    from batchwright.training.loop import is_out_of_memory

    text = f"{type(error).__name__}: {one_line(error)}"
    # The traceback holds the tensors of the failed step.
    error.__traceback__ = None
    return {"out_of_memory" if is_out_of_memory(error) else "error": text}


def _give_back() -> None:
    """Return freed memory to the system, so that it does not count for the next size."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a C library without it
            ctypes.CDLL(None).malloc_trim(0)


def _status_bytes(field: str) -> int | None:
    """A size in /proc/self/status, None where there is none."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return None


def _highest_rss() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    serve()
