"""``least-squares``: what the lesson says."""

STRINGS = {
    "lesson.least_squares.source": "second article: its function for linear regression",
    "lesson.least_squares.claim": (
        "Mini-batch gradient descent solves linear regression; of a short last batch, its function divides by the "
        "full batch size."
    ),
    "lesson.least_squares.experiment": (
        "The article's function as it stands (from zeros, rate 0.01, 100 epochs, batches of 32, shuffled every epoch) "
        "against the closed form. Then thirty problems at once of 7 whole batches and a remainder of 1 to 28 examples: "
        "the short batch is divided by its own size, by the full batch size, or left out, in a fixed order and "
        "shuffled, with and without noise in the targets, at four rates. The distance is taken at the ends of the "
        "last 20 epochs. (The gradient is that of the mean squared error; a function without its factor 2 is this "
        "one at half the rate.)"
    ),
    "lesson.least_squares.otherwise": (
        "With targets that the line meets exactly every way ends at the same point, since there each example's "
        "gradient is zero. With a remainder that is nearly a whole batch the two divisors hardly differ. A data set "
        "of many batches hides the difference, since one batch in hundreds is short; a badly scaled one needs more "
        "epochs before any of this is seen."
    ),
    "lesson.least_squares.take": (
        "Shuffle. If the remainder is less than half a batch, drop it or divide by the full size; the mean over a few "
        "left-over examples is the noisiest update of the epoch. In a fixed order only the full divisor solves the "
        "problem you posed: the other two weight the examples, and no learning rate mends that."
    ),
    "lesson.least_squares.part.solves": (
        "The article's function comes within 1% of the least-squares solution."
    ),
    "lesson.least_squares.part.full_size_kept_order": (
        "In a fixed order, dividing the short batch by the full size ends nearer than by its own size."
    ),
    "lesson.least_squares.part.full_size_shuffled_order": (
        "Shuffled, dividing the short batch by the full size ends nearer than by its own size."
    ),
    "lesson.least_squares.part.dropped_kept_order": (
        "In a fixed order, leaving the short batch out ends nearer than dividing it by its own size."
    ),
    "lesson.least_squares.part.dropped_shuffled_order": (
        "Shuffled, leaving the short batch out ends nearer than dividing it by its own size."
    ),
    "lesson.least_squares.part.without_noise": (
        "Without noise in the targets all ways end at the solution itself, to rounding."
    ),
    "lesson.least_squares.part.smaller_rate": (
        "A smaller learning rate takes the distance away: at an eighth of it less than half is left."
    ),
    "lesson.least_squares.number.distance": "distance to the solution, relative",
    "lesson.least_squares.number.in_sampling_errors": "the same in standard errors of the solution",
    "lesson.least_squares.number.distance_ratio": "distance, over that with its own size",
    "lesson.least_squares.number.largest_distance": "largest relative distance",
    "lesson.least_squares.number.distance_at_an_eighth": "distance at rate 0.0025 over that at 0.02",
    "lesson.least_squares.noises": "the noise of the targets is {holds:list}; not at {does_not_hold:list}",
    "lesson.least_squares.remainders": (
        "the remainder of a batch of 32 is {holds:list} examples; not at {does_not_hold:list}"
    ),
    "lesson.least_squares.ways": "it is done so: {holds:list}; not so: {does_not_hold:list}",
    "lesson.setting.target_noise": "target noise",
    "lesson.setting.remainder": "remainder",
    "lesson.setting.epoch_order": "order",
    "lesson.setting.short_batch": "short batch",
    "lesson.choice.kept_order": "fixed",
    "lesson.choice.shuffled_order": "shuffled",
    "lesson.choice.own_size": "by its own size",
    "lesson.choice.full_size": "by the full size",
    "lesson.choice.dropped": "left out",
    "lesson.choice.kept_order_own_size": "fixed, by its own size",
    "lesson.choice.kept_order_full_size": "fixed, by the full size",
    "lesson.choice.kept_order_dropped": "fixed, left out",
    "lesson.choice.shuffled_order_own_size": "shuffled, by its own size",
    "lesson.choice.shuffled_order_full_size": "shuffled, by the full size",
    "lesson.choice.shuffled_order_dropped": "shuffled, left out",
    "lesson.least_squares.axis.remainder": "examples in the short batch (of 32)",
    "lesson.least_squares.axis.distance": "relative distance to the solution",
    "lesson.least_squares.shuffled_order.title": "Shuffled every epoch",
    "lesson.least_squares.shuffled_order.takeaway": (
        "With the full divisor an epoch's gradients add up to the full one, and almost no noise is left; the other two "
        "cross where half a batch remains."
    ),
    "lesson.least_squares.kept_order.title": "In a fixed order",
    "lesson.least_squares.kept_order.takeaway": (
        "The own size gives the same few examples too much weight, leaving out gives them none: another problem is "
        "solved. Bands span 90% of the problems."
    ),
    "lesson.least_squares.rates.title": "At smaller rates",
    "lesson.least_squares.rates.takeaway": (
        "What is noise falls with the rate; what is another problem's solution stays. Dashed: fixed order."
    ),
}
