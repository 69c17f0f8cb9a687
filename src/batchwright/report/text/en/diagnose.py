"""What a training log shows, where it comes from and what to change."""

STRINGS = {
    "diagnose.title": "{source}: what the log shows",
    "diagnose.eyebrow": "{source} · read as {format} · {count:count} lines",
    "diagnose.eyebrow.one": "{source} · read as {format} · {count} line",
    "diagnose.nothing": (
        "Nothing unusual: in {count:count} losses no pattern stands out from the noise and the trend."
    ),
    "diagnose.no_training": "The log has no training loss, so nothing was judged.",
    "diagnose.of_run": "{run}: {words}",
    "diagnose.cause": "Cause: {words}",
    "diagnose.advice": "Change: {words}",
    "diagnose.against": "Against other explanations: {words}",
    "diagnose.reasons": "{first}; {second}",
    "diagnose.next.figure": "to see the raw loss beside its mean over an epoch",
    "diagnose.fact.findings": "findings",
    "diagnose.fact.losses": "training losses",
    "diagnose.fact.epoch": "lines an epoch",
    "diagnose.fact.confidence": "confidence",
    "diagnose.findings": "What was found",
    "diagnose.findings.caption": "The most important first; the confidence is that the cause is the one named.",
    "diagnose.column.kind": "finding",
    "diagnose.column.run": "run",
    "diagnose.column.series": "series",
    "diagnose.column.period": "period in lines",
    "diagnose.column.steps": "period in steps",
    "diagnose.column.confidence": "confidence",
    "diagnose.series": "What was read",
    "diagnose.series.caption": "Every series of the log; running means are read and not judged where single losses are beside them.",
    "diagnose.column.role": "role",
    "diagnose.column.length": "values",
    "diagnose.column.x": "along",
    "diagnose.figure.title": "Raw loss and its mean",
    "diagnose.figure.takeaway.epoch": "The mean over an epoch shows how training goes; what the raw loss does about it repeats with the epoch or is noise.",
    "diagnose.figure.takeaway.stretch": "No epochs are known, so the mean is over stretches of {window:count} lines.",
    "diagnose.role.train": "training loss",
    "diagnose.role.validation": "validation loss",
    "diagnose.role.lr": "learning rate",
    "diagnose.role.other": "other",
    "diagnose.role.mean": "{role}, running mean",
    "diagnose.x.updates": "updates",
    "diagnose.x.examples": "examples",
    "diagnose.x.epochs": "epochs",
    "diagnose.x.lines": "lines of the log",
    "diagnose.draw.raw": "as logged",
    "diagnose.draw.epoch_mean": "mean over an epoch",
    "diagnose.draw.mean": "mean over {window:count} lines",
    "diagnose.draw.validation": "validation",
    # --- names of findings ---
    "diagnose.kind.divergence": "divergence",
    "diagnose.kind.batch_order": "fixed batch order",
    "diagnose.kind.last_update_divided": "last update divided too much",
    "diagnose.kind.loss_times_accumulation": "loss multiplied by accumulation",
    "diagnose.kind.running_mean_reset": "running mean reset each epoch",
    "diagnose.kind.overfitting": "overfitting",
    "diagnose.kind.resumed": "resumed run",
    "diagnose.kind.adam_sawtooth": "true sawtooth",
    "diagnose.kind.epoch_stairs": "stairs at epochs",
    "diagnose.kind.spikes": "spikes",
    "diagnose.kind.decay_too_early": "learning rate decayed too early",
    "diagnose.kind.decay_too_late": "learning rate decayed too late",
    "diagnose.kind.never_decayed": "learning rate never decayed",
    "diagnose.kind.plateau": "plateau",
    "diagnose.kind.validation_below_training": "validation below training",
    "diagnose.kind.not_logged_enough": "not logged enough",
    # --- divergence ---
    "diagnose.found.divergence": (
        "Training diverged: from its best level {best:measured} at line {line:count} the loss rose to {last:measured} "
        "(it began at {start:measured})."
    ),
    "diagnose.cause.divergence": "Steps too large for the curvature at that point: usually the learning rate.",
    "diagnose.advice.divergence": (
        "Go back to a checkpoint before line {line:count}; halve the learning rate, lengthen the warm-up, clip the "
        "gradient."
    ),
    "diagnose.found.divergence.not_finite": (
        "Training broke down at line {line:count}: from there on {lines:count} losses are nan or infinite."
    ),
    "diagnose.cause.divergence.not_finite": (
        "An overflow: steps that were too large, float16 without loss scaling, or a log or division of 0 in the loss."
    ),
    "diagnose.advice.divergence.not_finite": (
        "Go back to a checkpoint before line {line:count}; lower the learning rate or clip the gradient, and use "
        "bfloat16 or loss scaling."
    ),
    "diagnose.found.divergence.never_finite": "No loss is a number: all {lines:count} are nan or infinite.",
    "diagnose.cause.divergence.never_finite": "Inputs or targets with nan, or a loss that is not defined at the start.",
    "diagnose.advice.divergence.never_finite": "Check one batch by hand: inputs, targets, outputs, loss, in that order.",
    # --- batch order ---
    "diagnose.found.batch_order": (
        "The bands are the batches: each epoch repeats the same offsets every {period:count} lines, {width:measured} "
        "apart, {signal_to_noise:measured} times what they change from one epoch to the next ({epochs:count} epochs)."
    ),
    "diagnose.found.batch_order.period_found": (
        "The loss repeats itself every {period:count} lines: offsets {width:measured} apart that return "
        "{epochs:count} times, {signal_to_noise:measured} times what they change; most likely an epoch in a fixed "
        "order."
    ),
    "diagnose.cause.batch_order": (
        "A fixed batch order: every epoch meets the same batches in the same places, and each has a loss of its own."
    ),
    "diagnose.cause.batch_order.period_found": (
        "Most likely a fixed batch order, {period:count} lines being an epoch; the log itself counts no epochs."
    ),
    "diagnose.advice.batch_order": (
        "Shuffle the examples anew every epoch (shuffle=True); to judge progress, read the mean over an epoch."
    ),
    "diagnose.advice.batch_order.period_found": (
        "Shuffle the examples anew every epoch (shuffle=True), log the epoch, and read the mean over one."
    ),
    # --- last update ---
    "diagnose.found.last_update_divided": (
        "The last loss of every epoch is {ratio:measured} of the others (at the end {others:measured} and "
        "{last:measured}), in all of {epochs:count} epochs."
    ),
    "diagnose.cause.last_update_divided": (
        "The last update of an epoch has fewer micro-batches, and its sum is divided by the full number of "
        "accumulation steps; its gradient is too small by the same factor."
    ),
    "diagnose.advice.last_update_divided": (
        "Divide by the micro-batches that were really summed, or drop the incomplete update."
    ),
    # --- accumulation ---
    "diagnose.found.loss_times_accumulation": (
        "The training loss is {ratio:measured} times the validation loss from the first evaluation to the last, "
        "nearly {multiple:count} times."
    ),
    "diagnose.cause.loss_times_accumulation": (
        "The logged loss is summed over {multiple:count} accumulation steps (or devices) and not divided by them."
    ),
    "diagnose.advice.loss_times_accumulation": (
        "Divide the loss by the accumulation steps before it is logged, and check that the gradient is divided too: "
        "if not, the learning rate counts {multiple:count} times."
    ),
    # --- running mean ---
    "diagnose.found.running_mean_reset": (
        "The sawtooth is drawn by the logging: within every epoch the noise shrinks like 1/k (exponent "
        "{noise_slope:.2f}), as that of a running mean that begins anew each epoch."
    ),
    "diagnose.cause.running_mean_reset": (
        "What is logged is the mean of the epoch's losses so far; at a new epoch it is reset and drops to the "
        "present level."
    ),
    "diagnose.advice.running_mean_reset": (
        "Nothing is wrong with the training. Log each loss, or a mean over a fixed number of the last ones."
    ),
    "diagnose.found.running_mean_reset.stated": (
        "The sawtooth is drawn by the logging: this format prints the mean of the epoch so far, which begins anew "
        "each epoch (a drop of {drop:measured} in the median)."
    ),
    "diagnose.cause.running_mean_reset.stated": (
        "A progress bar shows the mean of the epoch's losses so far; at a new epoch it is reset."
    ),
    "diagnose.advice.running_mean_reset.stated": (
        "Nothing is wrong with the training. Compare epochs by their last line, or log single losses."
    ),
    # --- overfitting ---
    "diagnose.found.overfitting": (
        "Overfitting: the validation loss was least, {best:measured}, at {at:count} {x} and has risen by "
        "{rise:percent} since, while the training loss fell on to {train_last:measured}."
    ),
    "diagnose.cause.overfitting": "The model goes on to learn the training examples and no longer what carries over.",
    "diagnose.advice.overfitting": (
        "Keep the weights of {at:count} {x} (early stopping); then more data or augmentation, weight decay or dropout."
    ),
    # --- resumed ---
    "diagnose.found.resumed": (
        "The run was resumed: at record {record:count} the {x} go from {reached:count} back to {continued_at:count}."
    ),
    "diagnose.cause.resumed": "It was continued from an earlier checkpoint into the same log.",
    "diagnose.advice.resumed": (
        "Plot against steps, not lines; {repeated:count} repeated records were left out here. See that the order of "
        "examples, the optimizer's state and the schedule were restored too."
    ),
    # --- sawtooth and stairs ---
    "diagnose.found.adam_sawtooth": (
        "A true sawtooth: the loss falls by {fall:measured} at the start of an epoch ({falling:percent} of them) and "
        "creeps up by {creep:measured} within it."
    ),
    "diagnose.cause.adam_sawtooth": (
        "Known of Adam-like optimizers with examples reshuffled every epoch: examples met again soon after the last "
        "time, and the memory of the second moment (arXiv 2410.10056). The batch order is not fixed."
    ),
    "diagnose.advice.adam_sawtooth": (
        "No defect: judge by the mean over an epoch. It shrinks with a larger beta_2, and with sampling with "
        "replacement."
    ),
    "diagnose.found.epoch_stairs": (
        "Stairs: {share:percent} of the fall happens at the starts of epochs, {fall:measured} each, with little in "
        "between."
    ),
    "diagnose.cause.epoch_stairs": (
        "The model remembers the examples: seen again, each has a lower loss at once, whatever the others do."
    ),
    "diagnose.advice.epoch_stairs": (
        "Read the validation loss, the stairs say nothing of what carries over; use fewer epochs or more data."
    ),
    # --- spikes ---
    "diagnose.found.spikes": (
        "{count:count} lines stand far above their neighbours, the highest at line {line:count}: {peak:measured} over "
        "a level of {level:measured} ({noise_sds:count} times the noise); the loss comes back."
    ),
    "diagnose.found.spikes.one": (
        "A spike at line {line:count}: {peak:measured} over a level of {level:measured} ({noise_sds:count} times the "
        "noise); the loss comes back."
    ),
    "diagnose.cause.spikes": (
        "Single steps that went too far: a learning rate near the edge, a second moment that was too small, or a bad "
        "batch."
    ),
    "diagnose.advice.spikes": (
        "Clip the gradient, lower the learning rate or beta_2 of Adam; look at the batches of these lines."
    ),
    "diagnose.found.spikes.same_phase": (
        "{count:count} spikes, most of them at line {phase:count} of the epoch, the highest {peak:measured} over a "
        "level of {level:measured}."
    ),
    "diagnose.cause.spikes.same_phase": "The same batch comes at the same place, and something is wrong with it.",
    "diagnose.advice.spikes.same_phase": "Look at the examples of that batch, and shuffle anew every epoch.",
    # --- learning rate ---
    "diagnose.found.decay_too_early": (
        "The learning rate was cut too early: at line {line:count} the loss was still falling ({fall_before:measured} "
        "in the stretch before, {fall_after:measured} in an equal one after)."
    ),
    "diagnose.cause.decay_too_early": (
        "The rate fell by a factor of {factor:measured} at {share:percent} of the run; what follows is too slow to go on."
    ),
    "diagnose.advice.decay_too_early": "Cut later, once the loss stands in its noise; or decay smoothly to the end.",
    "diagnose.found.decay_too_late": (
        "The learning rate was cut too late: the loss had stood still for {waited_lines:count} lines "
        "({waited:percent} of the run), and the cut brought {gain:measured} at once."
    ),
    "diagnose.cause.decay_too_late": "The loss hung in the noise of a rate that was too large for further progress.",
    "diagnose.advice.decay_too_late": "Cut as soon as the loss stands still: the waiting bought nothing.",
    "diagnose.found.never_decayed": (
        "The learning rate never falls (it stays {lr:rate}), and for {waited:percent} of the run the loss has stood "
        "in its noise at {level:measured}."
    ),
    "diagnose.cause.never_decayed": (
        "At a constant rate the noise of the steps holds the loss above what it could reach."
    ),
    "diagnose.advice.never_decayed": "Decay the rate towards 0 over the last part of the run, or grow the batch.",
    # --- plateau ---
    "diagnose.found.plateau": (
        "A plateau: for the last {share:percent} of the run (from line {line:count}) the loss stands at {level:measured}."
    ),
    "diagnose.cause.plateau": (
        "The log cannot tell whether that is as far as the model goes, a learning rate that is too large or small, "
        "or noise."
    ),
    "diagnose.advice.plateau": "Lower the learning rate once to see: if the loss falls at once, it was the noise.",
    "diagnose.found.plateau.at_start": (
        "A plateau at the start: for {share:percent} of the run (to line {line:count}) the loss stands at "
        "{level:measured}, and only then falls."
    ),
    "diagnose.cause.plateau.at_start": "A flat region or a saddle near the initial weights, or too long a warm-up.",
    "diagnose.advice.plateau.at_start": (
        "A better initialisation or normalisation, momentum or an adaptive optimizer, a shorter warm-up."
    ),
    "diagnose.found.plateau.between": (
        "A plateau on the way: for {share:percent} of the run (lines {from_line:count} to {line:count}) the loss stands "
        "at {level:measured}, and then falls on."
    ),
    "diagnose.cause.plateau.between": "A saddle or a flat region, or a learning rate that was changed and is not in the log.",
    "diagnose.advice.plateau.between": (
        "Momentum, an adaptive optimizer or smaller batches leave it sooner; log the learning rate to rule that out."
    ),
    "diagnose.found.plateau.never_falls": (
        "The loss does not fall: it stands at {level:measured} for all of {lines:count} lines."
    ),
    "diagnose.cause.plateau.never_falls": (
        "Nothing is learned: no gradient reaches the weights, the learning rate is far off, or labels do not belong "
        "to their inputs."
    ),
    "diagnose.advice.plateau.never_falls": (
        "Train on one batch until its loss is near 0; if that fails, look at the gradients' norms, then at the rate."
    ),
    # --- validation below training ---
    "diagnose.found.validation_below_training": (
        "The validation loss stays below the training loss by {part:percent} ({share:percent} of the later "
        "evaluations)."
    ),
    "diagnose.cause.validation_below_training": (
        "Dropout and augmentation act in training only, or the validation examples are easier, or known to training."
    ),
    "diagnose.advice.validation_below_training": (
        "Evaluate the training examples in evaluation mode too; if the gap stays, check how the data were split."
    ),
    # --- not enough ---
    "diagnose.found.not_logged_enough": "Too few losses to tell anything: {values} of at least {needed}.",
    "diagnose.cause.not_logged_enough": "The log is short.",
    "diagnose.advice.not_logged_enough": "Log several losses an epoch, for several epochs.",
    # --- against ---
    "diagnose.against.reshuffled": (
        "shuffled anew, one epoch's offsets would be unrelated to the next one's (correlation here {agreement:.2f})"
    ),
    "diagnose.against.sawtooth": "a sawtooth would rise over the epoch (that explains {rising:percent} of the offsets)",
    "diagnose.against.drawn_anew": (
        "batches drawn anew would change the offsets more (they are {ratio:measured} times their change)"
    ),
    "diagnose.against.running_mean": (
        "a running mean's noise would shrink within the epoch like 1/k (exponent here {slope:.2f})"
    ),
    "diagnose.against.single_losses": "the noise of single losses would stay the same (exponent here {slope:.2f}, not 0)",
    "diagnose.against.fixed_order": (
        "in a fixed order each place would keep its own offset, not rise with the epoch (agreement {agreement:.2f}, "
        "{ratio:measured} times the change)"
    ),
    "diagnose.against.own_losses": (
        "batches with losses of their own would not keep the ratio {ratio:measured} while the level falls"
    ),
    "diagnose.against.chance": "the rise of {rise:measured} is beyond the noise of {noise:measured} between evaluations",
    "diagnose.against.lag": (
        "the lag of a mean over the epoch explains less: beside the later training losses {gap:measured} remain"
    ),
    "diagnose.against.real_gap": (
        "a real gap would grow with training (the ratio stays between {low:measured} and {high:measured})"
    ),
    "diagnose.against.bad_batch": "one bad batch would come at one place of the epoch ({count} spikes at {places})",
    # --- notes ---
    "diagnose.note.unread": "{count:count} of {lines:count} lines should hold values and could not be read.",
    "diagnose.note.left_out": "{count:count} further series were left out.",
    "diagnose.note.no_training_loss": "A run has no training loss and was not judged.",
    "diagnose.note.one_line_an_epoch": (
        "With one line an epoch nothing within epochs can be seen (batch order, resets): log several."
    ),
    "diagnose.note.no_epochs": (
        "The log counts no epochs, so what repeats with them was searched for at every period, which sees less."
    ),
    "diagnose.note.phases_vary": (
        "Lines fall on other places of each epoch ({lines:.1f} lines an epoch), so a fixed batch order cannot be seen: "
        "log at the same places."
    ),
    "diagnose.note.no_lr": "Without the learning rate in the log, nothing can be said of its decay.",
    "diagnose.note.no_validation": "Without a validation loss in the log, nothing can be said of overfitting.",
}
