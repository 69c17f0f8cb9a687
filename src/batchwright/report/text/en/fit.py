"""The critical batch size of a table of runs."""

STRINGS = {
    "fit.title": "{source}: critical batch size",
    "fit.eyebrow": "{source} · {count:count} rows · critical batch size from finished runs",
    "fit.eyebrow.one": "{source} · {count} row · critical batch size from finished runs",
    "fit.several": ("{fits} of {workloads} workloads follow the curve and locate their critical batch size."),
    "fit.of_workload": "{workload}: {words}",
    "fit.fits": (
        "Past a batch of about {critical} (90%: {interval}) larger batches buy little: there the target "
        "takes {steps:count} steps and {examples:count} examples, both twice their minimum."
    ),
    "fit.fits.exponent": (
        "Past a batch of about {critical} (90%: {interval}) larger batches buy little: there the target takes "
        "{steps:count} steps, twice their minimum. Below it steps fall less or more than in proportion: the curve's "
        "exponent is {exponent}, not 1."
    ),
    "fit.fits.unbounded": ("Past a batch of about {critical} (90%: {interval}) larger batches buy little."),
    "fit.not_identifiable": (
        "Batch sizes from {smallest:count} to {largest:count} cannot locate the critical batch size, nor bound "
        "it."
    ),
    "fit.at_least": (
        "Batch sizes from {smallest:count} to {largest:count} cannot locate the critical batch size; it is at "
        "least {bound:count} (90%), so larger batches than measured still pay off."
    ),
    "fit.at_most": (
        "Batch sizes from {smallest:count} to {largest:count} cannot locate the critical batch size; it is at "
        "most {bound:count} (90%), so even the smallest measured batch is larger than needed."
    ),
    "fit.does_not_follow": (
        "Steps to target do not follow 1 + (B_crit/B)^a, so no single critical batch size describes these runs; "
        "read the measured points instead."
    ),
    "fit.does_not_follow.by": (
        "Steps to target do not follow 1 + (B_crit/B)^a (a batch size left out is missed by {error:percent}), so "
        "no single critical batch size describes these runs; read the measured points instead."
    ),
    "fit.fact.critical": "critical batch",
    "fit.fact.interval": "90%",
    "fit.fact.overhead": "+20% examples at",
    "fit.fact.left_out": "error left out",
    "fit.read": "Read {count:count} rows of {source}: {columns}.",
    "fit.read.one": "Read {count} row of {source}: {columns}.",
    "fit.column": "{heading} as {meaning}",
    "fit.column_in_unit": "{heading} as {meaning} ({unit})",
    "fit.verdict.fits": "fits",
    "fit.verdict.not_identifiable": "not identifiable",
    "fit.verdict.does_not_follow": "does not follow",
    "fit.workloads.caption": "Where the curve bends, and how far each batch size is missed if left out.",
    "fit.measured": "Batch size by batch size",
    "fit.measured.caption": "Steps to target as measured, beside the curve; > marks a lower bound.",
    "fit.predicted": "Predicted",
    "fit.predicted.caption": (
        "Refused: below the smallest measured batch size or beyond twice the largest, where nothing says that "
        "the curve holds."
    ),
    "fit.refused": "refused: the runs allow {low:count} to {high:count}",
    "fit.column.workload": "workload",
    "fit.column.verdict": "verdict",
    "fit.column.critical": "critical batch",
    "fit.column.interval": "90%",
    "fit.column.overhead": "+20% examples",
    "fit.column.exponent": "exponent",
    "fit.column.steps_min": "fewest steps",
    "fit.column.examples_min": "fewest examples",
    "fit.column.left_out": "error left out",
    "fit.column.inside": "inside 90%",
    "fit.column.batch_size": "batch size",
    "fit.column.runs": "runs",
    "fit.column.median": "median steps",
    "fit.column.curve": "curve",
    "fit.column.examples": "examples",
    "fit.column.cut_short": "cut short",
    "fit.column.failed": "failed",
    "fit.column.lost": "missed the target",
    "fit.column.steps": "steps",
    "fit.column.refused": "remark",
    "fit.figure.title": "Steps to target",
    "fit.figure.takeaway": (
        "Dots are runs, the line is the fitted curve with its 90% band, and the mark below it B_crit."
    ),
    "fit.reading.curve": (
        "The curve is S(B) = S_min (1 + (B_crit/B)^a): at B_crit steps are twice their minimum, and with the exponent "
        "a = 1 so are the examples. Intervals are averaged over the exponents that the runs leave open."
    ),
    "fit.reading.intervals": (
        "Intervals are of 90% and count the spread of runs, the misfit of the curve and the resolution of "
        "steps."
    ),
    "fit.reading.left_out": "The error left out is that of each batch size predicted from all the others.",
    "fit.next.far": "to predict what was refused all the same",
    "fit.next.predict": "for the steps about the critical batch size",
}
