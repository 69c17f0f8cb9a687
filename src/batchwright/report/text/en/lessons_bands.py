"""``bands``: what the lesson says."""

STRINGS = {
    "lesson.bands.source": "third article: a loss that prints in bands",
    "lesson.bands.claim": (
        "With a fixed order of the batches the printed loss runs in interleaved bands, because each batch falls "
        "mainly by its own turn one epoch earlier and not by the others', whose directions are random to it."
    ),
    "lesson.bands.experiment": (
        "The article's own run: 1,000 examples of ten normal numbers, their squares as targets, two sigmoid layers of "
        "normal weights, batches of 100 in a fixed order, learning rate 0.001, the loss printed as its mean over "
        "every five updates, so two lines an epoch. Twenty seeds draw data and weights anew. The explanation is tested "
        "three ways: the gap with frozen weights; what every one of the ten updates of an epoch does to every batch; "
        "and an epoch without a batch's own turn, or with nothing else."
    ),
    "lesson.bands.otherwise": (
        "A batch's own update would count for most only where the gradients of different batches are at right angles "
        "or against each other: one example a batch in a net that can memorise, or late in training, when the common "
        "part of the gradient is gone and what is left is each batch's own. Bands themselves need batches that differ "
        "and come in one order; with large batches, or easy data, the gap sinks below the printed digits."
    ),
    "lesson.bands.take": (
        "Bands say that some batches are harder than others, and nothing about training: they are there at once, "
        "before anything is learned. Shuffle every epoch, or print the mean of a whole epoch. The work is not wasted: "
        "every update lowers nearly every batch's loss, since the batches share most of what they ask for; ten updates "
        "of which each does a little for all are the epoch's fall."
    ),
    "lesson.bands.part.bands": "With a fixed order the loss prints in two lines that never cross.",
    "lesson.bands.part.lines": "With 2,000 examples and prints every five updates there are four lines an epoch.",
    "lesson.bands.part.coarse": "Printed every 20 updates, once an epoch, the band is gone.",
    "lesson.bands.part.shuffling": "With shuffled batches no line stays the upper one.",
    "lesson.bands.part.made_by_training": (
        "The gap comes from the updates: with frozen weights less than half of it is left."
    ),
    "lesson.bands.part.own_turn_mainly": "More than half of a batch's fall is made by the update on it.",
    "lesson.bands.part.little_without": "Without its own turn a batch falls by less than half.",
    "lesson.bands.part.most_alone": "With its own turn alone it still falls by more than half.",
    "lesson.bands.part.others_random": (
        "The other batches' gradients are at right angles to a batch's own (cosine within 0.05 of 0)."
    ),
    "lesson.bands.part.first_order": (
        "The change over an update is −lr gᵢ·gⱼ, up to an error in proportion to the learning rate."
    ),
    "lesson.bands.part.wasted": "Updates on other batches do a batch no good: most of them do not lower its loss.",
    "lesson.bands.part.floor": (
        "The loss has a floor near 1.6, since a sigmoid stays below 1 and many of the squares do not."
    ),
    "lesson.bands.number.never_cross": "seeds in which one line is the upper one in every epoch",
    "lesson.bands.number.gap": "gap between the lines",
    "lesson.bands.number.fall_an_epoch": "fall of the loss an epoch",
    "lesson.bands.number.as_many_lines": "seeds whose lines repeat once an epoch",
    "lesson.bands.number.band_every_20": "width of the series printed every 20 updates over that of every five",
    "lesson.bands.number.gap_frozen_over_gap": "gap with frozen weights over the gap",
    "lesson.bands.number.gap_frozen_weights": "gap with frozen weights",
    "lesson.bands.number.own_share": "share of the fall by own updates",
    "lesson.bands.number.equal_share": "share if all ten updates counted alike",
    "lesson.bands.number.fall_without_own_turn": "fall without the own turn, of the whole",
    "lesson.bands.number.fall_with_own_turn_only": "fall with the own turn alone, of the whole",
    "lesson.bands.number.cosine_mean": "mean cosine between two batches' gradients",
    "lesson.bands.number.error_order": "exponent of the error in the learning rate",
    "lesson.bands.number.first_order_error": "error of the first-order sum",
    "lesson.bands.number.lowered_by_others": "other batches' updates that lower a batch's loss",
    "lesson.bands.number.floor": "least loss with outputs below 1",
    "lesson.choice.shuffled_anew": "shuffled",
    "lesson.bands.line.fixed": "fixed order, print {line:count}",
    "lesson.bands.line.shuffled": "shuffled, print {line:count}",
    "lesson.bands.printed.title": "The printed loss",
    "lesson.bands.printed.takeaway": (
        "In a fixed order two lines run side by side, hundreds of times further apart than they fall in an epoch; "
        "shuffled, the prints scatter over the same range."
    ),
    "lesson.bands.matrix.title": "Whose update lowers whose loss",
    "lesson.bands.matrix.takeaway": (
        "Percent of each batch's fall by the update. The diagonal stands out, and is far from the whole of a row."
    ),
    "lesson.bands.axis.update": "update on batch",
    "lesson.bands.axis.batch": "loss of batch",
    "lesson.bands.axis.share": "% of the fall",
    "lesson.bands.first_order.title": "How well the gradients foretell it",
    "lesson.bands.first_order.takeaway": (
        "The error of −lr gᵢ·gⱼ grows in proportion to the learning rate: the rest is of second order."
    ),
    "lesson.bands.axis.error": "relative error",
}
