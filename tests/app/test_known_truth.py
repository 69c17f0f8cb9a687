"""``fit`` and ``study`` against the noisy quadratic, whose answers are known before anything is run."""

import math

import pytest
from scipy.optimize import brentq

import batchwright as bw
from batchwright.task.builtin.noisy_quadratic import NoisyQuadratic

KNOWN = NoisyQuadratic(curvatures=(1.0, 0.05), noise=1.0, target=0.01)


def test_fit_recovers_the_critical_batch_size_from_exact_steps():
    sizes = [2**k for k in range(17)]
    steps = [KNOWN.best(b)[1] for b in sizes]
    found = bw.fit({"batch_size": sizes, "steps_to_target": steps}, progress=False).result.workloads[0]
    low, high = found.critical_batch.interval
    # The batch size at which steps are twice their minimum; E_min / S_min, a quarter less, is the plain law's alone.
    least = KNOWN.best(2**40)[1]
    truth = brentq(lambda b: KNOWN.best(b)[1] - 2 * least, 1, 2**17)
    assert truth == pytest.approx(1.36 * KNOWN.critical_batch_size(), rel=0.01)
    assert low <= truth <= high
    assert found.critical_batch.value == pytest.approx(truth, rel=0.2)


def test_a_study_finds_the_known_rates_and_batch_size(tmp_path):
    """Among 1, 8 and 32 the exact examples are 370, 411 and 534: 8 is the largest within 20% of the least."""
    known = NoisyQuadratic(curvatures=(1.0, 0.05), noise=1.0, target=0.03)
    answer = bw.study(
        "noisy-quadratic", batch_sizes=[1, 8, 32], set={"target": 0.03}, order="with_replacement", objective="examples",
        search_seeds=2, confirm_seeds=3, store=str(tmp_path / "studies.sqlite"), progress=False,
    )  # fmt: skip
    assert answer.batch_size == 8
    for row in answer.result.batch_sizes:
        lr, steps = known.best(row.batch_size)
        low, high = row.lr_interval
        assert low / math.sqrt(2) <= lr <= high * math.sqrt(2)
        assert row.steps_to_target.median == pytest.approx(steps, rel=0.2)
