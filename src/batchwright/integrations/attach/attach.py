"""``attach``: a probe on somebody's own training step that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn

from batchwright.core.errors import InputError
from batchwright.integrations.attach.batches import BatchMaker
from batchwright.integrations.attach.lightning_step import is_trainer, lightning_step
from batchwright.integrations.attach.memento import Memento
from batchwright.integrations.attach.probing import StepProbe


@contextmanager
def attach(
    trainer: Any = None,
    *,
    model: nn.Module | None = None,
    step: Callable[[Any], Any] | None = None,
    optimizer: Any = None,
    batch: Any = None,
    loader: Any = None,
    watched: Sequence[Any] = (),
) -> Iterator[StepProbe]:
    """Measure your own training step, and leave everything as it was, bit by bit.

        with bw.attach(step=step, model=model, optimizer=optimizer, batch=batch) as probe:
            probe.largest_batch(), probe.seconds_per_step([8, 64, 512]), probe.noise_scale()

        with bw.attach(trainer, model=module, loader=train_loader) as probe:      # lightning.Trainer
            ...

    After every measurement and at the end of the block, also where it raises, these are what they were: parameters,
    buffers, gradients and modes of the model, the optimizer's state and settings (empty where it was empty),
    whatever else ``step`` refers to (schedulers, a gradient scaler, counters, lists), and the generators of torch,
    CUDA, NumPy and Python. The loader is not drawn from: examples are read from its data set. Not undone is what a
    step does outside of the process, such as writing to a file, and what it draws from an iterator.

    Args:
        trainer: a Lightning trainer, for its precision and gradient clipping; it is not run.
        model: the module that the step trains; with a trainer the Lightning module.
        step: ``step(batch)`` makes one update: forward, backward, ``optimizer.step()``, and what else belongs to it.
        optimizer: what the step calls; one or several.
        batch: tensors with the examples along the first dimension, as the step takes them; batches of other sizes
            are made of its rows.
        loader: a ``DataLoader`` instead, whose data set and collate function make them.
        watched: further objects that the step changes and does not refer to by name.

    Yields:
        A :class:`~batchwright.integrations.attach.probing.StepProbe`.

    Raises:
        InputError: a part is missing, or the step fails.
    """
    given = batch if loader is None else loader
    if given is None or (batch is not None and loader is not None):
        raise InputError("attach takes either batch= or loader=, for the examples that the step is given")
    if model is None:
        raise InputError("attach takes model=, the module that the step trains")
    if (trainer is None) == (step is None):
        raise InputError(
            "attach takes either a Lightning trainer or step=, a function of a batch that makes one update"
        )
    if trainer is not None and not is_trainer(trainer):
        raise InputError(
            f"the first argument must be a Lightning trainer, got {type(trainer).__name__}: pass step= for a loop"
        )
    memento = Memento(model, optimizer, step, list(watched), loader if loader is None else _of_loader(loader))
    try:
        own = lightning_step(trainer, model) if step is None else step
        inner = Memento(model, optimizer, own, list(watched)) if step is None else memento
        yield StepProbe(own, model, BatchMaker(given), inner)
    finally:
        memento.restore()


def _of_loader(loader: Any) -> list[Any]:
    """What reading a loader's items can change: its generators, those of its sampler and of its data set."""
    return [loader.dataset, getattr(loader, "generator", None), getattr(loader.sampler, "generator", None)]
