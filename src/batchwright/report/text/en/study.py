"""The pages of a study and of advice: the answer, its tables and figures."""

STRINGS = {
    "study.title.recommended": "{task}: batch size {batch_size:size}",
    "study.title.inconclusive": "{task}: inconclusive",
    "study.eyebrow": "{task} · to {target} · objective: {objective}",
    "study.target": "{split} {metric} {value:g}",
    # the answer
    "study.answer": "Train with {choice}: {cost}{why}; {as_good}.",
    "study.choice": "batch size {batch_size:size} and learning rate {lr:rate}",
    "study.choice.no_rate": "batch size {batch_size:size}",
    "study.cost.time": "{value} to target",
    "study.cost.time.interval": "{value} to target (90%: {interval})",
    "study.cost.examples": "{value} examples to target",
    "study.cost.examples.interval": "{value} examples to target (90%: {interval})",
    "study.cost.steps": "{value} steps to target",
    "study.cost.steps.interval": "{value} steps to target (90%: {interval})",
    "study.cost.unknown": "cost unknown",
    "study.why.time": "",
    "study.why.examples": ", the largest batch size within 20% of the fewest examples",
    "study.why.steps": ", the smallest batch size within 20% of the fewest steps",
    "study.as_good.none": "no other batch size tried is as good (90%)",
    "study.as_good.range": "anything from {low:size} to {high:size} is as good (90%)",
    "study.as_good.some": "{others:list} are as good (90%)",
    "study.as_good.some.one": "{others:list} is as good (90%)",
    "study.inconclusive": "Inconclusive: {doubt}.",
    "study.inconclusive.guess": "Inconclusive: {doubt}; the best guess is {choice}.",
    "study.clock": "Only the clock is in doubt: steps, learning rates and the critical batch size stand, which "
    "batch size is fastest does not; the best guess is {choice}.",
    "study.clock.critical": "Only the clock is in doubt: steps, learning rates and the critical batch size, "
    "{critical:measured}, stand, which batch size is fastest does not; the best guess is {choice}.",
    "study.not_the_fastest": "Batch size {other:size} has the lower middle value in the table, {value} to target; "
    "batch size {batch_size:size} is the best in more of what these runs leave possible.",
    "study.doubt": "{doubt}.",
    # numbers under the answer
    "study.fact.batch_size": "batch size",
    "study.fact.lr": "learning rate",
    "study.fact.best_guess": "best guess: {name}",
    "study.fact.as_good": "as good (90%)",
    "study.fact.critical_batch": "critical batch",
    "study.fact.not_identifiable": "not identifiable",
    # tables
    "study.table.caption": "The median over the seeds of each batch size at its best learning rate. Steps come "
    "from confirmation seeds that took no part in choosing the rate.",
    "advice.table.caption": "Steps are inferred from all runs together; most of them were stopped before the "
    "target. Where no run at the rate shown reached it, they stand with ~ and are called inferred.",
    "study.column.batch_size": "batch size",
    "study.column.lr": "learning rate",
    "study.column.steps": "steps",
    "study.column.interval": "90% of the steps",
    "study.column.seeds": "seeds",
    "study.column.step": "a step",
    "study.column.step.in_doubt": "a step, in doubt",
    "study.column.seconds": "to target",
    "study.column.seconds.in_doubt": "to target, in doubt",
    "study.column.examples": "examples",
    "study.column.ratio.time": "time ÷ best",
    "study.column.ratio.examples": "examples ÷ best",
    "study.column.ratio.steps": "steps ÷ best",
    "study.column.flat_rates": "as good within 20%",
    "study.column.fails_at": "fails at",
    "study.column.test": "test {metric}",
    "study.column.runs": "runs",
    "study.column.run": "run {number}",
    "study.cell.seeds": "{reached}/{seeds}",
    "study.cell.inferred": "inferred",
    "study.mark.best": "best",
    "study.mark.best_guess": "best guess",
    "study.mark.as_good": "as good",
    "study.more.heading": "More of every batch size",
    "study.more.caption": "Costs beside those of the best, and the learning rates about the chosen one.",
    "study.easier.heading": "At easier targets",
    "study.easier.caption": "The same question, asked of the same runs on their way.",
    "study.easier.target": "target",
    "study.easier.best": "best batch size",
    "study.easier.as_good": "as good",
    "study.easier.answer": "the answer",
    "study.easier.shift.same": "stays",
    "study.easier.shift.within_set": "moves to another that is as good",
    "study.easier.shift.leaves_set": "moves",
    "study.easier.shift.no_answer": "none",
    # the critical batch size
    "study.critical.heading": "Critical batch size",
    "study.critical.fits": "The critical batch size is {critical}: well below it, doubling the batch nearly halves "
    "the steps; well above it, a larger batch mostly costs more examples.",
    "study.critical.minima": "At it both costs are twice the least possible, {steps:count} steps and "
    "{examples:count} examples.",
    "study.critical.range": "The fit holds for batch sizes {low:size} to {high:size}.",
    "study.critical.does_not_follow": "The steps to target do not follow the curve S(B) = S_min (1 + B_crit/B), so "
    "no single critical batch size describes these runs; read the measured points instead.",
    "study.critical.misses": "The steps to target do not follow the curve S(B) = S_min (1 + B_crit/B), which misses "
    "them by {misfit:percent}, so no single critical batch size describes these runs; read the measured points "
    "instead.",
    "study.critical.bounded": "These runs cannot pin the critical batch size down; they only say it is "
    "{interval:interval}.",
    "study.critical.unknown": "These runs cannot tell what the critical batch size is.",
    "study.critical.no_fit": "No curve was fitted: too few batch sizes reached the target.",
    # notes
    "study.note.at": "Batch size {batch_sizes:list}: {note}.",
    "study.note.at_all": "Every batch size: {note}.",
    "study.missing.costs": "No run reached the target, so there are no costs to draw.",
    "study.missing.seconds": "Seconds a step were not measured, so there is no time to target.",
    "study.made": "Study {study_id}: {executed:count} runs executed, {reused:count} taken from the store, in "
    "{took:duration}.",
    "study.made.taken_over": "Study {study_id}: {executed:count} runs executed, {reused:count} taken from the store "
    "and {taken_over:count} over from other studies and advice, in {took:duration}.",
    "study.details.spec": "The whole specification",
    "study.next.not_repeated": "Runs already stored are not repeated.",
    "advice.next.confirm": "Confirms it with rates tuned at every batch size and fresh seeds.",
    # figures
    "study.figure.seconds": "Time to target",
    "study.figure.steps": "Steps to target",
    "study.figure.examples": "Examples to target",
    "study.figure.learning_rates": "Learning rate by batch size",
    "study.figure.timing": "What a step costs here",
    "study.figure.loss": "Loss curves",
    "study.figure.sharpness": "Sharpness at the winners' ends",
    "study.seconds.takeaway": "The lowest median is {value} at batch size {batch_size:size}.",
    "study.seconds.takeaway.ends": "The lowest median is {value} at batch size {batch_size:size}; {ends:list}.",
    "study.seconds.none": "No batch size reached the target often enough to time it.",
    "study.ends.takes": "batch size {batch_size:size} takes {ratio:ratio} that",
    "study.steps.takeaway": "A batch {growth:count} times as large takes {fewer:measured} times fewer steps: "
    "{first} at batch size {smallest:size}, {last} at batch size {largest:size}.",
    "study.steps.none": "Too few batch sizes reached the target to compare their steps.",
    "study.examples.takeaway": "Up to batch size {largest:size} the examples stay within 20% of the least, {value}.",
    "study.examples.takeaway.ends": "Up to batch size {largest:size} the examples stay within 20% of the least, "
    "{value}; {ends:list}.",
    "study.examples.none": "No batch size reached the target often enough to count its examples.",
    "study.rates.none": "No learning rate reached the target at any batch size.",
    "study.rates.same": "The chosen rate is {first:rate} at both ends of the range.",
    "study.rates.moves": "The chosen rate goes from {first:rate} at batch size {smallest:size} to {last:rate} at "
    "batch size {largest:size}.",
    "study.rates.edge": "It sits on the edge of the searched rates at {batch_sizes:list}.",
    "study.rates.diverged": "Some runs diverged at {batch_sizes:list}.",
    "study.rates.reached": "reached",
    "study.rates.diverged_runs": "diverged",
    "study.rates.budget_ended": "budget ended",
    "study.rates.median_steps": "median steps",
    "study.rates.relative": "against the best",
    "study.rates.chosen": "chosen",
    "study.rates.chosen_on_edge": "chosen, on the edge",
    "study.timing.takeaway": "A step takes {first} at batch size {smallest:size} and {last} at batch size "
    "{largest:size}.",
    "study.timing.peak": "Throughput peaks at batch size {batch_size:size}, {throughput:count} examples a second.",
    "study.timing.peak.largest": "Throughput is highest at the largest batch, {throughput:count} examples a second.",
    "study.timing.quartiles": "quartiles",
    "study.timing.throughput": "examples a second",
    "study.loss.all": "All {count} runs, each to its end; the shortest, at batch size {batch_size:size}, ends after "
    "{examples:count} examples.",
    "study.loss.some": "{count} of {runs} runs, each to its end; the shortest, at batch size {batch_size:size}, ends "
    "after {examples:count} examples.",
    "study.loss.seed": "seed",
    "study.loss.examples": "examples at the end",
    "study.loss.loss": "loss at the end",
    # where the winners ended
    "study.sharpness.sharper": "Larger batches ended in sharper points: {numbers}.",
    "study.sharpness.flatter": "Larger batches ended in flatter points: {numbers}.",
    "study.sharpness.cannot_tell": "Whether larger batches ended in sharper points cannot be told: {numbers}.",
    "study.sharpness.numbers": "the largest eigenvalue goes as B^{eigenvalue}, Keskar's sharpness as B^{keskar}",
    "study.sharpness.power": "{value} (90%: {interval})",
    "study.sharpness.too_few": "Sharpness against batch size needs three batch sizes or more whose runs reached the "
    "target.",
    "study.sharpness.caveat": "These are the points where the target was reached at tuned learning rates, not fully "
    "trained minima. A larger learning rate keeps the largest eigenvalue below 2/lr, which alone can order the "
    "batch sizes; and no sharpness is invariant to a change of the parameters' scale (Dinh et al. 2017).",
    "study.sharpness.heading": "Where the winners ended",
    "study.sharpness.takeaway": "Every end that was measured, and a line through their geometric means.",
    "study.sharpness.loss": "loss",
    "study.sharpness.eigenvalue": "largest eigenvalue",
    "study.sharpness.residual": "residual",
    "study.sharpness.keskar": "Keskar",
    # what advice rests on
    "advice.runs.heading": "What the advice rests on",
    "advice.runs.caption": "A run that was stopped on the way says how many steps it would have needed, with the "
    "error of that.",
    "advice.runs.seed": "seed",
    "advice.runs.made": "steps made",
    "advice.runs.ended": "ended",
    "advice.runs.implied": "steps to target",
    "advice.runs.error": "error",
    "advice.status.target_reached": "target reached",
    "advice.status.budget_exhausted": "stopped on the way",
    "advice.status.stopped": "stopped on the way",
    "advice.status.diverged": "diverged",
    "advice.status.out_of_memory": "out of memory",
    "advice.status.failed": "failed",
    "advice.cost": "{executed:count} runs, most of them cut short, on {examples:count} examples, in {took:duration}.",
    "advice.cost.trainings": "{executed:count} runs, most of them cut short, on {examples:count} examples: the work "
    "of {trainings:measured} trainings to the target, in {took:duration}.",
    "advice.cost.least": "{executed:count} runs, most of them cut short, on {examples:count} examples, in "
    "{took:duration}. A training to the target takes only {training:seconds} here, so {least:duration} of work are "
    "granted, whatever the budget in trainings.",
    "advice.ended": "It ended because {reason}.",
}
