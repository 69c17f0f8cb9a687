"""Ranges of what people may ask for: wide enough for any real run, and narrow enough that nothing overflows.

Beyond them a number is a mistake, and is refused when it is given instead of running for ever, filling the
memory or ending in an overflow far from its cause.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MOST_STEPS = 10**12
Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]
"""Updates: years of them, at a microsecond each."""
Examples = Annotated[int, Field(ge=1, le=10**15)]
"""Examples drawn, or in a batch; that a batch fits its data is checked with the data."""
Epochs = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
"""Thirty years."""
Rate = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
"""A learning rate. Larger ones overflow float32 within a few updates."""
Strength = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
"""Of a regulariser."""
Ratio = Annotated[float, Field(gt=1, le=1e6, allow_inf_nan=False)]
"""Of one term of a growing sequence to the one before."""
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""Any 64-bit integer names a stream of random numbers."""
