"""The figure of a fitted table: what is drawn in each panel, for every verdict."""

from pathlib import Path

import numpy as np
import pytest

from batchwright.advice.table.fit import fit_table
from batchwright.report.draw.files import save_figure
from batchwright.report.draw.fit import draw_fit

PUBLISHED = Path(__file__).parents[2] / "data" / "steps_to_target.csv"


def dots(axes):
    """Offsets of all scattered marks, a group a collection."""
    scattered = [c for c in axes.collections if hasattr(c, "get_sizes") and len(c.get_sizes())]
    return [np.asarray(c.get_offsets()) for c in scattered if len(c.get_offsets())]


def words(axes):
    return [text.get_text() for text in axes.texts]


@pytest.fixture(scope="module")
def published():
    result = fit_table(PUBLISHED)
    return result, draw_fit(result)


def test_a_panel_for_each_workload_with_its_verdict(published):
    result, figure = published
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert len(panels) == len(result.workloads) == 8
    for axes, fit in zip(panels, result.workloads, strict=True):
        assert fit.workload.split(" (")[0].startswith(words(axes)[-1][:12])
        verdict = words(axes)[0]
        assert verdict.startswith(fit.verdict.replace("_", " "))
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert "not identifiable: at least 133 (90%)" in words(panels[3])
    assert "fits: critical batch 46,700 (41,100 to 53,600)" in words(panels[0])


def test_every_run_is_a_dot(published):
    result, figure = published
    for axes, fit in zip(figure.axes, result.workloads, strict=False):
        medians = np.array([(m.batch_size, m.median) for m in fit.measured])
        groups = dots(axes)
        assert np.allclose(groups[-1], medians)
        runs = np.concatenate(groups[:-1])
        assert sorted(runs[:, 1]) == sorted(s for m in fit.measured for s in m.steps)


def test_the_limits_cross_at_the_critical_batch(published):
    result, figure = published
    fit, axes = result.workloads[0], figure.axes[0]
    slope, floor = (line.get_xydata() for line in axes.lines[1:3])
    assert np.allclose(slope[:, 0] * slope[:, 1], fit.examples_min)
    assert np.allclose(floor[:, 1], fit.steps_min)
    assert any(np.allclose(line.get_xdata(), fit.critical_batch.value) for line in axes.lines[3:])
    # No limits and no mark where the curve is not followed.
    assert len(figure.axes[4].lines) == 1


def test_censored_and_failed_runs_have_marks_of_their_own(tmp_path):
    table = {
        "batch": [8, 16, 32, 64, 64, 128, 128],
        "steps": [1000, 600, 400, 300, 300, 250, 250],
        "status": ["ok", "ok", "ok", "ok", "budget_exhausted", "timeout", "diverged"],
    }
    result = fit_table(table)
    figure = draw_fit(result)
    groups = dots(figure.axes[0])
    assert sum(len(g) for g in groups) == 4 + 2 + 1 + sum(
        m.median is not None and not m.median_is_bound for m in result.workloads[0].measured
    )
    key = " ".join(text.get_text() for text in figure.texts)
    assert "cut short" in key
    assert "failed" in key
    assert words(figure.axes[0])[-1] == "the table"
    for text in figure.texts:
        assert 0 < text.get_position()[0] < 1
    assert save_figure(figure, tmp_path / "fit.png").stat().st_size > 5000


def test_very_many_runs_are_thinned_from_end_to_end():
    rng = np.random.default_rng(0)
    steps = {b: 100 * (1 + 64 / b) * np.exp(0.1 * rng.standard_normal(2000)) for b in (8, 64, 512)}
    table = {"batch": np.repeat([8, 64, 512], 2000), "steps": np.concatenate(list(steps.values()))}
    groups = dots(draw_fit(fit_table(table)).axes[0])
    assert [len(g) for g in groups] == [300, 300, 300, 3]
    assert groups[0][:, 1].min() == pytest.approx(steps[8].min())
    assert groups[0][:, 1].max() == pytest.approx(steps[8].max())
