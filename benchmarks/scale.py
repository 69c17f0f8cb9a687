"""What does a run cost beside its training, and does that stay the same when a study grows to 10,000 runs?

A study on a made-up law: every run returns its result at once, with a curve of 40 evaluations, and the searches decide
as ever. Milliseconds a run (everything but training: the driver, the executor, the store) where a study has about
1,000, 3,000 and 10,000 runs, for every executor and store, and the slope of log(the
driver's processor time) against log(runs), which other programs do not disturb: 1 is linear. Beside it the bytes that a run takes in the store, the seconds to open the store, to list it and to read all
runs with their curves, the seconds to conclude, and the size of the report. One turn each.

    python benchmarks/scale.py [--quick] [--runs 1000,3000,10000] [--executors NAMES] [--stores NAMES] [--server ADDRESS]

PostgreSQL is a server of its own in a temporary folder, where its programs are installed, else --server.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from record import markdown, record

from batchwright.advice.conclude import TaskFacts, conclude, stored_curves
from batchwright.core.streams import derive_seed
from batchwright.measure.hardware.alone import SecondsPerStep
from batchwright.report.pages.study import study_page
from batchwright.report.render.html import page_html
from batchwright.report.thinning import thinned
from batchwright.study.driver import Driver, StudyRuns
from batchwright.study.executors import runner
from batchwright.study.executors.contract import Executor
from batchwright.study.executors.in_process import InProcess
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.study.run import Findings, StoredRuns
from batchwright.study.spec import StudySpec
from batchwright.study.stores.choose import open_store
from batchwright.study.stores.contract import Store
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.task import Task, TaskReference
from batchwright.training.record import Evaluation, RunResult, Status
from batchwright.training.spec import RunSpec

RUNS_PER_SIZE = 18
EXAMPLES = 100_000
CURVE = 40
HERE = Path(__file__)


# --- the law ---


def law(spec: RunSpec) -> RunResult:
    """S(B, lr) = 50 (1 + 600/B) exp(0.3 ln^2(lr / lr_best)), noise 5%, divergence above 3 lr_best."""
    batch, lr = spec.batch_size, spec.optimizer.lr
    best = 0.8 * batch / (batch + 600)
    noise = random.Random(derive_seed(spec.seed, batch, str(lr))).gauss(0, 0.05)
    steps = 50 * (1 + 600 / batch) * math.exp(0.3 * math.log(lr / best) ** 2 + noise)
    limit = spec.budget.steps or 10**9
    status, crossing, updates = Status.TARGET_REACHED, min(steps, 1e9), math.ceil(min(steps, 1e9))
    if lr > 3 * best:
        return RunResult(
            spec=spec, status=Status.DIVERGED, updates=2, examples=2 * batch, steps_to_target=None
        )
    if steps > limit:
        status, updates = Status.BUDGET_EXHAUSTED, limit
    at = [max(1, round(updates * k / CURVE)) for k in range(1, CURVE + 1)]
    curve = tuple(
        Evaluation(step=step, examples_seen=step * batch, epoch=step * batch / EXAMPLES, split="validation", loss=0.2 ** (step / steps))
        for step in sorted(set(at))
    )  # fmt: skip
    return RunResult(
        spec=spec, status=status, updates=updates, examples=updates * batch, evaluations=curve,
        steps_to_target=crossing if status is Status.TARGET_REACHED else None, seconds=0.001 * updates,
    )  # fmt: skip


def law_task() -> Task:
    """The task, which workers load from here: where it is loaded, runs follow the law and train nothing."""
    runner.Runner.run_all = lambda self, specs, stop_at=None: [law(spec) for spec in specs]  # type: ignore[method-assign]
    x = torch.zeros(64, 1)
    return Task(
        name="law", model=lambda: torch.nn.Linear(1, 1), train=(x, x), validation=(x, x), loss="mse",
        reference=TaskReference(name=f"{HERE}:law_task"), fingerprint="law",
    )  # fmt: skip


def spec_of(runs: int) -> StudySpec:
    """A study that makes about so many runs."""
    count = max(3, runs // RUNS_PER_SIZE)
    sizes, steps = [0], count
    while len(sizes) < count:  # small sizes coincide
        sizes = sorted({round(4 * (EXAMPLES / 8) ** (k / (steps - 1))) for k in range(steps)})
        steps += count
    sizes = [sizes[k] for k in thinned(len(sizes), count)]
    fields = {"batch_sizes": sizes, "optimizer": {"lr": 0.1}, "target": {"value": 0.2}, "max_epochs": 100}
    return StudySpec.model_validate({"task": TaskReference(name=f"{HERE}:law_task"), **fields})


# --- executors and stores: a new one is a line ---

EXECUTORS: dict[str, Callable[[Task], Executor]] = {
    "in process": InProcess,
    "2 workers": lambda task: WorkerProcesses(2),
}
STORES = ("memory", "SQLite", "PostgreSQL")


@contextmanager
def places(
    server: str | None,
) -> Iterator[dict[str, Callable[[], tuple[Callable[[], Store], Callable[[], int]]]]]:
    """For every store, what makes a fresh one: how it is opened, and how many bytes it takes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def memory() -> tuple[Callable[[], Store], Callable[[], int]]:
            kept = MemoryStore()
            return lambda: kept, lambda: 0

        def file() -> tuple[Callable[[], Store], Callable[[], int]]:
            path = Path(tempfile.mkdtemp(dir=folder)) / "studies.sqlite"
            return lambda: open_store(path), lambda: sum(f.stat().st_size for f in path.parent.iterdir())

        found: dict[str, Any] = {"memory": memory, "SQLite": file}
        if (sql := _server(server, stack)) is not None:
            fresh, bytes_of = sql

            def database() -> tuple[Callable[[], Store], Callable[[], int]]:
                address = fresh()
                return lambda: open_store(address), lambda: bytes_of(address)

            found["PostgreSQL"] = database
        yield found


