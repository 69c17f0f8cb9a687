"""What builds a model: a class, a function, or a built module that is copied for every run."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from batchwright.core.errors import InputError, one_line
from batchwright.core.streams import global_randomness


@dataclass(frozen=True)
class FreshCopies:
    """A factory that hands out copies of a built module, their trainable parameters drawn anew.

    Every module's ``reset_parameters`` (or torch's own ``_reset_parameters``) is called, children before
    parents, on the process-wide generator. Parameters that are frozen keep the template's values.

    Attributes:
        template: a copy of the caller's module, as it was when the task was made.
    """

    template: nn.Module

    def __call__(self) -> nn.Module:
        model = copy.deepcopy(self.template)
        frozen = {name: p.detach().clone() for name, p in model.named_parameters() if not p.requires_grad}
        for module in reversed(list(model.modules())):
            reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(reset) and not _all_frozen(module):
                reset()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name in frozen:
                    parameter.copy_(frozen[name])
        return model

    def blank(self, value: float = 0.0) -> nn.Module:
        """A copy whose trainable parameters all hold ``value``: what is the same in every copy."""
        model = copy.deepcopy(self.template)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.fill_(value)
        return model


def as_factory(given: Any) -> Callable[[], nn.Module]:
    """A callable without arguments that builds the model.

    Raises:
        InputError: a class or function that needs arguments, a module that cannot be copied or whose
            parameters no ``reset_parameters`` draws anew, or anything else; with the line that would work.
    """
    if isinstance(given, nn.Module):
        return _copies_of(given)
    if not callable(given):
        raise InputError(
            f"model must be a module, its class or a function that builds it, got {type(given).__name__}: "
            "write model=lambda: Net(...)"
        )
    missing = _arguments_missing(given)
    if missing:
        name = getattr(given, "__name__", type(given).__name__)
        raise InputError(
            f"model must be called without arguments, and {name} needs {', '.join(missing)}: write "
            f"model=lambda: {name}({', '.join(f'{argument}=...' for argument in missing)})"
        )
    return given


def model_name(given: Any) -> str:
    """What a task without a name is called: the model's class or function; empty for a lambda."""
    if isinstance(given, FreshCopies):
        return type(given.template).__name__
    name = getattr(given, "__name__", "")
    return "" if name == "<lambda>" else name


def _copies_of(module: nn.Module) -> FreshCopies:
    name = type(module).__name__
    fix = f"pass what builds it, as model=lambda: {name}(...)"
    try:
        copies = FreshCopies(template=copy.deepcopy(module))
        left_out = _never_drawn(copies)
    except Exception as error:
        raise InputError(
            f"the module given as model cannot be copied for every run ({one_line(error)}): {fix}"
        ) from None
    if left_out:
        shown = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
        raise InputError(
            f"the module given as model cannot be initialised anew for every run: no reset_parameters draws "
            f"{shown}: {fix}, or give {name} a reset_parameters method"
        )
    return copies


def _never_drawn(copies: FreshCopies) -> list[str]:
    """Trainable parameters that keep what they held: they are filled with NaN, and some of it stays."""
    with global_randomness(0, python_too=True):
        drawn = FreshCopies(copies.blank(torch.nan))()
    return [name for name, p in drawn.named_parameters() if p.requires_grad and bool(p.isnan().any())]


def _all_frozen(module: nn.Module) -> bool:
    own = list(module.parameters(recurse=False))
    return bool(own) and not any(parameter.requires_grad for parameter in own)


def _arguments_missing(given: Callable[..., Any]) -> list[str]:
    """Names of the arguments without a default; none where the signature cannot be known."""
    try:
        parameters = inspect.signature(given).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
