"""The noise scale of a running loop."""

STRINGS = {
    "monitor.scale": "Noise scale {scale} examples, over {count:count} measured steps (one of {every}) up to update {updates:count}.",
    "monitor.above": (
        "Noise scale not resolved, only above {low:measured} examples (90%), over {count:count} measured steps (one of "
        "{every}) up to update {updates:count}: the mean gradient cannot be told from zero."
    ),
    "monitor.no_signal": (
        "Noise scale not resolved over {count:count} measured steps (one of {every}) up to update {updates:count}: the mean "
        "gradient cannot be told from zero."
    ),
    "monitor.no_noise": (
        "Noise scale not resolved over {count:count} measured steps (one of {every}) up to update {updates:count}: the "
        "micro-batches do not differ beyond rounding."
    ),
    "monitor.few_steps": (
        "Noise scale not known yet: an interval needs 5 measured steps or more (one of {every} is measured), got {count:count} "
        "up to update {updates:count}."
    ),
    "monitor.below": (
        "Batch size {size:size} lies below it: twice the batch, as on twice the devices, would take {steps} of the steps to "
        "the same progress."
    ),
    "monitor.near": (
        "Batch size {size:size} cannot be told from it: this is about where doubling stops paying; {double:size} would take "
        "{steps} of the steps to the same progress."
    ),
    "monitor.past": (
        "Batch size {size:size} lies past it: twice the batch, as on twice the devices, would still take {steps} of the steps "
        "to the same progress."
    ),
    "monitor.unresolved": "Whether batch size {size:size} lies below it is not told yet: {double:size} would take {steps} of the steps.",
    "monitor.half": "Half the batch, {size:size}, would take {steps} times the steps, and so fewer examples.",
    "monitor.rates": "At batch size {size:size} the rule for {optimizer} takes the learning rate {rates}.",
    "monitor.rate": "from {before} to {after}",
    "monitor.factor": "At batch size {size:size} the rule for {optimizer} multiplies learning rates by {factor}.",
    "monitor.between": "{low:measured} to {high:measured}",
    "monitor.skipped.not_finite": "{count:count} steps were left out, since gradients were not finite.",
    "monitor.skipped.not_finite.one": "{count} step was left out, since gradients were not finite.",
    "monitor.skipped.short": "{count:count} steps were left out, since they had too few micro-batches.",
    "monitor.skipped.short.one": "{count} step was left out, since it had too few micro-batches.",
}
