"""Which examples: index streams and batch-size schedules."""

from batchwright.batches.sampling import IndexStream, Sampling, check_batch_size, steps_per_epoch
from batchwright.batches.schedule import BatchGrowth, batch_size_at, lr_factor_at

__all__ = [
    "BatchGrowth",
    "IndexStream",
    "Sampling",
    "batch_size_at",
    "check_batch_size",
    "lr_factor_at",
    "steps_per_epoch",
]
