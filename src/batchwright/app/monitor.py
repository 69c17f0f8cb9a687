"""A monitor for a loop of one's own: its noise scale while it trains, and what that says about its batch size."""

from __future__ import annotations

from batchwright.advice.monitored import NoiseReading
from batchwright.integrations.monitors.loop import LoopNoise


class MonitorReading(NoiseReading):
    """A reading that says itself in words, in the language in force; all else is plain data."""

    def __repr__(self) -> str:
        from batchwright.report.pages.monitor import reading_text

        return reading_text(self)

    __str__ = __repr__


class NoiseMonitor(LoopNoise):
    """The gradient noise scale of a running loop, from the micro-batches or ranks that it has anyway.

        monitor = bw.NoiseMonitor(model, batch_size=128, micro_batch_size=32, every=10, optimizer=optimizer)
        for micro_batches in loader:
            for inputs, targets in micro_batches:
                (loss(model(inputs), targets) / 4).backward()
            monitor.step()
            optimizer.step()
            optimizer.zero_grad()
        print(monitor.reading())

    Every ``every``-th step, beginning with the first, hooks on the parameters take the squared norm of each backward
    pass and of what the passes add up to; from those two |G|^2 and tr(Sigma) follow without bias
    (:mod:`batchwright.measure.gradients.micro_batches`). The noise scale is tr(Sigma)/|G|^2 with both averaged over
    the last ``window`` measured steps (McCandlish et al. 2018, arXiv 1812.06162). Training stays bitwise what it is
    without a monitor.

    Args:
        model: whose gradients are watched; under ``DistributedDataParallel`` the wrapped one.
        batch_size: B, examples an update, over all micro-batches and ranks.
        micro_batch_size: b < B, examples a backward pass.
        every: measured is one step of so many.
        optimizer: its learning rate is carried over to the batch size that the advice names; it is not changed.
        scaler: the ``torch.amp.GradScaler`` that the losses were scaled by.
        window: measured steps that a reading is made of; a change is half seen after half of them.
        examples: N, where batches are drawn without replacement from so many examples: it matters where B is more
            than a few hundredths of N.
        divided: whether each loss is divided by the number of micro-batches (on this rank), as in ``loss / 4``;
            False where they are added up as they are.
        process_group: over which gradients are averaged, where ``model`` is not the wrapped one.

    Raises:
        InputError: a batch that is one micro-batch, numbers below 1, or a model that is sharded over the ranks.
    """

    def reading(self) -> MonitorReading:
        """What the last measured steps say; ``print`` it for the words."""
        return MonitorReading(**dict(self.result()))
