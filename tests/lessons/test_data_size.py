"""Exponents and critical batches against curves that are known, and steps read off a run."""

import numpy as np
import pytest

import batchwright as bw
from batchwright.lessons.phenomena import data_size as lesson
from batchwright.lessons.tuning import TunedRate


class Bench:
    """A lab whose runs follow S(B) = S_min (1 + B_crit / B) to whatever loss is asked of them."""

    def __init__(self, critical, fall=1.0):
        self.critical, self.fall = critical, fall
        self.example = bw.train_many(
            [lesson.subset_run((100, 32), 0.1, 0) | {"steps": 1}], workers=1, progress=False
        )[0]

    def runs(self, settings):
        return [self.run(s["examples"], s["batch_size"], s["seed"]) for s in settings]

    def run(self, count, batch_size, seed):
        """Loss falls as 1 / step^fall, reaching 1 at step one: the target loss L takes (1 + B_crit / B) / L steps."""
        slower = 1 + self.critical(count) * (1 + 0.01 * seed) / batch_size
        steps = np.unique(np.geomspace(1, 20_000, 400).round())
        losses = slower / steps
        row = self.example.evaluations[-1]
        rows = [
            row.model_copy(update={"step": int(t), "loss": float(v)})
            for t, v in zip(steps, losses, strict=True)
        ]
        return self.example.model_copy(update={"evaluations": tuple(rows)})


@pytest.mark.parametrize("truth", [0.0, 0.45])
def test_the_exponent_of_a_known_law_is_found(truth):
    lab = Bench(lambda count: 24.0 * (count / 460) ** truth)
    tuned = {(n, b): TunedRate(0.1, True, {}) for n in lesson.COUNTS for b in lesson.SIZES}
    critical = lesson._critical(lab, tuned, dict.fromkeys(lesson.COUNTS, 0.01), [0, 1, 2, 3])
    found = lesson.exponent(critical)
    assert found.n == 3 * 4
    assert found.value == pytest.approx(truth, abs=0.04)
    grows, exponent = lesson.growth_parts("equal", critical)
    assert exponent.verdict == ("holds" if truth else "does_not_hold")
    assert grows.verdict == ("holds" if truth else "does_not_hold")


def test_a_side_whose_rate_was_not_found_is_left_out():
    lab = Bench(lambda count: 24.0)
    tuned = {(n, b): TunedRate(0.1, n != 150, {}) for n in lesson.COUNTS for b in lesson.SIZES}
    critical = lesson._critical(lab, tuned, dict.fromkeys(lesson.COUNTS, 0.01), [0, 1])
    assert critical[150] == {}
    assert lesson.exponent(critical).value is None
    assert [part.verdict for part in lesson.growth_parts("equal", critical)] == ["cannot_tell"] * 2


def test_the_critical_batch_is_where_steps_are_twice_their_minimum():
    assert lesson.fitted_critical_batch({b: 100 * (1 + 40 / b) for b in (8, 32, 128)}) == pytest.approx(
        40, rel=0.02
    )
    assert lesson.fitted_critical_batch({8: 1000, 32: 250, 128: 63}) is None  # still falls in proportion


def test_steps_are_read_off_between_evaluations():
    run = Bench(lambda count: 0.0).run(100, 8, 0)
    assert lesson.updates_to_loss(run, 0.0123) == pytest.approx(1 / 0.0123, rel=0.02)
    assert lesson.updates_to_loss(run, 1e-9) is None
