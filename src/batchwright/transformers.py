"""A callback for the Trainer of Hugging Face's transformers that watches the gradient noise scale.

trainer.add_callback(bw.transformers.NoiseScaleCallback(trainer))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ExportableState

from batchwright.app.monitor import NoiseMonitor

_IGNORED = -100
"""The label of what takes no part in the loss."""


class NoiseScaleCallback(TrainerCallback, ExportableState):
    """Logs ``batchwright/noise_scale``, ``_low`` and ``_high`` (90%) whenever the trainer logs.

    The trainer clips before it calls anybody, so the norms are those that hooks took during the backward passes.
    Where it gives the model ``num_items_in_batch``, a micro-batch counts by its share of the labels; otherwise all
    count alike. Examples are rows (sequences), also in a smaller last batch. Its state is part of checkpoints, and
    restored with ``restore_callback_states_from_checkpoint``. ``monitor`` has the readings.

    Args:
        trainer: logs through it, so that every logger gets the values. Without it, as in ``callbacks=[...]``, they
            are in ``state.log_history`` and in what is printed, but TensorBoard and its like, which come before,
            miss them.
        every, window, examples: as of :class:`~batchwright.app.monitor.NoiseMonitor`.

    Raises:
        InputError: while training starts: a sharded model, or neither accumulation nor ranks.
    """

    def __init__(
        self,
        trainer: Trainer | None = None,
        *,
        every: int = 10,
        window: int = 100,
        examples: int | None = None,
    ) -> None:
        self.monitor: NoiseMonitor | None = None
        self.kept: dict[str, Any] | None = None
        self._trainer = trainer
        self._options: dict[str, Any] = {"every": every, "window": window, "examples": examples}
        self._micro_batch: dict[str, Any] = {}
        self._forward: Any = None

    def state(self) -> dict[str, Any]:
        kept = self.kept if self.monitor is None else self.monitor.state_dict()
        return {"args": self._options, "attributes": {"kept": kept}}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._end()
        model, optimizer = kwargs["model"], kwargs["optimizer"]
        self.monitor = NoiseMonitor(
            model,
            batch_size=args.train_batch_size * args.gradient_accumulation_steps * args.world_size,
            micro_batch_size=args.train_batch_size,
            optimizer=optimizer,
            scaler=getattr(optimizer, "scaler", None),
            process_group=torch.distributed.group.WORLD if args.world_size > 1 else None,
            **self._options,
        )
        if self.kept:
            self.monitor.load_state_dict(self.kept)
        averaged = args.world_size if args.average_tokens_across_devices else 1

        def look(module: nn.Module, inputs: Any, named: dict[str, Any]) -> None:
            if self.monitor is not None and self.monitor.measuring and module.training:
                self._micro_batch = {"examples": _rows(named), "weight": _weight(module, named, averaged)}

        self._forward = model.register_forward_pre_hook(look, with_kwargs=True)

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.monitor is not None:
            self.monitor.micro_batch(**self._micro_batch)

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.monitor is not None:
            self.monitor.micro_batch(**self._micro_batch)
            self.monitor.step()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs is None or "loss" not in logs or not (values := self._values()):
            return
        if self._trainer is not None:
            self._trainer.log(values)
        else:
            logs.update(values)
            state.log_history[-1].update(values)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._end()

    def _values(self) -> dict[str, float]:
        return {} if self.monitor is None else self.monitor.reading().logged()

    def _end(self) -> None:
        if self.monitor is not None:
            self.monitor.close()
        if self._forward is not None:
            self._forward.remove()


def _rows(named: Mapping[str, Any]) -> int | None:
    """Examples of a forward pass: the length of its first tensor."""
    return next((len(value) for value in named.values() if isinstance(value, Tensor) and value.dim()), None)


def _weight(model: nn.Module, named: Mapping[str, Any], averaged: int) -> Tensor | None:
    """The factor of a micro-batch's mean loss, its labels over all of the batch; None where all count alike.

    The labels that the loss adds up are counted: that of a causal language model never asks for the first.
    """
    items, labels = named.get("num_items_in_batch"), named.get("shift_labels")
    if labels is None and isinstance(labels := named.get("labels"), Tensor) and _shifts(model):
        labels = labels[..., 1:]
    if items is None or not isinstance(labels, Tensor):
        return None
    return (labels != _IGNORED).sum() * averaged / items


def _shifts(model: nn.Module) -> bool:
    from transformers.loss.loss_utils import ForCausalLMLoss

    paired = getattr(
        getattr(model, "config", None), "is_encoder_decoder", False
    )  # labels are shifted already
    return getattr(model, "loss_function", None) is ForCausalLMLoss and not paired
