"""One thread for updates too small to share out, and independent work in threads of one each.

A second thread has to be woken for every operation. In an update of few operations that costs more than it
saves, and where somebody else keeps the second processor busy it costs several times the update. Where the
work falls into independent parts, a thread for each share of them does without.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from batchwright.task.data import Split, TensorSplit
from batchwright.training.gradient import draws_randomness

T = TypeVar("T")
R = TypeVar("R")

ONE_THREAD_BELOW = 10e6
"""Floating-point operations of an update under which a second thread measured no gain (two cores, dense and
convolutional nets)."""
_PASSES = 3
"""A backward pass costs two forward passes."""


def operations_per_example(model: nn.Module, data: Split) -> float | None:
    """Floating-point operations of one example in an update, from the shapes of the matrix products.

    None where :func:`operations_of_layers` is, and for modules other than torch's own, which may do more than their
    layers say.
    """
    return None if draws_randomness(model) else operations_of_layers(model, data)


def operations_of_layers(model: nn.Module, data: Split) -> float | None:
    """The same of the layers alone, whatever lies between them.

    Each weight of a dense or convolutional layer takes two operations at every position of the output; everything
    else is neglected. None for data that are not tensors, and a model that cannot be copied or takes its inputs
    otherwise.
    """
    if not isinstance(data, TensorSplit) or not isinstance(data.inputs, Tensor):
        return None
    total = 0

    def count(module: nn.Module, _: object, output: Tensor) -> None:
        nonlocal total
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor) and weight.ndim >= 2:
            total += 2 * weight.numel() * output.numel() // weight.shape[0]

    try:
        model = copy.deepcopy(model).eval()
        for module in model.modules():
            module.register_forward_hook(count)
        with torch.no_grad():
            model(data.gather(torch.tensor([0]))[0])  # a copy: the model may write to it
    except Exception:
        return None
    return float(_PASSES * total)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """torch uses so many threads inside, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_thread() -> AbstractContextManager[None]:
    """torch uses one thread inside, and as many as before afterwards."""
    return threads(1)


def one_thread_each(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> list[R]:
    """What ``work`` makes of each share of ``items``: as many shares as torch has threads, all at once.

    The shares depend on the number of threads alone, and so does the order of the results. ``work`` must
    release the interpreter's lock for most of its time, as backward passes do.
    """
    count = min(torch.get_num_threads(), len(items))
    if count < 2:
        return [work(items)]

    def share(number: int) -> R:
        torch.set_num_threads(1)  # torch keeps this number a thread
        return work(items[number::count])

    with one_thread(), ThreadPoolExecutor(count) as pool:
        return list(pool.map(share, range(count)))
