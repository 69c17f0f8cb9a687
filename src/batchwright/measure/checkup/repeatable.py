"""Whether the same pass through the same examples gives the same losses, and leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from batchwright.core.streams import generator, global_randomness
from batchwright.measure.checkup.bench import Batch, Bench, own_leaves, same, spaced
from batchwright.measure.checkup.factory import NAMES
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.measure.checkup.rounding import beyond_rounding

_ITEMS = 8


def passes_alike(bench: Bench) -> Iterator[TaskFinding]:
    """Two passes: of two copies, of one copy twice, under two seeds; in evaluation and in training mode."""
    batch = bench.batch()

    def gap(first: Callable[[], Tensor], second: Callable[[], Tensor]) -> float | None:
        # The same operations in the same order: whatever differs is no rounding.
        return beyond_rounding(first(), second(), 0.0)

    off = gap(lambda: bench.evaluated(batch), lambda: bench.evaluated(batch))
    if off is not None:
        yield finding("unrepeatable_evaluation", "error", share=off, where=_where(bench, batch))
    else:
        off = gap(lambda: bench.evaluated(batch), lambda: bench.evaluated(batch, seed=1))
        if off is not None:
            yield finding("random_in_evaluation", "error", share=off, where=_where(bench, batch, seed=1))
        else:
            model = bench.model()
            off = gap(
                lambda: bench.evaluated(batch, model=model), lambda: bench.evaluated(batch, model=model)
            )
            if off is not None:
                yield finding("evaluation_remembers", "error", share=off)
    off_in_training = gap(lambda: _trained(bench, batch), lambda: _trained(bench, batch))
    if off_in_training is not None and off is None:
        yield finding("unrepeatable_training", "error", share=off_in_training)


def nothing_moved(bench: Bench) -> Iterator[TaskFinding]:
    """Parameters, buffers, inputs and targets after a forward pass, beside what they were."""
    for training in (False, True):
        model, batch = bench.model(training=training), bench.batch()
        before = {n: t.detach().clone() for n, t in _named(model).items()}
        inputs, targets = own_leaves(batch)
        with torch.no_grad(), global_randomness(0, python_too=True):
            outputs = bench.outputs(model, inputs)
            if not training and not same(inputs, batch[0]):
                yield finding("forward_changes_inputs", "error")
            bench.task.loss(outputs, targets)
        if not training and not same(targets, batch[1]):
            yield finding("loss_changes_targets", "error")
        after = _named(model)
        moved = [n for n, t in before.items() if n not in after or not same(t, after[n])]
        yield from _about_moved(model, moved, training)


def _about_moved(model: nn.Module, moved: list[str], training: bool) -> Iterator[TaskFinding]:
    parameters = dict(model.named_parameters())
    own = [name for name in moved if name in parameters]
    if own:
        if not training or all(parameters[name].requires_grad for name in own):
            yield finding(
                "forward_changes_parameters", "error", names=own[:NAMES], count=len(own), training=training
            )
        return
    known = {
        f"{place}.{name}" if place else name
        for place, module in model.named_modules()
        if training and (isinstance(module, _BatchNorm) or getattr(module, "track_running_stats", False))
        for name, _ in module.named_buffers(recurse=False)
    }
    others = [name for name in moved if name not in known]
    if others and training:
        yield finding("training_changes_buffers", "note", names=others[:NAMES], count=len(others))
    elif others:
        yield finding("evaluation_changes_buffers", "error", names=others[:NAMES], count=len(others))


def items_alike(bench: Bench) -> Iterator[TaskFinding]:
    """Examples read twice under one seed must be the same; those of the validation split under any seed."""
    for split_name in ("train", "validation"):
        split = bench.task.split(split_name)
        positions = spaced(len(split), _ITEMS)

        read = partial(bench.batch, positions, split=split)
        first = own_leaves(read(seed=0))
        if not same(first, read(seed=0)):
            yield finding("data_unrepeatable", "error", split=split_name)
        elif split_name == "validation" and not same(first, read(seed=1)):
            yield finding("validation_random", "warning")


def augmented_alike(bench: Bench) -> Iterator[TaskFinding]:
    """An augmentation must draw from the generator that it is given, and from nothing else."""
    augment = bench.task.augment
    if augment is None:
        return
    inputs, _ = bench.batch()
    drawn = []
    for seed in (0, 1):
        with global_randomness(seed, python_too=True):
            drawn.append(own_leaves(augment(own_leaves(inputs), generator(0, "augment"))))
    if not same(*drawn):
        yield finding("augment_unrepeatable", "error")


def _trained(bench: Bench, batch: Batch) -> Tensor:
    """Losses in training mode of a fresh copy, under one seed."""
    with torch.no_grad():
        return bench.losses(bench.model(training=True), batch)


def _named(model: nn.Module) -> dict[str, Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _where(bench: Bench, batch: Batch, *, seed: int = 0) -> str:
    """Whether already the model's outputs differ, or only the loss."""
    with torch.no_grad():
        seen = []
        for one in (0, seed):
            with global_randomness(one, python_too=True):
                seen.append(bench.outputs(bench.model(), own_leaves(batch[0])))
    return "loss" if same(*seen) else "model"
