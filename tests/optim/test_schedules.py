import math

import pytest

from batchwright.core.errors import InputError
from batchwright.optim import Horizon, ScheduleSpec, schedule_factor

from .oracles import schedule

NAMES = ["constant", "exponential", "inverse_time", "step", "polynomial", "cosine"]
# 1437 examples at batch size 30: 47.9 steps an epoch, so that no period is a whole number.
HORIZONS = [(Horizon(value=60, unit="steps"), 60), (Horizon(value=1500, unit="examples"), 50)]
HORIZONS += [(Horizon(value=2.5), 2.5 * 1437 / 30)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("warmup", [0, 1, 7])
@pytest.mark.parametrize(("horizon", "steps"), HORIZONS)
def test_every_schedule_agrees_with_the_oracle(name, warmup, horizon, steps):
    spec = ScheduleSpec(name=name, warmup_steps=warmup, horizon=horizon, decay=0.6, power=1.7, floor=0.15)
    factor = schedule_factor(spec, batch_size=30, examples=1437)
    for t in range(200):
        assert factor(t) == pytest.approx(schedule(spec, t, steps, steps), rel=1e-12)


@pytest.mark.parametrize("name", ["exponential", "inverse_time", "step"])
def test_the_default_period_is_one_epoch(name):
    factor = schedule_factor(ScheduleSpec(name=name, decay=0.5), batch_size=25, examples=100)
    assert factor(4) == pytest.approx({"inverse_time": 1 / 1.5}.get(name, 0.5))


def test_hand_values():
    cosine = ScheduleSpec(name="cosine", warmup_steps=4, horizon=Horizon(value=12, unit="steps"), floor=0.2)
    factor = schedule_factor(cosine, batch_size=1, examples=1)
    assert [factor(t) for t in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert factor(8) == pytest.approx(0.6)  # half-way between warm-up and horizon
    assert factor(12) == pytest.approx(0.2)
    assert factor(99) == pytest.approx(0.2)
    line = ScheduleSpec(name="polynomial", horizon=Horizon(value=4, unit="epochs"))
    factor = schedule_factor(line, batch_size=10, examples=10)
    assert [factor(t) for t in range(6)] == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]


@pytest.mark.parametrize("name", ["polynomial", "cosine"])
def test_a_horizon_is_needed(name):
    with pytest.raises(
        InputError,
        match=f"the {name} schedule needs a horizon, got none: give one, for example `horizon='20epochs'`",
    ):
        schedule_factor(ScheduleSpec(name=name), batch_size=1, examples=1)


def test_a_horizon_within_the_warmup_is_refused():
    spec = ScheduleSpec(name="cosine", warmup_steps=10, horizon=Horizon(value=1))
    with pytest.raises(InputError, match=r"longer than the warm-up \(10 steps\), got 2.5 steps"):
        schedule_factor(spec, batch_size=40, examples=100)


@pytest.mark.parametrize("name", ["exponential", "step"])
def test_a_growing_rate_ends_at_infinity_and_not_in_an_error(name):
    factor = schedule_factor(ScheduleSpec(name=name, decay=1e6), batch_size=1, examples=1)
    assert factor(2) == 1e12
    assert factor(10**9) == math.inf
