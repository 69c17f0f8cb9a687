"""``gradient-noise``: what the lesson says."""

STRINGS = {
    "lesson.gradient_noise.source": "first article: gradient noise",
    "lesson.gradient_noise.claim": (
        "A mini-batch gradient has the same mean as a one-example gradient and 1/√B of its standard deviation; half "
        "the data, or far less, gives almost the full gradient; beyond some batch size the direction hardly changes."
    ),
    "lesson.gradient_noise.experiment": (
        "A small net on digits is trained by SGD. Before the first update, after 60 and after 3,000 the gradient of "
        "every one of the 1,437 training examples is taken, so that the full gradient and the covariance are known "
        "exactly. Batches of 1 to 1,024 examples are then drawn, with and without replacement, and compared with it."
    ),
    "lesson.gradient_noise.otherwise": (
        "The law of the standard deviation is arithmetic and holds everywhere. How many examples give the direction "
        "depends on the gradient noise scale, tr Σ/|G|²: a task or a moment with a small one needs few examples, and "
        "late in training the mean gradient shrinks faster than the noise."
    ),
    "lesson.gradient_noise.take": (
        "Early in training a few dozen examples point the way, and a larger batch wastes work. Near the end the mean "
        "gradient is small beside the noise: there a larger batch, or a smaller learning rate, is what helps."
    ),
    "lesson.gradient_noise.part.same_mean": "Mini-batch gradients have the full gradient as their mean.",
    "lesson.gradient_noise.part.with_replacement": (
        "Drawn with replacement, their standard deviation falls as 1/√B."
    ),
    "lesson.gradient_noise.part.without_replacement": (
        "Drawn without replacement, as an epoch does, it falls as 1/√B too."
    ),
    "lesson.gradient_noise.part.half_is_enough": (
        "Half of the data gives almost the full gradient (a cosine above 0.95)."
    ),
    "lesson.gradient_noise.part.little_is_enough": "Far less, 64 examples, does so too.",
    "lesson.gradient_noise.part.direction_settles": (
        "Beyond some batch size the direction hardly changes: doubling a quarter of the data leaves a cosine above 0.95."
    ),
    "lesson.gradient_noise.points": "the point of training is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.gradient_noise.number.mean_gap": "squared gap of the means, in units of chance",
    "lesson.gradient_noise.number.slope": "exponent of the standard deviation",
    "lesson.gradient_noise.number.cosine_half": "cosine at N/2",
    "lesson.gradient_noise.number.cosine_little": "cosine at 64",
    "lesson.gradient_noise.number.cosine_doubled": "cosine of N/4 with N/2",
    "lesson.setting.point": "point",
    "lesson.choice.early": "early",
    "lesson.choice.middle": "middle",
    "lesson.choice.late": "late",
    "lesson.gradient_noise.line.with": "with replacement, update {point:count}",
    "lesson.gradient_noise.line.without": "without, update {point:count}",
    "lesson.gradient_noise.line.point": "update {point:count}",
    "lesson.gradient_noise.axis.std": "standard deviation",
    "lesson.gradient_noise.axis.cosine": "cosine with the full gradient",
    "lesson.gradient_noise.almost": "almost the same direction",
    "lesson.gradient_noise.law.title": "The 1/√B law",
    "lesson.gradient_noise.law.takeaway": (
        "Dots follow a line of slope −1/2; without replacement the noise ends where the batch is the whole set."
    ),
    "lesson.gradient_noise.directions.title": "How near a batch comes to the full gradient",
    "lesson.gradient_noise.directions.takeaway": (
        "Early, few examples give the direction; late, even a large batch points elsewhere. Bands span the seeds."
    ),
}
