"""Studies on Ray: the same as anywhere else, also where an actor or a machine dies, or has other code."""

import functools
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

from batchwright.advice.answer import answer_study
from batchwright.cli.main import run_command
from batchwright.core.errors import InputError
from batchwright.measure.hardware.alone import SecondsPerStep
from batchwright.study.executors.in_process import InProcess
from batchwright.study.executors.job import Job
from batchwright.study.executors.portions import Portions
from batchwright.study.executors.ray import RayActors
from batchwright.study.executors.ray_actor import Presence, TaskCode, code_facts, loaded_runner
from batchwright.study.executors.shared_task import put_together, take_apart
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.study.spec import StudySpec
from batchwright.study.stores.sqlite import SQLiteStore
from batchwright.task.data import TensorSplit
from batchwright.training import RunSpec
from batchwright.training.loop import run


def spec_of(task, batch_size, **fields):
    return RunSpec.model_validate(
        {"task": task.reference, "batch_size": batch_size, "budget": {"steps": 20},
         "optimizer": {"lr": 0.05}} | fields
    )  # fmt: skip


def all_done(executor, count):
    done = {}
    while len(done) < count:
        for key, result in executor.next_done():
            assert key not in done
            done[key] = result
    return done


# --- the same study anywhere ---


@pytest.fixture
def same_timings(monkeypatch):
    """Seconds a step as they might be, the same whoever is asked; asked of nobody while an actor is alive here."""
    actors = set()

    def seconds(specs, task):
        assert not any(Path("/proc", str(pid)).exists() for pid in actors)
        return [
            SecondsPerStep(median=t, low=t, high=t, repeats=7, threads=1)
            for t in (1e-4 + 2e-6 * spec.batch_size for spec in specs)
        ]

    monkeypatch.setattr(import_module("batchwright.study.run"), "seconds_per_step", seconds)
    return actors


def studied(task, executor, path, progress=None):
    """The answer, and the runs of the store: losses by key."""
    spec = StudySpec.model_validate(
        {"task": task.reference, "batch_sizes": (2, 8, 32), "optimizer": {"lr": 0.1}, "max_epochs": 30,
         "target": {"metric": "loss", "value": 0.2}, "search": {"search_seeds": 2, "confirm_seeds": 3}}
    )  # fmt: skip
    with SQLiteStore(path) as store:
        answer = answer_study(spec, task, store, executor, progress=progress)
        rows = store.runs(answer.study_id, curves=True)
    assert len({row["run_key"] for row in rows}) == len(rows) == answer.runs_executed
    return answer, {
        row["run_key"]: (row["status"], row["updates"], [e.loss for e in row["result"].evaluations])
        for row in rows
    }


@pytest.mark.slow
def test_a_study_gives_the_same_anywhere_also_where_a_machine_is_killed(
    two_nodes, tiny, tmp_path, same_timings
):
    """In this process, in worker processes, and on three nodes of Ray, of which one dies among the runs."""
    task = tiny()
    third = two_nodes.add_node(num_cpus=1, object_store_memory=80 << 20)
    actors, killed = RayActors(task, 3), []
    actors.warm_up()
    while len(actors._present) < 3:
        actors._collect()

    def kill(done, expected):
        """The third machine, once a run is made there."""
        places = {p.node: p for p in actors._present.values()}
        same_timings.update(p.pid for node, p in places.items() if node != third.node_id)
        at_work = {actors._present[call.actor].node for call in actors._calls.values() if call.jobs}
        if third.node_id in at_work and not killed:
            killed.append(done)
            two_nodes.remove_node(third, allow_graceful=False)

    answer, runs = studied(task, InProcess(task), tmp_path / "here")
    assert answer.recommendation.batch_size is not None
    assert len(runs) > 20
    others = studied(task, WorkerProcesses(2), tmp_path / "loky")
    afar = studied(task, actors, tmp_path / "ray", kill)
    assert killed
    assert killed[0] < len(runs)
    assert others[1] == afar[1] == runs
    assert others[0].recommendation == afar[0].recommendation == answer.recommendation
    assert afar[0].environment["timed_on"] == os.uname().nodename
    assert len(same_timings) == 2


# --- what goes wrong ---


def test_a_task_of_this_process_alone_is_sent(two_nodes, live):
    task = live()
    specs = {str(size): spec_of(task, size) for size in (4, 8)}
    with RayActors(task, 1) as executor:
        for key, spec in specs.items():
            executor.submit(key, spec)
        done = all_done(executor, len(specs))
    for key, spec in specs.items():
        assert done[key].evaluations[-1].loss == run(spec, task).evaluations[-1].loss


