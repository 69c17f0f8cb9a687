"""The race of growing batches: its costs by hand, its verdicts on made-up runs, and one race in this process."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from batchwright.advice.answer import answer_study
from batchwright.advice.growth.race import judged, spent_by
from batchwright.advice.growth.result import GrowthSide
from batchwright.report.pages.study import study_page
from batchwright.report.render.terminal import page_text
from batchwright.study.executors.in_process import InProcess
from batchwright.study.spec import StudySpec
from batchwright.study.stores.sqlite import SQLiteStore
from batchwright.task import Target, Task, TaskReference
from batchwright.training.spec import RunSpec


def run_of(batch_size, **growth):
    fields = {"task": {"name": "digits"}, "batch_size": batch_size, "batch_growth": growth or None}
    return RunSpec.model_validate(fields)


def test_what_a_fixed_batch_costs():
    assert spent_by(run_of(8), 2.5, 100, lambda size: size / 10) == pytest.approx((20, 2.0))


def test_what_a_growing_batch_costs_is_added_up_update_by_update():
    # 8 examples until 40 are seen, in five updates; then 16, of which half an update counts.
    seen, seconds = spent_by(run_of(8, factor=2, every_epochs=0.4), 6.5, 100, lambda size: 1 + size)
    assert seen == pytest.approx(5 * 8 + 1.5 * 16)
    assert seconds == pytest.approx(5 * 9 + 1.5 * 17)


def side(kind, seconds, seeds=5):
    growth = {"factor": 2} if kind in ("warm_up", "seesaw") else None
    values = tuple(seconds)
    return GrowthSide(
        kind=kind,
        batch_size=8,
        lr=0.1,
        growth=growth,
        seeds=seeds,
        steps=values,
        examples=values,
        seconds=values,
    )


FIXED = side("fixed", [1.0, 1.1, 0.9, 1.05, 0.95])


@pytest.mark.parametrize(
    ("warm_up", "seesaw", "verdict", "winner"),
    [
        ([0.5, 0.55, 0.45, 0.5, 0.5], [0.7, 0.7, 0.75, 0.7, 0.65], "growth_wins", "warm_up"),
        ([2.0, 2.1, 1.9, 2.0, 2.0], [0.7, 0.7, 0.75, 0.7, 0.65], "growth_wins", "seesaw"),
        ([2.0, 2.1, 1.9, 2.0, 2.0], [1.5, 1.6, 1.4, 1.5, 1.5], "fixed_wins", None),
        ([2.0, 2.1, 1.9, 2.0, 2.0], [1.5, 1.6], "fixed_wins", None),
        ([1.0, 1.2, 0.9, 1.0, 0.95], [2.0, 2.1, 1.9, 2.0, 2.0], "cannot_tell", None),
    ],
)
def test_the_verdict_follows_from_the_intervals(warm_up, seesaw, verdict, winner):
    race = judged([FIXED, side("warm_up", warm_up), side("seesaw", seesaw)], "seconds", {})
    assert (race.verdict, race.winner) == (verdict, winner)


def test_a_halved_rate_alone_is_no_growing_batch():
    race = judged([FIXED, side("decay", [0.1] * 5)], "seconds", {"warm_up": "no_doubling"})
    assert race.verdict == "cannot_tell"


def test_seconds_in_doubt_decide_nothing_but_examples_do():
    sides = [FIXED, side("warm_up", [0.5, 0.55, 0.45, 0.5, 0.5])]
    assert judged(sides, "seconds", {}, clock_in_doubt=True).verdict == "cannot_tell"
    assert judged(sides, "examples", {}, clock_in_doubt=True).verdict == "growth_wins"


def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        one, two = np.exp(0.2 * random.standard_normal((2, 5)))
        race = judged([side("fixed", one), side("warm_up", 1.3 * two)], "seconds", {})
        low, high = race.sides[1].ratio.interval
        inside += low <= 1.3 <= high
    assert inside / 400 == pytest.approx(0.90, abs=0.04)


# --- one race ---


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    random = torch.Generator().manual_seed(0)
    x = torch.randn(256, 8, generator=random)
    y = x @ torch.randn(8, 1, generator=random) + torch.randn(256, 1, generator=random)
    task = Task(
        name="noisy-lines", model=lambda: nn.Linear(8, 1), train=(x, y), validation=(x, y),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(dim=1),
        target=Target(metric="loss", value=1.05), fingerprint="noisy-lines",
    )  # fmt: skip
    spec = StudySpec.model_validate(
        {
            "task": TaskReference(name="noisy-lines"), "batch_sizes": (2, 4, 16, 64), "optimizer": {"lr": 0.05},
            "target": {"metric": "loss", "value": 1.05}, "max_epochs": 30,
            "search": {"search_seeds": 1, "confirm_seeds": 3},
        }
    )  # fmt: skip
    path = tmp_path_factory.mktemp("race") / "s.sqlite"

    def asked(measures):
        with SQLiteStore(path) as store:
            return answer_study(spec, task, store, InProcess(task), measures=measures, objective="examples")

    return asked(("growth",)), asked


@pytest.mark.usefixtures("calm_machine")
def test_a_race_has_every_side_or_says_why_not(raced):
    race = raced[0].growth
    assert race.cost == "examples"
    assert {s.kind for s in race.sides} | set(race.left_out) == {"fixed", "decay", "warm_up", "seesaw"}
    for s in race.sides:
        assert s.reached == len(s.examples) == len(s.seconds)
        if s.growth is None:
            assert s.examples == pytest.approx([s.batch_size * n for n in s.steps])
        else:
            assert all(seen >= s.batch_size * n - 1e-6 for seen, n in zip(s.examples, s.steps, strict=True))


@pytest.mark.usefixtures("calm_machine")
def test_a_race_is_not_run_twice_and_is_shown_unasked(raced):
    first, asked = raced

    def values(result):
        return [(s.kind, s.steps, s.examples) for s in result.growth.sides]

    again, unasked = asked(("growth",)), asked(())
    assert again.runs_executed == unasked.runs_executed == 0
    assert values(first) == values(again) == values(unasked)


@pytest.mark.usefixtures("calm_machine")
def test_the_page_shows_the_race_under_its_verdict(raced):
    result = raced[0]
    shown = page_text(study_page(result), width=160)
    assert "rowing the batch" in shown
    assert "best fixed batch" in shown
    ratio = next((s.ratio for s in result.growth.sides if s.kind == "seesaw"), None)
    assert ratio is None or math.isfinite(ratio.value)
