"""A fitted workload in words: what it says, and what to run where it says too little."""

from __future__ import annotations

from batchwright.advice.table.result import WorkloadFit


def name_of(fit: WorkloadFit) -> str:
    """The workload's name in a sentence or over a figure.

    A table without workloads has one without a name.
    """
    return fit.workload or "This table"


def sentence(fit: WorkloadFit) -> str:
    """The answer in one sentence."""
    name = name_of(fit)
    critical = fit.critical_batch
    if fit.verdict == "does_not_follow":
        error = "" if fit.leave_one_out is None else (
            f" (a batch size left out is missed by {fit.leave_one_out.median_abs_log_error:.0%})"
        )  # fmt: skip
        return (
            f"{name}: steps to target do not follow 1 + B_crit/B{error}, so no single critical batch size "
            "describes these runs; read the measured points instead."
        )
    if fit.verdict == "not_identifiable":
        smallest, largest = _measured_range(fit)
        measured = f"batch sizes from {size(smallest)} to {size(largest)}"
        start = f"{name}: {measured} cannot locate the critical batch size"
        bound = critical.one_sided_bound
        if bound is None:
            return f"{start}, nor bound it."
        meaning = (
            "larger batches than measured still pay off"
            if bound.side == "at least"
            else "even the smallest measured batch is larger than needed"
        )
        return f"{start}; it is {bound.side} {count(bound.value)} (90%), so {meaning}."
    low, high = critical.interval or (None, None)
    return (
        f"{name}: past a batch of about {count(critical.value)} (90%: {count(low)} to {count(high)}) larger "
        f"batches buy little. There the target takes {count(_twice(fit.steps_min))} steps and "
        f"{count(_twice(fit.examples_min))} examples, both twice their minimum."
    )


def next_steps(fit: WorkloadFit) -> tuple[str, ...]:
    """What to measure where the verdict is not "fits", in words."""
    smallest, largest = _measured_range(fit)
    if fit.verdict == "does_not_follow":
        return (
            "Check that the learning rate was tuned anew at every batch size, that the target is the same, "
            "and that no schedule ends at a fixed number of steps; then fit again.",
        )
    if fit.verdict == "not_identifiable":
        bound = fit.critical_batch.one_sided_bound
        if bound is not None and bound.side == "at most":
            wanted = f"{count(max(smallest / 2, 1))} and {count(max(smallest / 4, 1))}"
        elif bound is not None:
            wanted = f"{count(2 * largest)} and {count(4 * largest)}"
        else:
            wanted = f"{count(max(smallest / 4, 1))} and {count(4 * largest)}, with more seeds"
        return (f"Train at batch sizes {wanted}, the learning rate tuned anew, add the rows and fit again.",)
    if fit.leave_one_out is None:
        return (f"Add a third batch size, such as {count((smallest * largest) ** 0.5)}: two fit any curve.",)
    return ()


def size(batch_size: float) -> str:
    """A measured batch size as it is.

    >>> size(67840.0), size(12.5)
    ('67,840', '12.5')
    """
    return f"{batch_size:,.10g}"


def count(value: float | None) -> str:
    """A count in three digits, for people.

    >>> count(3127.4), count(84), count(0.5), count(48_240_000), count(None)
    ('3,130', '84', '0.5', '48.2 million', '?')
    """
    if value is None:
        return "?"
    if value >= 999_500:
        unit, name = (1e9, "billion") if value >= 999.5e6 else (1e6, "million")
        return f"{float(f'{value / unit:.3g}'):g} {name}"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 or rounded == round(rounded) else f"{rounded:g}"


def _measured_range(fit: WorkloadFit) -> tuple[float, float]:
    sizes = [m.batch_size for m in fit.measured if m.steps or m.censored]
    return sizes[0], sizes[-1]


def _twice(value: float | None) -> float | None:
    return None if value is None else 2 * value
