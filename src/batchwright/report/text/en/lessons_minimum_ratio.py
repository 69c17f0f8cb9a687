"""``minimum-ratio``: what the lesson says."""

STRINGS = {
    "lesson.minimum_ratio.source": "fifth article: minimum ratio",
    "lesson.minimum_ratio.claim": (
        "Trained nets stop at points whose share of positive eigenvalues is at most about 60%, so some 40% of the "
        "directions still lead down."
    ),
    "lesson.minimum_ratio.experiment": (
        "Nets of 70 parameters on digits (four principal components, four hidden units, 100 examples) are trained by "
        "gradient descent from many starts, plainly, with L2, with 30% of the labels drawn at random, and with both; "
        "all eigenvalues are taken where they stand. Other nets, of 55 parameters and with L2, are driven to critical points by "
        "minimising the squared gradient. An eigenvalue is positive, negative or flat by a tolerance, relative to the "
        "largest, which is swept from 10⁻⁶ to 10⁻²."
    ),
    "lesson.minimum_ratio.otherwise": (
        "The share of positive eigenvalues falls with the tolerance, with the number of parameters that the data do "
        "not need, and with a loss that fits without remainder: there most of the Hessian is flat. L2 lifts every flat "
        "direction by its penalty, label noise keeps the loss and its curvature up. A net that is stopped early stands "
        "on a slope, where negative eigenvalues are many and mean nothing for a minimum."
    ),
    "lesson.minimum_ratio.take": (
        "Give a share of positive eigenvalues with its tolerance, and the three kinds apart. What is not positive is "
        "for the most part flat, not a way down; the negative share is what says whether a step along an eigenvector "
        "helps, and it shrinks as the loss falls."
    ),
    "lesson.minimum_ratio.part.at_most_60": (
        "Where training stops, at most 60% of the eigenvalues are positive, whatever the penalty and the labels."
    ),
    "lesson.minimum_ratio.part.forty_down": "There at least 40% of the eigenvalues are negative.",
    "lesson.minimum_ratio.part.one_number": (
        "The share is a property of the point: it hardly moves (by less than 5 points) with the tolerance."
    ),
    "lesson.minimum_ratio.part.higher_is_steeper": (
        "Critical points of higher loss have a larger share of negative eigenvalues."
    ),
    "lesson.minimum_ratio.part.flat_is_down": (
        "A flat direction leads down: walking to both sides along most of them, the mean loss falls by 1% within a distance of 1."
    ),
    "lesson.minimum_ratio.tolerances": (
        "tolerances at which it holds: plain {plain:list}; with L2 {penalty:list}; label noise {noise:list}; both {both:list}"
    ),
    "lesson.minimum_ratio.converged": (
        "{found:count} of {tried:count} searches for a critical point reached one; the others are left out."
    ),
    "lesson.minimum_ratio.number.minimum_ratio": "share of positive eigenvalues",
    "lesson.minimum_ratio.number.negative_share": "share of negative eigenvalues",
    "lesson.minimum_ratio.number.gradient_norm": "gradient norm where training stops",
    "lesson.minimum_ratio.number.moves_with_tolerance": "positive share at 10⁻⁶ less that at 10⁻²",
    "lesson.minimum_ratio.number.negative_over_loss": "slope of the negative share over the loss",
    "lesson.minimum_ratio.number.leads_down": "directions along which the loss falls by 1%",
    "lesson.setting.trained_with": "condition",
    "lesson.setting.direction": "direction",
    "lesson.choice.unpenalised": "plain",
    "lesson.choice.L2": "L2",
    "lesson.choice.label_noise": "label noise",
    "lesson.choice.L2_label_noise": "L2 and label noise",
    "lesson.choice.flat_direction": "flat",
    "lesson.choice.negative_direction": "negative",
    "lesson.minimum_ratio.dots.positive": "positive",
    "lesson.minimum_ratio.dots.negative": "negative",
    "lesson.minimum_ratio.claimed": "60%",
    "lesson.minimum_ratio.axis.tolerance": "tolerance, relative to the largest eigenvalue",
    "lesson.minimum_ratio.axis.share": "share of the eigenvalues",
    "lesson.minimum_ratio.by_tolerance.title": "Where training stops",
    "lesson.minimum_ratio.by_tolerance.takeaway": (
        "The positive share (lines with dots) falls with the tolerance; the negative one (dashed) stays near zero."
    ),
    "lesson.minimum_ratio.by_loss.title": "Critical points by their loss",
    "lesson.minimum_ratio.by_loss.takeaway": "The lower the loss, the fewer directions lead down (tolerance 10⁻⁵).",
}
