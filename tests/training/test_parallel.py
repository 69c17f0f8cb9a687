"""One run over several ranks is the run of one process, whatever the batch size and what follows the gradient."""

import json
import os
import subprocess
import sys

import pytest
import torch

import batchwright as bw
from batchwright.cli.main import run_command
from batchwright.core.errors import InputError
from batchwright.core.torchrun import refuse_ranks
from batchwright.training.parallel import Ranks

TASK = """
import torch
from torch import nn

from batchwright.task import Task


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.first, self.last = nn.Linear(4, 8), nn.Linear(8, 1)
        self.unused = nn.Linear(2, 2)
        self.drop = nn.Dropout(0.5 if kind == "dropout" else 0.0)
        if kind == "batch norm":
            self.norm = nn.BatchNorm1d(8)

    def forward(self, x):
        if self.training and self.kind == "raises" and (x[:, 0] > 1.12).any():
            raise ValueError("cannot take this example")
        return self.last(self.drop(torch.tanh(self.first(x))))


def task(kind: str = "plain", data_dir: str = ""):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(61, 4, generator=g, dtype=torch.float64)
    y = x[:, :1] * x[:, 1:2] + 0.1 * torch.randn(61, 1, generator=g, dtype=torch.float64)
    augment = (lambda x, g: x + 0.1 * torch.randn(x.shape, generator=g)) if kind == "dropout" else None
    return Task(
        name="shared", model=lambda: Net(kind), train=(x[:48], y[:48]), validation=(x[48:], y[48:]),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(1), augment=augment,
        optimizer={"lr": 0.1},
    )
"""


CASES = {
    "divisible": {"batch_size": 8},
    "not divisible": {"batch_size": 7, "momentum": 0.9},
    "short last batch": {"batch_size": 47, "last_batch": "keep"},
    "one example an update": {"batch_size": 1},
    "clipped": {"batch_size": 9, "clip_norm": 0.05, "momentum": 0.9},
    "adam": {"batch_size": 5, "optimizer": "adam", "lr": 0.01},
    "micro-batches": {"batch_size": 11, "micro_batch_size": 2},
    "to a target": {"batch_size": 8, "target": "loss=0.9", "optimizer": "adam", "lr": 0.02},
    "average": {"batch_size": 6, "average_half_life": 40.0},
    "draws": {"batch_size": 9, "set": {"kind": "dropout"}},
}
FIXED = {"steps": 100, "dtype": "float64", "evaluate": "10", "progress": False}

SCRIPT = """
import json, sys
import torch
import batchwright as bw
from batchwright.core.errors import InputError

task, cases, place = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
found = {}
for name, case in cases.items():
    training = bw.train(task, **case)
    result = training.answer().result
    found[name] = [result.model_dump(mode="json"), {n: p.tolist() for n, p in training.model.named_parameters()}]
try:
    found["batch norm"] = str(bw.train(task, batch_size=8, steps=2, set={"kind": "batch norm"}))
except InputError as error:
    found["batch norm"] = str(error)
with open(f"{place}/{torch.distributed.get_rank()}.json", "w") as file:
    json.dump(found, file)
"""


@pytest.fixture(scope="module")
def task_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("ranks") / "shared.py"
    path.write_text(TASK)
    return f"{path}:task"


def torchrun(words, folder):
    line = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *words]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(line, capture_output=True, text=True, timeout=300, cwd=folder, env=environment)


@pytest.fixture(scope="module")
def by_ranks(task_file, tmp_path_factory):
    """What both ranks found, by case."""
    folder = tmp_path_factory.mktemp("found")
    (folder / "script.py").write_text(SCRIPT)
    cases = {name: FIXED | case for name, case in CASES.items()}
    done = torchrun(["script.py", task_file, json.dumps(cases), str(folder)], folder)
    assert done.returncode == 0, done.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def losses(result, rows):
    return [row["loss"] for row in result[rows]]


