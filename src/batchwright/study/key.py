"""The key of a run in a study: from the search to the figure a run is found by it, never by its floats."""

from __future__ import annotations

from typing import Literal, NamedTuple

Purpose = Literal["search", "confirm"]


class RunKey(NamedTuple):
    """One run of a study.

    ``rate_index`` is the position of its learning rate on the study's grid lr_k = lr_0 sqrt(2)^k, which all
    batch sizes share; ``seed`` is the index of its seed among those of its purpose.
    """

    batch_size: int
    rate_index: int
    purpose: Purpose
    seed: int

    def __str__(self) -> str:
        """As stored and as written.

        >>> str(RunKey(32, -3, "search", 0))
        '32/-3/search/0'
        """
        return f"{self.batch_size}/{self.rate_index:+d}/{self.purpose}/{self.seed}"

    @staticmethod
    def parse(text: str) -> RunKey:
        """The inverse of ``str``.

        >>> RunKey.parse("32/+0/confirm/4")
        RunKey(batch_size=32, rate_index=0, purpose='confirm', seed=4)
        """
        size, rate, purpose, seed = text.split("/")
        if purpose not in ("search", "confirm"):
            raise ValueError(f"purpose must be search or confirm, got {purpose!r}")
        return RunKey(int(size), int(rate), purpose, int(seed))  # type: ignore[arg-type]
