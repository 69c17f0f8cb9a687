"""A callback for Lightning's trainer that watches the gradient noise scale.

trainer = lightning.Trainer(accumulate_grad_batches=4, callbacks=[bw.lightning.NoiseScaleCallback()])
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.data import extract_batch_size

from batchwright.app.monitor import NoiseMonitor
from batchwright.core.errors import InputError


class NoiseScaleCallback(Callback):
    """Logs ``batchwright/noise_scale``, ``_low`` and ``_high`` (90%) to the trainer's loggers.

    The batch size is the first batch's times the accumulation and the ranks; a smaller last batch counts as what it
    is. Lightning divides every loss by ``accumulate_grad_batches``, and clips after the norms are taken. Its state is
    part of the checkpoint. ``monitor`` has the readings from the first batch on.

    Args:
        every, window, examples: as of :class:`~batchwright.app.monitor.NoiseMonitor`.

    Raises:
        InputError: while training starts: with manual optimization, a sharded model, or neither accumulation nor
            ranks.
    """

    def __init__(self, *, every: int = 10, window: int = 100, examples: int | None = None) -> None:
        self.monitor: NoiseMonitor | None = None
        self._options: dict[str, Any] = {"every": every, "window": window, "examples": examples}
        self._state: dict[str, Any] | None = None
        self._values: dict[str, float] = {}
        self._batch_examples = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not pl_module.automatic_optimization:
            raise InputError(
                "the noise callback needs automatic_optimization, got manual: use NoiseMonitor in training_step"
            )
        self._state = self.state_dict() or self._state
        self.monitor = None

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if self.monitor is None or self.monitor.measuring:
            self._batch_examples = extract_batch_size(batch)
        if self.monitor is None:
            self.monitor = self._begun(trainer)

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.monitor is not None:
            weight = 1 / trainer.accumulate_grad_batches
            self.monitor.micro_batch(examples=self._batch_examples, weight=weight)

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        if self.monitor is not None and self.monitor.step():
            self._values = self.monitor.reading().logged()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        pl_module.log_dict(self._values, on_step=True, on_epoch=False, batch_size=1)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.monitor is not None:
            self.monitor.close()

    def state_dict(self) -> dict[str, Any]:
        return {} if self.monitor is None else self.monitor.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._state = state_dict or None

    def _begun(self, trainer: Trainer) -> NoiseMonitor:
        model = trainer.strategy.model or trainer.lightning_module
        micro_batches = trainer.accumulate_grad_batches * trainer.world_size
        monitor = NoiseMonitor(
            model,
            batch_size=self._batch_examples * micro_batches,
            micro_batch_size=self._batch_examples,
            optimizer=trainer.optimizers[0],
            scaler=getattr(trainer.precision_plugin, "scaler", None),
            **self._options,
        )
        if self._state:
            monitor.load_state_dict(self._state)
        return monitor
