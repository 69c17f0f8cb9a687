"""Sharpness and the line between two ends against closed forms."""

import numpy as np
import pytest

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.lessons.phenomena import generalisation as lesson


def test_the_largest_eigenvalue_of_least_squares_is_numpys():
    task = bw.named_task("least-squares", features=4)
    X = task.train.inputs.double().numpy()
    expected = np.linalg.eigvalsh(2 / len(X) * X.T @ X)[-1]
    eigenvalue, keskar = lesson.sharpness(task, task.build_model(0))
    assert eigenvalue == pytest.approx(expected, rel=1e-3)
    assert keskar > 0


def end(weights):
    return lesson.SharpEnd(np.asarray(weights, dtype=np.float32), 0.0, 0.0, 0.0, 0.0, 0.0)


def test_the_line_of_least_squares_is_a_parabola():
    plan = lesson.SizePlan("least-squares", {"features": 3}, 1, 2, {}, (), 1)
    task = bw.named_task("least-squares", features=3)
    one, two = np.array([1.0, 0.0, -1.0]), np.array([0.5, 2.0, 0.0])
    train, validation = lesson.between_ends(plan, end(one), end(two))
    for data, found in ((task.train, train), (task.validation, validation)):
        X, y = data.inputs.double().numpy(), data.targets.double().numpy()
        expected = [
            (((1 - a) * one + a * two) @ X.T - y) @ (((1 - a) * one + a * two) @ X.T - y) / len(y)
            for a in lesson.LINE
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    # The mean rise at +-1/4 about any point of a parabola c x^2 is c / 16.
    X = task.train.inputs.double().numpy()
    curvature = np.sum((X @ (two - one)) ** 2) / len(X)
    assert lesson._rise(train, 0.0) == pytest.approx(curvature / 16, rel=1e-3)
    assert lesson._rise(train, 1.0) == pytest.approx(curvature / 16, rel=1e-3)


def test_runs_end_at_the_level_of_training_loss():
    plan = lesson.planned_sizes(FakeLab())
    found = lesson.sharp_end_of((plan, 144, 0.8, 0))
    assert 0.5 * plan.level < found.train_loss <= plan.level
    assert 0.9 < found.accuracy <= 1
    assert found.eigenvalue > 0


class FakeLab:
    full = False


def test_notes_say_which_verdicts_tuning_changes():
    plan = lesson.planned_sizes(FakeLab())

    def part(name, verdict):
        return Part(name=name, verdict=verdict, measurements=(Measured(name="n", value=1.0),))

    same = [part(f"{stem}_same_rate", "holds") for stem in lesson.STEMS]
    tuned = [part(f"{stem}_tuned_rate", "holds") for stem in lesson.STEMS]
    assert lesson._notes([*same, *tuned], plan)[0].code == "lesson.generalisation.keeps"
    tuned[0] = part("worse_tuned_rate", "does_not_hold")
    assert lesson._notes([*same, *tuned], plan)[0].code == "lesson.generalisation.changes.worse"


def test_a_claim_at_several_rates_names_those_at_which_it_holds():
    plan = lesson.planned_sizes(FakeLab())

    def ends(eigenvalue, train_loss=0.04):
        return [
            lesson.SharpEnd(np.ones(4810, dtype=np.float32), train_loss, 0.1, 0.9, e * eigenvalue, 1.0)
            for e in (1.0, 1.05, 0.95)
        ]

    rates = {0.2: (ends(1.0), ends(3.0)), 0.8: (ends(1.0), ends(1.0))}
    judged = [lesson._judged("same_rate", plan, *pair, lr=lr)[1] for lr, pair in rates.items()]
    found = lesson._over_rates(judged)
    assert found.verdict == "holds_when"
    assert found.condition.values["holds"] == [0.2]
    assert [m.value for m in found.measurements] == pytest.approx([3.0, 1.0])


def test_pairs_that_fell_short_of_the_level_are_left_out():
    plan = lesson.planned_sizes(FakeLab())

    def ends(eigenvalue, short=0):
        losses = [0.06] * short + [0.04] * (5 - short)
        return [
            lesson.SharpEnd(np.ones(4810, dtype=np.float32), loss, 0.1, 0.9, eigenvalue, 1.0)
            for loss in losses
        ]

    small = [*ends(1.0)]
    large = [*ends(50.0, short=1)[:1], *ends(2.0)[1:]]
    found = lesson._judged("tuned_rate", plan, small, large)[1]
    assert (found.verdict, found.measurements[0].n) == ("holds", 4)
    assert found.measurements[0].value == pytest.approx(2.0)
    few = lesson._judged("tuned_rate", plan, small, ends(2.0, short=3))
    assert {part.verdict for part in few} == {"cannot_tell"}


def test_the_lowest_point_of_a_line():
    assert lesson._lowest(np.abs(lesson.LINE - 0.5)) == pytest.approx(0.5)
