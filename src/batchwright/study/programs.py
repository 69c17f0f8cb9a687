"""Which runs of a wave share a program: spec and wave alone decide, so a study is the same wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from batchwright.study.search import Ask
from batchwright.training.spec import RunSpec

AtOnce = Callable[[RunSpec], int]
"""How many runs that differ from this one in learning rate and seed alone may share a program."""


def one_by_one(spec: RunSpec) -> int:
    """No runs share a program."""
    return 1


def programs(wave: Sequence[Ask], most: int) -> list[list[Ask]]:
    """The wave in its order, cut into as few programs of at most so many runs as do, of sizes as equal as can be.

    >>> from batchwright.study.key import RunKey
    >>> wave = [Ask(RunKey(8, 0, "search", seed), 100) for seed in range(7)]
    >>> [len(program) for program in programs(wave, 3)]
    [3, 2, 2]
    """
    count = -(-len(wave) // most)
    size, larger = divmod(len(wave), max(count, 1))
    cuts = [0]
    for number in range(count):
        cuts.append(cuts[-1] + size + (number < larger))
    return [list(wave[a:b]) for a, b in pairwise(cuts)]
