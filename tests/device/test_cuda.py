"""What runs on a GPU against the same on the processor, where there is a GPU; skipped elsewhere.

python -m pytest tests/device
"""

import json
import subprocess
import sys

import pytest
import torch

import batchwright as bw
from batchwright.task.load import load_task
from batchwright.training.loop import Run, continue_to, run, start
from batchwright.training.spec import RunSpec

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

OPTIMIZERS = [
    {"name": "sgd", "lr": 0.1},
    {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
    {"name": "adam", "lr": 0.002},
    {"name": "adamw", "lr": 0.002},
    {"name": "rmsprop", "lr": 0.002},
    {"name": "rprop", "lr": 0.002},
]


def spec_of(device: str, optimizer: dict, **fields) -> RunSpec:
    given = {"task": {"name": "digits"}, "batch_size": 32, "optimizer": optimizer, "dtype": "float64",
             "budget": {"steps": 30}, "device": device, **fields}  # fmt: skip
    return RunSpec.model_validate(given)


def weights(state: Run) -> torch.Tensor:
    return torch.cat([p.detach().cpu().flatten() for p in state.model.parameters()])


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o["name"])
def test_thirty_updates_are_those_of_the_processor(optimizer):
    ends = [weights(continue_to(start(spec_of(device, optimizer)), 30)) for device in ("cpu", "cuda")]
    assert (ends[0] - ends[1]).norm() <= 1e-9 * ends[0].norm()


LENET = {"name": "digits", "options": {"model": "lenet"}}


@pytest.mark.parametrize("task", [{"name": "digits"}, LENET], ids=["dense", "lenet"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS[:4], ids=lambda o: o["name"])
def test_a_resumed_run_is_the_same(task, optimizer, monkeypatch):
    monkeypatch.setattr("torch.backends.cudnn.deterministic", True)  # else convolutions add up in any order
    spec = spec_of("cuda", optimizer, dtype="float32", task=task, batch_size=100,
                   budget={"steps": 100})  # 15 batches an epoch, the last of 37  # fmt: skip
    live = load_task(spec.task)
    whole = continue_to(start(spec, live), 80)
    half = continue_to(start(spec, live), 41)
    resumed = continue_to(start(spec, live, resume=half.snapshot()), 80)
    assert whole.step == resumed.step == 80
    assert torch.equal(weights(whole), weights(resumed))


@pytest.mark.parametrize("task", [{"name": "digits"}, LENET], ids=["dense", "lenet"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS[:4], ids=lambda o: o["name"])
def test_a_run_as_graphs_is_the_run_in_the_loop(task, optimizer, monkeypatch):
    monkeypatch.setattr("torch.backends.cudnn.deterministic", True)
    spec = spec_of("cuda", {**optimizer, "clip_norm": 1.0}, dtype="float32", task=task, batch_size=100,
                   budget={"steps": 100}, average_half_life=1000)  # fmt: skip
    live = load_task(spec.task)
    ends, losses = [], []
    for graphs in (False, True):
        run = Run(spec, live, graphs=graphs)
        continue_to(run, 100)
        assert (run._graphs is not None) is graphs
        assert not graphs or len(run._graphs._graphs) == 2  # the whole batch and the last, of 37
        ends.append(weights(run))
        losses.append([row.loss for row in run.records])
    assert (ends[0] - ends[1]).norm() <= 1e-6 * ends[0].norm()
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


class Waits(torch.nn.ReLU):
    """Asks the device for a number, which a graph cannot."""

    def forward(self, x):
        return super().forward(x) if float(x.detach().sum()) > -1e30 else x


def test_what_cannot_be_captured_is_made_in_the_loop(monkeypatch):
    monkeypatch.setattr("batchwright.training.graph.draws_randomness", lambda model: False)
    data = torch.randn(64, 8), torch.randint(2, (64,))

    def model():
        return torch.nn.Sequential(torch.nn.Linear(8, 4), Waits(), torch.nn.Linear(4, 2))

    task = bw.Task(model=model, train=data, validation=data, loss="cross_entropy")
    spec = spec_of("cuda", {"name": "sgd", "lr": 0.1}, batch_size=16, dtype="float32")
    run = continue_to(Run(spec, task, graphs=True), 20)
    assert run.step == 20
    assert run.status is None
    assert not run._graphs._possible
    assert torch.equal(weights(run), weights(continue_to(Run(spec, task), 20)))


def test_a_run_ends_as_on_the_processor():
    fields = {"target": {"metric": "accuracy", "value": 0.9}, "budget": {"epochs": 10}}
    here, there = (run(spec_of(d, {"name": "sgd", "lr": 0.2}, **fields)) for d in ("cpu", "cuda"))
    assert here.status == there.status == "target_reached"
    assert there.steps_to_target == pytest.approx(here.steps_to_target, rel=1e-6)
    assert "device" in there.environment


def test_noise_scale_and_curvature_agree():
    for verb, at in (("noise", {}), ("curvature", {"top": 3, "examples": 512})):
        call = getattr(bw, verb)
        here, there = (json.loads(call("digits", device=d, dtype="float64", steps=20, **at).to_json())
                       for d in ("cpu", "cuda"))  # fmt: skip
        if verb == "noise":
            assert there["noise_scale"]["value"] == pytest.approx(here["noise_scale"]["value"], rel=1e-6)
        else:
            ours, theirs = (
                [pair["value"] for pair in answer["eigenvalues"] if pair["end"] == "top"]
                for answer in (here, there)
            )
            assert theirs == pytest.approx(ours, rel=1e-5)


CALLS = {
    "train": ["digits", "--batch-size", "32", "--lr", "0.2", "--epochs", "2"],
    "noise": ["digits", "--steps", "20"],
    "curvature": ["digits", "--steps", "20", "--top", "3", "--examples", "256"],
    "escape": ["two-weights", "--at", "0,0"],
    "surface": ["digits", "--steps", "20", "--points", "5"],
    "probe": ["digits", "--memory-budget", "1GiB"],
    "advise": ["digits", "--budget", "10s"],
    "study": ["digits", "--batch-sizes", "16,64,256", "--budget", "40"],
}


@pytest.mark.parametrize("verb", CALLS)
def test_every_command_runs_on_the_gpu(verb, tmp_path):
    command = [
        sys.executable,
        "-m",
        "batchwright",
        verb,
        *CALLS[verb],
        "--device",
        "cuda",
        "--json",
        "--no-progress",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode in (0, 3), done.stderr[-2000:]
    json.loads(done.stdout)


def test_seconds_a_step_do_not_grow_in_proportion_on_a_gpu():
    """The ladder of advice once ended at its first size: the process's first update takes a third of a second."""
    answer = bw.advise("digits", device="cuda", budget="5s", progress=False)
    seconds = {row.batch_size: row.seconds_per_step for row in answer.result.batch_sizes}
    assert seconds[256] < 20 * seconds[1]


def test_a_probe_finds_the_largest_batch_and_leaves_no_trace():
    task = bw.named_task("digits", model="lenet")
    found = bw.probe(task, device="cuda", memory_budget="512MiB", seconds=4).result
    assert found.state_unchanged
    assert max(p.batch_size for p in found.points) > 1
