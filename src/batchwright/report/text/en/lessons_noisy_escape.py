"""``noisy-escape``: what the lesson says."""

STRINGS = {
    "lesson.noisy_escape.source": "fourth article: noise leaves minima",
    "lesson.noisy_escape.claim": (
        "The noise of a small batch leaves a minimum that holds gradient descent, where one batch's loss is stuck "
        "another's is not; a narrow valley is left sooner."
    ),
    "lesson.noisy_escape.experiment": (
        "One weight in the narrow one of two equally deep wells of a mean loss. Every example adds a slope of its own, "
        "so a batch of B sees the wells tilted by noise of standard deviation 12/√B. Dozens of walkers make the same "
        "updates at four learning rates, all below the narrow well's stability limit of 0.125, and the first crossing "
        "to the other side is kept. The wells' times are compared at one learning rate and batch size, with the narrow "
        "well half as deep to twice as deep. Last, five pairs with the same lr/B, the last above that limit."
    ),
    "lesson.noisy_escape.otherwise": (
        "The time to leave grows exponentially with depth times B over the learning rate: twice the depth, or half the "
        "rate, can turn a few updates into more than anybody makes. Noise that vanishes at a minimum, as where every "
        "example is fitted exactly, leaves nothing. Above the stability limit a narrow well is left without any noise."
    ),
    "lesson.noisy_escape.take": (
        "What leaves a minimum is the noise, which the learning rate and the batch size set together: lr/B is its "
        "temperature while the rate is far below the stability limit. A large batch with a larger rate is as restless "
        "as a small one, until the rate meets that limit. Depth decides as much as width."
    ),
    "lesson.noisy_escape.part.held": "Gradient descent on all examples is held by the minimum.",
    "lesson.noisy_escape.part.leaves": "Batches of one example leave it (more than half of the walkers, in 1,000 updates).",
    "lesson.noisy_escape.part.monotone": "The smaller the batch, the more walkers leave, at every learning rate.",
    "lesson.noisy_escape.part.stuck_elsewhere": (
        "Where the mean loss is stuck, the loss of a batch (of one example) mostly is not."
    ),
    "lesson.noisy_escape.part.narrow_sooner": "The narrow well is left sooner than the wide one where both have the same noise.",
    "lesson.noisy_escape.part.narrow_noisier": (
        "The narrow well is left sooner where its noise grows with its curvature (examples displace the wells)."
    ),
    "lesson.noisy_escape.part.same_in_time": "lr/B alone decides how many leave in equal time, lr times updates.",
    "lesson.noisy_escape.part.same_in_updates": "lr/B alone decides how many leave in equally many updates.",
    "lesson.noisy_escape.rates": "the learning rate is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.noisy_escape.depths": (
        "the narrow well is, in depths of the wide one, one of: {holds:list}; not at: {does_not_hold:list}"
    ),
    "lesson.noisy_escape.number.share_left": "share that left",
    "lesson.noisy_escape.number.rise": "largest rise of the share with B",
    "lesson.noisy_escape.number.share_stuck": "share of batches stuck there",
    "lesson.noisy_escape.number.time_ratio": "time in the wide well / in the narrow",
    "lesson.noisy_escape.number.share_gap": "share that left, less that of the smallest rate",
    "lesson.setting.depth": "depth",
    "lesson.noisy_escape.mean": "mean loss",
    "lesson.noisy_escape.axis.weight": "weight",
    "lesson.noisy_escape.axis.share": "share that left",
    "lesson.noisy_escape.axis.time": "lr × updates",
    "lesson.noisy_escape.line.lr": "lr {lr:rate}",
    "lesson.noisy_escape.line.pair": "lr {lr:rate}, B {batch_size:size}",
    "lesson.noisy_escape.wells.title": "The mean loss, and three batches' own",
    "lesson.noisy_escape.wells.takeaway": (
        "Dashed: losses of batches of 16. Some have no minimum where the mean loss has one."
    ),
    "lesson.noisy_escape.shares.title": "Who left the narrow well within {updates:count} updates",
    "lesson.noisy_escape.shares.takeaway": (
        "Each learning rate has a batch size below which almost everybody leaves and above which nobody does; it grows "
        "with the rate. Bars are 90% intervals."
    ),
    "lesson.noisy_escape.collapse.title": "One lr/B, five learning rates",
    "lesson.noisy_escape.collapse.takeaway": (
        "Against lr × updates the curves of small rates lie on one another: there lr/B is all that counts."
    ),
}
