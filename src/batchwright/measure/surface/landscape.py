"""Loss and metrics of a model anywhere in parameter space, on a copy of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.params import ParamDict, parameters_of
from batchwright.measure.own_copy import own_copy
from batchwright.measure.surface.directions import wide
from batchwright.measure.surface.recalibrate import input_chunks, recalibrate, running_batch_norms
from batchwright.task.task import Task, take_examples
from batchwright.training.evaluate import Evaluator

SPLITS = ("train", "validation")


class Values(BaseModel):
    """Mean loss and metrics over one split; None where the loss is not finite."""

    model_config = ConfigDict(frozen=True)
    loss: float | None
    metrics: dict[str, float | None] = {}


class BothSplits(BaseModel):
    """The values over the training and the validation examples."""

    model_config = ConfigDict(frozen=True)
    train: Values
    validation: Values


class Landscape:
    """The loss and the metrics as functions of the parameters, over both splits, in evaluation mode.

    The model is copied: the caller's weights, buffers, mode and random state are left alone. Augmentation and
    autocast are left out, the data are held on the model's device. Parameters and buffers in half precision
    are taken in float32: steps along a line, and means over examples, would be lost in its two digits. Where
    the model has batch norms with running statistics, these are recalibrated at every point by a pass over
    the training examples.

    Args:
        model: read, never written to.
        task: its data, loss and metrics.
        examples: a stratified subset of so many training examples; all of them by default.
        recalibrated: False keeps the running statistics that the model has.
        seed: of the subset.

    Attributes:
        base: the trainable parameters where the model stands.
        recalibrated: whether running statistics are recomputed at every point.
        examples: examples of each split.

    Raises:
        InputError: no trainable parameters, some that are not finite, or a model that cannot be copied.
    """

    def __init__(
        self, model: nn.Module, task: Task, *, examples: int | None = None, recalibrated: bool = True,
        seed: int = 0,
    ) -> None:  # fmt: skip
        self._task = task if examples is None else take_examples(task, examples, seed)
        self._model = _widened(own_copy(model, task))
        self.base = parameters_of(self._model)
        if not self.base:
            raise InputError(f"task {task.name!r}: the model has no trainable parameters")
        check_finite(self.base)
        first = next(p for p in self._model.parameters() if p.requires_grad)
        self.device = first.device
        data = {name: self._task.split(name).to(first.device, first.dtype) for name in SPLITS}
        self._evaluators = {name: Evaluator(self._task, split) for name, split in data.items()}
        self.examples = {name: len(split) for name, split in data.items()}
        self.recalibrated = recalibrated and bool(running_batch_norms(self._model))
        self._chunks = input_chunks(data["train"]) if self.recalibrated else []
        self._own = {**dict(self._model.named_parameters()), **dict(self._model.named_buffers())}
        self._given = model_state(self._model)

    def at(self, values: Mapping[str, Tensor], splits: Sequence[str] = SPLITS) -> dict[str, Values]:
        """The values of each split where the parameters and buffers named in ``values`` are as they say."""
        self._write(values)
        if self.recalibrated:
            recalibrate(self._model, self._chunks, self._task.forward)
        return self._evaluate(splits)

    def as_given(self, state: Mapping[str, Tensor] | None = None) -> BothSplits:
        """The values of the model's own state, or another one's, with the running statistics that it has."""
        self._write({**self._given, **(state or {})})
        found = BothSplits(**self._evaluate(SPLITS))
        self._write(self._given)
        return found

    def _write(self, values: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self._own[name].copy_(value)

    def _evaluate(self, splits: Sequence[str]) -> dict[str, Values]:
        found = {}
        for name in splits:
            loss, metrics = self._evaluators[name](self._model)
            # The arg max of outputs that are NaN is a class too: it would pass for an accuracy.
            kept = metrics if loss is not None else dict.fromkeys(metrics)
            found[name] = Values(loss=loss, metrics=kept)
        return found


def _widened(model: nn.Module) -> nn.Module:
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.dtype in (torch.bfloat16, torch.float16):
            tensor.data = tensor.data.float()
    return model


def combination(anchors: Sequence[Mapping[str, Tensor]], weights: Sequence[float]) -> ParamDict:
    """sum_k weights[k] anchors[k], name by name, in float32 or better; anchors of weight zero are skipped."""
    used = [(a, w) for a, w in zip(anchors, weights, strict=True) if w != 0]
    result: ParamDict = {}
    for name, like in anchors[0].items():
        total = torch.zeros_like(like, dtype=wide(like.dtype))
        for anchor, weight in used:
            total += weight * anchor[name].to(total.dtype)
        result[name] = total
    return result


def model_state(model: nn.Module) -> ParamDict:
    """Copies of all parameters and floating-point buffers, by name; tied ones appear once."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: value.detach().clone() for name, value in named if value.is_floating_point()}


def differing_states(models: Sequence[nn.Module]) -> list[ParamDict]:
    """The states of models of one kind, without what is the same in all of them.

    What is the same may not be finite (the mask of an attention), so it is no business of an affine
    combination.

    Raises:
        InputError: models with different parameters, the same model twice, or parameters that are not finite.
    """
    states = [model_state(model) for model in models]
    first = states[0]
    for place, state in enumerate(states[1:], start=2):
        if {n: v.shape for n, v in state.items()} != {n: v.shape for n, v in first.items()}:
            odd = sorted(
                n for n in {*first, *state}
                if n not in first or n not in state or first[n].shape != state[n].shape
            )  # fmt: skip
            raise InputError(
                f"models must have the same parameters and shapes, model {place} differs in {odd[0]!r}"
            )
    moved = [{n: v.to(first[n].device) for n, v in state.items()} for state in states]
    for state in moved:
        check_finite({n: state[n] for n, _ in models[0].named_parameters()})
    changing = [n for n in first if any(not torch.equal(state[n], first[n]) for state in moved[1:])]
    if not changing:
        raise InputError("models must differ, got the same parameters")
    return [{n: state[n] for n in changing} for state in moved]


def check_finite(params: Mapping[str, Tensor]) -> None:
    """Refuse parameters that are not finite."""
    for name, value in params.items():
        if not bool(value.isfinite().all()):
            raise InputError(
                f"parameter {name!r} is not finite: the run has diverged, lower its learning rate"
            )
