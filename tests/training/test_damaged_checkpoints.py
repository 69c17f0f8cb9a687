"""A damaged checkpoint is one line: which file, what is wrong with it, and what can still be used."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from batchwright.core.errors import DataError, InputError
from batchwright.task import load_task
from batchwright.task.task import TaskReference
from batchwright.training import RunSpec
from batchwright.training.checkpoint import load, save
from batchwright.training.loop import advance, continue_to, start

OLD = Path(__file__).parents[1] / "data/stores/v1/checkpoint"
SPEC = RunSpec.model_validate(
    {
        "task": {"name": "toy"}, "batch_size": 8, "optimizer": {"name": "adam", "lr": 0.02},
        "budget": {"steps": 100}, "average_half_life": 20.0, "record_ratio": 1.5,
    }
)  # fmt: skip
WEIGHT = "model.0.weight"
RECORDS = "the spec and the records up to step 60 in run.json can still be used"
USABLE = "its spec and its records up to step 60 can still be used, but to go on take another checkpoint"
READABLE = "the weights in state-60.safetensors can still be read"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A checkpoint with losses not yet recorded among its tensors."""
    from .conftest import classification

    run = continue_to(start(SPEC, classification()), 60)
    return save(run.snapshot(), tmp_path_factory.mktemp("whole"))


@pytest.fixture
def folder(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "checkpoint"))


def refused(folder, toy):
    """The one line that loading or restoring it says."""
    with pytest.raises(DataError) as error:
        start(SPEC, toy, resume=folder)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 400 + len(str(folder))
    assert str(folder) in message
    return message


def rewritten(folder, change):
    path = folder / "run.json"
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))


def retensored(folder, change, *, with_layout=True):
    path = folder / "state-60.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    if not with_layout:  # as older versions wrote it
        rewritten(folder, lambda facts: facts.pop("layout"))


def test_the_whole_one_is_read(folder, toy):
    assert start(SPEC, toy, resume=folder).step == 60


@pytest.mark.parametrize("with_layout", [True, False])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop(WEIGHT), f"the tensor {WEIGHT} is missing"),
        (lambda t: t.update({WEIGHT: torch.zeros(2, 2)}), f"the tensor {WEIGHT} must have shape (7, 6), got (2, 2)"),
        (lambda t: t.update({WEIGHT: t[WEIGHT].double()}), f"the tensor {WEIGHT} must be float32, got float64"),
        (lambda t: t.update({"model.9.bias": torch.zeros(2)}), "the tensor model.9.bias belongs to nothing"),
        (lambda t: t.pop("average.0"), "the tensor average.0 is missing"),
        (lambda t: t.update({"average.0": torch.zeros(1)}), "the tensor average.0 must have shape (7, 6), got (1,)"),
        (lambda t: [t.pop(n) for n in list(t) if n.startswith("optimizer.")], ""),
        (lambda t: t.pop("optimizer.exp_avg/0.weight"), "exp_avg"),
        (lambda t: t.update({"optimizer.exp_avg/0.weight": torch.zeros(3)}), "must have shape (7, 6), got (3,)"),
        (lambda t: t.update({"optimizer.exp_avg/0.weight": torch.zeros(7, 6).long()}), "int64"),
        (lambda t: t.update({"optimizer.step/0.weight": torch.tensor([1.0, 2.0])}), "must have shape (), got (2,)"),
        (lambda t: t.update({"optimizer.momentum/0.weight": torch.zeros(7, 6)}), "momentum"),
        (lambda t: t.pop("pending.losses"), "pending.losses"),
        (lambda t: t.update({"pending.losses": t["pending.losses"][:-1]}), "pending.losses"),
        (lambda t: t.update({"optimizer.joined": torch.tensor([True])}), "(1,)"),
    ],
)  # fmt: skip
def test_tensors_that_are_missing_extra_or_misshapen(folder, toy, change, message, with_layout):
    retensored(folder, change, with_layout=with_layout)
    said = refused(folder, toy)
    if with_layout:
        assert "state-60.safetensors is damaged: the tensor" in said
        assert message in said
    assert said.endswith(USABLE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.pop("step"), "run.json is damaged: step: Field required"),
        (lambda f: f.update(step=-1), "run.json is damaged: step: must be at least 0, got -1"),
        (lambda f: f.update(step="many"), "step: must be a valid integer"),
        (lambda f: f.update(step=10**30), "step: "),
        (lambda f: f.update(step=50), "a row of step 56 stands after the last update, 50"),
        (lambda f: f.update(position=1), "examples were seen of 1 drawn"),
        (lambda f: f.update(seconds=None), "seconds: must be a valid number"),
        (lambda f: f.update(pending=[-8]), "pending.0: must be at least 0, got -8"),
        (lambda f: f.pop("spec"), "spec: Field required"),
        (lambda f: f["spec"].update(batch_size="x" * 5000), "spec.batch_size: must be a valid integer"),
        (lambda f: f["spec"]["optimizer"].update(name="adm"), "got 'adm': did you mean 'adam'?"),
        (lambda f: f["records"][0].pop("loss"), "records.0.loss: Field required"),
        (lambda f: f["evaluations"][0].update(metrics=3), "evaluations.0.metrics: must be"),
        (lambda f: f.update(tensors="../../state-60.safetensors"), "tensors: "),
        (lambda f: f.update(layout={"model.0.weight": "float32"}), "layout.model.0.weight: "),
        (lambda f: f.update(format="one"), "format: must be a valid integer"),
    ],
)  # fmt: skip
def test_facts_that_are_missing_or_mistyped(folder, toy, change, message):
    rewritten(folder, change)
    said = refused(folder, toy)
    assert message in said
    assert said.endswith(READABLE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"a":' * 5_000,
        '{"step": 1}' * 2,
        "\x00\xff",
        '{"format": 1}',
        "1e999",
    ],
)
def test_facts_that_are_no_facts(folder, toy, text):
    (folder / "run.json").write_text(text, encoding="latin-1")
    said = refused(folder, toy)
    assert "run.json is damaged: " in said
    assert said.endswith(READABLE)


