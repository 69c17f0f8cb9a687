"""Worker processes that die, and tasks that only the program which made them knows."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from batchwright.core.errors import InputError
from batchwright.report.text.catalogue import say
from batchwright.study.executors.choose import executor_for
from batchwright.study.executors.in_process import InProcess
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.training import RunSpec


def spec_of(task, batch_size, seed=0):
    return RunSpec.model_validate(
        {"task": task.reference, "batch_size": batch_size, "seed": seed, "budget": {"steps": 20},
         "optimizer": {"lr": 0.05}}
    )  # fmt: skip


def all_done(executor, count):
    done = {}
    while len(done) < count:
        done |= dict(executor.next_done())
    return {key: str(result.status) for key, result in done.items()}


def test_only_the_run_that_kills_its_process_is_given_up(tiny, tmp_path, capfd):
    """Others share the processes with it, and come back; nothing but our own line is printed."""
    task = tiny(kind="kills at 5", folder=str(tmp_path))
    sizes = (2, 3, 4, 5, 6, 7)
    with WorkerProcesses(2) as executor:
        for size in sizes:
            executor.submit(str(size), spec_of(task, size))
        assert all_done(executor, len(sizes)) == {
            str(size): "out_of_memory" if size == 5 else "budget_exhausted" for size in sizes
        }
    assert len(list(tmp_path.iterdir())) in (2, 3)  # alone twice, and once before among others
    assert capfd.readouterr() == ("", "")


def test_of_runs_together_only_the_one_that_kills_their_process_is_given_up(tiny, tmp_path, capfd):
    task = tiny(kind="kills at 5", folder=str(tmp_path))
    with WorkerProcesses(2) as executor:
        executor.submit_together({str(size): spec_of(task, size) for size in (4, 5, 6)})
        assert all_done(executor, 3) == {
            "4": "budget_exhausted", "5": "out_of_memory", "6": "budget_exhausted",
        }  # fmt: skip
    assert capfd.readouterr() == ("", "")


def test_a_process_that_is_killed_from_outside_costs_nothing(tiny, capfd, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # loky looks for pgrep, and prints a traceback without it
    task = tiny(kind="slow")
    with WorkerProcesses(2) as executor:
        for size in (4, 8, 16):
            executor.submit(str(size), spec_of(task, size))

        def kill():
            os.kill(next(iter(executor._pool._processes)), 9)

        threading.Timer(4.0, kill).start()
        assert set(all_done(executor, 3).values()) == {"budget_exhausted"}
    assert capfd.readouterr() == ("", "")


def test_fewer_than_one_worker():
    with pytest.raises(InputError, match="workers must be at least 1, got 0"):
        WorkerProcesses(0)


def test_a_task_that_cannot_be_sent_stays_in_this_process(tiny, live):
    named, lock = tiny(), threading.Lock()
    sent = replace(live(), reference=None)
    held = replace(live(), reference=None)
    object.__setattr__(held, "augment", lambda inputs, generator: lock and inputs)
    executor, remarks = executor_for(named, 2)
    assert isinstance(executor, WorkerProcesses)
    executor, remarks = executor_for(sent, 1)
    assert (type(executor), remarks) == (InProcess, ())
    executor, (remark,) = executor_for(held, 2)
    assert isinstance(executor, InProcess)
    assert remark.code == "executors.in_this_process"
    assert "lock" in remark.values["reason"]
    assert "lock" in say(remark)


def test_the_file_with_the_task_goes_with_the_executor(live, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with WorkerProcesses(1, live()) as executor:
        assert len(list(tmp_path.iterdir())) == 1
        executor.submit("run", spec_of(live(), 8))
        assert all_done(executor, 1) == {"run": "budget_exhausted"}
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
print("begun")
import torch
from torch import nn

from batchwright.study.executors.workers import WorkerProcesses
from batchwright.task import Target, Task, TaskReference
from batchwright.training import RunSpec

SHIFT = 0.5


class Net(nn.Linear):
    def __init__(self):
        super().__init__(3, 1)

    def forward(self, x):
        return super().forward(x) + SHIFT


def main():
    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    task = Task(
        name="script", model=Net, train=(x, x[:, :1]), validation=(x, x[:, :1]),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(1), reference=TaskReference(name="script"),
    )
    spec = RunSpec(task=task.reference, batch_size=4, budget={"steps": 10})
    with WorkerProcesses(2, task) as executor:
        for seed in range(3):
            executor.submit(str(seed), spec.model_copy(update={"seed": seed}))
        done = {}
        while len(done) < 3:
            done |= dict(executor.next_done())
    for key in sorted(done):
        print(key, done[key].status, done[key].message)
"""


@pytest.mark.parametrize("end", ["main()", 'if __name__ == "__main__":\n    main()'])
def test_a_task_of_a_script_reaches_the_workers(tmp_path, end):
    """With the guard and without it; the workers do not run the script again."""
    script = tmp_path / "script.py"
    script.write_text(f"{SCRIPT}\n\n{end}\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["begun", *(f"{seed} budget_exhausted " for seed in range(3))], (
        done.stderr
    )
    assert done.stderr == ""


def test_no_worker_outlives_its_driver(tiny, tmp_path):
    """However the driver goes: here it is killed without a word."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("looks for processes in /proc")
    task = tiny(kind="slow")
    code = (
        "import sys, os, time\n"
        "from batchwright.study.executors.workers import WorkerProcesses\n"
        "from batchwright.training import RunSpec\n"
        "executor = WorkerProcesses(1)\n"
        "executor.submit('run', RunSpec.model_validate_json(sys.argv[1]))\n"
        "executor._hand_out()\n"
        "print(next(iter(executor._pool._processes)), flush=True)\n"
        "time.sleep(60)\n"
    )
    line = [sys.executable, "-c", code, spec_of(task, 4).model_dump_json()]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as driver:
        worker = int(driver.stdout.readline())
        driver.kill()
    deadline = 100
    while os.path.exists(f"/proc/{worker}") and deadline:
        threading.Event().wait(0.2)
        deadline -= 1
    assert not os.path.exists(f"/proc/{worker}")


def test_what_loky_cleans_up_after_the_end_is_not_told(tmp_path):
    """A semaphore that is gone, while the watch over them still has it on its list."""
    script = tmp_path / "script.py"
    script.write_text(
        "from loky.backend import resource_tracker\n"
        "from batchwright.study.executors.workers import WorkerProcesses\n"
        "with WorkerProcesses(1) as executor:\n"
        "    executor.warm_up()\n"
        "    resource_tracker.register('/loky-gone', 'semlock')\n"
        "    import sys\n"
        "    assert not any('resource_tracker' in option for option in sys.warnoptions)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
