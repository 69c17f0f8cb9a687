"""Shape aliases for mathematical functions; checked in the tests, free otherwise."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

Losses = Float[Tensor, " batch"]
"""One loss per example."""

Weights = Float[Tensor, " batch"]
"""One weight per example; a mean has weights 1/batch."""

Indices = Int[Tensor, " batch"]
"""Positions of examples in a data split."""

FlatParams = Float[Tensor, " params"]
"""All parameters of a model in one vector."""

Gradients = Float[Tensor, "batch params"]
"""One gradient an example, as rows."""

Vectors = Float[Tensor, "vectors params"]
"""Several vectors of the parameters' length, as rows."""