def test_more_losses_than_tensors_hold(folder, toy):
    rewritten(folder, lambda facts: facts.update(pending=[8, 5]))
    assert f"pending.losses must hold 13 losses; {USABLE}" in refused(folder, toy)


@pytest.mark.parametrize("keep", [0, 7, 8, 200, -1])
def test_a_truncated_file_of_tensors(folder, toy, keep):
    path = folder / "state-60.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    said = refused(folder, toy)
    assert "state-60.safetensors is damaged (" in said
    assert said.endswith(RECORDS)


def test_truncated_facts(folder, toy):
    path = folder / "run.json"
    text = path.read_bytes()
    for keep in range(0, len(text), len(text) // 17):
        path.write_bytes(text[:keep])
        assert refused(folder, toy).endswith(READABLE)


def test_missing_files(folder, toy, tmp_path):
    (folder / "state-60.safetensors").unlink()
    said = refused(folder, toy)
    assert f"state-60.safetensors is missing; {RECORDS}" in said
    (folder / "run.json").unlink()
    assert refused(folder, toy) == f"no checkpoint at {folder}: run.json is missing"
    assert "no checkpoint at" in refused(tmp_path / "nowhere", toy)
    (tmp_path / "file").write_text("")
    assert "no checkpoint at" in refused(tmp_path / "file", toy)


def test_a_newer_format_is_no_damage(folder, toy):
    rewritten(folder, lambda facts: facts.update(format=99))
    with pytest.raises(InputError, match=r"has format 99, this version reads up to 1: upgrade batchwright"):
        start(SPEC, toy, resume=folder)


def test_a_refused_checkpoint_leaves_the_run_as_it_was(folder, toy):
    retensored(folder, lambda t: t.pop("optimizer.exp_avg/0.weight"), with_layout=False)
    run = start(SPEC, toy)
    before = run.snapshot()
    with pytest.raises(DataError):
        run.restore(load(folder))
    after = run.snapshot()
    assert after.facts == before.facts
    assert after.tensors.keys() == before.tensors.keys()
    assert all(torch.equal(after.tensors[name], tensor) for name, tensor in before.tensors.items())


def test_a_checkpoint_of_the_first_version_goes_on():
    task = load_task(TaskReference(name="digits", examples=300))
    saved = load(OLD)
    run = start(
        saved.spec.model_copy(update={"budget": saved.spec.budget.model_copy(update={"steps": 40})}),
        task,
        resume=OLD,
    )
    assert (run.step, run.examples_seen) == (20, 600)
    for _ in advance(run):
        pass
    whole = start(run.spec, task)
    for _ in advance(whole):
        pass
    assert run.evaluations[-1].loss == pytest.approx(whole.evaluations[-1].loss, rel=1e-3)
