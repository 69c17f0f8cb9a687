"""Index streams: permutations, spans of every rule for the last batch, purity, weights."""

from collections import Counter

import pytest
import torch

from batchwright.batches import IndexStream, Sampling, check_batch_size, steps_per_epoch
from batchwright.core.errors import InputError

N = 23


def batches_of(stream, batch_size, updates):
    position, spans = 0, []
    for _ in range(updates):
        start, stop = stream.span(position, batch_size)
        spans.append((start, stop))
        position = stop
    return spans


@pytest.mark.parametrize("epoch", [0, 1, 5])
def test_a_shuffled_epoch_is_a_permutation_and_differs_from_the_next(epoch):
    stream = IndexStream(N, Sampling(), seed=3)
    assert sorted(stream.order(epoch).tolist()) == list(range(N))
    assert stream.order(epoch).tolist() != stream.order(epoch + 1).tolist()


def test_the_order_depends_on_the_seed_alone():
    orders = [IndexStream(N, Sampling(), seed).order(2).tolist() for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_fixed_order_is_the_order_of_the_data_in_every_epoch():
    stream = IndexStream(N, Sampling(order="fixed"), seed=9)
    assert stream.indices(0, 2 * N).tolist() == [*range(N), *range(N)]


def test_with_replacement_repeats_examples_and_stays_in_range():
    drawn = IndexStream(500, Sampling(order="with_replacement"), seed=0).indices(0, 500)
    assert drawn.min() >= 0
    assert drawn.max() < 500
    # 500 independent draws hit 500 (1 - 1/e) = 316 distinct examples; their standard deviation is 7.
    assert 316 - 35 < len(drawn.unique()) < 316 + 35


@pytest.mark.parametrize("order", ["shuffled", "fixed", "with_replacement"])
def test_indices_are_a_pure_function_of_the_positions(order):
    whole = IndexStream(N, Sampling(order=order), seed=5).indices(0, 4 * N)
    stream = IndexStream(N, Sampling(order=order), seed=5)
    # Backwards and across epochs, so that the cached epoch is always the wrong one.
    for start, stop in [(70, 92), (3, 9), (20, 50), (22, 24), (0, 4 * N), (45, 46)]:
        assert stream.indices(start, stop).tolist() == whole[start:stop].tolist()


def test_epoch_orders_do_not_disturb_the_global_generator():
    before = torch.random.get_rng_state()
    IndexStream(N, Sampling(), seed=5).indices(0, 3 * N)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("last_batch", "expected"),
    [
        ("keep", [(0, 10), (10, 20), (20, 23), (23, 33), (33, 43), (43, 46)]),
        ("drop", [(0, 10), (10, 20), (23, 33), (33, 43), (46, 56), (56, 66)]),
        ("run_on", [(0, 10), (10, 20), (20, 30), (30, 40), (40, 50), (50, 60)]),
    ],
)
def test_spans_where_the_batch_size_does_not_divide_n(last_batch, expected):
    assert batches_of(IndexStream(N, Sampling(last_batch=last_batch), 0), 10, 6) == expected


@pytest.mark.parametrize("last_batch", ["keep", "drop", "run_on"])
def test_draws_with_replacement_know_no_epochs(last_batch):
    stream = IndexStream(N, Sampling(order="with_replacement", last_batch=last_batch), 0)
    assert batches_of(stream, 10, 4) == [(0, 10), (10, 20), (20, 30), (30, 40)]


@pytest.mark.parametrize("last_batch", ["keep", "drop", "run_on"])
@pytest.mark.parametrize("batch_size", [1, N])
def test_the_ends_of_the_range_have_no_short_batch(last_batch, batch_size):
    spans = batches_of(IndexStream(N, Sampling(last_batch=last_batch), 0), batch_size, 2 * N // batch_size)
    assert {stop - start for start, stop in spans} == {batch_size}
    assert spans[-1][1] == 2 * N


@pytest.mark.parametrize("batch_size", [5, 8, 22])
def test_run_on_uses_every_example_equally_often_in_batch_size_epochs(batch_size):
    stream = IndexStream(N, Sampling(last_batch="run_on"), seed=1)
    spans = batches_of(stream, batch_size, N)
    counts = Counter(i for start, stop in spans for i in stream.indices(start, stop).tolist())
    assert {stop - start for start, stop in spans} == {batch_size}
    assert counts == dict.fromkeys(range(N), batch_size)


@pytest.mark.parametrize(("divisor", "short", "full"), [("batch", 1 / 3, 1 / 10), ("full", 1 / 10, 1 / 10)])
def test_weights_of_the_examples_of_an_epoch(divisor, short, full):
    # A mean over the short last batch weights its 3 examples more; dividing by B weights all 23 equally.
    sampling = Sampling(divisor=divisor)
    stream, weights = IndexStream(N, sampling, seed=2), torch.zeros(N)
    for start, stop in batches_of(stream, 10, 3):
        weights[stream.indices(start, stop)] += 1 / (10 if sampling.divisor == "full" else stop - start)
    order = stream.order(0)
    torch.testing.assert_close(weights[order[:20]], torch.full((20,), full))
    torch.testing.assert_close(weights[order[20:]], torch.full((3,), short))


@pytest.mark.parametrize(
    ("examples", "batch_size", "last_batch", "steps"),
    [
        (502, 30, "keep", 17),
        (502, 30, "drop", 16),
        (502, 30, "run_on", 502 / 30),
        (1437, 30, "keep", 48),
        (1437, 30, "drop", 47),
        (1437, 1437, "keep", 1),
        (1437, 1437, "drop", 1),
        (60, 30, "keep", 2),
        (7, 1, "drop", 7),
    ],
)
def test_steps_per_epoch(examples, batch_size, last_batch, steps):
    assert steps_per_epoch(examples, batch_size, last_batch) == steps


@pytest.mark.parametrize("last_batch", ["keep", "drop"])
@pytest.mark.parametrize("batch_size", [1, 7, 10, 22, 23])
def test_steps_per_epoch_counts_the_spans_of_one_epoch(last_batch, batch_size):
    spans = batches_of(IndexStream(N, Sampling(last_batch=last_batch), 0), batch_size, N + 1)
    assert sum(start < N for start, _ in spans) == steps_per_epoch(N, batch_size, last_batch)


@pytest.mark.parametrize("batch_size", [0, -3, N + 1])
def test_a_batch_size_out_of_range_is_refused(batch_size):
    rule = rf"^batch_size must be between 1 and 23 \(the training examples\), got {batch_size}$"
    with pytest.raises(InputError, match=rule):
        check_batch_size(batch_size, N)
    with pytest.raises(InputError, match=rule):
        steps_per_epoch(N, batch_size)
