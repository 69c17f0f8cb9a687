"""Heavy tails among examples' gradients: whether a sample can speak for the rows that it left out.

Where a few examples carry the trace of the covariance (rare classes, heavy-tailed features), a sample without them
cannot know of them, and its interval is far too narrow. What tells is how many rows share in the uncertainty: with
z_i what leaving row i out changes in log(tr Sigma / |G|^2), centred, and v_i = z_i^2,

    effective rows = (sum v_i)^2 / sum v_i^2

is n where all rows count alike and 1 where one decides: the interval's own width is then a guess from one row.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.measure.estimate import NoiseScale
from batchwright.measure.gradients.moments import Moments

ENOUGH_ROWS = 100
"""Effective rows at which sampling ends; how often intervals then hold: `benchmarks/noise_coverage.py`."""
FEWEST_ROWS, FEWEST_SHARE = 30, 1 / 12
"""Effective rows, and share of all rows, below both of which a sample that could not go on leaves the noise scale
unresolved; of Gaussian features' gradients an eighth of the rows are effective."""
_LARGEST = 100
_TAIL, _FEWEST_IN_TAIL = 20, 10

Unresolved = Literal["no_signal", "few_examples"]


class Tail(BaseModel):
    """How unevenly the examples share in the gradient's noise.

    Attributes:
        share_of_largest: of the sum of |g_i|^2, what the largest hundredth of the rows (one at least) carry.
        index: Hill's estimate from the largest twentieth of how |g_i|^2 falls off, P(> x) ~ x^-index: below 2
            averages settle more slowly than 1/sqrt(n), below 1 not at all. None with fewer than 200 rows.
        effective_rows: that share in the uncertainty of the noise scale.
    """

    model_config = ConfigDict(frozen=True)
    share_of_largest: float
    index: float | None
    effective_rows: float


def tail_of(found: Moments) -> Tail:
    """The tail of a sample's gradients."""
    ordered = found.squares.sort(descending=True).values
    total, largest = float(ordered.sum()), max(1, len(ordered) // _LARGEST)
    return Tail(
        share_of_largest=float(ordered[:largest].sum()) / total if total > 0 else 1 / len(ordered),
        index=_hill(ordered),
        effective_rows=_effective(found),
    )


def _hill(ordered: torch.Tensor) -> float | None:
    """k / sum of log(x_i / x_(k+1)) over the k largest (Hill 1975)."""
    k = len(ordered) // _TAIL
    if k < _FEWEST_IN_TAIL or float(ordered[k]) <= 0:
        return None
    spread = float(torch.log(ordered[:k] / ordered[k]).sum())
    return k / spread if spread > 0 else None


def _effective(found: Moments) -> float:
    """Linearised in each row, so that a |G|^2 near zero does not matter; of tr(Sigma) alone where it is below."""
    signal, trace = found.leave_one_out
    z = trace[:-1] / trace[-1] if float(trace[-1]) > 0 else torch.zeros(found.count).double()
    if float(signal[-1]) > 0:
        z = z - signal[:-1] / signal[-1]
    v = (z - z.mean()) ** 2
    fourth = float((v**2).sum())
    return float(v.sum()) ** 2 / fourth if fourth > 0 else float(found.count)


def enough(tail: Tail, rows: int, left: int) -> int:
    """Rows to sample in all: those there are, or as many as let enough of them share in the uncertainty.

    At least twice as many, since the tail of a small sample is a guess itself, in powers of two times those there
    are; all that are ``left`` where those would be most of them.
    """
    if tail.effective_rows >= ENOUGH_ROWS or left <= 0:
        return rows
    wanted = rows * 2 ** max(1, math.ceil(math.log2(ENOUGH_ROWS / tail.effective_rows)))
    return rows + left if 2 * wanted > rows + left else wanted


def resolved_by(found: Moments, tail: Tail) -> tuple[NoiseScale, Unresolved | None]:
    """The noise scale as far as the tail lets it be told, and why it is not resolved.

    Rows that were left out can only add to what a few large ones in the sample already show, so the lower end
    of the interval stays. Where the sample is all there is, none can be missing.

    Args:
        found: the sample.
        tail: its tail.
    """
    scale = found.noise_scale()
    if not scale.resolved:
        return scale, "no_signal"
    if found.finite > 0 and tail.effective_rows < min(FEWEST_ROWS, FEWEST_SHARE * found.count):
        low = scale.interval[0]
        return NoiseScale(value=scale.value, interval=(low, None), resolved=False), "few_examples"
    return scale, None
