"""Runs still make the updates they always made: numbers of the loop as it was before its state stood apart.

``trajectories.json`` holds float64 runs of the toy task, recorded on an x86-64 CPU with torch 2.13. Muon is
left out: it rounds to bfloat16, where another processor may well round otherwise; so are the optimizers of optional
packages, whose versions come and go.
"""

import json
from pathlib import Path

import pytest
import torch

from batchwright.optim import CATALOGUE
from batchwright.training import RunSpec
from batchwright.training.loop import advance, start

RECORDED = json.loads(Path(__file__).with_name("trajectories.json").read_text())


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def test_every_optimizer_is_recorded():
    assert {run["spec"]["optimizer"].get("name", "sgd") for run in RECORDED.values()} == (
        CATALOGUE.keys() - {"muon", "lars", "lamb"}
    )


@pytest.mark.parametrize("name", RECORDED)
def test_the_trajectory_is_the_recorded_one(toy, name):
    want = RECORDED[name]
    fields = {"task": {"name": "toy"}, "batch_size": 8, "dtype": "float64", "budget": {"steps": 30}}
    state = start(RunSpec.model_validate({**fields, **want["spec"]}), toy)
    for _ in advance(state):
        pass
    assert (str(state.status), state.position) == (want["status"], want["position"])
    assert [[e.step, e.examples_seen, e.loss] for e in state.evaluations] == [
        [step, seen, close(loss)] for step, seen, loss in want["evaluations"]
    ]
    assert [[r.step, r.batch_size, r.lr, r.loss] for r in state.records[-3:]] == [
        [step, size, close(lr), close(loss)] for step, size, lr, loss in want["records"]
    ]
    weights = torch.cat([p.detach().reshape(-1) for p in state.model.parameters()])
    assert [weights.sum().item(), weights.square().sum().item()] == close(want["weights"])
