"""The local critical batch size, by branches of a run."""

STRINGS = {
    "branched.title": "{task}: critical batch size along a run",
    "branched.eyebrow": (
        "{task} · {optimizer}, batch size {size:size}, learning rate {lr:rate} · branches of {examples:count} examples, "
        "{seeds} seeds each"
    ),
    "branched.single": "The local critical batch size {point} is {value} examples.",
    "branched.course": "The local critical batch size went from {start} {first} to {end} {last}.",
    "branched.above": "above {low:measured} (90%)",
    "branched.below": "below {high:measured} (90%)",
    "branched.unresolved": "unresolved",
    "branched.stay": (
        "Stay at batch size {size:size}: no lower bound along this run reaches {twice:size}, so a larger batch would "
        "cost examples."
    ),
    "branched.grow": "Start at batch size {size:size}, and go {steps}: the lower ends of the intervals allow that.",
    "branched.double": "to {size:size} after {examples:count} examples (learning rate {lr:rate})",
    "branched.then": "{first}, {second}",
    "branched.diverged": "The run diverged; its last point is after {count:count} updates: lower its learning rate.",
    "branched.diverged.one": "The run diverged; its last point is after {count} update: lower its learning rate.",
    "branched.why.no_fall": (
        "After {steps:list} updates the loss does not fall beyond its scatter over the branch: longer branches or more "
        "seeds could tell."
    ),
    "branched.why.rate_too_low": (
        "After {steps:list} updates a larger batch makes more of an example than the run's own: its learning rate is "
        "far too low, and nothing follows for the batch."
    ),
    "branched.why.not_monotone": (
        "After {steps:list} updates the efficiency rises with the batch size, which noise and curvature cannot do: the "
        "learning rates tried do not suit all branches."
    ),
    "branched.why.above_largest": (
        "After {steps:list} updates the efficiencies leave a lower bound only: larger batches, longer branches or more "
        "seeds could tell more."
    ),
    "branched.why.below_smallest": (
        "After {steps:list} updates even the smallest branch is past the critical batch size: there is an upper bound only."
    ),
    "branched.other_rate": (
        "With the run's batch size a branch did better at learning rate {rates:list} than at the run's {lr:rate}: the "
        "branches are compared at the better rate."
    ),
    "branched.rate_goes": (
        "The branches with larger batches did best at other learning rates: in the command below the rate goes with "
        "the batch to the power of {power:g}."
    ),
    "branched.definitions": (
        "Critical by efficiency: twice the examples of the smallest batches, at best rates, over one branch. Within "
        "tolerance: the largest batch that ends as low. Noise scale: tr Σ/|G|², without curvature or learning rate."
    ),
    "branched.figure.title": "The critical batch size along the run",
    "branched.figure.takeaway": "Dots are estimates with 90% intervals; an arrow is a bound that goes on.",
    "branched.along.caption": (
        "At each point the critical batch size by efficiency, the largest batch within {share:percent} of the gain, and "
        "the gradient noise scale, all in examples."
    ),
    "branched.branches": "The branches",
    "branched.branches.caption": "Each trained on {examples:count} examples; losses and efficiencies over the seeds.",
    "branched.tolerances": "The largest batch by tolerance",
    "branched.tolerances.caption": (
        "The largest batch size up to which branches end within this share of what the branch with the run's batch "
        "size gained (Merrill et al. 2025)."
    ),
    "branched.about.measured": "losses over",
    "branched.about.split": "{sample:count} {split:split} examples",
    "branched.column.updates": "updates",
    "branched.column.examples": "examples",
    "branched.column.critical": "critical batch",
    "branched.column.interval": "90%",
    "branched.column.within": "within tolerance",
    "branched.column.noise": "noise scale",
    "branched.column.noise_interval": "its 90%",
    "branched.column.batch_size": "batch size",
    "branched.column.lr": "learning rate",
    "branched.column.rule": "by rule",
    "branched.column.loss": "loss",
    "branched.column.efficiency": "efficiency",
    "branched.column.tolerance": "tolerance",
    "branched.column.at": "after {step:count}",
    "branched.rule.linear": "linear",
    "branched.rule.sqrt": "square root",
    "branched.rule.adam": "Adam's",
    "branched.rule.half_life": "half-life",
    "branched.rule.none": "unchanged",
    "branched.reading.efficiency": (
        "Efficiency: the examples that the branch with the run's batch size B needs to the loss at the end of the one "
        "with kB, over those of a branch. 1/e = 1 + (k - 1) B/(B + B_crit) is fitted to all branches; the interval is "
        "the jackknife's over the seeds, with what the efficiencies miss the curve by."
    ),
    "branched.reading.tolerance": (
        "Merrill et al. (2025) take the largest kB whose loss stays within a tolerance. It depends on the tolerance, "
        "and is never above the largest branch. Theirs is an absolute loss; here it is a share of the gain, which "
        "means the same on any scale of losses."
    ),
    "branched.reading.noise": (
        "The gradient noise scale is a property of the point: it knows neither the curvature nor which learning rates "
        "are stable. Where the rate cannot be raised with the batch the branched critical batch is below it; where the "
        "scatter is in flat directions, above it."
    ),
    "branched.reading.study": (
        "The critical batch of a study is global: it counts the steps from the start to a target, each batch size at "
        "its own best rate for that whole way. The local one belongs to one stretch, begins from a state that the run's "
        "batch size has made, and grows as the loss falls."
    ),
    "branched.reading.rates": (
        "Each branch has the best of the rescaled learning rates (linear, square root, unchanged), from the best one "
        "near the run's, chosen with a seed of its own. The loss is the lower of the last weights' and of an average "
        "with a half-life of a sixteenth of a branch, without which a lower rate wins every short race."
    ),
    "branched.next.train": "the run with that warm-up of the batch",
    "branched.next.advise": "for the batch size that reaches the target first",
    "draw.branched.critical": "critical batch by efficiency, 90%",
    "draw.branched.noise": "gradient noise scale, 90%",
    "draw.branched.within": "largest within {share:percent} of the gain",
    "draw.branched.run": "the run's, {size:size}",
    "draw.branched.examples": "examples seen by the run",
    "progress.phase.branches": "examples of the branches",
}
