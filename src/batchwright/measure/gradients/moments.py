"""What the noise estimates need of a sample of per-example gradients, streamed: never n x P at once.

From n of N rows g_i without replacement, with s^2 the sum of the coordinates' sample variances (divisor
n - 1) and U the mean of g_i . g_j over the pairs i != j:

    tr(Sigma) = s^2 (N - 1)/N          |G|^2 = U + s^2/N

are unbiased for the stored rows (Sigma with divisor N), and exact at n = N. Both are functions of the sums of
g_i and |g_i|^2 alone, so leaving one row out needs only |g_i|^2 and its product with the rows' mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams, Gradients, Indices
from batchwright.core.statistics import jackknife_error, t_quantile
from batchwright.core.streams import generator
from batchwright.measure.estimate import Estimate, NoiseScale, noise_ratio, on_log_scale, symmetric
from batchwright.measure.gradients.per_example import PerExampleGradients

_PROJECTIONS = 3
_COLUMNS = 1 << 14
_ROUNDINGS = 4.0
"""Roundings of a gradient that its sums are off by."""


@dataclass(frozen=True)
class Moments:
    """Sums over the rows, in float64 on the host.

    ``mean``: of the rows, shape (P,); ``squares``: |g_i|^2, shape (n,); ``along``: g_i . mean, shape (n,);
    ``projected``: u . g_i, shape (n, 3); ``population``: N; ``exact_at_all``: whether all N rows leave no
    sampling error (not so where a row's gradient is itself random); ``precision``: of the rows' own numbers.
    """

    mean: FlatParams
    squares: Float[Tensor, " rows"]
    along: Float[Tensor, " rows"]
    projected: Float[Tensor, "rows directions"]
    population: int
    exact_at_all: bool = True
    precision: float = torch.finfo(torch.float32).eps

    @property
    def count(self) -> int:
        """n, the rows."""
        return len(self.squares)

    @property
    def finite(self) -> float:
        """1 - n/N: no sampling error remains once all rows are used."""
        return 1.0 - self.count / self.population if self.exact_at_all else 1.0

    @cached_property
    def leave_one_out(self) -> tuple[Float[Tensor, " estimates"], Float[Tensor, " estimates"]]:
        """(|G|^2, tr Sigma) without each row in turn, then with all rows in the last place."""
        n, total = self.count, self.population
        sum_sq = n**2 * float(self.mean @ self.mean)
        all_sq = self.squares.sum()
        without = sum_sq - 2 * n * self.along + self.squares
        sums = torch.cat([without, torch.tensor([sum_sq], dtype=torch.float64)])
        squares = torch.cat([all_sq - self.squares, all_sq.reshape(1)])
        rows = torch.cat([torch.full((n,), n - 1.0), torch.tensor([float(n)])]).double()
        variance = (squares - sums / rows) / (rows - 1)
        pairs = (sums - squares) / (rows * (rows - 1))
        return pairs + variance / total, variance * (total - 1) / total

    @property
    def rounded(self) -> float:
        """Error of |G|^2 and tr(Sigma) from the gradients' own precision: all that is left at n = N."""
        return _ROUNDINGS * self.precision * float(self.squares.mean())

    def _half(self, values: Float[Tensor, " rows"], rounded: float) -> float:
        """Half a 90% interval by the jackknife, from leave-one-out values, shape (n,)."""
        return t_quantile(self.count - 1) * jackknife_error(values, self.finite) + rounded

    def grad_sq_norm(self) -> Estimate:
        """|G|^2; may come out negative."""
        signal, _ = self.leave_one_out
        return symmetric(float(signal[-1]), self._half(signal[:-1], self.rounded))

    def trace_sigma(self) -> Estimate:
        """tr(Sigma), its interval on the log scale: a sum of squares is skewed to the right."""
        _, trace = self.leave_one_out
        value = float(trace[-1])
        return on_log_scale(value, self._half(trace[:-1], self.rounded) / value if value > 0 else 0.0)

    def noise_scale(self) -> NoiseScale:
        """B_simple = tr(Sigma)/|G|^2."""
        signal, trace = self.leave_one_out
        log_half, top, bottom = math.nan, float(trace[-1]), float(signal[-1])
        if bool((signal > 0).all() and (trace > 0).all()):
            rounded = self.rounded * (1 / top + 1 / bottom)
            log_half = self._half(torch.log(trace[:-1] / signal[:-1]), rounded)
        return noise_ratio(top, bottom, bottom_half=self._half(signal[:-1], self.rounded), log_half=log_half)

    def projections(self) -> tuple[Estimate, ...]:
        """u . G for each of the fixed directions u."""
        error = self.projected.std(dim=0) * math.sqrt(self.finite / self.count)
        half = t_quantile(self.count - 1) * error
        half += _ROUNDINGS * self.precision * math.sqrt(float(self.squares.mean()))
        pairs = zip(self.projected.mean(dim=0).tolist(), half.tolist(), strict=True)
        return tuple(symmetric(value, h) for value, h in pairs)


def moments(gradients: PerExampleGradients, indices: Indices) -> Moments:
    """Two passes over the rows: their mean and norms, then their components along the mean.

    Raises:
        InputError: a gradient is not finite.
    """
    directions = fixed_directions(gradients)
    total = torch.zeros(gradients.count, dtype=torch.float64)
    squares, projected, kept = [], [], []
    for rows in gradients.chunks(indices):
        total += rows.sum(dim=0).double().cpu()
        squares.append(_squared_norms(rows).cpu())
        projected.append((rows @ directions).double().cpu())
        kept = [rows] if len(indices) <= gradients.chunk else []  # one chunk need not be computed twice
        del rows
    norms = torch.cat(squares)
    if not bool(norms.isfinite().all()):
        raise InputError(
            "the gradient's noise needs finite gradients, got "
            f"{int((~norms.isfinite()).sum())} of {len(norms)} examples without: the run has diverged, "
            "lower its learning rate or take an earlier checkpoint"
        )
    mean = total / len(indices)
    direction = mean.to(gradients.device, gradients.dtype)
    along = []
    for rows in kept or gradients.chunks(indices):
        along.append((rows @ direction).double().cpu())
        del rows  # before the next chunk is made
    return Moments(
        mean,
        norms,
        torch.cat(along),
        torch.cat(projected),
        gradients.examples,
        exact_at_all=gradients.deterministic,
        precision=torch.finfo(gradients.dtype).eps,
    )


def _squared_norms(rows: Gradients) -> Float[Tensor, " batch"]:
    """|row|^2 in float64, by blocks of columns: a copy of all rows in float64 would exceed the budget."""
    return torch.stack([part.double().square().sum(dim=1) for part in rows.split(_COLUMNS, dim=1)]).sum(dim=0)


def fixed_directions(gradients: PerExampleGradients) -> Float[Tensor, "params directions"]:
    """Three fixed random unit vectors, shape (P, 3): the same for every sample of the same model."""
    random = generator(0, "probe", "directions")
    vectors = torch.randn(_PROJECTIONS, gradients.count, generator=random)
    return (vectors / vectors.norm(dim=1, keepdim=True)).T.to(gradients.device, gradients.dtype)
