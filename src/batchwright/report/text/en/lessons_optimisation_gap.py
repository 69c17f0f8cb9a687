"""``optimisation-gap``: what the lesson says."""

STRINGS = {
    "lesson.optimisation_gap.source": "fifth article: small and large batches",
    "lesson.optimisation_gap.claim": (
        "Larger batches reach worse accuracy, on training data too: an optimisation problem, since noisy updates help "
        "training."
    ),
    "lesson.optimisation_gap.experiment": (
        "A dense net on 1,437 digits is trained with batches of 8, 64, 512 and all examples: once for 10 epochs, "
        "where the small batch makes 180 times as many updates, and once for 400 updates each, where the large batch "
        "sees 180 times as many examples. Learning rates are the same for all sizes, 0.05 and 0.2, or tuned for each "
        "size and each amount of work to the lowest training loss, on other seeds than those reported."
    ),
    "lesson.optimisation_gap.otherwise": (
        "With so many epochs that even the full batch makes enough updates, the gap at equal epochs closes. Where "
        "the loss has bad minima or saddles in the way, noise can help beyond what is seen here; this net has "
        "none that matter. Accuracy on validation data at a training loss of zero is another question, see the "
        "lesson on generalisation."
    ),
    "lesson.optimisation_gap.take": (
        "Say which work was equal before comparing batch sizes. At equal epochs a large batch is held back by its "
        "few updates, first of all at the small batch's learning rate: raise the rate, and train longer. Its exact "
        "gradient is no handicap."
    ),
    "lesson.optimisation_gap.part.worse_training_fixed": (
        "At equal epochs and one learning rate for all, the full batch ends with a training accuracy more than a "
        "point below that of B = 8."
    ),
    "lesson.optimisation_gap.part.worse_validation_fixed": "The same on validation data.",
    "lesson.optimisation_gap.part.worse_training_tuned": (
        "At equal epochs and rates tuned for each size, it is still more than a point below on training data."
    ),
    "lesson.optimisation_gap.part.worse_validation_tuned": (
        "At equal epochs and rates tuned for each size, it is still more than a point below on validation data."
    ),
    "lesson.optimisation_gap.part.worse_updates_fixed": (
        "At equally many updates and one rate for all, the full batch is more than a point below on training data."
    ),
    "lesson.optimisation_gap.part.worse_updates_tuned": (
        "At equally many updates and tuned rates, the full batch is more than a point below on training data."
    ),
    "lesson.optimisation_gap.part.noise_helps": (
        "Noisy updates help training: at equally many updates and tuned rates, B = 8 has the lower training loss."
    ),
    "lesson.optimisation_gap.rates": "the learning rate is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.optimisation_gap.number.train_gap": "training accuracy at B = 8 minus at the larger B",
    "lesson.optimisation_gap.number.validation_gap": "validation accuracy at B = 8 minus at the larger B",
    "lesson.optimisation_gap.number.loss_ratio": "training loss at B = 8 over that at the larger B",
    "lesson.setting.rates": "lr",
    "lesson.choice.tuned_rate": "tuned",
    "lesson.optimisation_gap.epochs.title": "Equal epochs",
    "lesson.optimisation_gap.epochs.takeaway": (
        "At a shared rate accuracy falls with the batch; tuned rates lift the right end. Dashed: validation."
    ),
    "lesson.optimisation_gap.updates.title": "Equally many updates",
    "lesson.optimisation_gap.updates.takeaway": (
        "What happens to the order when every size makes the same number of updates. Dashed: validation."
    ),
    "lesson.optimisation_gap.line.fixed.train": "lr {rate}, training",
    "lesson.optimisation_gap.line.fixed.validation": "lr {rate}, validation",
    "lesson.optimisation_gap.line.tuned.train": "tuned, training",
    "lesson.optimisation_gap.line.tuned.validation": "tuned, validation",
}
