"""The steps-to-target fit on exact curves, published tables and simulated ones with known truth."""

import math

import numpy as np
import pytest
from scipy import stats

from batchwright.advice import Point, fit_curve
from batchwright.advice.curve.fitted import _linearised, leave_each_out
from batchwright.core import InputError
from batchwright.core.remark import remark

from ..cases import CRITICAL, STEPS_MIN, exact, published, simulated, truth

FITTING = ["ResNet-50", "BERT", "RetinaNet", "SSD", "C4 85M", "C4 302M"]
POWERS_OF_TWO = [2.0**k for k in range(12)]


@pytest.fixture(scope="module")
def fits():
    return {name: fit_curve(points) for name, points in published().items()}


def test_an_exact_curve_is_found():
    fit = fit_curve(exact([30, 100, 300, 1000, 3000]))
    assert fit.verdict == "fits"
    assert fit.critical_batch == pytest.approx(CRITICAL, rel=0.01)
    assert fit.steps_min == pytest.approx(STEPS_MIN, rel=0.005)
    assert fit.examples_min == pytest.approx(fit.steps_min * fit.critical_batch, rel=1e-12)
    assert fit.interval[0] < CRITICAL < fit.interval[1]
    assert np.abs(fit.residuals).max() < 0.005
    assert fit.valid_range == (30, 6000)
    # At B_crit steps and examples are twice their minimum.
    assert fit.predict(fit.critical_batch).steps == pytest.approx(2 * fit.steps_min, rel=1e-9)
    assert fit.overhead_batch(100) == pytest.approx(0.2 * fit.critical_batch + 120)


def test_verdicts_on_published_tables(fits):
    verdicts = {name: fit.verdict for name, fit in fits.items()}
    assert verdicts == {
        **dict.fromkeys(FITTING, "fits"),
        "3D U-Net": "not_identifiable",
        "CosmoFlow": "does_not_follow",
    }
    unet = fits["3D U-Net"]
    assert unet.critical_batch > 2 * 84
    side, bound = unet.one_sided_bound
    assert side == "at least"
    assert 84 < bound < unet.critical_batch
    assert all(fits[name].one_sided_bound is None for name in FITTING)


def test_left_out_batch_sizes_of_published_tables(fits):
    scored = {name: fits[name].left_out() for name in FITTING}
    errors = {n: np.median([abs(math.log(y / p.steps)) for y, p in pairs]) for n, pairs in scored.items()}
    assert max(errors.values()) <= 0.10
    assert np.median(list(errors.values())) <= 0.06
    pairs = [pair for name in FITTING for pair in scored[name]]
    assert 0.8 <= np.mean([p.low <= y <= p.high for y, p in pairs]) <= 0.97
    assert np.median([p.high / p.low for _, p in pairs]) <= 1.5
    assert fits["BERT"].leave_one_out()[0] == pytest.approx(errors["BERT"], rel=1e-9)
    assert fits["CosmoFlow"].leave_one_out()[0] > 0.15


def test_intervals_score_better_than_interpolation(fits):
    """Interval score (Gneiting and Raftery 2007) of left-out batch sizes: all, and the inner ones."""
    ours, theirs, inner = [], [], []
    for name in FITTING:
        pairs = fits[name].left_out()
        x = np.log([p.batch_size for _, p in pairs])
        y = np.log([steps for steps, _ in pairs])
        for i, (_, p) in enumerate(pairs):
            ours.append(interval_score(math.log(p.low), math.log(p.high), y[i]))
            theirs.append(interval_score(*interpolated(x[i], np.delete(x, i), np.delete(y, i)), y[i]))
            inner.append(0 < i < len(x) - 1)
    assert np.mean(ours) < 0.7 * np.mean(theirs)
    assert np.mean(np.array(ours)[inner]) < np.mean(np.array(theirs)[inner])


