"""|G|^2 and tr(Sigma) from unequal micro-batches: exact by enumeration of every draw."""

import itertools
from functools import partial

import pytest
import torch

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.gradients.micro_batches import MicroBatch, moments_of_step, sums_of
from batchwright.measure.gradients.norms import noise_scale_from_norms

ROWS = torch.randn(5, 3, dtype=torch.float64, generator=generator(0, "rows"))


def truth(rows):
    mean = rows.mean(0)
    return float(mean @ mean), float(((rows - mean) ** 2).sum(1).mean())


def of_draw(rows, sizes, weights, examples=None):
    """The estimates from one draw of rows, the first b_1 of them the first micro-batch, and so on."""
    means = [part.mean(0) for part in rows.split(sizes)]
    whole = sum(w * g for w, g in zip(weights, means, strict=True))
    sums = sums_of(
        MicroBatch(float(g @ g), size, weight) for g, size, weight in zip(means, sizes, weights, strict=True)
    )
    return torch.tensor(moments_of_step(sums, float(whole @ whole), examples), dtype=torch.float64)


@pytest.mark.parametrize(
    ("sizes", "weights"), [([1, 2], [1 / 3, 2 / 3]), ([1, 2], [0.5, 0.5]), ([2, 1, 1], [0.2, 3.0, 1.1])]
)
def test_the_mean_over_every_draw_is_the_truth(sizes, weights):
    rows, total = ROWS[:4], sum(sizes)
    replaced = [of_draw(rows[list(d)], sizes, weights) for d in itertools.product(range(4), repeat=total)]
    assert torch.stack(replaced).mean(0).tolist() == pytest.approx(truth(rows), rel=1e-9)
    without = [
        of_draw(ROWS[list(d)], sizes, weights, examples=5) for d in itertools.permutations(range(5), total)
    ]
    assert torch.stack(without).mean(0).tolist() == pytest.approx(truth(ROWS), rel=1e-9)


def test_equal_micro_batches_are_two_batch_sizes():
    means = [part.mean(0) for part in ROWS[:4].split(2)]
    small = sum(float(g @ g) for g in means) / 2
    whole = sum(means) / 2
    expected = noise_scale_from_norms(small, float(whole @ whole), 2, 4, 5)
    assert of_draw(ROWS[:4], [2, 2], [0.5, 0.5], 5).tolist() == pytest.approx(expected, rel=1e-9)
    added_up = of_draw(ROWS[:4], [2, 2], [1.0, 1.0], 5)  # losses that were not divided
    assert added_up.tolist() == pytest.approx(expected, rel=1e-9)


def test_the_trace_is_a_variance_and_never_negative():
    draw = partial(torch.randn, 6, 2, dtype=torch.float64)
    for seed in range(20):
        rows = draw(generator=generator(seed, "rows"))
        assert of_draw(rows, [1, 2, 3], [0.5, 0.1, 0.4])[1] >= 0


def test_a_micro_batch_of_no_weight_has_no_part():
    with_it = sums_of([MicroBatch(4.0, 2, 0.5), MicroBatch(5.0, 2, 0.5), MicroBatch(0.0, 2, 0.0)])
    assert with_it == sums_of([MicroBatch(4.0, 2, 0.5), MicroBatch(5.0, 2, 0.5)])
    with pytest.raises(InputError, match="two micro-batches or more, got 1"):
        moments_of_step(sums_of([MicroBatch(4.0, 2, 1.0)]), 4.0)
