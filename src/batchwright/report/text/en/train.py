"""One run."""

STRINGS = {
    "train.title": "{task}: one training",
    "train.eyebrow": "{task} · batch size {batch_size:size}, {optimizer}, learning rate {lr:rate}",
    "train.target": "{split:split} {metric:metric} {value:number}",
    "train.reached": (
        "The target, {target}, was reached after {steps} updates; {seconds:duration} of training in all."
    ),
    "train.missed": (
        "The budget ended after {updates:count} updates without the target, {target}: {end}; "
        "{seconds:duration} of training."
    ),
    "train.done": (
        "After {updates:count} updates and {examples:count} examples: {end}; {seconds:duration} of training."
    ),
    "train.stopped": (
        "Stopped after {updates:count} updates and {examples:count} examples: {end}; {seconds:duration} of training."
    ),
    "train.diverged": "The loss diverged after {updates:count} updates.",
    "train.out_of_memory": "Out of memory after {updates:count} updates.",
    "train.failed": "The run failed after {updates:count} updates: {message}",
    "train.end": "{split:split} {values}",
    "train.value": "{metric:metric} {value}",
    "train.no_evaluation": "nothing was evaluated",
    "train.fact.updates": "updates",
    "train.fact.steps_to_target": "steps to target",
    "train.fact.seconds": "of training",
    "train.fact.throughput": "examples/s",
    "train.pace": "{rate:measured} examples a second in {seconds:duration} of training, evaluations apart.",
    "train.table.caption": "Loss and metrics over whole splits along the run.",
    "train.column.epoch": "epoch",
    "train.column.updates": "updates",
    "train.column.loss": "{split:split} loss",
    "train.column.metric": "{split:split} {metric:metric}",
    "train.figure.title": "Loss and metrics along the run",
    "train.figure.takeaway": "Dots are evaluations over a whole split; the faint line is the loss of the updates.",
    "train.draw.loss": "loss",
    "train.draw.recorded": "training, on the way",
    "train.draw.train": "training",
    "train.draw.validation": "validation",
    "train.draw.epochs": "epochs",
    "train.draw.updates": "updates",
    "train.draw.examples": "examples seen",
    "train.draw.seconds": "seconds of training",
    "train.about.evaluations": "evaluations took",
    "train.about.seed": "seed",
    "train.next.lower": "with a lower learning rate",
    "train.next.smaller": "with smaller forward passes; the update stays the same",
    "train.next.resume": "to go on from its checkpoint",
    "train.next.longer": "with twice the budget",
    "train.next.advise": "for the batch size and learning rate that reach the target first",
}