def interpolated(x, known_x, known_y):
    """The log-log line through the nearest two, with a t interval from its own left-out errors elsewhere."""
    errors = [
        known_y[j] - line(known_x[j], np.delete(known_x, j), np.delete(known_y, j))
        for j in range(1, len(known_x) - 1)
    ]
    half = stats.t.ppf(0.95, len(errors)) * math.sqrt(np.mean(np.square(errors)))
    center = line(x, known_x, known_y)
    return center - half, center + half


def line(x, known_x, known_y):
    i = np.clip(np.searchsorted(known_x, x), 1, len(known_x) - 1)
    slope = (known_y[i] - known_y[i - 1]) / (known_x[i] - known_x[i - 1])
    return known_y[i - 1] + (x - known_x[i - 1]) * slope


def interval_score(low, high, y, level=0.9):
    return (high - low) + 2 / (1 - level) * (max(low - y, 0) + max(y - high, 0))


TABLES = {
    "a study": {"batch_sizes": POWERS_OF_TWO, "runs": 5, "seed_sd": 0.1, "misfit": 0.03},
    "seeds only": {"batch_sizes": POWERS_OF_TWO, "runs": 3, "seed_sd": 0.1},
    "one run each": {"batch_sizes": [32, 64, 128, 256, 512, 1024], "runs": 1, "seed_sd": 0.0, "misfit": 0.07},
    "outliers": {"batch_sizes": POWERS_OF_TWO, "runs": 3, "seed_sd": 0.1, "outlier": 0.08},
    "censored": {"batch_sizes": POWERS_OF_TWO, "runs": 5, "seed_sd": 0.2, "budget": 1.15},
    "two batch sizes": {"batch_sizes": [100, 1000], "runs": 3, "seed_sd": 0.15, "misfit": 0.03},
    "three batch sizes": {"batch_sizes": [100, 300, 1000], "runs": 5, "seed_sd": 0.1, "misfit": 0.05},
}


@pytest.mark.parametrize("name", TABLES)
def test_intervals_cover_the_truth_at_their_rate(name):
    rng = np.random.default_rng(3)
    covered, errors = [], []
    for _ in range(80):
        fit = fit_curve(simulated(rng, **TABLES[name]))
        low, high = fit.interval
        covered.append((low or 0) <= CRITICAL <= (high or math.inf))
        errors.append(abs(math.log(fit.critical_batch / CRITICAL)))
    assert 0.84 <= np.mean(covered) <= 0.97
    assert np.median(errors) < 0.3


def test_one_wild_batch_size_moves_the_estimate_little():
    points = simulated(np.random.default_rng(0), POWERS_OF_TWO, runs=3, seed_sd=0.03)
    clean = fit_curve(points).critical_batch
    points[6] = Point(points[6].batch_size, tuple(4 * s for s in points[6].steps))
    wild = fit_curve(points)
    assert wild.critical_batch == pytest.approx(clean, rel=0.1)
    assert wild.verdict == "fits"
    assert wild.residuals[6] == pytest.approx(math.log(4), abs=0.15)


def test_a_bound_informs_the_fit():
    """Runs cut short at large batch sizes exclude a curve that goes on falling."""
    points = [Point(b, (1000 / b * 64,)) for b in (8, 16, 32, 64)]
    free, bounded = fit_curve(points), fit_curve([*points, Point(1024, (), (900.0, 900.0))])
    assert free.verdict == "not_identifiable"
    assert free.one_sided_bound[0] == "at least"
    assert free.interval[1] is None
    assert bounded.interval[1] < 200
    assert bounded.points_used == 4
    assert bounded.notes[-1] == remark("curve.bounds", count=1)


def test_flat_steps_bound_the_critical_batch_from_above():
    fit = fit_curve([Point(b, (500.0,)) for b in (64, 128, 256, 512)])
    assert fit.verdict == "not_identifiable"
    assert fit.one_sided_bound[0] == "at most"
    assert fit.one_sided_bound[1] < 64
    assert fit.interval[0] is None


