"""A net trained to its end for an estimator: the package's own loop, with the losses of its epochs."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

from torch import nn

from batchwright.core.errors import InputError
from batchwright.task.task import Task
from batchwright.training.loop import Run, advance_to_status, failed_to_start, start
from batchwright.training.record import RunResult, Status
from batchwright.training.spec import RunSpec


class EstimatorError(InputError, ValueError):
    """What an estimator refuses; scikit-learn's callers expect a ValueError."""


@dataclass(frozen=True, kw_only=True)
class TrainedNet:
    """A net after training.

    Attributes:
        module: the net, in evaluation mode on the CPU.
        result: the run; with ``patience`` it is ``stopped`` where the loss no longer fell.
        epoch_losses: mean training loss of every epoch, as it was while the net moved.
        best_loss: smallest validation loss, None where none was evaluated.
    """

    module: nn.Module
    result: RunResult
    epoch_losses: tuple[float, ...]
    best_loss: float | None

    @property
    def failed(self) -> bool:
        """Whether the run ended without a net that is of use."""
        return self.result.status in (Status.DIVERGED, Status.OUT_OF_MEMORY, Status.FAILED)


def train_net(spec: RunSpec, task: Task, *, patience: int | None = None) -> TrainedNet:
    """Train to the target, the budget, or until the validation loss fell for the last time.

    Args:
        spec: the run, evaluated after every epoch.
        task: the live task.
        patience: evaluations without a smaller validation loss after which training ends; the net is then the one
            with the smallest. None to train on.
    """
    try:
        run = start(spec, task)
    except Exception as error:
        return TrainedNet(
            module=nn.Identity(), result=failed_to_start(spec, error), epoch_losses=(), best_loss=None
        )
    epochs, best = _EpochLosses(), _Best(run)
    for _ in advance_to_status(run):
        epochs.add(run)
        if run.latest:
            best.look(run)
            if patience is not None and best.waited >= patience:
                break
    if patience is not None and best.weights is not None:
        run.model.load_state_dict(best.weights)
    return TrainedNet(
        module=run.model.eval().cpu(),
        result=run.result(),
        epoch_losses=epochs.means(),
        best_loss=best.loss if math.isfinite(best.loss) else None,
    )


class _EpochLosses:
    """Sums of per-example losses by epoch; a batch that runs on into the next counts where it began."""

    def __init__(self) -> None:
        self._sums: list[tuple[float, int]] = []
        self._seen = self._epoch = 0

    def add(self, run: Run) -> None:
        count = run.examples_seen - self._seen
        if not count:
            return
        while len(self._sums) <= self._epoch:
            self._sums.append((0.0, 0))
        total, examples = self._sums[self._epoch]
        self._sums[self._epoch] = (total + run.loss * count, examples + count)
        self._seen, self._epoch = run.examples_seen, int(run.epoch)

    def means(self) -> tuple[float, ...]:
        return tuple(total / examples for total, examples in self._sums if examples)


class _Best:
    """The smallest validation loss so far, the weights there, and evaluations since."""

    def __init__(self, run: Run) -> None:
        self.loss, self.waited = math.inf, 0
        self.weights: dict[str, object] | None = None
        self.look(run)

    def look(self, run: Run) -> None:
        value = next((e.loss for e in run.latest if e.split == "validation"), None)
        if value is None:
            return
        if value < self.loss:
            self.loss, self.waited = value, 0
            self.weights = copy.deepcopy(run.model.state_dict())
        else:
            self.waited += 1
