"""Schedules against their formulas, equal noise, tuning to an inner rate, and a reduced form of the lesson."""

from dataclasses import dataclass

import numpy as np
import pytest

import batchwright as bw
from batchwright.lessons.phenomena import decay as lesson

from .cases import run_short


def short_run(name, lr=0.4, **how):
    given = lesson.scheduled_run(name, lr, 0) | {"examples": 320, "evaluate": "10", **how}
    return bw.train(given.pop("task"), progress=False, **given).answer().result


def test_per_step_and_per_epoch_are_what_they_say():
    by_step, by_epoch = short_run("per_step", epochs=3), short_run("per_epoch", epochs=3)
    for run, period in ((by_step, 1), (by_epoch, 10)):
        for row in run.steps:
            assert row.lr == pytest.approx(0.4 * 0.95 ** ((row.step - 1) / period), rel=1e-6)


def test_the_growing_batch_has_the_noise_of_the_halved_rate():
    """lr / B is the same at equal epochs, with fewer updates."""
    halved, grown = short_run("halved"), short_run("growing")
    noise = [
        {
            round(row.epoch // lesson.QUARTER): row.lr / row.batch_size
            for row in run.steps
            if row.epoch % 1 < 0.99
        }
        for run in (halved, grown)
    ]
    assert noise[0].keys() == noise[1].keys()
    for quarter, value in noise[0].items():
        assert value == pytest.approx(noise[1][quarter], rel=1e-6)
    assert grown.updates == 4 * (10 + 5 + 3 + 2)
    assert halved.updates == 160


@dataclass
class Row:
    loss: float
    split: str = "validation"


@dataclass
class Made:
    """A run whose final loss is a parabola of the rate."""

    lr: float
    status: str = "budget_exhausted"

    @property
    def evaluations(self):
        loss = 1 + np.log(self.lr / 1.7) ** 2
        row = Row(loss)
        row.metrics = {"accuracy": 1 / (1 + np.log(self.lr / 0.03) ** 2)}
        return [row]


class Parabolas:
    def runs(self, settings):
        return [Made(s["lr"]) for s in settings]


def test_tuning_goes_on_until_the_rate_of_either_cost_lies_inside():
    found = lesson.tuned_starts(Parabolas(), [0, 1])
    assert found["per_step", "loss"].lr == 1.6
    assert found["per_step", "accuracy"].lr == pytest.approx(0.025)
    assert all(rate.inside for rate in found.values())


def test_the_lesson_in_a_reduced_form(monkeypatch):
    whole = lesson.scheduled_run
    monkeypatch.setattr(
        lesson, "scheduled_run", lambda name, lr, seed: whole(name, lr, seed) | {"examples": 320, "epochs": 8}
    )
    monkeypatch.setattr(lesson, "LATE", 4)
    found = run_short("decay")
    # 0.95 an update leaves 0.95^40 = 13% of the rate before the last four of eight epochs of ten updates.
    assert found.value("oscillation_ratio", schedule="per_step", lr=lesson.LARGE) < 0.5
    assert found.value("updates_ratio") < 1
