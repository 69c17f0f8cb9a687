"""``three-methods``: what the lesson says."""

STRINGS = {
    "lesson.three_methods.source": "article comparing gradient descent, SGD and mini-batch on digits",
    "lesson.three_methods.claim": (
        "On handwritten digits the time of an epoch grows from gradient descent to mini-batch to SGD; convergence grows from "
        "gradient descent to SGD to mini-batch; SGD's many small updates answer sooner."
    ),
    "lesson.three_methods.experiment": (
        "As in the article, gradient descent (B = 100) and SGD (B = 1) train a dense net on 100 digits and mini-batch (B = 2) "
        "on 200, four epochs each: 4, 400 and 400 updates. Thirty seeds run at three or four learning rates a method; training "
        "losses are compared after equal epochs, updates, examples and, one run at a time, seconds, each method at its best "
        "rate for that comparison. Epochs are timed as the article has them and with 200 examples for all."
    ),
    "lesson.three_methods.otherwise": (
        "Equal epochs favour mini-batch, which sees twice the examples in them, and starve gradient descent, which makes one update "
        "in each. At equal updates the order turns round: the full gradient is the best direction. Which of the two counts "
        "depends on what an update costs: here, a hundred small examples cost hardly more than one; on a large net or a slow device "
        "an update of a hundred costs a hundred. The learning rate decides as much: a rate at which SGD is at its best stops mini-batch "
        "short, and the other way round."
    ),
    "lesson.three_methods.take": (
        "Before you compare two batch sizes say what is equal, and tune the rate of each. Compare in the unit that you pay in, "
        "mostly seconds. With a small data set on a machine that does a hundred examples in the time of one, one example an "
        "update is the slowest way there is."
    ),
    "lesson.three_methods.part.epoch_time": (
        "An epoch of mini-batch takes longer (by a quarter or more) than one of gradient descent, and one of SGD longer still."
    ),
    "lesson.three_methods.part.sgd_over_gd": "SGD converges further than gradient descent, each at its best rate.",
    "lesson.three_methods.part.minibatch_over_sgd": "Mini-batch converges further than SGD, each at its best rate.",
    "lesson.three_methods.part.every_rate": "Mini-batch is ahead of SGD after four epochs at equal rates, whatever the rate.",
    "lesson.three_methods.part.sooner": (
        "SGD answers sooner: after its first pass over 100 examples it is ahead of gradient descent."
    ),
    "lesson.three_methods.part.printed": (
        "The article's 24 figures are what such runs give: most lie in the range of ours over rates and seeds."
    ),
    "lesson.three_methods.data": "the examples are: {holds:list}; not with: {does_not_hold:list}",
    "lesson.three_methods.equal": "what is equal is one of: {holds:list}; not for: {does_not_hold:list}",
    "lesson.three_methods.rates": "the learning rate is one of {holds:list}; not at {does_not_hold:list}",
    "lesson.three_methods.number.minibatch_over_gd": "epoch of mini-batch over one of gradient descent",
    "lesson.three_methods.number.sgd_over_minibatch": "epoch of SGD over one of mini-batch",
    "lesson.three_methods.number.loss_ratio": "training loss over the other method's",
    "lesson.three_methods.number.first_ratio": "SGD's training loss over gradient descent's",
    "lesson.three_methods.number.figures_inside": "share of the article's figures in our range",
    "lesson.three_methods.number.first_loss": "our first loss of gradient descent (the article's: 2.708)",
    "lesson.setting.trained_on": "examples",
    "lesson.setting.equal": "equal",
    "lesson.choice.as_printed": "the article's (100, 100 and 200)",
    "lesson.choice.equal_data": "200 for all",
    "lesson.choice.equal_epochs": "epochs",
    "lesson.choice.equal_updates": "updates",
    "lesson.choice.equal_examples": "examples",
    "lesson.choice.equal_seconds": "seconds",
    "lesson.three_methods.line.gd": "gradient descent",
    "lesson.three_methods.line.sgd": "SGD",
    "lesson.three_methods.line.minibatch": "mini-batch",
    "lesson.three_methods.article.gd": "gradient descent, article",
    "lesson.three_methods.article.sgd": "SGD, article",
    "lesson.three_methods.article.minibatch": "mini-batch, article",
    "lesson.three_methods.losses.title": "The article's losses beside ours",
    "lesson.three_methods.losses.takeaway": (
        "Dots are printed, lines our medians, bands span all rates and seeds: the rate moves a method as far as the method does."
    ),
    "lesson.three_methods.accuracies.title": "The article's accuracies beside ours",
    "lesson.three_methods.accuracies.takeaway": (
        "On the training examples, at the end of each epoch; bands span all rates and seeds."
    ),
    "lesson.three_methods.equalities.title": "Training loss, by what is equal",
    "lesson.three_methods.equalities.takeaway": (
        "The order of the methods depends on what they were given in equal amount."
    ),
}
