"""A loss with one value an example, from a name, a torch module or a function.

torch's modules return the mean over the batch; here they are rebuilt with ``reduction="none"``. With class
weights w or ignored targets torch divides a batch's sum by the weights that happen to be in it. Examples
would then count by their neighbours, so the sum is divided by what it holds on average over the training
examples:

    l_i = N sum_t w_it l_it / sum_jt w_jt,        t over the positions of an example

whose mean over all N training examples is torch's value for all of them in one batch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError, unknown_name
from batchwright.task.data import ItemSplit, Split
from batchwright.task.losses import BY_EXAMPLE, LOSSES, NamedLoss, by_example
from batchwright.task.metrics import ACCURACY, HALF_ACCURACY, SIGN_ACCURACY

Loss = Callable[[Any, Any], Tensor]

_BY_ELEMENT = (
    nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCELoss, nn.BCEWithLogitsLoss, nn.PoissonNLLLoss,
    nn.SoftMarginLoss,
)  # fmt: skip
"""Losses that compare outputs and targets number by number."""
_BY_CLASS = (nn.CrossEntropyLoss, nn.NLLLoss)
_FACTS: dict[type[nn.Module], dict[str, Any]] = {
    nn.CrossEntropyLoss: {"accuracy": ACCURACY},
    nn.NLLLoss: {"least": None, "accuracy": ACCURACY},
    nn.MultiMarginLoss: {"accuracy": ACCURACY},
    nn.BCEWithLogitsLoss: {"accuracy": SIGN_ACCURACY},
    nn.SoftMarginLoss: {},
    nn.BCELoss: {"accuracy": HALF_ACCURACY},
    nn.MSELoss: {}, nn.L1Loss: {}, nn.SmoothL1Loss: {}, nn.HuberLoss: {},
}  # fmt: skip
_NAMED_MODULES: dict[str, type[nn.Module]] = {"cross_entropy": nn.CrossEntropyLoss, "nll": nn.NLLLoss}
_ELSEWHERE: WeakKeyDictionary[nn.Module, dict[Any, nn.Module]] = WeakKeyDictionary()
"""Copies of loss modules by device and type; no part of a loss, which stays the same while it is used."""
_LOOKED_AT = 64
"""Items whose targets are read where they are not in memory."""


@dataclass(frozen=True, kw_only=True)
class ModuleLoss:
    """A loss module with ``reduction="none"`` as a function of outputs and targets, shape (batch,).

    Outputs of losses that compare number by number take the targets' shape, as in
    :func:`~batchwright.task.losses.squared_error`.

    Attributes:
        module: with ``reduction="none"``.
        weight_an_example: mean weight of an example's positions; None where every position counts the same.
        summed: whether positions are added up instead of averaged (``reduction="batchmean"``).
    """

    module: nn.Module
    weight_an_example: float | None = None
    summed: bool = False

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        if isinstance(self.module, _BY_ELEMENT):
            outputs, targets = outputs.reshape(targets.shape), targets.to(outputs.dtype)
        values: Tensor = self._beside(outputs)(outputs, targets)
        if values.ndim and (self.summed or self.weight_an_example is not None):
            return values.reshape(len(values), -1).sum(dim=1) / (self.weight_an_example or 1.0)
        return by_example(values)

    def _beside(self, outputs: Any) -> nn.Module:
        """The module with its weights on the outputs' device, in their type."""
        if not isinstance(outputs, Tensor) or not any(True for _ in self.module.buffers()):
            return self.module
        copies = _ELSEWHERE.setdefault(self.module, {})
        key = (outputs.device, outputs.dtype)
        if key not in copies:
            copies[key] = copy.deepcopy(self.module).to(*key)
        return copies[key]


def as_loss(given: Any, train: Split) -> Loss:
    """One value an example, from a name of ``LOSSES``, a torch loss module or a function.

    Raises:
        InputError: an unknown name, a sum over the batch, or weights that the training targets would have to
            be read for.
    """
    if isinstance(given, str):
        if given not in LOSSES:
            raise unknown_name("loss", given, LOSSES)
        if given in _NAMED_MODULES:
            weighed = _weighed(ModuleLoss(module=_NAMED_MODULES[given](reduction="none")), train)
            if weighed.weight_an_example is not None:
                return weighed
        return LOSSES[given].function
    if isinstance(given, nn.Module):
        return _from_module(given, train)
    if callable(given):
        return given
    raise InputError(
        f"loss must be a name ({', '.join(LOSSES)}), a torch loss module or a function of outputs and "
        f"targets, got {type(given).__name__}"
    )


