"""Named random streams derived from one seed.

Every random choice belongs to a named stream (``init``, ``order``, ``augment``, ``model``, ...) and a
position in it, so a run can be resumed at any step without saving a generator's state, and two runs
that differ in one thing share all the other streams.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derive_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream ``names`` under the root ``seed``.

    BLAKE2b of the root and the names; streams with different names are independent for every
    practical purpose, and the value never changes between versions or machines.

    >>> derive_seed(0, "order", 3) == derive_seed(0, "order", 3) != derive_seed(0, "order", 4)
    True
    """
    text = "/".join([str(int(seed)), *(str(name) for name in names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *names: str | int, device: str | torch.device = "cpu") -> torch.Generator:
    """A torch generator for the stream ``names`` under the root ``seed``."""
    return torch.Generator(device=device).manual_seed(derive_seed(seed, *names))


@contextmanager
def global_randomness(seed: int, *, python_too: bool = False) -> Iterator[None]:
    """Seed the process-wide generators for a block of somebody else's code, then put them back.

    Model factories, dropout layers and users' data sets draw from torch's global generator (and, with
    ``python_too``, from ``random`` and NumPy's legacy one). Nothing of ours does.
    """
    default = torch.default_generator
    state = default.get_state()
    cuda = torch.cuda.is_initialized()
    cuda_state = torch.cuda.get_rng_state() if cuda else None
    python_state = (random.getstate(), np.random.get_state()) if python_too else None
    default.manual_seed(seed)
    if cuda:
        torch.cuda.manual_seed(seed)
    if python_too:
        random.seed(seed)
        np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        default.set_state(state)
        if cuda_state is not None:
            torch.cuda.set_rng_state(cuda_state)
        if python_state is not None:
            random.setstate(python_state[0])
            np.random.set_state(python_state[1])