def test_two_batch_sizes_rest_on_the_prior_misfit():
    fit = fit_curve(exact([100, 1000]))
    assert fit.misfit_sd == pytest.approx(0.05)
    assert fit.notes == (remark("curve.two_batch_sizes", misfit=0.05),)
    # Var log B_crit = 2 x 0.05^2 over the squared difference of the slopes B_crit/(B + B_crit).
    spread = math.sqrt(2) * 0.05 / (300 / 400 - 300 / 1300)
    low, high = fit.interval
    assert math.log(high / low) == pytest.approx(2 * 1.645 * spread, rel=0.03)
    with pytest.raises(InputError, match="leaving one out needs three batch sizes with an answer, got 2"):
        fit.leave_one_out()


def test_predictions_add_variances_and_refuse_the_far():
    fit = fit_curve(exact([30, 100, 300, 1000, 3000]), resolution=0.02)
    assert fit.predict(6001).refused
    assert fit.predict(29).steps is None
    far = fit.predict(24_000, allow_far=True)
    assert not far.refused
    assert far.steps == pytest.approx(truth(24_000), rel=0.01)
    near = fit.predict(3000)
    assert math.log(far.high / far.low) > 1.2 * math.log(near.high / near.low)
    band = fit.band(5)
    assert band["batch_size"] == pytest.approx(np.geomspace(30, 3000, 5))
    for i, b in enumerate(band["batch_size"]):
        single = fit.predict(b)
        assert (band["low"][i], band["mid"][i], band["high"][i]) == (single.low, single.steps, single.high)


def test_more_seeds_more_resolution_change_the_interval_as_they_should():
    rng = np.random.default_rng(5)
    few = fit_curve(simulated(rng, POWERS_OF_TWO, runs=3, seed_sd=0.2))
    many = fit_curve(simulated(rng, POWERS_OF_TWO, runs=30, seed_sd=0.2))
    coarse = fit_curve(
        simulated(np.random.default_rng(5), POWERS_OF_TWO, runs=3, seed_sd=0.2), resolution=0.3
    )

    def width(fit):
        return math.log(fit.interval[1] / fit.interval[0])

    assert width(many) < 0.6 * width(few)
    assert width(coarse) > 1.2 * width(few)
    assert many.seed_sd == pytest.approx(0.2, rel=0.1)


def test_the_linearised_left_out_agrees_with_refits():
    points = simulated(np.random.default_rng(1), np.geomspace(4, 4096, 25), runs=3, seed_sd=0.1)
    fit = fit_curve(points)
    refits = leave_each_out(fit._points, fit._fitted, 0.9)
    linear = _linearised(fit._fitted, 0.9)
    assert [a for a, _ in linear] == [a for a, _ in refits]
    assert np.allclose([b.center for _, b in linear], [b.center for _, b in refits], atol=0.01)
    assert np.allclose([b.half for _, b in linear[1:-1]], [b.half for _, b in refits[1:-1]], rtol=0.15)


def test_order_and_grouping_of_points_do_not_matter():
    points = simulated(np.random.default_rng(2), POWERS_OF_TWO, runs=3, seed_sd=0.1)
    singles = [Point(p.batch_size, (s,)) for p in reversed(points) for s in p.steps]
    assert fit_curve(singles).critical_batch == pytest.approx(fit_curve(points).critical_batch, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"points": exact([8])},
            "needs two batch sizes or more at which the median run reached the target, got 1",
        ),
        ({"points": [*exact([8]), Point(9, (), (5.0,))]}, "target, got 1"),
        ({"points": exact([8, 9]), "level": 1.0}, "level must be between 0 and 1, got 1.0"),
        ({"points": exact([8, 9]), "resolution": -1}, "resolution must be a standard deviation of log steps"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        fit_curve(**arguments)