def _server(given: str | None, stack: ExitStack) -> tuple[Callable[[], str], Callable[[str], int]] | None:
    from sqlalchemy import create_engine, text

    from batchwright.study.stores.address import server_url

    def bytes_of(address: str) -> int:
        query = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        with create_engine(server_url(address)).connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    if given is not None:
        return lambda: given, bytes_of
    home = HERE.parent.parent / "tests" / "private_postgresql.py"
    spec = importlib.util.spec_from_file_location("private_postgresql", home)
    assert spec is not None
    assert spec.loader is not None
    private = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(private)
    if private.installed() is None:
        return None
    server = private.PrivateServer()
    stack.callback(server.close)
    return server.fresh, bytes_of


# --- what is measured ---


def driven(spec: StudySpec, task: Task, store: Store, executor: Executor) -> tuple[StudyRuns, float, float]:
    """The study through its driver; its seconds without the start of processes, and those of this processor."""
    facts = {"name": None, "task": "law", "spec_json": spec.model_dump_json(), "fingerprint": "law"}
    executor.submit("warm", spec.run(next(iter_keys(spec)), 1))
    executor.next_done()
    began, processor = time.perf_counter(), time.process_time()
    store.begin_study("law-1", request={"objective": "examples"}, action=None, **facts)  # type: ignore[arg-type]
    book = StoredRuns(store, "law-1", "law")
    found = Driver(spec, examples=EXAMPLES, higher_is_better=False, book=book, executor=executor).run()
    store.end_study("law-1", status="complete", seconds=1.0)
    return found, time.perf_counter() - began, time.process_time() - processor


def iter_keys(spec: StudySpec) -> Iterator[Any]:
    from batchwright.study.key import RunKey

    return (RunKey(size, 0, "search", 0) for size in spec.batch_sizes)


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    done = act()
    return done, time.perf_counter() - began


def measured(runs: int, store_name: str, executor_name: str, place: Any) -> dict[str, Any]:
    """One study of about so many runs."""
    task, spec = law_task(), spec_of(runs)
    opened, size = place()
    with EXECUTORS[executor_name](task) as executor:
        with opened() as store:
            found, seconds, cpu = driven(spec, task, store, executor)
            made = len(found.results)
            if store_name == "memory":
                return _row(runs, store_name, executor_name, made, seconds, cpu)
        took = size()
        store, opening = timed(opened)
        with store:
            listed, listing = timed(store.studies)
            rows, reading = timed(lambda: store.runs("law-1", curves=True))
    assert (listed[0]["runs"], len(rows)) == (made, made)
    row = _row(runs, store_name, executor_name, made, seconds, cpu)
    row |= {
        "bytes_a_run": took / made,
        "open_seconds": opening,
        "list_seconds": listing,
        "read_seconds": reading,
    }
    if executor_name == "in process" and store_name == "SQLite":
        row |= reported(spec, task, found, rows)
    return row


