"""The training step of a Lightning module: forward, backward, clipping, update, outside of any trainer's loop."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch

from batchwright.core.errors import InputError


def is_trainer(value: Any) -> bool:
    """Whether this is a trainer of Lightning, under either of its names; imports nothing."""
    return any(
        base.__name__ == "Trainer" and base.__module__.partition(".")[0] in ("lightning", "pytorch_lightning")
        for base in type(value).__mro__
    )


def lightning_step(trainer: Any, module: Any) -> Callable[[Any], None]:
    """One update as the trainer's automatic optimization makes it, with its precision and gradient clipping.

    The optimizer is made by the module's ``configure_optimizers`` anew, and what ``self.log`` is given goes nowhere.
    ``self.trainer`` is not there for the block: nothing of the trainer is touched.

    Raises:
        InputError: a module that optimizes by hand, several optimizers, or one that needs its trainer.
    """
    if not getattr(module, "automatic_optimization", True):
        raise InputError("the module optimizes by hand: pass step=, model= and batch= instead of the trainer")
    module._trainer = None
    for name in ("log", "log_dict"):
        object.__setattr__(module, name, _silent)
    try:
        optimizer = _only(module.configure_optimizers())
    except (RuntimeError, AttributeError) as error:
        raise InputError(
            f"configure_optimizers needs its trainer ({error}): pass step=, model= and batch= instead"
        ) from None
    clip, by_value = (
        trainer.gradient_clip_val,
        str(trainer.gradient_clip_algorithm or "norm").endswith("value"),
    )

    def step(batch: Any) -> None:
        moved = module.transfer_batch_to_device(batch, module.device, 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with trainer.precision_plugin.train_step_context():
                answer = (
                    module.training_step(moved, 0) if _takes_index(module) else module.training_step(moved)
                )
        optimizer.zero_grad()
        (answer["loss"] if isinstance(answer, dict) else answer).backward()
        if clip and by_value:
            torch.nn.utils.clip_grad_value_(module.parameters(), clip)
        elif clip:
            torch.nn.utils.clip_grad_norm_(module.parameters(), clip)
        optimizer.step()

    module.train()
    return step


def _silent(*args: Any, **keywords: Any) -> None:
    """In the place of ``self.log``."""


def _takes_index(module: Any) -> bool:
    code = module.training_step.__code__
    return bool(code.co_argcount > 2)


def _only(configured: Any) -> Any:
    """The optimizer out of what ``configure_optimizers`` may return."""
    found = configured.get("optimizer") if isinstance(configured, dict) else configured
    while (
        isinstance(found, (list, tuple))
        and found
        and isinstance(found[0], (list, tuple, dict, torch.optim.Optimizer))
    ):
        if (
            isinstance(found[0], torch.optim.Optimizer)
            and len(found) > 1
            and isinstance(found[1], torch.optim.Optimizer)
        ):
            raise InputError(
                f"one optimizer can be probed, and the module configures {len(found)}: pass step= instead"
            )
        found = found[0]["optimizer"] if isinstance(found[0], dict) else found[0]
    if not isinstance(found, torch.optim.Optimizer):
        raise InputError(f"configure_optimizers must return an optimizer, got {type(found).__name__}")
    return found
