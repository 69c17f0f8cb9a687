"""What a probe found, in words."""

from __future__ import annotations

from batchwright.core.numbers import measured
from batchwright.measure.hardware.probe import Collapse, Probe
from batchwright.report.text.catalogue import say


def sentence(found: Probe) -> str:
    """The knee, or why there is none."""
    if found.knee is None:
        reason = "" if found.knee_reason is None else f": {say(found.knee_reason)}"
        return f"No knee among the batch sizes timed{reason}."
    low, high = found.knee.interval
    return (
        f"The knee is at a batch of about {measured(found.knee.value, 2)} (90%: {measured(low, 2)} to "
        f"{measured(high, 2)}): well below it a larger batch costs hardly more a step, well above it a step "
        "costs in proportion to the batch."
    )


def collapse(found: Collapse) -> str:
    """Where throughput falls, and why."""
    text = f"Throughput falls to {found.share:.0%} of the best at batch size {found.batch_size:,}"
    if found.allocator_retries:
        return f"{text}: the allocator starts over, memory is about to run out."
    if found.cache_level is not None:
        return f"{text}, where the working set no longer fits the level {found.cache_level} cache."
    return f"{text}."


def memory(found: Probe) -> str:
    """The largest batch that fits."""
    budget = size(found.memory_budget_bytes)
    note = "" if found.memory_note is None else say(found.memory_note)
    if found.largest_search is None:
        return f"Memory is not known: {note}."
    if found.largest_that_fits is None:
        return f"Largest batch that fits {budget}: none ({note})."
    slope = found.memory_bytes_per_example
    each = "" if slope is None else f", {size(round(slope))} an example"
    if found.largest_is_all:
        return f"All {found.largest_that_fits:,} examples fit in one batch within {budget}{each}."
    return f"Largest batch that fits {budget}: {found.largest_that_fits:,}{each}."


def size(amount: int | None) -> str:
    """An amount of memory.

    >>> size(512), size(3 << 20), size(None)
    ('512 B', '3.0 MiB', '-')
    """
    if amount is None:
        return "-"
    for unit, unit_bytes in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= unit_bytes:
            return f"{amount / unit_bytes:.1f} {unit}"
    return f"{amount} B"
