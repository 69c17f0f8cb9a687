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
    plan = lesson.SizePlan("least-squares", {"features": 3}, 1, 2, {}, 1)
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


def test_the_lowest_point_of_a_line():
    assert lesson._lowest(np.abs(lesson.LINE - 0.5)) == pytest.approx(0.5)