@pytest.mark.parametrize("name", CASES)
def test_a_run_over_two_ranks_is_the_run_of_one_process(by_ranks, task_file, name):
    case = FIXED | CASES[name]
    if name == "draws":  # one process draws as two ranks do, where its micro-batches are their shares
        case["micro_batch_size"] = 5
    training = bw.train(task_file, **case)
    alone = training.answer().result
    plain = alone.model_dump(mode="json")
    for result, parameters in (ranks[name] for ranks in by_ranks):
        for same in ("status", "updates", "examples"):
            assert result[same] == plain[same]
        for rows in ("evaluations", "steps"):
            assert losses(result, rows) == pytest.approx(losses(plain, rows), rel=1e-9)
        crossed = [found["steps_to_target"] or 0.0 for found in (result, plain)]
        assert crossed[0] == pytest.approx(crossed[1], rel=1e-9)
        for name_of, p in training.model.named_parameters():
            assert torch.allclose(torch.tensor(parameters[name_of], dtype=p.dtype), p, rtol=1e-9, atol=1e-12)
    assert by_ranks[0][name][0]["environment"]["ranks"] == 2
    assert (alone.status == "target_reached") == (name == "to a target")
    assert by_ranks[0][name][1] == by_ranks[1][name][1]  # bitwise: they step from one gradient


def test_batch_normalisation_is_refused_with_the_reason(by_ranks):
    for ranks in by_ranks:
        assert ranks["batch norm"].startswith(
            "BatchNorm1d (norm) would take its statistics from each rank's share"
        )


def test_a_rank_that_fails_ends_all_with_one_line(task_file, tmp_path):
    words = ["-m", "batchwright", "train", task_file, "--batch-size", "8", "--dtype", "float64"]
    done = torchrun([*words, "--epochs", "5", "--set", "kind=raises"], tmp_path)
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if line.startswith("batchwright:")]
    assert said == ["batchwright: the run failed: ValueError: cannot take this example"]
    assert len([line for line in done.stdout.splitlines() if "step      0" in line]) == 1


@pytest.fixture
def only_rank(monkeypatch, tmp_path):
    """This process as torchrun starts one rank; it meets nobody."""
    for name, value in {
        "TORCHELASTIC_RUN_ID": "x",
        "RANK": "0",
        "WORLD_SIZE": "1",
        "LOCAL_RANK": "0",
    }.items():
        monkeypatch.setenv(name, value)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_one_rank_is_one_process(only_rank, monkeypatch, task_file):
    case = FIXED | {"batch_size": 7, "momentum": 0.9}
    one = bw.train(task_file, **case).answer().result
    refuse_ranks("study")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")
    assert Ranks.of_torchrun() is None  # whatever else the environment says
    alone = bw.train(task_file, **case).answer().result
    assert one.environment["ranks"] == 1
    assert "ranks" not in alone.environment
    assert [e.loss for e in one.evaluations] == pytest.approx([e.loss for e in alone.evaluations], rel=1e-12)


@pytest.mark.parametrize("verb", ["study", "probe", "noise"])
def test_what_ranks_would_do_twice_is_refused(verb, monkeypatch, capsys):
    for name, value in {
        "TORCHELASTIC_RUN_ID": "x",
        "RANK": "0",
        "WORLD_SIZE": "2",
        "LOCAL_RANK": "0",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("batchwright.core.torchrun.speaks", lambda: True)
    assert run_command([verb, "digits"]) == 2
    line = f"batchwright: torchrun is for train, and {verb} would be done once on each of 2 ranks: start it without"
    assert line in capsys.readouterr().err
    if verb == "study":
        with pytest.raises(InputError, match="torchrun is for train, and study"):
            bw.study("digits")


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("world", [1, 2, 3, 5])
def test_pieces_are_as_equal_as_the_largest_allows(size, world):
    piece = Ranks(0, world, 0).piece_of(size, size)
    assert -(-size // piece) <= world
    assert piece == -(-size // world)
