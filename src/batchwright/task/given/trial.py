"""A few examples through model and loss when a task is made: what does not fit is said then, in one line."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils import _pytree as pytree

from batchwright.core.errors import BatchwrightError, InputError, one_line
from batchwright.core.modes import evaluating
from batchwright.task.data import Split, TensorSplit, move
from batchwright.task.given.calling import Forward, how_called, own_loss
from batchwright.task.given.loss import Loss, as_loss, takes_classes
from batchwright.task.losses import LOSSES

if TYPE_CHECKING:
    from batchwright.task.task import Task

_EXAMPLES = 3
"""More than the two outputs of a binary classifier, so that neither number is taken for the other."""
_SAME = 1e-3
"""Relative difference up to which two ways to compute a loss agree."""


class ModelFailedError(InputError):
    """The model raised on its own training inputs."""


def fitted(task: Task) -> tuple[Loss, Callable[[nn.Module, Any], Any] | None]:
    """``(loss, forward)`` that fit the model; ``forward`` is None where ``model(inputs)`` does.

    Model and loss see the first examples in evaluation mode. The model's own mode and the process-wide random
    state are put back.

    Raises:
        InputError: the model or the loss fails, the loss has not one value an example, or the model's answer
            holds no outputs.
    """
    model = task.build_model(0)
    lazy = [name for name, parameter in model.named_parameters() if is_lazy(parameter)]
    if lazy:
        raise InputError(
            f"the model's sizes must be known before it sees data, and {lazy[0]!r} has none yet: name its "
            "number of inputs, as nn.Linear(64, 10) instead of nn.LazyLinear(10)"
        )
    try:
        return _fitted(task, model)
    except ModelFailedError:
        if not torch.cuda.is_available():
            raise
        return _fitted(task, copy.deepcopy(model).to("cuda"))  # some layers have no other implementation


def _fitted(task: Task, model: nn.Module) -> tuple[Loss, Callable[[nn.Module, Any], Any] | None]:
    with evaluating(model, python_too=True):
        inputs, targets = _first_examples(task, model)
        loss = as_loss("cross_entropy" if task.loss is None else task.loss, task.train)
        if task.forward is not None:
            outputs = _from_model(task.forward, model, inputs)
            _check_losses(loss, outputs, targets)
            return loss, task.forward
        call = how_called(model, inputs)
        answer = _from_model(call.answer, model, inputs)
        forward = _taking(call, answer, task.loss, loss, targets)
        outputs = forward.outputs(answer)
        if takes_classes(loss):
            _check_classes(task.train, outputs)
        losses = _check_losses(loss, outputs, targets)
        if task.loss is None:
            _check_own_loss(own_loss(forward, model, inputs, targets), losses, forward, targets)
    return loss, None if forward == Forward() else forward


def _taking(call: Forward, answer: Any, given: Any, loss: Loss, targets: Any) -> Forward:
    """The call with the part of the answer that this loss takes, its classes along dimension 1."""
    ours = given is None or isinstance(given, (str, nn.Module))
    if not ours and (isinstance(answer, Tensor) or _accepts(loss, answer, targets)):
        return call  # a function of the caller's own may want the whole answer
    forward = call.taking(answer, _count(targets))
    if ours and takes_classes(loss) and _classes_last(forward, forward.outputs(answer), targets):
        return replace(forward, classes_last=True)
    return forward


def _classes_last(forward: Forward, outputs: Any, targets: Any) -> bool:
    """Whether classes lie along the last dimension: torch's order does not fit, or logits came by name."""
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
        return False
    if outputs.ndim < 3 or outputs.ndim != targets.ndim + 1:
        return False
    last = outputs.shape[1:-1] == targets.shape[1:]
    return last and (outputs.shape[2:] != targets.shape[1:] or forward.take == "logits")


