"""Doctor on tasks with one planted fault each, on sound ones that look like faults, and on those that are shipped."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import batchwright as bw
from batchwright.cli.main import run_command
from batchwright.measure.caller_state import state_digest
from batchwright.measure.checkup import room
from batchwright.measure.checkup.examine import examine
from batchwright.measure.checkup.result import SEVERITIES
from batchwright.report.text.catalogue import own_templates
from batchwright.task.live import as_live
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
BROKEN = HERE / "doctor_tasks" / "broken.py"
sys.path.insert(0, str(HERE))
from doctor_tasks import broken, parts, sound  # noqa: E402

NOTES = {"target_met_by_constant"}
"""Faults that the doctor only mentions."""


def examined(name):
    """A broken or sound task, by its file where its fault shows only there."""
    if name in broken.FAULTS and broken.FAULTS[name][1] == "task_unrepeatable":
        return examine(load_task(TaskReference(name=f"{BROKEN}:{name}")))
    factory = broken.FAULTS[name][0] if name in broken.FAULTS else sound.SOUND[name]
    return examine(as_live(factory()))


@pytest.mark.parametrize("name", sorted(broken.FAULTS))
def test_a_planted_fault_is_found(name, monkeypatch):
    code = broken.FAULTS[name][1]
    if code == "too_little_memory":
        monkeypatch.setattr(room, "free_memory_bytes", lambda device: 100 << 20)
    found = examined(name)
    (one,) = {f.code: f for f in found.findings if f.code == code}.values()
    assert one.severity == "note" if code in NOTES else one.severity in ("error", "warning")
    assert not [f for f in found.findings if f.code == "not_checked"]
    assert len(found.serious) <= 3  # a fault is not buried under its consequences


@pytest.mark.parametrize("name", sorted(sound.SOUND))
def test_a_sound_task_raises_no_alarm(name):
    found = examined(name)
    assert not found.serious
    assert not [f for f in found.findings if f.code == "not_checked"]


SHIPPED = [
    "digits", "quadratic", "noisy-quadratic", "saddle", "two-wells", "two-weights", "least-squares",
    "sparse-logistic", "squares", *(f"{path}:task" for path in sorted((ROOT / "examples/bring").glob("*.py"))),
]  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED, ids=lambda name: Path(name).name)
def test_what_is_shipped_raises_no_alarm(name):
    found = examine(load_task(TaskReference(name=name)))
    assert not found.serious
    assert len(found.findings) <= 2


STATEFUL = [
    "items_with_noise_of_their_own", "items_normalised_in_place", "the_same_module_again", "weights_from_a_generator_that_goes_on",
    "a_moving_average_in_every_mode", "inputs_scaled_in_place", "targets_shifted_in_place", "batch_norm", "noise_from_a_generator_of_its_own",
]  # fmt: skip


@pytest.mark.parametrize("name", STATEFUL)
def test_the_callers_things_stay_as_they_were(name):
    task = as_live(broken.FAULTS[name][0]())
    fresh = state_digest(task)
    if name != "weights_from_a_generator_that_goes_on":  # whose digest draws from that generator
        assert state_digest(task) == fresh
        examine(task)
        assert state_digest(task) == fresh


def test_a_generator_that_a_factory_holds_is_put_back():
    random, legacy = torch.Generator().manual_seed(3), np.random.default_rng(4)

    def model():
        made = parts.net()
        nn.init.normal_(made[0].weight, generator=random)
        made[2].bias.data += float(legacy.normal())
        return made

    task = as_live(parts.task(model=model))
    before = random.get_state(), legacy.bit_generator.state
    torch.manual_seed(11)
    process = torch.default_generator.get_state()
    assert "factory_unrepeatable" in {f.code for f in examine(task).findings}
    assert torch.equal(random.get_state(), before[0])
    assert legacy.bit_generator.state == before[1]
    assert torch.equal(torch.default_generator.get_state(), process)


def test_a_teacher_in_the_loss_is_put_back():
    teacher = nn.Sequential(nn.Linear(parts.CLASSES, parts.CLASSES), nn.BatchNorm1d(parts.CLASSES))

    def loss(z, y):
        soft = teacher.train().double()(z.detach().double()).to(z)
        return (z - soft).square().mean(1)

    teacher.eval()
    kept = {n: t.clone() for n, t in teacher.state_dict().items()}
    task = parts.task(loss=loss, metrics=[], target=None)
    teacher.float().eval()
    teacher.load_state_dict(kept)
    assert "loss_uses_batch" in {f.code for f in examine(as_live(task)).findings}
    assert not teacher.training
    assert all(torch.equal(t.float(), kept[n].float()) for n, t in teacher.state_dict().items())


def test_the_same_task_gives_the_same_findings():
    first, second = (examined("a_token_mean_over_padded_sequences").findings for _ in range(2))
    assert first == second


def test_the_numbers_that_decided():
    """By hand: k examples divided by their number; one of 40 answers; 120 of 240 known."""
    (scaled,) = [f for f in examined("a_loss_divided_by_the_batch").findings if f.code == "loss_uses_batch"]
    assert scaled.values["power"] == 1
    (step,) = [
        f for f in examined("few_examples_for_a_fine_target").findings if f.code == "target_unresolved"
    ]
    assert (step.values["step"], step.values["wrong"]) == (0.025, 0)
    x, y = parts.points(240, 1)
    other, labels = parts.points()
    mixed = torch.cat([x[:120], other[:120]]), torch.cat([y[:120], labels[:120]])
    (half,) = [
        f
        for f in examine(as_live(parts.task(train=(other, labels), validation=mixed))).findings
        if f.code == "splits_overlap"
    ]
    assert (half.values["count"], half.values["share"]) == (120, 0.5)
    smoothed = examined("a_target_below_the_floor_of_smoothed_labels")
    (floor,) = [f for f in smoothed.findings if f.code == "target_out_of_reach"]
    share = torch.tensor([0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3], dtype=torch.float64)
    assert floor.values["best"] == pytest.approx(float(-(share * share.log()).sum()), rel=1e-3)


def test_python_and_strictness():
    answer = bw.doctor(sound.SOUND["plain"](), progress=False)
    assert answer.result.findings == ()
    assert answer.page.headline == "Nothing that would spoil a study was found in tried."
    assert [step.command for step in answer.next] == ["study"]
    with pytest.raises(bw.Inconclusive) as stopped:
        bw.doctor(broken.FAULTS["softmax_twice"][0](), strict=True, progress=False)
    assert stopped.value.answer.result.serious
    with pytest.raises(bw.InputError, match="strict is for a task"):
        bw.doctor(strict=True, progress=False)
    asked = bw.doctor(sound.SOUND["plain"](), target="accuracy=0.999", progress=False)
    assert [f.code for f in asked.result.findings] == ["target_unresolved"]


def test_on_the_command_line(capsys):
    assert run_command(["doctor", f"{BROKEN}:columns_against_rows", "--json", "--strict"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["looked_at"]["model"] == 32
    (row,) = document["findings"]
    assert (row["code"], row["severity"]) == ("loss_uses_batch", "error")
    assert row["values"]["broadcast"] is True
    assert "squeeze(1)" in row["fix"]
    assert run_command(["doctor", f"{BROKEN}:columns_against_rows"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("One thing would spoil a study of tried")
    assert "\nFix: Give both one shape" in shown


def test_findings_have_an_order_and_a_fix():
    strings = own_templates("en")
    codes = {key.split(".")[2] for key in strings if key.startswith("checkup.found.")}
    assert codes == {key.split(".")[2] for key in strings if key.startswith("checkup.fix.")}
    assert {code for _, code in broken.FAULTS.values()} <= codes
    found = examined("an_unseen_class_in_validation").findings
    ranks = [SEVERITIES.index(f.severity) for f in found]
    assert ranks == sorted(ranks)
