"""The series against the hand-made study, number by number."""

import math
from statistics import median

import pytest

from batchwright.report.draw import grids, series


@pytest.fixture(scope="module")
def study(cases):
    return cases.study()


def entry(study, batch_size):
    return next(e for e in study.batch_sizes if e.batch_size == batch_size)


def test_steps_hold_every_run_and_every_median(study, cases):
    steps = series.steps_series(study)
    assert steps.tried == list(cases.SIZES)
    assert [d.value for d in steps.runs if d.batch_size == 4] == list(entry(study, 4).steps_to_target.values)
    assert len(steps.runs) == 11 * 5 + 2
    assert [m.batch_size for m in steps.medians] == [b for b in cases.SIZES if b != cases.CENSORED_AT]
    for m in steps.medians:
        values = [d.value for d in steps.runs if d.batch_size == m.batch_size]
        assert (m.value, m.low, m.high) == (median(values), min(values), max(values))


def test_censored_runs_keep_what_they_had_spent(study, cases):
    expected = [series.Miss(cases.CENSORED_AT, float(cases.CENSORED_UPDATES), "budget_exhausted")] * 3
    assert series.steps_series(study).missed == expected
    assert [m.at for m in series.examples_series(study).missed] == [1024 * 90.0] * 3
    per_step = cases.true_seconds_per_step(1024)
    assert [m.at for m in series.seconds_series(study).missed] == [90 * per_step] * 3


def test_a_diverged_confirmation_run_has_no_cost(study, cases):
    trials = tuple(
        t.model_copy(update={"status": "diverged"}) if t.batch_size == 1024 and t.purpose == "confirm" else t
        for t in study.trials
    )
    missed = series.steps_series(study.model_copy(update={"trials": trials})).missed
    assert {(m.batch_size, m.at, m.status) for m in missed} == {(1024, None, "diverged")}


def test_misses_are_counted_without_trials_too(study):
    missed = series.steps_series(study.model_copy(update={"trials": ()})).missed
    assert missed == [series.Miss(1024, None, "unknown")] * 3


def test_the_three_costs_differ_by_one_factor_a_step(study, cases):
    steps, examples, seconds = (
        f(study) for f in (series.steps_series, series.examples_series, series.seconds_series)
    )
    for s, e, t in zip(steps.medians, examples.medians, seconds.medians, strict=True):
        b = s.batch_size
        assert e.value == pytest.approx(b * s.value, rel=1e-12)
        assert e.high == pytest.approx(b * s.high, rel=1e-12)
        assert t.value == pytest.approx(cases.true_seconds_per_step(b) * s.value, rel=1e-12)
        assert t.low == pytest.approx(cases.true_seconds_per_step(b) * s.low, rel=1e-12)
    for s, e in zip(steps.fit, examples.fit, strict=True):
        assert (e.low, e.mid, e.high) == pytest.approx(
            (s.low * s.batch_size, s.mid * s.batch_size, s.high * s.batch_size)
        )
    assert seconds.fit == []
    assert seconds.perfect == []


def test_the_fit_is_the_given_band(study, cases):
    fit = series.steps_series(study).fit
    band = cases.band()
    assert [p.batch_size for p in fit] == band["batch_size"]
    assert [(p.low, p.mid, p.high) for p in fit] == list(
        zip(band["low"], band["mid"], band["high"], strict=True)
    )


def test_without_a_band_the_fit_is_the_bare_hyperbola(study):
    critical = study.critical_batch.model_copy(update={"band": None})
    fit = series.curve_points(study.model_copy(update={"critical_batch": critical}))
    assert (fit[0].batch_size, fit[-1].batch_size) == (1.0, 1437.0)
    for p in fit:
        assert p.mid == pytest.approx(40.2 * (1 + 61.0 / p.batch_size))
        assert (p.low, p.high) == (None, None)


def test_without_a_fit_there_is_no_curve(cases):
    steps = series.steps_series(cases.study(fitted=False))
    assert steps.fit == []
    assert steps.critical_batch is None


def test_perfect_scaling_keeps_the_product_of_the_smallest_batch(study):
    first = entry(study, 1).steps_to_target.median
    assert [(d.batch_size, d.value * d.batch_size) for d in series.steps_series(study).perfect] == [
        (b, pytest.approx(first)) for b in series.steps_series(study).tried
    ]
    assert {round(d.value, 6) for d in series.examples_series(study).perfect} == {round(first, 6)}


def test_perfect_scaling_starts_at_the_smallest_batch_with_a_median(study):
    kept = tuple(
        e.model_copy(update={"steps_to_target": e.steps_to_target.model_copy(update={"median": None})})
        if e.batch_size == 1
        else e
        for e in study.batch_sizes
    )
    perfect = series.steps_series(study.model_copy(update={"batch_sizes": kept})).perfect
    assert perfect[0].batch_size == 2
    assert perfect[1].value == pytest.approx(entry(study, 2).steps_to_target.median / 2)


