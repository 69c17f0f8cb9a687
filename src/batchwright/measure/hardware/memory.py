"""Peak memory of an update at a batch size, measured in a child process that may be killed."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import BatchwrightError, one_line
from batchwright.core.remark import Remark, remark
from batchwright.measure.hardware.memory_child import Order
from batchwright.task.task import Task
from batchwright.training.spec import RunSpec

_POLL_SECONDS = 0.005
_SLACK, _SLACK_BYTES = 1.03, 16 << 20
"""A child this far above the budget is killed; up to there its own peak decides, and it lives on."""
_START_SECONDS = 60.0
Answer = dict[str, Any]


class MemoryUnknownError(BatchwrightError):
    """Memory cannot be measured in a child process: the task cannot be sent there, for this ``reason``."""

    def __init__(self, message: str, reason: Remark) -> None:
        super().__init__(message)
        self.reason = reason


class MemoryTrial(BaseModel):
    """One batch size tried in the child: does it fit, and what did it take?

    ``peak_memory_bytes`` is above what the process held with model and data loaded, None where the child
    ended or ran out of memory first. ``reason`` says why a size does not fit. ``error`` is the exception, and
    ``fits`` False, where the model itself cannot run this size (batch normalisation of one example).
    """

    model_config = ConfigDict(frozen=True)

    batch_size: int
    fits: bool
    peak_memory_bytes: int | None = None
    seconds: float = 0.0
    reason: Remark | None = None
    error: str = ""
    allocator_retries: int | None = None


class ModelBytes(BaseModel):
    """Sizes that do not depend on the batch, and the activations an example, as the child counted them."""

    model_config = ConfigDict(frozen=True)

    resident_bytes: int
    parameter_bytes: int
    optimizer_bytes: int | None
    activation_bytes_per_example: float | None

    @property
    def fixed_bytes(self) -> int:
        """What an update touches at every batch size: parameters, as many gradients, optimizer state."""
        return 2 * self.parameter_bytes + (self.optimizer_bytes or 0)

    def working_set_bytes(self, batch_size: int) -> float | None:
        """The same and B times what an example adds: its inputs, and what the backward pass keeps of it.

        None where the activations could not be counted.
        """
        each = self.activation_bytes_per_example
        return None if each is None else self.fixed_bytes + batch_size * each


class MemoryChild:
    """A child process that runs updates at the batch sizes it is given, and is started again when it dies.

    A child that is killed (by the kernel, or here for exceeding the budget), that runs out of memory, or that
    gives no answer in time is an answer: the size does not fit. On a CPU the budget is for the resident
    memory of the whole process, on CUDA for torch's allocator.

    Args:
        spec: the run; its batch size is the first one run, outside the measurement.
        task: the live task; sent by its reference where that finds it in another process, else pickled.
        budget_bytes: memory of the child.
        trial_seconds: time allowed for one size.

    Raises:
        MemoryUnknownError: the task has no reference and cannot be pickled.
    """

    command = (sys.executable, "-m", "batchwright.measure.hardware.memory_child")

    def __init__(self, spec: RunSpec, task: Task, *, budget_bytes: int, trial_seconds: float = 30.0) -> None:
        self._spec, self._budget, self._trial_seconds = spec, budget_bytes, trial_seconds
        self._folder = tempfile.TemporaryDirectory(prefix="batchwright-")
        found_by_name = task.reference is not None and not task.reference.live
        self._task_file = None if found_by_name else self._pickle(task)
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.facts: ModelBytes | None = None
        self.started = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()
        self._folder.cleanup()

    def measure(self, batch_size: int) -> MemoryTrial:
        """Run updates of this size in the child, started first where there is none."""
        began = time.perf_counter()

        def trial(**fields: Any) -> MemoryTrial:
            return MemoryTrial(batch_size=batch_size, seconds=time.perf_counter() - began, **fields)

        if self._process is None:
            ready = self._start()
            if isinstance(ready, Remark):
                return trial(fits=False, reason=Remark(code=f"{ready.code}.loading", values=ready.values))
            if "ready" not in ready:
                self._kill()
                error = ready.get("error")
                if error is not None:
                    raise MemoryUnknownError(
                        f"the measuring process cannot load the task: {error}",
                        remark("memory.task_not_loaded", error=error),
                    )
                return trial(fits=False, reason=_exhausted(ready))
            self.facts = ModelBytes.model_validate(ready["ready"])
        answer = self._ask(str(batch_size), self._trial_seconds)
        if isinstance(answer, Remark):
            return trial(fits=False, reason=answer)
        if "error" in answer:
            reason = remark("memory.model_error", error=answer["error"])
            return trial(fits=False, error=answer["error"], reason=reason)
        if "out_of_memory" in answer:
            return trial(fits=False, reason=_exhausted(answer))
        assert self.facts is not None
        total = answer["peak_bytes"] + self.facts.resident_bytes
        fits = total <= self._budget
        return trial(
            fits=fits,
            peak_memory_bytes=answer["peak_bytes"],
            allocator_retries=answer["allocator_retries"],
            reason=None if fits else remark("memory.over_budget", used=total, allowed=self._budget),
        )

    def _pickle(self, task: Task) -> str:
        import cloudpickle

        path = Path(self._folder.name) / "task.pickle"
        try:
            path.write_bytes(cloudpickle.dumps(task))
        except Exception as error:
            self._folder.cleanup()
            raise MemoryUnknownError(
                f"the task cannot be sent to another process ({one_line(error)}); name it file.py:function",
                remark("memory.task_not_sent", error=one_line(error)),
            ) from None
        return str(path)

    def _start(self) -> Answer | Remark:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
            # Every tensor of some size is mapped by itself and given back when freed, so that resident
            # memory is what is in use.
            "MALLOC_MMAP_THRESHOLD_": "65536",
            "MALLOC_TRIM_THRESHOLD_": "65536",
        }
        errors = (Path(self._folder.name) / "stderr").open("w")
        with errors:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=environment,
            )  # fmt: skip
        self.started += 1
        self._lines = queue.Queue()
        threading.Thread(target=_read, args=(self._process, self._lines), daemon=True).start()
        order = Order(
            spec=self._spec.model_dump(mode="json"), task_file=self._task_file,
            threads=torch.get_num_threads(), budget_bytes=self._budget, parent=os.getpid(),
        )  # fmt: skip
        return self._ask(order.model_dump_json(), _START_SECONDS)

    def _ask(self, line: str, allowed_seconds: float) -> Answer | Remark:
        """The child's answer to a line, or why there is none, and then there is no child any more."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended; the reader finds the end of its answers
            process.stdin.write(line + "\n")
            process.stdin.flush()
        deadline = time.monotonic() + allowed_seconds
        limit = None if self._spec.device.startswith("cuda") else self._budget * _SLACK + _SLACK_BYTES
        while True:
            try:
                answer = self._lines.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                rss = _resident_bytes(process.pid) if limit is not None else None
                if limit is not None and rss is not None and rss > limit:
                    self._kill()
                    return remark("memory.killed", used=rss, allowed=self._budget)
                if time.monotonic() > deadline:
                    self._kill()
                    return remark("memory.no_answer", seconds=allowed_seconds)
                continue
            if answer is not None:
                said: Answer = json.loads(answer)
                return said
            code = process.wait()
            self._kill()
            return self._how_it_ended(code)

    def _how_it_ended(self, code: int) -> Remark:
        if code < 0:
            return remark("memory.signal", signal=-code)
        said = (Path(self._folder.name) / "stderr").read_text(errors="replace").strip().splitlines()
        return remark("memory.exit_code", exit_code=code, last_words=f": {said[-1]}" if said else "")

    def _kill(self) -> None:
        """End the child, if there is one, and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()


def _exhausted(answer: Answer) -> Remark:
    return remark("memory.exhausted", error=str(answer.get("out_of_memory")))


def free_memory_bytes(device: str) -> int:
    """Memory that a new process can have: free on the CUDA device, or available in machine or container."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(device)[0])
    bounds = [_available_bytes()]
    limit, used = (_number(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit is not None and used is not None:
        bounds.append(max(0, limit - used))
    return min(bounds)


def _available_bytes() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError, AttributeError):
        return 4 << 30


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):  # no such file, or "max"
        return None


def _resident_bytes(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Hand on the child's answers; None when they end."""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except (OSError, ValueError):  # closed while it was read
        pass
    lines.put(None)
