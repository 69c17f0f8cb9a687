"""``generalisation``: what the lesson says."""

STRINGS = {
    "lesson.generalisation.source": "fourth article, after Keskar et al. 2017: sharp minima",
    "lesson.generalisation.claim": (
        "At equal training accuracy large batches validate worse, because they end in sharp minima."
    ),
    "lesson.generalisation.experiment": (
        "A small and a large batch (about a tenth of the data) train the same net until the training loss crosses 0.05 (0.3 on Fashion-MNIST), "
        "where they are compared: at several learning rates that both share, and each at its own, tuned for "
        "validation once for every pair on a seed apart. At every end the largest eigenvalue of the Hessian and Keskar's sharpness "
        "are measured, and training and validation loss along the straight line through the two ends."
    ),
    "lesson.generalisation.otherwise": (
        "No sharpness survives a rescaling of the weights that leaves the function as it is (Dinh et al. 2017), so that "
        "what holds for one net and one initialisation may not hold for another. Larger nets, longer training at zero "
        "training loss and data with more noise leave more room for a difference."
    ),
    "lesson.generalisation.take": (
        "Compare batch sizes at equal training loss and with the learning rate tuned for each; at one shared rate it is "
        "mostly the rate that is compared. A large batch's worse result is a reason to raise the rate before it is one "
        "to give up the batch."
    ),
    "lesson.generalisation.part.worse_same_rate": "At one rate for both the large batch validates worse.",
    "lesson.generalisation.part.eigenvalue_same_rate": (
        "At one rate for both it ends in a sharper point, by the largest eigenvalue."
    ),
    "lesson.generalisation.part.keskar_same_rate": (
        "At one rate for both it ends in a sharper point, by Keskar's measure."
    ),
    "lesson.generalisation.part.steeper_same_rate": (
        "At one rate for both the loss rises more steeply about its end of the line between the two."
    ),
    "lesson.generalisation.part.worse_tuned_rate": "At its own rate the large batch validates worse.",
    "lesson.generalisation.part.eigenvalue_tuned_rate": (
        "At its own rate it ends in a sharper point, by the largest eigenvalue."
    ),
    "lesson.generalisation.part.keskar_tuned_rate": "At its own rate it ends in a sharper point, by Keskar's measure.",
    "lesson.generalisation.part.steeper_tuned_rate": (
        "At its own rate the loss rises more steeply about its end of the line between the two."
    ),
    "lesson.generalisation.part.because_sharp": (
        "Among all ends, at one training loss, the sharper ones validate worse."
    ),
    "lesson.generalisation.changes.worse": "Tuning the large batch's learning rate changes the verdict on validation.",
    "lesson.generalisation.changes.eigenvalue": (
        "Tuning the large batch's learning rate changes the verdict on the largest eigenvalue."
    ),
    "lesson.generalisation.changes.keskar": (
        "Tuning the large batch's learning rate changes the verdict on Keskar's sharpness."
    ),
    "lesson.generalisation.changes.steeper": (
        "Tuning the large batch's learning rate changes the verdict on the line between the ends."
    ),
    "lesson.generalisation.keeps": "Tuning the large batch's learning rate changes none of the verdicts.",
    "lesson.generalisation.rates": "the shared learning rate is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.generalisation.sizes": (
        "Digits have 1,437 training examples, so the small batch is {small:size} and a tenth of the data {large:size}; "
        "the article's 256 against a tenth needs the long form and Fashion-MNIST."
    ),
    "lesson.generalisation.number.loss_gap": "validation loss, large less small",
    "lesson.generalisation.number.accuracy_gap": "validation accuracy, large less small",
    "lesson.generalisation.number.train_gap": "training loss, large less small",
    "lesson.generalisation.number.eigenvalue_ratio": "largest eigenvalue, large / small",
    "lesson.generalisation.number.keskar_ratio": "Keskar's sharpness, large / small",
    "lesson.generalisation.number.rise_gap": "rise of the loss about the ends, large less small",
    "lesson.generalisation.number.shift": "lowest validation loss on the line, less lowest training loss",
    "lesson.generalisation.number.loss_over_sharpness": "validation loss a doubling of the eigenvalue",
    "lesson.generalisation.line.train": "training",
    "lesson.generalisation.line.validation": "validation",
    "lesson.generalisation.axis.alpha": "from the small batch's end (0) to the large one's (1)",
    "lesson.generalisation.same_rate.title": "The line between the ends, one learning rate",
    "lesson.generalisation.tuned_rate.title": "The line between the ends, each at its own rate",
    "lesson.generalisation.line.takeaway": (
        "Medians over pairs, bands span them. A sharper end has the steeper valley; the validation loss has its valley "
        "a little aside."
    ),
}
