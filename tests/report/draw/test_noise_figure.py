"""The drawn theory is the predicted one, and unresolved points leave a gap in the curve."""

import math

import pytest

from batchwright.measure.estimate import Estimate, NoiseScale
from batchwright.measure.gradients.along import NoiseAlong
from batchwright.measure.gradients.noise import Noise
from batchwright.measure.gradients.scatter import SAMPLINGS, Scatter, Slope, finite_factor
from batchwright.measure.gradients.tails import Tail
from batchwright.report.draw.noise import draw_noise_along, draw_scatter


def scatter(sampling, sizes, total=1000, trace=9.0):
    rows = []
    for b in sizes:
        std = math.sqrt(trace / b * finite_factor(sampling, b, total))
        interval = (std / 1.1, std * 1.1)
        rows.append(
            Scatter(batch_size=b, sampling=sampling, std=std, interval=interval, predicted=std, draws=9)
        )
    return rows


@pytest.mark.parametrize("sizes", [(1, 10, 100, 1000), (1, 10, 100)])
def test_the_lines_pass_through_the_predictions(sizes):
    rows = [row for sampling in SAMPLINGS for row in scatter(sampling, sizes)]
    slopes = [Slope(value=-0.5, interval=(-0.51, -0.49), sampling=s) for s in SAMPLINGS]
    (axes,) = draw_scatter(rows, slopes).axes
    lines = [line for line in axes.get_lines() if line.get_linestyle() == "-"]
    assert len(lines) == 2
    for line, sampling in zip(lines, SAMPLINGS, strict=True):
        x, y = line.get_data()
        assert len(x) >= 3
        for b, std in zip(x, y, strict=True):
            assert std == pytest.approx(math.sqrt(9.0 / b * finite_factor(sampling, b, 1000)), rel=1e-9)
    words = [text.get_text() for text in axes.texts]
    assert any("B = N = 1000: 0" in word for word in words) == (1000 in sizes)


def test_an_unresolved_point_is_a_gap():
    flat = Estimate(value=1.0, interval=(0.5, 2.0))
    scales = [
        NoiseScale(value=10.0, interval=(8.0, 12.0), resolved=True),
        NoiseScale(value=90.0, interval=(20.0, None), resolved=False),
    ]
    rows = [
        NoiseAlong(
            step=10 * k, epoch=1.0, loss=1.0,
            raw=Noise(
                noise_scale=scale, grad_sq_norm=flat, trace_sigma=flat, projections=(), examples=9, sample=9,
                parameters=3, tail=Tail(share_of_largest=0.1, index=None, effective_rows=9),
            ),
        )
        for k, scale in enumerate(scales, start=1)
    ]  # fmt: skip
    (axes,) = draw_noise_along(rows).axes
    values = axes.get_lines()[0].get_ydata()
    assert values[0] == 10.0
    assert math.isnan(values[1])
