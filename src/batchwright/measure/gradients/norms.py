"""The noise scale of a loop that only has batch gradients: squared norms at two batch sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.core.statistics import t_quantile
from batchwright.measure.estimate import Estimate, NoiseScale, noise_ratio, on_log_scale, symmetric
from batchwright.measure.gradients.long_run import FEWEST_BLOCKS, block_length, long_run_variance


def noise_scale_from_norms(
    small: float, large: float, batch: int, larger_batch: int, examples: int | None = None
) -> tuple[float, float]:
    """|G|^2 and tr(Sigma) from mean squared gradient norms at two batch sizes b < B.

        |G|^2 = (B |g_B|^2 - b |g_b|^2) / (B - b),   tr Sigma = (|g_b|^2 - |g_B|^2) / (1/b - 1/B)

    (McCandlish et al. 2018, arXiv 1812.06162, appendix A). Both are unbiased for independent draws. For
    batches without replacement from N rows the covariance of g_B is (Sigma/B)(N - B)/(N - 1): the second then
    targets N/(N-1) tr Sigma and the first |G|^2 - tr Sigma/(N - 1); both are corrected where ``examples`` is
    given.

    Args:
        small, large: means of |g|^2 over all batches of the same step, at ``batch`` and ``larger_batch``.
        batch, larger_batch: b and B.
        examples: N, for batches drawn without replacement.

    Raises:
        InputError: not 1 <= batch < larger_batch (<= examples).

    >>> noise_scale_from_norms(1.0 + 8.0 / 2, 1.0 + 8.0 / 4, 2, 4)
    (1.0, 8.0)
    """
    if not 1 <= batch < larger_batch or (examples is not None and larger_batch > examples):
        raise InputError(f"batch sizes must be 1 <= b < B (<= N), got {batch} and {larger_batch}")
    signal = (larger_batch * large - batch * small) / (larger_batch - batch)
    trace = (small - large) / (1 / batch - 1 / larger_batch)
    if examples is None:
        return signal, trace
    trace *= (examples - 1) / examples
    return signal + trace / (examples - 1), trace


class NoiseFromNorms(BaseModel):
    """The noise over so many steps of somebody's loop; intervals from blocks of so many steps."""

    model_config = ConfigDict(frozen=True)
    noise_scale: NoiseScale
    grad_sq_norm: Estimate
    trace_sigma: Estimate
    steps: int
    block: int


def noise_scale_over_steps(
    small: Sequence[float],
    large: Sequence[float],
    batch: int,
    larger_batch: int,
    *,
    examples: int | None = None,
    block: int | None = None,
) -> NoiseFromNorms:
    """The noise scale from squared norms of many steps: the ratio of averages, never the average of ratios.

    Neighbouring steps share their parameters, so intervals at 90% come from the long-run variance of the norms
    (:mod:`~batchwright.measure.gradients.long_run`). A |G|^2 that cannot be told from zero is left unresolved.

    Args:
        small, large: |g|^2 at ``batch`` and ``larger_batch``, one value a step: the mean over all
            micro-batches of the step, before clipping, without a loss scale.
        batch, larger_batch: b and B.
        examples: N, for batches drawn without replacement.
        block: steps a block; as long as the series asks for by default.

    Raises:
        InputError: sequences of different lengths or too few steps, or values that are no squared norms.
    """
    norms = _checked(small, large)
    of_step = np.array(
        [noise_scale_from_norms(one, all_, batch, larger_batch, examples) for one, all_ in norms]
    )
    return noise_of_series(of_step.reshape(-1, 2), block=block)


def noise_of_series(of_step: Float[np.ndarray, "steps 2"], *, block: int | None = None) -> NoiseFromNorms:
    """The noise scale from unbiased |G|^2 and tr(Sigma) of many steps: the ratio of their averages.

    Args:
        of_step: |G|^2 and tr(Sigma), one row a step; of one step either may be negative.
        block: steps a block; as long as the series asks for by default.

    Raises:
        InputError: too few steps for so long blocks.
    """
    steps = len(of_step)
    if steps < FEWEST_BLOCKS or (block is not None and not 1 <= block <= steps // FEWEST_BLOCKS):
        raise InputError(
            f"an interval needs {FEWEST_BLOCKS} blocks of steps or more, "
            f"got {steps} steps in blocks of {block or 1}"
        )
    signal, trace = map(float, of_step.mean(axis=0))
    # What a step does to log(trace / signal), linearised.
    on_ratio = of_step[:, 1] / trace - of_step[:, 0] / signal if trace > 0 and signal > 0 else of_step[:, 0]
    block = block_length(on_ratio) if block is None else block
    half = t_quantile(steps / block - 1) * np.sqrt(
        [long_run_variance(values, block) / steps for values in (*of_step.T, on_ratio)]
    )
    return NoiseFromNorms(
        noise_scale=noise_ratio(trace, signal, bottom_half=float(half[0]), log_half=float(half[2])),
        grad_sq_norm=symmetric(signal, float(half[0])),
        trace_sigma=on_log_scale(trace, float(half[1]) / trace if trace > 0 else 0.0),
        steps=steps,
        block=block,
    )


def _checked(small: Sequence[float], large: Sequence[float]) -> np.ndarray:
    """Both norms a step, shape (steps, 2)."""
    if len(small) != len(large):
        raise InputError(f"both batch sizes need one norm a step, got {len(small)} and {len(large)}")
    norms = np.column_stack([np.asarray(small, dtype=float), np.asarray(large, dtype=float)])
    bad = norms[~(np.isfinite(norms) & (norms >= 0))]
    if len(bad):
        raise InputError(f"squared norms must be finite and 0 or more, got {bad[0]:g}")
    return norms