def test_only_the_run_that_kills_its_actor_is_given_up(two_nodes, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(
        import_module("batchwright.study.executors.ray"), "_DEATHS", 2
    )  # three take ten seconds more
    task, folder = tiny(kind="kills at 5", folder=str(tmp_path)), tmp_path
    sizes = (4, 5, 6)
    with RayActors(task, 1) as executor:
        for size in sizes:
            executor.submit(str(size), spec_of(task, size))
        done = all_done(executor, len(sizes))
    assert {key: str(result.status) for key, result in done.items()} == {
        str(size): "out_of_memory" if size == 5 else "budget_exhausted" for size in sizes
    }
    assert done["5"].message == "worker process died 2 times"
    assert len(list(folder.iterdir())) in (2, 3)  # alone twice, and perhaps once among others before


def test_a_machine_with_other_code_is_said(tiny):
    task = tiny()
    shared, facts = take_apart(task), code_facts(task.reference)
    assert len(set(facts.values())) == 3
    for name in facts:
        found = TaskCode(task.reference, False, facts | {name: "another"})
        with pytest.raises(InputError) as error:
            loaded_runner(shared.code, shared.arrays, found)
        assert str(error.value).startswith(
            f"all machines of a Ray cluster must have the same {name.replace('_', ' ')}, got {facts[name]} on "
        )
    with pytest.raises(InputError, match="all machines"):
        RayActors(task, 1)._begun(None, Presence("there", "node", 1, "all machines must ..."))


def test_a_changed_file_is_other_code(tmp_path, tiny):
    task = tiny()
    copy = tmp_path / "tiny.py"
    text = Path(task.reference.name.rpartition(":")[0]).read_text()
    copy.write_text(text)
    same = code_facts(task.reference, tmp_path)
    copy.write_text(text + "\n")
    assert same == code_facts(task.reference)
    assert code_facts(task.reference, tmp_path)["task_files"] != same["task_files"]


def test_what_cannot_be_asked_for(tiny, monkeypatch):
    task = tiny()
    with pytest.raises(InputError, match="workers must be at least 1, got 0"):
        RayActors(task, 0)
    with pytest.raises(InputError, match="which chooses the GPU, got cuda:1"):
        RayActors(task, 1, device="cuda:1")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"executor ray needs Ray: pip install 'batchwright\[ray\]'"):
        RayActors(task, 1)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--executor rya", "unknown executor 'rya': did you mean 'ray'? Known: in-process, loky, ray"),
        ("--address x:1", "--address needs --executor ray, got none"),
    ],
)
def test_options_that_do_not_fit_are_one_line(words, line, capsys):
    assert run_command(["study", "digits", *words.split()]) == 2
    assert line in capsys.readouterr().err


# --- what travels ---


@pytest.mark.slow
def test_the_files_of_a_task_travel_to_a_cluster(two_nodes, tmp_path):
    """By the command line, from a process of its own: actors import the copy, and a helper beside it."""
    seen = tmp_path / "seen"
    seen.mkdir()
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "shift.py").write_text("SHIFT = 0.25\n")
    (folder / "mine.py").write_text(
        "import os, torch\n"
        "from torch import nn\n"
        "from batchwright.task import Task\n"
        "import shift\n"
        f"open(os.path.join({str(seen)!r}, str(os.getpid())), 'w').write(os.path.abspath(__file__))\n"
        "class Net(nn.Linear):\n"
        "    def __init__(self): super().__init__(3, 1)\n"
        "    def forward(self, x): return super().forward(x) + shift.SHIFT\n"
        "def task():\n"
        "    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))\n"
        "    y = x.sum(1, keepdim=True)\n"
        "    return Task(name='mine', model=Net, loss='mse', train=(x[:32], y[:32]), validation=(x[32:], y[32:]),\n"
        "                target='loss=0.05', optimizer={'lr': 0.1})\n"
    )
    line = [
        sys.executable, "-m", "batchwright", "study", f"{folder}/mine.py:task", "--batch-sizes", "8,32",
        "--executor", "ray", "--address", two_nodes.address, "--workers", "1", "--store", str(tmp_path / "store"),
        "--search-seeds", "1", "--confirm-seeds", "2", "--json",
    ]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, timeout=200, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["environment"]["runs_on"] == found["environment"]["timed_on"] == os.uname().nodename
    places = [file.read_text() for file in seen.iterdir()]
    assert places.count(str(folder / "mine.py")) == 1  # where the study runs
    assert len(places) == 2
    assert sum("working_dir_files" in place for place in places) == 1


