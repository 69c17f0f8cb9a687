"""Epochs, seconds and verdicts of a LeNet whose courses are known; a real run of each kind."""

import pytest

import batchwright as bw
from batchwright.lessons.lab import Lab
from batchwright.lessons.phenomena import lenet_batch_size as lesson
from batchwright.lessons.phenomena.lenet_batch_size import Course, Plan

from .test_batch_time import machine

PLAN = Plan("digits", 1000, 0.85)
SIZES = (lesson.TINY, *lesson.SIZES)


def courses(epochs, finals):
    """Three seeds at every size, a percent apart."""
    return {
        b: [Course(None if epochs[b] is None else epochs[b] * f, finals[b]) for f in (0.99, 1.0, 1.01)]
        for b in SIZES
    }


def test_the_product_of_epochs_and_seconds_has_its_minimum_inside():
    """t(B) = 1 ms + 50 us B a step and 2 + B/24 epochs of 1000: (2 + B/24)(1/B + 0.05) s, least at 32 of these B."""
    clock = machine(1e-3, 5e-5, SIZES)
    epochs = {b: 2 + b / 24 for b in SIZES}
    found = courses(epochs, dict.fromkeys(SIZES, 0.9))
    parts = {part.name: part for part in lesson.parts_at("tuned", found, clock, PLAN)}
    seconds = {b: epochs[b] * 1000 * (1e-3 / b + 5e-5) for b in SIZES}
    best = min(lesson.SIZES[:-1], key=seconds.get)
    assert best == 32
    time = parts["best_time_tuned"]
    assert time.verdict == "holds"
    assert {m.at["batch_size"]: m.value for m in time.measurements} == pytest.approx(
        {lesson.TINY: seconds[1] / seconds[32], 128: seconds[128] / seconds[32]}
    )
    assert parts["more_epochs_tuned"].measurements[0].value == pytest.approx((2 + 128 / 24) / (2 + 8 / 24))
    assert parts["more_time_tuned"].verdict == "holds"
    assert parts["best_accuracy_tuned"].verdict == "does_not_hold"
    assert parts["tiny_tuned"].verdict == "does_not_hold"


def test_runs_that_fall_short_count_as_too_few_epochs():
    epochs = dict.fromkeys(SIZES, 4.0) | {128: None, lesson.TINY: None}
    finals = {1: 0.1, 8: 0.9, 32: 0.95, 128: 0.4}
    found = courses(epochs, finals)
    parts = {part.name: part for part in lesson.parts_at("fixed", found, machine(1e-3, 5e-5, SIZES), PLAN)}
    assert parts["more_epochs_fixed"].measurements[0].value == pytest.approx(PLAN.epochs / 4, rel=0.01)
    assert parts["tiny_fixed"].verdict == "holds"
    gaps = {m.at["batch_size"]: m.value for m in parts["best_accuracy_fixed"].measurements}
    assert gaps == pytest.approx({128: 0.55, 8: 0.05})


@pytest.mark.parametrize(
    ("largest", "smallest", "verdict"),
    [
        (9.0, 8.0, "does_not_hold"),
        (None, 8.0, "cannot_tell"),
        (16.0, 8.0, "holds"),
        (16.0, None, "cannot_tell"),
    ],
)
def test_a_ratio_with_runs_that_fell_short_is_a_bound(largest, smallest, verdict):
    """Of at most eight epochs, a size that fell short counts with eight, and could have taken any more."""
    epochs = dict.fromkeys(SIZES, 4.0) | {128: largest, 8: smallest}
    found = courses(epochs, dict.fromkeys(SIZES, 0.9))
    parts = lesson.parts_at("fixed", found, machine(1e-3, 5e-5, SIZES), PLAN)
    assert parts[0].name == "more_epochs_fixed"
    assert parts[0].verdict == verdict


def test_the_crossing_is_interpolated_between_evaluations():
    setting = PLAN.setting(256, 0.1, 0) | {"examples": 300, "steps": 2, "evaluate": "1"}
    run = bw.train_many([setting], workers=1, progress=False)[0]
    rows = [
        e.model_copy(update={"step": step, "metrics": {"accuracy": value}})
        for e, step, value in zip(run.evaluations, (0, 10, 20), (0.1, 0.7, 0.9), strict=True)
    ]
    run = run.model_copy(update={"evaluations": tuple(rows)})
    # 0.85 lies three quarters of the way from step 10 to 20: 17.5 updates of 256 in epochs of 1000.
    course = lesson.course_of(run, PLAN)
    assert course.epochs == pytest.approx(17.5 * 256 / 1000)
    assert course.final == 0.9
    assert lesson.course_of(run, Plan("digits", 1000, 0.95)).epochs is None


def test_without_the_large_sets_it_says_what_it_used(monkeypatch):
    with Lab(workers=1) as lab:
        monkeypatch.setattr(lab, "available", lambda *names: names[-1])
        plan = lesson.plan_of(lab)
    assert (plan.task, plan.examples) == ("digits", 1437)
    assert [note.code for note in lesson._data(plan)] == ["lesson.lenet_batch_size.data.enlarged"]
    assert bw.named_task("digits", model="lenet").train.inputs.shape[1:] == (1, 28, 28)


def test_whether_tuning_changes_a_verdict_is_said():
    clock = machine(1e-3, 5e-5, SIZES)
    flat = dict.fromkeys(SIZES, 0.9)
    parts = [lesson.faster_data(clock)]
    parts += lesson.parts_at("fixed", courses(dict.fromkeys(SIZES, 4.0) | {1: None}, flat), clock, PLAN)
    parts += lesson.parts_at("tuned", courses(dict.fromkeys(SIZES, 1.0), flat), clock, PLAN)
    codes = [note.code.removeprefix("lesson.lenet_batch_size.") for note in lesson._changes(parts)]
    assert "changed.tiny" in codes
    assert "same.best_accuracy" in codes
    assert len(codes) == len(lesson.STEMS)
