"""How a model takes its inputs and which part of its answer is the output."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from batchwright.core.errors import InputError

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, kw_only=True)
class Forward:
    """``forward(model, inputs)`` with the classes along dimension 1.

    Attributes:
        keywords: entries of the inputs that go in under their own names.
        spread: whether the inputs are a tuple of arguments.
        take: what of the model's answer is the output: a name, a position, or None for all of it.
        classes_last: whether the model puts classes along the last dimension.
    """

    keywords: tuple[str, ...] = ()
    spread: bool = False
    take: str | int | None = None
    classes_last: bool = False

    def __call__(self, model: nn.Module, inputs: Any) -> Any:
        return self.outputs(self.answer(model, inputs))

    def answer(self, model: nn.Module, inputs: Any, **more: Any) -> Any:
        """The model's answer as it is."""
        if self.keywords:
            return model(**{name: inputs[name] for name in self.keywords}, **more)
        return model(*inputs, **more) if self.spread else model(inputs, **more)

    def outputs(self, answer: Any) -> Any:
        """The part of an answer that the loss takes."""
        outputs = answer if self.take is None else _taken(answer, self.take)
        return outputs.movedim(-1, 1) if self.classes_last else outputs

    @property
    def plain(self) -> bool:
        """Whether this is just ``model(inputs)``."""
        return self == Forward()

    def taking(self, answer: Any, examples: int) -> Forward:
        """The same with the output picked from this answer of the model.

        The output is ``logits`` by name, the only tensor of a dictionary, or the first tensor of a tuple with
        one entry an example.

        Raises:
            InputError: none of these; with the line that names the output.
        """
        if isinstance(answer, Tensor):
            return self
        if _named(answer, "logits") is not None:
            return replace(self, take="logits")
        if isinstance(answer, Mapping):
            names = [name for name, value in answer.items() if _by_example(value, examples)]
            if len(names) == 1:
                return replace(self, take=names[0])
        elif isinstance(answer, Sequence):
            positions = [i for i, value in enumerate(answer) if _by_example(value, examples)]
            if positions:
                return replace(self, take=positions[0])
        raise InputError(_no_output(answer))


def how_called(model: nn.Module, inputs: Any) -> Forward:
    """By name or one by one where the model's ``forward`` has parameters for that, else as one argument."""
    parameters = _parameters(model)
    if isinstance(inputs, Mapping):
        names = {p.name for p in parameters}
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        given = [name for name in inputs if name in names or (takes_any and names & set(inputs))]
        needed = {p.name for p in parameters if p.default is p.empty and p.kind in _BY_POSITION}
        if given and needed <= set(given):
            return Forward(keywords=tuple(given))
    if isinstance(inputs, (tuple, list)):
        places = [p for p in parameters if p.kind in _BY_POSITION]
        needed_places = sum(p.default is p.empty for p in places)
        any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        if any_number or (len(places) > 1 and needed_places <= len(inputs) <= len(places)):
            return Forward(spread=True)
    return Forward()


def own_loss(forward: Forward, model: nn.Module, inputs: Any, targets: Any) -> Tensor | None:
    """The loss that a model computes itself when it is given the labels; None where it takes none."""
    names = {p.name for p in _parameters(model)} & {"labels", "label", "targets", "target"}
    if not names:
        return None
    loss = _named(forward.answer(model, inputs, **{names.pop(): targets}), "loss")
    return loss if isinstance(loss, Tensor) and loss.ndim == 0 else None


def _taken(answer: Any, take: str | int) -> Any:
    """An entry of a dictionary or tuple, or an attribute."""
    if isinstance(take, int) or isinstance(answer, Mapping):
        return answer[take]
    return getattr(answer, take)


def _named(answer: Any, name: str) -> Any:
    if isinstance(answer, Mapping):
        return answer.get(name)
    return None if isinstance(answer, Tensor) else getattr(answer, name, None)


def _by_example(value: Any, examples: int) -> bool:
    return isinstance(value, Tensor) and value.ndim > 0 and len(value) == examples


def _no_output(answer: Any) -> str:
    kind = type(answer).__name__
    if isinstance(answer, Mapping):
        what = f"a dictionary with {', '.join(map(repr, answer))}"
        line = "forward=lambda model, inputs: model(inputs)['NAME']"
    elif isinstance(answer, Sequence):
        what, line = f"{len(answer)} parts", "forward=lambda model, inputs: model(inputs)[0]"
    else:
        what, line = f"{kind}", "forward=lambda model, inputs: model(inputs).NAME"
    if _named(answer, "loss") is not None:
        return (
            f"the model returns {what}: its loss is a mean over the batch and no logits are beside it, and "
            f"one value an example is needed: return the logits, or say which part they are, as {line}"
        )
    return f"the model returns {what}, and the loss takes one tensor: say which part, as {line}"


def _parameters(model: nn.Module) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        return []
