"""A warm-up of the batch: no larger than any later lower bound, and never earlier than it allows."""

import pytest

from batchwright.advice.growth.warm_up import batch_warm_up
from batchwright.batches.schedule import batch_size_at
from batchwright.measure.branched.result import Branch, BranchedPoint, BranchedRun, LocalCriticalBatch
from batchwright.measure.estimate import Estimate, NoiseScale


def run_with(*lows, batch_size=32, factors=(1, 2, 4, 8)):
    nothing = Estimate(value=1.0, interval=(1.0, 1.0))
    points = [
        BranchedPoint(
            step=100 * (i + 1), examples=3200 * (i + 1), epoch=i + 1.0, loss=1.0, unresolved_because=None, within=(),
            critical_batch=LocalCriticalBatch(value=None, interval=(low, None)),
            noise_scale=NoiseScale(value=None, interval=(None, None), resolved=False),
            branches=[
                Branch(batch_size=k * batch_size, lr=0.1 * k, rule="linear", updates=9, loss=1.0, losses=(1.0,), efficiency=nothing)
                for k in factors
            ],
        )
        for i, low in enumerate(lows)
    ]  # fmt: skip
    return BranchedRun(
        batch_size=batch_size, lr=0.1, optimizer="sgd", points=points, examples=1600, branch_examples=3200, seeds=3,
        measured_on="train", sample=1024, tolerance=0.05,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lows", "doublings"),
    [
        ((40.0, 70.0, 300.0), [(6400, 64), (9600, 128), (9600, 256)]),
        ((300.0, 70.0, 40.0), []),
        ((100.0, 70.0, 130.0), [(3200, 64), (9600, 128)]),
        ((64.0, 5000.0, 5000.0), [(3200, 64), (6400, 128), (6400, 256)]),
        ((None, 70.0, None), []),
        ((None, 10.0, 63.9), []),
    ],
)
def test_the_batch_doubles_where_every_later_bound_allows_it(lows, doublings):
    found = batch_warm_up(run_with(*lows))
    assert [(d.examples, d.batch_size) for d in found.doublings] == doublings
    assert [d.lr for d in found.doublings] == [
        pytest.approx(0.1 * d.batch_size / 32) for d in found.doublings
    ]
    assert (found.growth is None) == (not doublings)
    assert found.growth is None or found.growth.lr_power == 1  # the branches' rates rose with B


@pytest.mark.parametrize("lows", [(40.0, 70.0, 300.0), (100.0, 70.0, 130.0), (64.0, 5000.0, 5000.0)])
def test_the_regular_growth_is_never_ahead(lows):
    run = run_with(*lows)
    found = batch_warm_up(run)
    for position in range(0, 20_000, 100):
        allowed = max([32, *(d.batch_size for d in found.doublings if d.examples <= position)])
        assert batch_size_at(position, 32, found.growth, run.examples) <= allowed
    assert batch_size_at(10**6, 32, found.growth, run.examples) == found.doublings[-1].batch_size
