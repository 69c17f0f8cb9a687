"""The verdict on sharpness against batch size."""

import pytest

from batchwright.advice.decide.sharp_ends import sharp_ends, sharpness_slope
from batchwright.report.draw.ends import draw_ends
from batchwright.study.ends import RunEnd


def end(batch_size, eigenvalue, keskar, seed=0):
    return RunEnd(
        batch_size=batch_size, lr=0.1, seed=seed, steps=10, loss=0.1, gradient_norm=0.01,
        largest_eigenvalue=eigenvalue, residual=1e-3, keskar=keskar,
    )  # fmt: skip


SIZES = (1, 8, 64, 512)
WIGGLE = {1: 1.05, 8: 0.95, 64: 1.04, 512: 0.97}


@pytest.mark.parametrize(("power", "verdict"), [(0.5, "sharper"), (-0.5, "flatter"), (0.0, "cannot_tell")])
def test_a_power_law_is_found(power, verdict):
    ends = [end(b, 3 * b**power * WIGGLE[b] * w, b**power * WIGGLE[b]) for b in SIZES for w in (0.9, 1.1)]
    found = sharp_ends(ends)
    assert found.verdict == verdict
    low, high = found.eigenvalue_slope.interval
    assert low < power < high
    assert found.eigenvalue_slope.value == pytest.approx(power, abs=0.03)


def test_an_exact_law_has_an_exact_slope():
    slope = sharpness_slope([end(b, b**0.25, 1.0) for b in SIZES], lambda e: e.largest_eigenvalue)
    assert slope.value == pytest.approx(0.25)
    assert slope.interval == (pytest.approx(0.25), pytest.approx(0.25))


def test_both_measures_must_agree():
    assert (
        sharp_ends([end(b, b**0.5 * WIGGLE[b], b**-0.5 * WIGGLE[b]) for b in SIZES]).verdict == "cannot_tell"
    )


@pytest.mark.parametrize(
    "ends", [[end(8, 1.0, 1.0), end(64, 2.0, 2.0)], [end(b, 1.0, None) for b in SIZES], []]
)
def test_too_little_to_tell(ends):
    found = sharp_ends(ends)
    assert found.verdict == "cannot_tell"
    assert found.keskar_slope is None


def test_the_figure_holds_every_end():
    figure = draw_ends(sharp_ends([end(b, float(b), 1.0 / b) for b in SIZES]))
    upper, lower = figure.axes
    assert [list(line.get_ydata()) for line in upper.lines][:4] == [[1.0], [8.0], [64.0], [512.0]]
    assert lower.get_ylabel() == "Keskar's sharpness"
