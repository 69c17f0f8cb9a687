"""The noise of a gradient."""

STRINGS = {
    "noise.title": "{task}: gradient noise",
    "noise.eyebrow": "{task} · gradient noise, from {sample:count} of {examples:count} training examples",
    "noise.resolved": (
        "The gradient noise scale {point} is {scale} examples: well below that batch size twice the batch "
        "nearly halves the steps, well above it a larger batch buys little."
    ),
    "noise.exact": (
        "The gradient noise scale {point} is {scale:measured} examples, from all {examples:count} training examples: "
        "well below that batch size twice the batch nearly halves the steps, well above it a larger batch buys little."
    ),
    "noise.unresolved": (
        "The gradient noise scale {point} is not resolved: the mean gradient cannot be told from zero."
    ),
    "noise.unresolved.above": (
        "The gradient noise scale {point} is not resolved, only that it is above {low:measured} (90%): the "
        "mean gradient cannot be told from zero."
    ),
    "noise.few_examples": (
        "The gradient noise scale {point} is not resolved, only that it is above {low:measured} (90%): a few "
        "examples dominate it, and those that were not sampled may hold more of them."
    ),
    "noise.tail": (
        "The largest hundredth of the examples carries {share:percent} of the gradients' noise: rare classes, outliers "
        "or wrong labels, worth a look."
    ),
    "noise.course": "The gradient noise scale went from {start} {first} to {end} {last}.",
    "noise.diverged": "The run diverged after {count:count} updates: lower its learning rate.",
    "noise.diverged.one": "The run diverged after {count} update: lower its learning rate.",
    "noise.scale": "noise scale",
    "noise.scale.curvature": "with the curvature",
    "noise.scale.preconditioned": "preconditioned",
    "noise.scale.l1": "in the l1 norm",
    "noise.scale.nuclear": "in the nuclear norm",
    "noise.geometry.l1": "In the l1 norm: where every parameter moves about equally far, as under Adam and sign methods, noise and signal are compared by the sums of their entries (arXiv 2602.03001; a young idea).",
    "noise.geometry.nuclear": "In the nuclear norm: where all singular values of a matrix move equally far, as under Muon, noise and signal are compared by the sums of theirs; parameters that are no matrices are left out (arXiv 2602.03001; a young idea).",
    "noise.scale.unresolved": "unresolved",
    "noise.scale.unresolved_above": "unresolved (90%: above {low:measured})",
    "noise.signal": "|G|²",
    "noise.variance": "tr Σ",
    "noise.no_curvature": "The noise scale with the curvature, tr(HΣ)/(GᵀHG), is missing: {reason}.",
    "noise.estimates": "The estimates",
    "noise.estimates.caption": (
        "Noise scales in examples, the mean gradient's squared length and the trace of the covariance, from "
        "{sample:count} of {examples:count} examples."
    ),
    "noise.row.value": "value",
    "noise.row.low": "90% from",
    "noise.row.high": "to",
    "noise.column.interval": "90%",
    "noise.column.sampling": "sampling",
    "noise.column.slope": "slope",
    "noise.column.law": "the law",
    "noise.column.batch_size": "batch size",
    "noise.column.with": "replaced",
    "noise.column.with_theory": "theory, replaced",
    "noise.column.without": "not replaced",
    "noise.column.without_theory": "theory, not replaced",
    "noise.column.updates": "updates",
    "noise.column.loss": "loss",
    "noise.sampling.with": "with replacement",
    "noise.sampling.without": "without",
    "noise.slopes.caption": "The exponent of the standard deviation against the batch size.",
    "noise.law.title": "The 1/√B law",
    "noise.law.takeaway": "Dots are batches that were drawn, lines what tr Σ predicts.",
    "noise.law.table": "How far a mini-batch gradient lies from the mean",
    "noise.law.caption": "Standard deviation of the mini-batch gradient at each batch size, beside the theory.",
    "noise.along.title": "The noise scale along the run",
    "noise.along.takeaway": "The line is the estimate, the band its 90% interval.",
    "noise.along.caption": "The noise scale after so many updates of the run.",
    "noise.reading.scale": (
        "The noise scale is tr(Σ)/|G|²: the variance of one example's gradient over the squared length of "
        "the mean gradient (McCandlish et al. 2018). It changes along training, mostly upwards."
    ),
    "noise.reading.law": (
        "The standard deviation of a mini-batch gradient falls as 1/√B; without replacement it ends at 0 at "
        "B = N, and slopes are fitted after dividing by that finite-population factor."
    ),
    "noise.next.more.signal": "with more examples, so that the mean gradient shows",
    "noise.next.more.few": "with more examples: few of them decide, and those left out may be among these",
    "noise.next.advise": "for the batch size that reaches the target first",
}
