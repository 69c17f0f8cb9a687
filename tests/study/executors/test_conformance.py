"""The contract of an executor, on every backend. A new backend is one line in ``BACKENDS``."""

import pytest

from batchwright.core.errors import InputError
from batchwright.study.executors.in_process import InProcess
from batchwright.study.executors.ray import RayActors
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.training import RunSpec, Status
from batchwright.training.loop import run

BACKENDS = {
    "in process": InProcess,
    "two workers": lambda task: WorkerProcesses(2),
    "a worker, task sent": lambda task: WorkerProcesses(1, task),
    "an actor of Ray": lambda task: RayActors(task, 1),
}
UNTIMED = {"seconds": 0.0, "evaluation_seconds": 0.0, "environment": {}}


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request, tiny, live):
    if "Ray" in request.param:
        request.getfixturevalue("two_nodes")
    task = (live if "sent" in request.param else tiny)(kind="raises at 5")
    with BACKENDS[request.param](task) as executor:
        yield executor, task


def spec_of(task, batch_size=8, **fields):
    budget = {"steps": 40}
    return RunSpec.model_validate(
        {"task": task.reference, "batch_size": batch_size, "optimizer": {"lr": 0.05}, "budget": budget,
         "evaluation": {"at": "log", "ratio": 1.2}, "target": {"value": 0.01}} | fields
    )  # fmt: skip


def all_done(executor, count):
    done = {}
    while len(done) < count:
        for key, result in executor.next_done():
            assert key not in done
            done[key] = result
    return done


def numbers(result):
    """A result without the clock and the machine."""
    timeless = [
        [row.model_copy(update={"seconds": 0.0}) for row in rows]
        for rows in (result.steps, result.evaluations)
    ]
    steps, evaluations = timeless
    return result.model_copy(update=UNTIMED | {"steps": tuple(steps), "evaluations": tuple(evaluations)})


def test_every_run_comes_back_once_with_what_a_plain_run_gives(backend):
    executor, task = backend
    specs = {f"run {size}": spec_of(task, size) for size in (1, 4, 8, 32)}
    for key, spec in specs.items():
        executor.submit(key, spec)
    done = all_done(executor, len(specs))
    for key, spec in specs.items():
        assert numbers(done[key]) == numbers(run(spec, task)), key


def test_what_goes_wrong_comes_back_as_a_status(backend):
    executor, task = backend
    executor.submit("raises", spec_of(task, 5))
    executor.submit("too large", spec_of(task, 4000))
    executor.submit("fine", spec_of(task))
    done = all_done(executor, 3)
    assert {key: str(result.status) for key, result in done.items()} == {
        "raises": "failed", "too large": "failed", "fine": "budget_exhausted",
    }  # fmt: skip
    assert done["raises"].message == "ValueError: no batches of five please"
    assert (
        done["too large"].message == "batch_size must be between 1 and 32 (the training examples), got 4000"
    )


def test_a_paused_run_goes_on_as_if_it_had_not_been(backend):
    executor, task = backend
    spec = spec_of(task, test_at_end=True)
    whole = numbers(run(spec, task))
    for stop_at in (0, 7, 23):
        executor.submit("run", spec, stop_at=stop_at)
        paused = all_done(executor, 1)["run"]
        assert (paused.status, paused.updates) == (Status.STOPPED, stop_at)
        assert numbers(paused).evaluations == whole.up_to(stop_at).evaluations
    for stop_at in (None, 1000, 40):
        executor.submit("run", spec, stop_at=stop_at)
        assert numbers(all_done(executor, 1)["run"]) == whole


def test_a_run_asked_for_an_earlier_point_than_it_reached(backend):
    executor, task = backend
    spec = spec_of(task, seed=5)
    for stop_at in (20, 11, 20):
        executor.submit("run", spec, stop_at=stop_at)
        paused = all_done(executor, 1)["run"]
        assert paused.updates == stop_at
        assert numbers(paused).evaluations == numbers(run(spec, task).up_to(stop_at)).evaluations


def test_more_paused_runs_than_are_kept(backend):
    executor, task = backend
    specs = {str(seed): spec_of(task, 4, seed=seed) for seed in range(12)}
    for stop_at in (5, 9, None):
        for key, spec in specs.items():
            executor.submit(key, spec, stop_at=stop_at)
        done = all_done(executor, len(specs))
    for key, spec in specs.items():
        assert numbers(done[key]) == numbers(run(spec, task))


def test_another_budget_is_another_run(backend):
    executor, task = backend
    short, long = spec_of(task, budget={"steps": 10}), spec_of(task, budget={"steps": 30})
    assert short.identity() == long.identity()
    executor.submit("short", short, stop_at=5)
    all_done(executor, 1)
    executor.submit("long", long)
    result = all_done(executor, 1)["long"]
    assert (result.updates, result.spec) == (30, long)


@pytest.mark.parametrize("kind", ["dense", "plain"])
def test_runs_together_come_back_with_what_each_gives_by_itself(request, backend, tiny, live, kind):
    """Those that can share a program, and those of a model that cannot."""
    name = request.node.callspec.params["backend"]
    task = (live if "sent" in name else tiny)(kind=kind)
    specs = {
        f"{lr} {seed}": spec_of(task, 4, seed=seed, optimizer={"lr": lr}, sampling={"last_batch": "run_on"})
        for lr in (0.05, 0.1)
        for seed in range(3)
    }
    with BACKENDS[name](task) as executor:
        executor.submit_together(specs)
        executor.submit("beside", spec_of(task, 8))
        done = all_done(executor, 7)
    for key, spec in specs.items():
        alone, together = run(spec, task), done[key]
        assert (together.spec, together.status, together.updates) == (spec, alone.status, alone.updates)
        losses = [[row.loss for row in result.evaluations] for result in (alone, together)]
        assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert numbers(done["beside"]) == numbers(run(spec_of(task, 8), task))


def test_what_goes_wrong_in_runs_together_is_the_status_of_each(backend):
    executor, task = backend
    executor.submit_together({"raises": spec_of(task, 5), "raises too": spec_of(task, 5, seed=1)})
    done = all_done(executor, 2)
    assert {str(result.status) for result in done.values()} == {"failed"}
    assert {result.message for result in done.values()} == {"ValueError: no batches of five please"}


def test_nothing_under_way_is_said(backend):
    executor, _ = backend
    with pytest.raises(InputError, match="needs a submitted run"):
        executor.next_done()


def test_closing_forgets_and_the_executor_can_be_used_again(backend):
    executor, task = backend
    executor.warm_up()
    executor.submit("forgotten", spec_of(task, 1))
    executor.submit("forgotten too", spec_of(task, 2))
    executor.close()
    executor.close()
    executor.submit("run", spec_of(task))
    assert list(all_done(executor, 1)) == ["run"]
    with pytest.raises(InputError):
        executor.next_done()