def facts_of(loss: Loss) -> NamedLoss:
    """What is known of a loss: its smallest value, and what accuracy means for it."""
    if isinstance(loss, ModuleLoss):
        known = _FACTS.get(type(loss.module), {"least": None})
        return NamedLoss(function=loss, **known)
    by_function = {entry.function: entry for entry in LOSSES.values()}
    try:
        return by_function.get(loss) or NamedLoss(function=loss, least=None)
    except TypeError:  # not hashable
        return NamedLoss(function=loss, least=None)


def takes_classes(loss: Loss) -> bool:
    """Whether the loss is one of classes along dimension 1 with integer targets."""
    return facts_of(loss).accuracy is ACCURACY


def is_by_example(loss: Loss) -> bool:
    """Whether a value is known to depend on its own example alone, whatever stands beside it in the batch.

    It is for the losses of this package and of torch; of others nothing is known but what they return.
    """
    if isinstance(loss, ModuleLoss):
        return type(loss.module).__module__.startswith("torch.nn.")
    try:
        return loss in BY_EXAMPLE
    except TypeError:  # not hashable
        return False


def _from_module(given: nn.Module, train: Split) -> ModuleLoss:
    name = type(given).__name__
    reduction = getattr(given, "reduction", "none")
    if reduction == "sum":
        raise InputError(
            f"{name} adds the examples of a batch up, and the gradient would grow with the batch size: "
            f"leave reduction='sum' out, as {name}()"
        )
    module: Any = copy.deepcopy(given)
    if hasattr(module, "reduction"):
        module.reduction = "none"
    loss = ModuleLoss(module=module, summed=reduction == "batchmean")
    # With reduction="none" the caller has said that examples are not to be divided by their weights.
    weighs = isinstance(module, _BY_CLASS) and reduction == "mean"
    return _weighed(loss, train) if weighs else loss


def _weighed(loss: ModuleLoss, train: Split) -> ModuleLoss:
    """The loss with the mean weight of a training example, where positions do not all count the same."""
    weight, ignored = getattr(loss.module, "weight", None), getattr(loss.module, "ignore_index", -100)
    labels, complete = _labels(train)
    if labels is None:  # probabilities of classes, or targets that are no single tensor
        return loss
    counted = labels != ignored
    if weight is None and bool(counted.all()):
        return loss
    if not complete:
        cause = "class weights" if weight is not None else f"targets to ignore ({ignored})"
        raise InputError(
            f"a loss with {cause} needs the mean weight of an example, and targets are read item by item: "
            "pass the data as tensors, or a function, as loss=lambda outputs, targets: F.cross_entropy("
            "outputs, targets, weight=weight, reduction='none')"
        )
    weights = counted.double()
    if weight is not None:
        weights = weights * weight.detach().cpu().double()[labels.where(counted, 0)]
    total = float(weights.sum())
    if total <= 0:
        raise InputError("every training target is ignored by the loss or has weight 0")
    return replace(loss, weight_an_example=total / len(labels))


def _labels(train: Split) -> tuple[Tensor | None, bool]:
    """Class indices of the training examples, and whether of all: a sample where they must be read."""
    complete = not isinstance(train, ItemSplit)
    if complete:
        targets = train.targets  # type: ignore[attr-defined]
    elif hasattr(train.dataset, "targets") and (own := train.labels()) is not None:  # type: ignore[attr-defined]
        targets, complete = own, True
    else:
        stride = max(1, len(train) // _LOOKED_AT)
        targets = [
            train.gather(torch.tensor([i]), seed=0)[1] for i in range(0, len(train), stride)[:_LOOKED_AT]
        ]
        if not all(isinstance(t, Tensor) for t in targets):
            return None, False
        targets = torch.cat([t.reshape(-1) for t in targets])
    if not isinstance(targets, Tensor) or targets.is_floating_point():
        return None, complete
    return targets.cpu().long(), complete
