"""What a loop's noise scale says of its batch size, and in which words."""

import pytest
import torch

import batchwright as bw
from batchwright.advice.monitored import NoiseReading, advice_for, steps_ratio
from batchwright.measure.estimate import NoiseScale, symmetric
from batchwright.optim.rescale import specs_of
from batchwright.report.pages.monitor import reading_text


def scale(value, low, high):
    return NoiseScale(value=value, interval=(low, high), resolved=high is not None)


CASES = {
    "below": (scale(400.0, 300.0, 500.0), 128),
    "near": (scale(64.0, 50.0, 80.0), None),
    "past": (scale(20.0, 15.0, 27.0), 32),
    "unresolved": (scale(None, 40.0, None), None),
}


@pytest.mark.parametrize("verdict", CASES)
def test_the_batch_size_against_the_interval(verdict):
    found = advice_for(CASES[verdict][0], 64)
    assert (found.verdict, found.batch_size) == (verdict, CASES[verdict][1])
    assert 0.5 <= found.doubled.interval[0] < found.doubled.interval[1] <= 1


def test_a_lower_end_alone_may_say_that_the_batch_is_small():
    found = advice_for(scale(None, 640.0, None), 64)
    assert found.verdict == "below"
    assert found.doubled.value is None
    assert found.doubled.interval == pytest.approx((0.5, 6 / 11))
    assert advice_for(None, 64).doubled.interval == (0.5, 1.0)


def test_half_a_batch_takes_more_steps():
    found = advice_for(CASES["past"][0], 64).steps
    assert found.value == pytest.approx((1 + 20 / 32) / (1 + 20 / 64))
    assert 1 < found.interval[0] < found.value < found.interval[1] < 2
    assert steps_ratio(None, 64, 32).interval == (1.0, 2.0)


def test_the_optimizer_is_carried_over_group_by_group_and_stays():
    groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "weight_decay": 0.0, "lr": 1e-2}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    assert [spec.lr for spec in specs_of(optimizer)] == [1e-3, 1e-2]
    found = advice_for(CASES["below"][0], 64, optimizer).carried
    assert [c.after.lr for c in found] == pytest.approx([2**0.5 * 1e-3, 2**0.5 * 1e-2])
    assert [group["lr"] for group in optimizer.param_groups] == [1e-3, 1e-2]
    assert advice_for(CASES["near"][0], 64, optimizer).carried == ()
    assert advice_for(CASES["below"][0], 64, torch.optim.LBFGS([torch.zeros(1)])).carried == ()


def reading_of(noise, why=None, **options):
    return NoiseReading(
        noise_scale=noise.value, interval=noise.interval, unresolved=why, grad_sq_norm=symmetric(1.0, 0.1),
        trace_sigma=symmetric(9.0, 1.0), steps=100, window=100, block=2, every=10, updates=1000,
        batch_size=64, micro_batch_size=16, ranks=1,
        **{"skipped": {}, "advice": advice_for(noise, 64, torch.optim.SGD([torch.zeros(1)], lr=0.2)), **options},
    )  # fmt: skip


def test_it_is_said_in_words():
    below = reading_text(reading_of(CASES["below"][0], skipped={"short": 3}))
    assert below == (
        "Noise scale 400 (90%: 300 to 500) examples, over 100 measured steps (one of 10) up to update 1,000. "
        "Batch size 64 lies below it: twice the batch, as on twice the devices, would take 0.569 (90%: 0.557 to 0.588) "
        "of the steps to the same progress. At batch size 128 the rule for sgd takes the learning rate from 0.2 to 0.4. "
        "3 steps were left out, since they had too few micro-batches."
    )
    past = reading_text(reading_of(CASES["past"][0]))
    assert "lies past it" in past
    assert "Half the batch, 32, would take 1.24" in past
    assert "from 0.2 to 0.1" in past
    assert "where doubling stops paying" in reading_text(reading_of(CASES["near"][0]))
    open_end = reading_text(reading_of(CASES["unresolved"][0], "no_signal"))
    assert "only above 40.0 examples" in open_end
    with bw.language("zh"):
        assert "批大小 64 小于它" in reading_text(reading_of(CASES["below"][0]))


def test_loggers_get_what_is_known():
    assert reading_of(CASES["near"][0]).logged() == {
        "batchwright/noise_scale": 64.0, "batchwright/noise_scale_low": 50.0, "batchwright/noise_scale_high": 80.0,
    }  # fmt: skip
    assert reading_of(CASES["unresolved"][0]).logged() == {"batchwright/noise_scale_low": 40.0}
