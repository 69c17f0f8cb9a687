"""Growing batches against the best fixed one."""

STRINGS = {
    "growth.heading": "Growing the batch",
    "growth.kind.fixed": "best fixed batch",
    "growth.kind.decay": "halved rate",
    "growth.kind.warm_up": "warm-up of the batch",
    "growth.kind.seesaw": "Seesaw",
    "growth.cost.seconds": "time",
    "growth.cost.examples": "examples",
    "growth.cost.steps": "steps",
    "growth.start": "from batch size {batch_size:size} and learning rate {lr:rate}",
    "growth.ratio": "{value:ratio} (90%: {interval})",
    "growth.missed": "target reached by {reached} of {seeds} seeds",
    "growth.side": "{side} {ratio}",
    "growth.and": "{first} and {second}",
    "growth.wins": (
        "Growing the batch pays: {side}, {start}, comes to the target in {ratio} the {cost} of the best fixed batch."
    ),
    "growth.fixed": (
        "Growing the batch does not pay here; {cost} to target over that of the best fixed batch: {others}."
    ),
    "growth.cannot_tell": (
        "Whether growing the batch pays cannot be told; {cost} to target over that of the best fixed batch: {others}."
    ),
    "growth.clock": "Whether growing the batch pays cannot be told: the clock is in doubt. Steps and examples stand.",
    "growth.nothing_raced": "No growing batch could be raced against the best fixed one.",
    "growth.caption": (
        "Medians over {seeds} seeds that chose nothing. Seconds are those of the steps at the batch sizes used, as "
        "timed in the table above."
    ),
    "growth.column.side": "training with",
    "growth.column.batch_sizes": "batch size",
    "growth.column.lr": "learning rate",
    "growth.column.seeds": "seeds",
    "growth.column.steps": "steps",
    "growth.column.examples": "examples",
    "growth.column.seconds": "to target",
    "growth.column.ratio": "÷ fixed",
    "growth.column.interval": "90%",
    "growth.sizes": "{first:size} to {last:size}, {factor} every {epochs:number} epochs",
    "growth.sizes.on": "from {first:size} on, {factor} every {epochs:number} epochs",
    "growth.left_out.no_smaller_size": (
        "No {side}: no smaller batch size of the study reached the target that doublings lead from to the best one."
    ),
    "growth.left_out.run_too_short": (
        "No {side}: the run with the small batch is too short for branches along it."
    ),
    "growth.left_out.no_doubling": (
        "No {side}: the critical batch along the run with the small batch nowhere surely reaches twice that batch."
    ),
    "growth.left_out.own_schedule": "No {side}: the learning rate has a schedule already.",
    "growth.reading": (
        "The warm-up starts smaller and doubles where branches of that run show that the critical batch has grown "
        "(arXiv 2505.23971), its rate going from the small batch's to the best one's. Seesaw (arXiv 2510.14717) takes "
        "twice the batch and the rate over √2 where the halved rate, beside it, takes half the rate."
    ),
    "growth.next": "the run with the growing batch",
    "progress.phase.growth": "runs with growing batches",
}