def test_a_task_taken_apart_is_the_same_and_its_data_are_not_copied(tiny):
    task = tiny()
    shared = take_apart(task)
    for array in shared.arrays:
        array.flags.writeable = False
    again = put_together(shared.code, shared.arrays)
    assert torch.equal(again.train.inputs, task.train.inputs)
    assert torch.equal(again.validation.targets, task.validation.targets)
    assert again.train.inputs.data_ptr() == shared.arrays[0].ctypes.data
    assert (
        run(spec_of(task, 4), again).evaluations[-1].loss == run(spec_of(task, 4), task).evaluations[-1].loss
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.bool, torch.int64, torch.float64])
def test_data_of_any_kind_survive(tiny, dtype):
    inputs = {
        "a": torch.arange(12).view(4, 3).to(dtype).t().contiguous().t(),
        "b": (torch.ones(4), torch.zeros(4, 0)),
    }
    task = tiny().with_fields(test=TensorSplit(inputs=inputs, targets=torch.arange(4)))
    shared = take_apart(task)
    again = put_together(shared.code, shared.arrays).test
    assert torch.equal(again.inputs["a"], inputs["a"])
    assert (again.inputs["a"].dtype, again.inputs["b"][1].shape) == (dtype, (4, 0))


def test_a_model_that_writes_to_its_inputs_spoils_nobody_elses_data(two_nodes, tiny):
    """Actors of a machine share the data's memory, and nothing protects it: runs must get copies."""
    import ray

    task = tiny(kind="writes")
    before = run(spec_of(task, 32, seed=1), task)
    with RayActors(task, 1) as executor:
        executor.submit("first", spec_of(task, 4))
        all_done(executor, 1)
        (presence,) = executor._present.values()
        assert (
            presence.node == ray.get_runtime_context().get_node_id()
        )  # then the memory is this process's too
        arrays = ray.get(executor._sent[1])
        first = [array.copy() for array in arrays]
        for seed in range(6):
            executor.submit(str(seed), spec_of(task, 32, seed=seed))
        done = all_done(executor, 6)
        assert all((array == copy).all() for array, copy in zip(arrays, first, strict=True))
    assert [e.loss for e in done["1"].evaluations] == [e.loss for e in before.evaluations]


# --- how much at once ---


def job(turn, batch_size=8):
    return Job((True, batch_size, turn), {str(turn): None}, None)


def test_a_call_holds_a_second_or_two_and_no_more_than_a_share():
    portions = Portions()
    assert len(portions.take([job(turn) for turn in range(9)], 2)) == 1
    portions.learn(job(0), 0.5)
    assert len(portions.take([job(turn) for turn in range(9)], 2)) == 3
    assert len(portions.take([job(turn) for turn in range(4)], 2)) == 2
    portions.learn(job(0), 0.1)
    assert len(portions.take([job(turn) for turn in range(9)], 2)) == 5
    assert len(portions.take([job(turn, batch_size=4) for turn in range(9)], 2)) == 1


def test_a_suspect_is_alone_in_its_call():
    portions = Portions()
    portions.learn(job(0), 0.01)
    queue = [job(0).suspected(), job(1), job(2)]
    assert [each.suspect for each in portions.take(queue, 1)] == [True]
    assert len(portions.take(queue, 1)) == 2


def test_a_job_is_given_up_after_deaths_that_only_it_can_have_caused(tiny):
    task = tiny()
    each = functools.partial(Job.after_death, most=2)
    runs = {"a": spec_of(task, 4), "b": spec_of(task, 4, seed=1)}
    (again,), ended = each(Job.of(runs, None, 0), alone=False)
    assert (again.suspect, again.deaths, ended) == (True, 0, [])
    (again,), _ = each(again, alone=True)
    apart, ended = each(again, alone=True)
    assert [list(single.runs) for single in apart] == [["a"], ["b"]]
    assert ended == []
    (again,), _ = each(apart[0], alone=True)
    none, ((key, result),) = each(again, alone=True)
    assert (none, key, result.message) == ([], "a", "worker process died 2 times")


@pytest.mark.slow
def test_the_example_runs_quietly(tmp_path):
    """On a Ray of its own, without an address."""
    example = Path(__file__).parents[3] / "examples/ray_study.py"
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(
        [sys.executable, str(example)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("batch size ")
