"""``data-size``: what the lesson says."""

STRINGS = {
    "lesson.data_size.source": "second article: batch size and amount of data",
    "lesson.data_size.claim": (
        "The best batch grows with the data set: 128 for 1.08 million examples, 1,024 for a hundred times as many, an "
        "exponent of 0.45."
    ),
    "lesson.data_size.experiment": (
        "A dense net is trained on subsets of digits with batches of 8, 32 and 128, each at its own tuned learning "
        "rate. Steps to a validation loss give the critical batch size, at which steps and examples are both twice "
        "their minimum, by bw.fit, for every seed. Once the loss is the same for all subsets, once it is near the "
        "lowest that the subset's own runs reach. The exponent is the slope of the critical batch over the number "
        "of examples, in logarithms; seeds are not those that tuned."
    ),
    "lesson.data_size.otherwise": (
        "The critical batch is set by the noise of the gradient where training spends its time: a harder target "
        "means a later, noisier stretch. More data alone change that noise little, except where so few examples are "
        "left that they are seen many times over. More data with a larger model and a lower target loss is what large "
        "projects change together. The article's two sizes are also tied to its hardware."
    ),
    "lesson.data_size.take": (
        "Do not scale the batch with the data set. Ask what target the data set is there for, and measure the "
        "critical batch at that target: batchwright study on a subset, at the loss that you want in the end."
    ),
    "lesson.data_size.part.grows_equal": "At an equal target the critical batch grows with the number of examples (an exponent above 0.2).",
    "lesson.data_size.part.exponent_equal": "At an equal target its exponent is near 0.45 (0.3 to 0.6).",
    "lesson.data_size.part.grows_allowed": (
        "At a target that the data allow the critical batch grows with the number of examples (an exponent above 0.2)."
    ),
    "lesson.data_size.part.exponent_allowed": "At a target that the data allow its exponent is near 0.45 (0.3 to 0.6).",
    "lesson.data_size.number.exponent": "exponent of the critical batch over examples",
    "lesson.data_size.number.critical_batch": "critical batch",
    "lesson.data_size.number.target": "validation loss that the data allow",
    "lesson.data_size.line.equal": "equal target",
    "lesson.data_size.line.allowed": "target that the data allow",
    "lesson.data_size.line.article": "exponent {exponent}",
    "lesson.data_size.axis.critical": "critical batch size",
    "lesson.data_size.critical.title": "Critical batch against the number of examples",
    "lesson.data_size.critical.takeaway": "Both kinds of target beside the article's exponent; bands span the seeds.",
}