def test_the_recommended_set_is_one_span(study):
    assert series.seconds_series(study).spans == [
        (pytest.approx(math.sqrt(16 * 32)), pytest.approx(math.sqrt(128 * 256)))
    ]


def test_a_hole_in_the_set_makes_two_spans():
    spans = series.recommended_spans([1, 4, 16, 64], [1, 16, 64])
    assert spans == [(pytest.approx(0.5**0.5), 2.0), (8.0, pytest.approx(64 * 2**0.5))]


def test_missing_seconds_empty_the_series(cases):
    untimed = cases.study(timed=False)
    assert not series.seconds_series(untimed)
    assert not grids.timing_series(untimed)
    assert series.steps_series(untimed)


def test_the_map_is_relative_to_the_best_of_each_batch_size(study, cases):
    rates = grids.learning_rate_map(study)
    assert rates.batch_sizes == list(cases.SIZES)
    for b in cases.SIZES:
        cells = [c for c in rates.cells if c.batch_size == b]
        assert len(cells) == 6
        finite = [c for c in cells if c.median_steps is not None]
        best = min(c.median_steps for c in finite)
        assert min(c.relative for c in finite) == 1.0
        for c in finite:
            assert c.relative == pytest.approx(c.median_steps / best)


def test_the_map_pools_search_and_confirmation(study, cases):
    cell = next(c for c in grids.learning_rate_map(study).cells if c.batch_size == 16 and c.chosen)
    values = [
        t.steps_to_target
        for t in study.trials
        if t.batch_size == 16 and math.isclose(t.lr, cases.chosen_lr(16))
    ]
    assert cell.runs == cell.reached == len(values) == 7
    assert cell.median_steps == median(values)


def test_the_map_marks_divergence_censoring_choice_and_edge(study, cases):
    cells = grids.learning_rate_map(study).cells
    diverged = [c for c in cells if c.outcome == "diverged"]
    assert [(c.batch_size, c.lr, c.diverged) for c in diverged] == [(32, 2 * cases.chosen_lr(32), 2)]
    censored = [c for c in cells if c.outcome == "censored"]
    assert [c.batch_size for c in censored] == [512, 1024, 1437]
    assert all(c.relative is None for c in [*diverged, *censored])
    assert [c.batch_size for c in cells if c.chosen] == list(cases.SIZES)
    assert [c.batch_size for c in cells if c.on_edge] == [1437]


def test_failures_count_as_infinite_in_the_median(study):
    # 4 of 7 runs at the chosen rate of B = 1024 reach the target: the median is the slowest of those.
    cell = next(c for c in grids.learning_rate_map(study).cells if c.batch_size == 1024 and c.chosen)
    values = [
        t.steps_to_target
        for t in study.trials
        if t.batch_size == 1024 and math.isclose(t.lr, cell.lr) and t.steps_to_target is not None
    ]
    assert (cell.reached, cell.censored, cell.median_steps) == (4, 3, max(values))


def test_timing_holds_quartiles_and_throughput(study, cases):
    timing = grids.timing_series(study)
    assert timing.chosen == cases.BEST
    for p in timing.points:
        t = cases.true_seconds_per_step(p.batch_size)
        assert (p.seconds_per_step, p.low, p.high) == (t, 0.95 * t, 1.1 * t)
        assert p.examples_per_second == p.batch_size / t


def test_loss_curves_are_thinned_and_keep_their_ends(study, cases):
    curves = cases.curves()
    losses = grids.loss_curves(study, curves)
    assert losses.runs == 60
    assert losses.batch_sizes == list(cases.SIZES)
    assert [sum(c.batch_size == b for c in losses.curves) for b in cases.SIZES] == [3] * 12
    first = losses.curves[0]
    assert len(first.loss) == 60
    assert (first.examples[0], first.loss[-1]) == (curves[0]["examples"][0], curves[0]["loss"][-1])
    assert losses.target == 0.25


def test_loss_curves_leave_out_what_cannot_be_drawn(study):
    run = {"batch_size": 8, "lr": 0.1, "seed": 0, "steps": [0, 1, 2, 3], "examples": [0, 8, 16, 24]}
    losses = grids.loss_curves(study, [run | {"loss": [2.3, 2.0, math.nan, None]}])
    assert [(c.examples, c.loss) for c in losses.curves] == [([8.0], [2.0])]
    assert not grids.loss_curves(study, [run | {"loss": [2.3, None, None, None]}])


def test_an_accuracy_target_is_no_line_among_losses(study, cases):
    other = study.model_copy(update={"target": {"metric": "accuracy", "value": 0.95}})
    assert grids.loss_curves(other, cases.curves()).target is None