def _row(runs: int, store: str, executor: str, made: int, seconds: float, cpu: float) -> dict[str, Any]:
    return {"asked": runs, "store": store, "executor": executor, "runs": made, "seconds": seconds, "ms_a_run": 1e3 * seconds / made, "cpu_seconds": cpu}  # fmt: skip


def reported(spec: StudySpec, task: Task, found: StudyRuns, rows: Any) -> dict[str, Any]:
    """Seconds to conclude and to write the report, and its size."""
    timings = {size: _timing(size) for size in found.found}
    findings = Findings("law-1", found, timings, None, new=True)
    result, concluding = timed(
        lambda: conclude(
            spec, dataclasses.replace(TaskFacts.of(task, spec), examples=EXAMPLES), findings, objective="time"
        )
    )
    page, drawing = timed(lambda: page_html(study_page(result, stored_curves(result, rows))))
    return {"conclude_seconds": concluding, "report_seconds": drawing, "report_bytes": len(page.encode()), "result_bytes": len(result.model_dump_json())}  # fmt: skip


def _timing(size: int) -> SecondsPerStep:
    value = 1e-3 * (1 + size / 500)
    return SecondsPerStep(median=value, low=value, high=value, repeats=7, threads=1)


def slope(rows: list[dict[str, Any]]) -> float:
    """Of log(the driver's processor seconds) against log(runs) between the smallest and the largest study."""
    a, b = rows[0], rows[-1]
    return math.log(b["cpu_seconds"] / a["cpu_seconds"]) / math.log(b["runs"] / a["runs"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small studies; nothing is recorded")
    parser.add_argument("--runs", default="1000,3000,10000", help="about so many runs")
    parser.add_argument("--executors", default=",".join(EXECUTORS), help="which, by their names")
    parser.add_argument("--stores", default=",".join(STORES), help="which, by their names")
    parser.add_argument("--server", help="address of an empty PostgreSQL database")
    given = parser.parse_args()
    torch.set_num_threads(1)
    counts = [100, 300] if given.quick else [int(word) for word in given.runs.split(",")]
    executors = [name for name in EXECUTORS if name in given.executors.split(",")]
    rows: list[dict[str, Any]] = []
    with places(given.server) as there:
        stores = [name for name in there if name in given.stores.split(",")]
        for executor in executors:
            for store in stores:
                for runs in counts:
                    rows.append(measured(runs, store, executor, there[store]))
                    print(rows[-1], flush=True)
    text = tables(rows, counts, executors, stores)
    if given.quick:
        print(text)
        return
    worst = max(slope(of(rows, e, s)) for e in executors for s in stores)
    record("scale", question=(__doc__ or "").splitlines()[0], ratio=worst, measurements=rows, table=text)


def of(rows: list[dict[str, Any]], executor: str, store: str) -> list[dict[str, Any]]:
    return [row for row in rows if (row["executor"], row["store"]) == (executor, store)]


def tables(rows: list[dict[str, Any]], counts: list[int], executors: Any, stores: Any) -> str:
    overhead = []
    for executor in executors:
        for store in stores:
            mine = of(rows, executor, store)
            cells = [f"{row['ms_a_run']:.2f}" for row in mine]
            overhead.append([executor, store, *cells, f"{slope(mine):.2f}"])
    text = "Milliseconds a run beside its training, in studies of about so many runs.\n\n"
    text += markdown(["executor", "store", *(f"{count:,}" for count in counts), "slope"], overhead)
    kept = [
        [row["store"], f"{row['runs']:,}", f"{row['bytes_a_run']:.0f}", f"{row['open_seconds'] * 1e3:.0f}", f"{row['list_seconds'] * 1e3:.0f}", f"{row['read_seconds']:.2f}"]
        for row in rows
        if row["executor"] == "in process" and "bytes_a_run" in row
    ]  # fmt: skip
    text += "\n\nThe store afterwards (curves of 40 evaluations).\n\n"
    text += markdown(["store", "runs", "bytes a run", "open, ms", "list, ms", "read all curves, s"], kept)
    shown = [
        [f"{row['runs']:,}", f"{row['conclude_seconds']:.2f}", f"{row['report_seconds']:.2f}", f"{row['report_bytes'] / 1e6:.2f}", f"{row['result_bytes'] / 1e6:.2f}"]
        for row in rows
        if "report_bytes" in row
    ]  # fmt: skip
    text += "\n\nThe answer and its report.\n\n"
    return text + markdown(["runs", "conclude, s", "draw, s", "report, MB", "answer as JSON, MB"], shown)


if __name__ == "__main__":
    main()
