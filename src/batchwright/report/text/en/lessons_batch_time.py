"""``batch-time``: what the lesson says."""

STRINGS = {
    "lesson.batch_time.source": "first article: batch size and time",
    "lesson.batch_time.claim": (
        "Thanks to parallel hardware a large batch takes hardly longer a step: batches of 1 to 1,000 take the same "
        "time, 10,000 and 60,000 do not; so an epoch takes less time with a large batch."
    ),
    "lesson.batch_time.experiment": (
        "Steps of a dense net with 64 hidden units and of LeNet are timed at the article's batch sizes. All sizes "
        "take turns within a fraction of a second, so that whatever else the machine does meets all of them; ratios "
        "are medians over these sweeps. The article timed its own GPU; this is the processor of this machine."
    ),
    "lesson.batch_time.otherwise": (
        "On hardware with many idle units, such as a GPU with a small net, a step takes the same time until they are "
        "all busy, and then grows with the batch. The size at which that happens is a property of the machine and "
        "the net, not of batches: a large net fills a device with a few examples."
    ),
    "lesson.batch_time.take": (
        "Measure your own: batchwright probe shows where a step begins to cost in proportion to the batch. Below "
        "that size a larger batch is nearly free a step; above it an epoch takes as long at any size. And less time "
        "an epoch is not less time to a target: a larger batch needs more epochs."
    ),
    "lesson.batch_time.part.same_step": "A step takes the same time (within a factor of 1.5) at B = 1 and at B = 1,000.",
    "lesson.batch_time.part.hardly_longer": (
        "A batch ten times as large takes hardly longer a step (less than 2.5 times as long), in the dense net."
    ),
    "lesson.batch_time.part.longer_beyond": "Steps of 10,000 and of 60,000 take longer than one of 1,000.",
    "lesson.batch_time.part.shorter_epoch": "An epoch takes less than half the time at B = 1,000 that it takes at B = 1.",
    "lesson.batch_time.nets": "the net is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.batch_time.sizes": "the smaller batch is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.batch_time.number.step_ratio": "a step at 1,000 over one at 1",
    "lesson.batch_time.number.same_up_to": "largest batch with a step as long as at 1",
    "lesson.batch_time.number.tenfold_ratio": "a step of ten times the batch over one of it",
    "lesson.batch_time.number.beyond_ratio": "a step over one at 1,000",
    "lesson.batch_time.number.epoch_ratio": "an epoch at 1,000 over one at this B",
    "lesson.setting.timed_net": "net",
    "lesson.choice.dense_net": "dense",
    "lesson.batch_time.line.dense_net": "dense net",
    "lesson.batch_time.line.LeNet": "LeNet",
    "lesson.batch_time.axis.step": "seconds a step",
    "lesson.batch_time.axis.epoch": "seconds an epoch of 60,000",
    "lesson.batch_time.steps.title": "Seconds a step",
    "lesson.batch_time.steps.takeaway": "Flat while overhead rules, then in proportion to the batch; the flat part is short.",
    "lesson.batch_time.epochs.title": "Seconds an epoch",
    "lesson.batch_time.epochs.takeaway": "An epoch gets shorter up to some batch size, and no shorter beyond it.",
}
