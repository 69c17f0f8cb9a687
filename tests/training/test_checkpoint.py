import itertools

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.optim import CATALOGUE
from batchwright.task import TaskReference
from batchwright.training import RunSpec
from batchwright.training.checkpoint import load, save
from batchwright.training.loop import advance, start

OPTIMIZERS = {name: {} for name in CATALOGUE} | {
    "sgd-momentum": {"momentum": 0.9},
    "sgd-nesterov": {"momentum": 0.9, "momentum_form": "nesterov"},
    "sgd-averaged": {"momentum": 0.9, "momentum_form": "averaged"},
    "sgd-velocity": {"momentum": 0.9, "momentum_form": "velocity"},
    "adam-amsgrad": {"options": {"amsgrad": True}},
    "adamw-decay": {"weight_decay": 0.1},
}


def spec(optimizer="sgd", **fields):
    name = optimizer.partition("-")[0]
    return RunSpec.model_validate(
        {
            "task": TaskReference(name="toy"),
            "batch_size": 8,
            "optimizer": {
                "name": name, "lr": 0.02, "schedule": {"name": "cosine", "horizon": {"value": 40, "unit": "steps"}},
                **OPTIMIZERS[optimizer],
            },
            "budget": {"steps": 30},
            "evaluation": {"at": "steps", "every": 4},
            **fields,
        }
    )  # fmt: skip


def finish(state):
    for _ in advance(state):
        pass
    return state


def same(a, b):
    left, right = a.model.state_dict(), b.model.state_dict()
    strip = [(e.step, e.loss, e.metrics) for e in a.evaluations]
    return (
        all(torch.equal(left[name], right[name]) for name in left)
        and strip == [(e.step, e.loss, e.metrics) for e in b.evaluations]
        and [(r.step, r.loss, r.lr) for r in a.records] == [(r.step, r.loss, r.lr) for r in b.records]
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("stop", [1, 7, 18])
def test_resumed_run_is_bitwise_the_uninterrupted_one(make_toy, tmp_path, optimizer, stop):
    task = make_toy(
        lambda: nn.Sequential(
            nn.Linear(6, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Dropout(0.3), nn.Linear(9, 3)
        ),
        augment=lambda x, random: x + 0.1 * torch.randn(x.shape, generator=random),
    )
    whole = finish(start(spec(optimizer), task))
    first = start(spec(optimizer), task)
    for _ in itertools.islice(advance(first), stop):
        pass
    save(first.snapshot(), tmp_path / "checkpoint")
    resumed = finish(start(spec(optimizer), task, resume=tmp_path / "checkpoint"))
    assert resumed.step == whole.step == 30
    assert same(resumed, whole)


def test_every_step_of_a_run_can_be_resumed(toy):
    whole = finish(start(spec("adam", average_half_life=50.0), toy))
    state = start(spec("adam", average_half_life=50.0), toy)
    for _ in advance(state):
        taken = state.snapshot()
        assert same(finish(start(spec("adam", average_half_life=50.0), toy, resume=taken)), whole)


def test_another_spec_is_refused_with_the_difference(toy, tmp_path):
    save(start(spec(), toy).snapshot(), tmp_path)
    with pytest.raises(InputError, match="batch_size was 8, now 4"):
        start(spec(batch_size=4), toy, resume=tmp_path)


def test_a_longer_budget_may_be_given(toy, tmp_path):
    state = finish(start(spec(), toy))
    save(state.snapshot(), tmp_path)
    longer = finish(start(spec(budget={"steps": 50}), toy, resume=tmp_path))
    assert longer.step == 50
    assert [e.step for e in longer.evaluations][-1] == 50


def test_missing_and_damaged_checkpoints(tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        load(tmp_path / "nowhere")
    (tmp_path / "run.json").write_text('{"format": 1')
    with pytest.raises(InputError, match="damaged"):
        load(tmp_path)
    (tmp_path / "run.json").write_text('{"format": 99}')
    with pytest.raises(InputError, match="format 99"):
        load(tmp_path)


def test_no_pickle_on_disk(toy, tmp_path):
    save(finish(start(spec("adam"), toy)).snapshot(), tmp_path)
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".safetensors"}
