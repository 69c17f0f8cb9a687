"""What spectra, traces and densities need of a matrix: its products with vectors, and nothing else."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch

from batchwright.core.shapes import Vectors


@runtime_checkable
class SymmetricOperator(Protocol):
    """A symmetric P x P matrix known by its products; ``measure.curvature.Curvature`` is one.

    Attributes:
        count: P.
        examples: N, over which a product takes its mean; 1 for a matrix that is simply there.
        dtype: of the vectors taken and returned.
        device: where they live.
        products: products with one vector so far, for bookkeeping.
    """

    count: int
    dtype: torch.dtype
    device: torch.device
    products: int

    @property
    def examples(self) -> int: ...

    def hessian_products(self, vectors: Vectors) -> Vectors:
        """H v for each row v of ``vectors``."""
        ...
