"""``decay``: what the lesson says."""

STRINGS = {
    "lesson.decay.source": "third article: decaying the learning rate",
    "lesson.decay.claim": (
        "Decaying the learning rate (exponentially, such as 0.95; the article gives no unit) removes the late "
        "oscillation and improves generalisation."
    ),
    "lesson.decay.experiment": (
        "A net on digits, a fifth of the training labels wrong, 16 epochs with batches of 32. A constant rate against "
        "0.95 an epoch, 0.95 an update, halving every four epochs, inverse time and cosine, each with its own starting "
        "rate, tuned on other seeds for the validation loss and once more for the accuracy. The oscillation is the "
        "standard deviation of the change of the whole training loss from one epoch's end to the next, over the last "
        "five. Then the same noise scale in another way: the batch doubles every four epochs at a constant rate."
    ),
    "lesson.decay.otherwise": (
        "Where the noise of the gradients dies out by itself, as on clean labels that the net can fit, there is little "
        "late oscillation to remove and little to gain. From a small starting rate a decay only stops training early. "
        "On a longer run 0.95 an epoch becomes a strong decay: what counts is how far the rate falls over the whole "
        "run, not the factor."
    ),
    "lesson.decay.take": (
        "Start high and let the rate fall over the length of the run. Always ask for the unit of a decay factor: after "
        "100 updates 0.95 an update leaves 0.6% of the rate. Growing the batch instead does the same for the noise, "
        "with fewer updates."
    ),
    "lesson.decay.part.less_oscillation": "Decay takes away a third or more of the late oscillation of the training loss, from the same starting rate.",
    "lesson.decay.part.better_loss": (
        "Decay ends at a lower validation loss, each schedule at its best starting rate."
    ),
    "lesson.decay.part.better_accuracy": (
        "Decay ends at a higher validation accuracy, each schedule at its best starting rate."
    ),
    "lesson.decay.part.per_step_as_good": "0.95 an update is as good as 0.95 an epoch (within 5% of its validation loss).",
    "lesson.decay.part.from_any_start": (
        "0.95 an epoch lowers the validation loss from a small starting rate as well as from a large one."
    ),
    "lesson.decay.part.growing_is_the_same": (
        "Doubling the batch where the rate would halve gives the same validation loss, within 10%."
    ),
    "lesson.decay.number.oscillation_ratio": "oscillation over that at the constant rate",
    "lesson.decay.number.loss_ratio": "validation loss over that at the constant rate",
    "lesson.decay.number.accuracy_gained": "validation accuracy gained over the constant rate",
    "lesson.decay.number.step_over_epoch": "validation loss, 0.95 an update over 0.95 an epoch",
    "lesson.decay.number.loss_ratio_same_start": "validation loss over that at the constant rate, same start",
    "lesson.decay.number.grown_over_halved": "validation loss, growing batch over halving rate",
    "lesson.decay.number.updates_ratio": "updates, growing batch over halving rate",
    "lesson.decay.schedules": "the schedule is {holds:list}; not {does_not_hold:list}; cannot be told of {cannot_tell:list}",
    "lesson.decay.schedules.all_told": "the schedule is {holds:list}; not {does_not_hold:list}",
    "lesson.decay.rates": "the starting rate is {holds:list}; not {does_not_hold:list}",
    "lesson.setting.schedule": "schedule",
    "lesson.choice.constant_rate": "constant",
    "lesson.choice.per_epoch": "0.95 an epoch",
    "lesson.choice.per_step": "0.95 an update",
    "lesson.choice.halved": "halved every four epochs",
    "lesson.choice.inverse_time": "inverse time",
    "lesson.choice.cosine": "cosine",
    "lesson.choice.growing": "growing batch",
    "lesson.decay.axis.start": "starting rate",
    "lesson.decay.late.title": "From the starting rate {lr:rate}",
    "lesson.decay.late.takeaway": "At a constant rate the loss goes on jumping from epoch to epoch; a falling rate calms it.",
    "lesson.decay.tuning.title": "Every schedule over its starting rate",
    "lesson.decay.tuning.takeaway": (
        "A schedule that falls fast needs a higher start; compared at one rate, any of them can be made to win."
    ),
    "lesson.decay.grown.title": "Growing the batch instead",
    "lesson.decay.grown.takeaway": "Halving the rate and doubling the batch end alike; the second needs half the updates or less.",
}
