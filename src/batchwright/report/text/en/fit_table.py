"""What was read of a table, what was left out, what limits a fit, and what to train next."""

STRINGS = {
    # how the table was read
    "fit_table.read_as": "Read {heading!r} as {meaning}, not {others:list}.",
    "fit_table.fitted_one": "Fitted {heading!r}; {others:list} was not needed.",
    "fit_table.multiplied": "Every cell of {heading!r} was multiplied by {factor:count}, as its heading says.",
    "fit_table.read_number": "In {heading!r} {cell} was read as {value:g} (row {row}): check that this is meant.",
    "fit_table.per_device": "{heading!r} counts the examples of one device: it was multiplied by {by:list}.",
    "fit_table.from_epochs": (
        "{heading!r} counts epochs: examples are epochs times the {dataset_size:count} examples of the data set."
    ),
    "fit_table.unused": "{argument} was not needed: {heading!r} says it.",
    "fit_table.ignored": "Columns {headings:list} were passed over: all rows of a workload were pooled.",
    "fit_table.ignored.one": "Column {headings:list} was passed over: all rows of a workload were pooled.",
    # which rows count
    "fit_table.repeated": "{count} rows repeat a {heading} at their batch size: each counts as a run.",
    "fit_table.repeated.one": "{count} row repeats a {heading} at its batch size: it counts as a run.",
    "fit_table.confirmed": (
        "The {count:count} runs that confirm a learning rate count, those of the search for it do not (left out: "
        "{left_out:count})."
    ),
    "fit_table.confirmed.one": (
        "The one run that confirms a learning rate counts, those of the search for it do not (left out: "
        "{left_out:count})."
    ),
    "fit_table.unconfirmed": (
        "At batch sizes {batch_sizes:list} no run confirms a learning rate: they take no part."
    ),
    "fit_table.best_rate": (
        "At {count:count} batch sizes several learning rates were tried: the runs of the best one count (left "
        "out: {left_out:count})."
    ),
    "fit_table.best_rate.one": (
        "At one batch size several learning rates were tried: the runs of the best one count (left out: "
        "{left_out:count})."
    ),
    "fit_table.failed": (
        "{count:count} failed runs at batch size {batch_sizes:list} were left out: medians there are those of "
        "the runs that did not fail."
    ),
    "fit_table.failed.one": (
        "{count} failed run at batch size {batch_sizes:list} was left out: the median there is that of the runs "
        "that did not fail."
    ),
    "fit_table.lost": (
        "{count:count} runs at batch size {batch_sizes:list} missed the target and were left out, so that medians "
        "there are too low: with the steps they had made and a column censored they would count as bounds."
    ),
    "fit_table.lost.one": (
        "{count} run at batch size {batch_sizes:list} missed the target and was left out, so that the median "
        "there is too low: with the steps it had made and a column censored it would count as a bound."
    ),
    "fit_table.grouped": (
        "{batch_sizes:count} batch sizes were brought to {kept:count}, even on log B: within {within:percent} of "
        "their own, each run moved along the fitted curve."
    ),
    # units
    "fit_table.unit.examples_per_update": "examples per update",
    "fit_table.unit.tokens_per_update": "tokens per update",
    "fit_table.unit.updates": "updates",
    "fit_table.unit.examples": "examples",
    "fit_table.unit.tokens": "tokens",
    "fit_table.unit.epochs": "epochs",
    # what limits a fit
    "curve.two_batch_sizes": (
        "Two batch sizes fit the curve exactly: the interval rests on an assumed misfit of {misfit:percent}, "
        "typical of published tables."
    ),
    "curve.two_batch_sizes_and_seeds": (
        "Two batch sizes fit the curve exactly: the interval rests on the seeds and an assumed misfit of "
        "{misfit:percent}, typical of published tables."
    ),
    "curve.one_run_each": (
        "One run per batch size: seeds and misfit cannot be told apart, only residuals speak."
    ),
    "curve.bounds": "At {count:count} batch sizes too many runs were cut short: they count as lower bounds.",
    "curve.bounds.one": "At one batch size too many runs were cut short: it counts as a lower bound.",
    "fit_table.branched_needs_checkpoints": (
        "A table of finished runs cannot give it: branch runs from a checkpoint with larger batches and compare "
        "their loss after equally many examples (Merrill et al. 2025, arXiv 2505.23971)."
    ),
    # what to train next
    "fit_table.next.check": (
        "Check that the learning rate was tuned anew at every batch size, that the target is the same, and that "
        "no schedule ends at a fixed number of steps; then fit again."
    ),
    "fit_table.next.train": (
        "Train at batch sizes {batch_sizes:list}, the learning rate tuned anew, add the rows and fit again."
    ),
    "fit_table.next.more_seeds": (
        "Train at batch sizes {batch_sizes:list}, with more seeds and the learning rate tuned anew, add the rows "
        "and fit again."
    ),
    "fit_table.next.third": "Add a third batch size, such as {batch_size}: two fit any curve.",
}
