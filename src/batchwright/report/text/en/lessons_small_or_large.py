"""``small-or-large``: what the lesson says."""

STRINGS = {
    "lesson.small_or_large.source": "fourth article: the table of small and large batches",
    "lesson.small_or_large.claim": (
        "A large batch takes as long an update and less time an epoch, and is a long charge: strong; a small one is a "
        "short cooldown: inaccurate, but it optimises and generalises better."
    ),
    "lesson.small_or_large.experiment": (
        "Nothing is run here: every row of the table takes the verdict of another lesson, and the number that decided it: "
        "batch-time, gradient-noise, optimisation-gap and generalisation. Where a comparison depends on the learning "
        "rate there are two rows, one with a rate that both sides share and one with a rate tuned for each. What the "
        "two sides cost together, in time to the same accuracy, is a matter of lenet-batch-size."
    ),
    "lesson.small_or_large.otherwise": (
        "The rows on time are this machine's: a GPU has a wider range of sizes that take equally long. The rows on "
        "quality are those of small nets on small data; the lessons that they come from say when they change."
    ),
    "lesson.small_or_large.take": (
        "The table is not one of virtues and vices. Time belongs to the hardware and noise to arithmetic; much of what "
        "is said of quality belongs to learning rates that were tuned for one side only."
    ),
    "lesson.small_or_large.part.update_time": "An update of 1,000 examples takes as long as one of a single example.",
    "lesson.small_or_large.part.epoch_time": "An epoch takes less time with a large batch.",
    "lesson.small_or_large.part.strong": "The gradient of a larger batch is more accurate, by 1/√B.",
    "lesson.small_or_large.part.accurate_enough": "A small batch's gradient (64 examples) is accurate enough.",
    "lesson.small_or_large.part.optimisation": "At shared learning rates a large batch trains worse.",
    "lesson.small_or_large.part.optimisation_tuned": "At tuned learning rates a large batch trains worse.",
    "lesson.small_or_large.part.generalisation": "At one learning rate a large batch validates worse at equal training loss.",
    "lesson.small_or_large.part.generalisation_tuned": (
        "At tuned learning rates a large batch validates worse at equal training loss."
    ),
    "lesson.small_or_large.number.update_time": "seconds a step, large / small",
    "lesson.small_or_large.number.epoch_time": "seconds an epoch, large / small",
    "lesson.small_or_large.number.strong": "exponent of the standard deviation over B",
    "lesson.small_or_large.number.accurate_enough": "cosine with the full gradient",
    "lesson.small_or_large.number.optimisation": "training accuracy, small less large",
    "lesson.small_or_large.number.optimisation_tuned": "training accuracy, small less large",
    "lesson.small_or_large.number.generalisation": "validation loss, large less small",
    "lesson.small_or_large.number.generalisation_tuned": "validation loss, large less small",
    "lesson.small_or_large.small": "small batch",
    "lesson.small_or_large.large": "large batch",
    "lesson.small_or_large.row.update_time": "time of an update",
    "lesson.small_or_large.row.epoch_time": "time of an epoch",
    "lesson.small_or_large.row.strong": "noise: strong",
    "lesson.small_or_large.row.accurate_enough": "noise: accurate enough",
    "lesson.small_or_large.row.optimisation": "optimisation",
    "lesson.small_or_large.row.optimisation_tuned": "optimisation, rates tuned",
    "lesson.small_or_large.row.generalisation": "generalisation",
    "lesson.small_or_large.row.generalisation_tuned": "generalisation, rates tuned",
    "lesson.small_or_large.axis.side": "side",
    "lesson.small_or_large.axis.row": "what is compared",
    "lesson.small_or_large.axis.advantage": "advantage",
    "lesson.small_or_large.table.title": "Small or large, as measured",
    "lesson.small_or_large.table.takeaway": (
        "1 is the side that is better off; one half on both where the claim does not hold, so that neither is; three "
        "quarters where it holds in part; empty where it cannot be told."
    ),
}
