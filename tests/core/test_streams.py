import random

import numpy as np
import pytest
import torch

from batchwright.core.streams import derive_seed, generator, global_randomness


def test_the_value_of_a_stream_never_changes():
    # Stored studies rely on it: a change here makes every recorded seed mean something else.
    assert derive_seed(0, "init") == 7797302695267191734


def test_streams_differ_by_name_position_and_root():
    seeds = {derive_seed(r, n, i) for r in range(20) for n in ("init", "order") for i in range(20)}
    assert len(seeds) == 20 * 2 * 20
    assert all(0 <= s < 2**63 for s in seeds)


def test_generators_of_one_stream_agree():
    draw = [torch.rand(4, generator=generator(3, "order", 1)) for _ in range(2)]
    assert torch.equal(*draw)


def test_global_generators_are_put_back_even_after_an_error():
    torch.manual_seed(5), random.seed(5), np.random.seed(5)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    with pytest.raises(RuntimeError), global_randomness(9, python_too=True):
        inside = torch.rand(1), random.random(), np.random.rand()
        raise RuntimeError
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()
    assert (states[2] == np.random.get_state()[1]).all()
    with global_randomness(9, python_too=True):
        assert inside == (torch.rand(1), random.random(), np.random.rand())