def _check_losses(loss: Loss, outputs: Any, targets: Any) -> Tensor:
    """Refuse a loss that has not one value an example."""
    count = _count(targets)
    try:
        losses = loss(outputs, targets)
    except BatchwrightError:
        raise
    except Exception as error:
        raise InputError(
            f"loss(outputs, targets) fails for outputs of {_shapes(outputs)} and targets of "
            f"{_shapes(targets)}: {type(error).__name__}: {one_line(error)}"
        ) from error
    shape = tuple(losses.shape) if isinstance(losses, Tensor) else None
    if shape != (count,):
        got = f"shape {shape}" if shape is not None else type(losses).__name__
        more = " and average over the rest, as .flatten(1).mean(1)" if shape and len(shape) > 1 else ""
        raise InputError(
            f"loss(outputs, targets) must return one value an example, shape ({count},) for {count} of them, "
            f"got {got}: pass reduction='none' to torch's function{more}, or name it, as loss='cross_entropy'"
        )
    return losses


def _check_classes(train: Split, outputs: Any) -> None:
    """Refuse class indices that the model has no output for; negative ones may stand for none at all."""
    targets = train.targets if isinstance(train, TensorSplit) else None
    if not isinstance(targets, Tensor) or targets.is_floating_point() or not isinstance(outputs, Tensor):
        return
    classes, largest = outputs.shape[1] if outputs.ndim > 1 else 1, int(targets.max())
    if largest >= classes:
        fix = "; count classes from 0, as y - 1" if largest == classes and int(targets.min()) == 1 else ""
        raise InputError(
            f"targets must be classes from 0 to {classes - 1}, for the model has {classes} outputs, "
            f"got {largest}{fix}"
        )


def _check_own_loss(own: Tensor | None, losses: Tensor, forward: Forward, targets: Any) -> None:
    """Without a loss given, cross entropy of a model's logits must be what the model itself computes."""
    integer = isinstance(targets, Tensor) and not targets.is_floating_point()
    if forward.take != "logits" or not integer:
        raise InputError(
            f"loss must be given, as loss='cross_entropy' (or {', '.join(list(LOSSES)[1:])}), a torch loss "
            "module or a function with one value an example"
        )
    mean = losses.mean()
    if own is not None and not torch.isclose(own, mean, rtol=_SAME, atol=_SAME):
        raise InputError(
            f"the model's own loss is {float(own):.4g} where the cross entropy of its logits is "
            f"{float(mean):.4g}, and one value an example is needed: pass a function that "
            "computes the same without the mean over the batch; where each token predicts the next one, "
            "loss=lambda z, y: F.cross_entropy(z[:, :-1].movedim(-1, 1), y[:, 1:], reduction='none').mean(1)"
        )


def _accepts(loss: Loss, answer: Any, targets: Any) -> bool:
    try:
        loss(answer, targets)
    except Exception:
        return False
    return True


def _from_model(call: Callable[[nn.Module, Any], Any], model: nn.Module, inputs: Any) -> Any:
    try:
        return call(model, inputs)
    except BatchwrightError:
        raise
    except Exception as error:
        dtypes = {leaf.dtype for leaf in pytree.tree_leaves(inputs) if isinstance(leaf, Tensor)}
        fix = "; pass images as floats, as (x.float() / 255, y)" if torch.uint8 in dtypes else ""
        raise ModelFailedError(
            f"the model fails on its training inputs of {_shapes(inputs)}: "
            f"{type(error).__name__}: {one_line(error)}{fix}"
        ) from error


def _first_examples(task: Task, model: nn.Module) -> tuple[Any, Any]:
    """The first training examples, where and in the type in which the model is."""
    first = next(model.parameters(), torch.zeros(()))
    try:
        batch = task.train.gather(torch.arange(min(_EXAMPLES, len(task.train))), seed=0)
    except BatchwrightError:
        raise
    except Exception as error:
        raise InputError(
            f"the first training examples do not make a batch: {type(error).__name__}: {one_line(error)}; "
            "return tensors or numbers from the data set, or pass collate_fn"
        ) from error
    return move(batch, first.device, first.dtype)


def _count(targets: Any) -> int:
    leaves = (leaf for leaf in pytree.tree_leaves(targets) if isinstance(leaf, Tensor) and leaf.ndim)
    return next((len(leaf) for leaf in leaves), 0)


def _shapes(tree: Any) -> str:
    """Shapes and types of the tensors, in words."""
    leaves = [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor)]
    texts = [f"shape {tuple(leaf.shape)} {str(leaf.dtype).removeprefix('torch.')}" for leaf in leaves]
    return " and ".join(texts[:3]) or f"type {type(tree).__name__}"
