"""``paths``: what the lesson says."""

STRINGS = {
    "lesson.paths.source": "articles on gradient descent, SGD and error surfaces",
    "lesson.paths.claim": (
        "Gradient descent goes straight, SGD zigzags and oscillates around the minimum, mini-batch detours less; in online "
        "learning on an elliptical bowl every step goes its own way; a multilayer net is locally still a paraboloid."
    ),
    "lesson.paths.experiment": (
        "Two weights of linear regression on the 442 patients of scikit-learn's diabetes data, in a round bowl and in a long one of "
        "condition 25, from twenty starts. A path ends where the excess loss is first 1% of the start's; its detour is its length "
        "over the straight line, each method at the rate that ends after the fewest updates. B is 1, 8 or all; batches are drawn with "
        "replacement. For the last part a dense net on 300 digits is expanded to second order at its start and after 400 updates, "
        "and its whole Hessian computed."
    ),
    "lesson.paths.otherwise": (
        "The gradient points straight at the minimum only in a round bowl or along an axis. In a long one gradient descent follows a curve "
        "at a small rate and jumps from wall to wall at its best one: it zigzags without any noise. A detour without a stop rule says "
        "nothing: around the minimum a noisy path grows for ever. Without noise in the targets every example's minimum is the same "
        "and SGD settles. A net of smooth units is quadratic nearby everywhere; one of ReLUs has kinks, "
        "which bend the loss as much as its Hessian does until training has steepened the rest. And a quadratic is a bowl only where no curvature is negative."
    ),
    "lesson.paths.take": (
        "Two things make a path crooked, curvature and noise, and each has its own cure: momentum or scaling for the first, a larger batch, "
        "a smaller rate or averaged weights for the second. How far a path swings at the end is a matter of lr/B alone, as long as lr "
        "is small: halving the rate and doubling the batch do the same."
    ),
    "lesson.paths.part.gd_straight": "Gradient descent goes straight: its way is within 5% of the straight line.",
    "lesson.paths.part.sgd_zigzags": "SGD (B = 1) detours more than gradient descent.",
    "lesson.paths.part.minibatch_less": "Mini-batch (B = 8) detours less than SGD.",
    "lesson.paths.part.oscillates": (
        "At a constant rate SGD keeps oscillating around the minimum, where gradient descent settles."
    ),
    "lesson.paths.part.own_way": (
        "In online learning on the long bowl every step goes its own way: more than a third of the examples lead up."
    ),
    "lesson.paths.part.noisy_cost": (
        "SGD's cost curve is noisy: more than a tenth of its updates raise the loss, and none of gradient descent's."
    ),
    "lesson.paths.part.locally_quadratic": (
        "A multilayer net is locally a paraboloid: at a distance of 0.1 its expansion is off by less than a fifth of the quadratic term."
    ),
    "lesson.paths.part.opens_upward": (
        "The local paraboloid opens upward: no curvature below a thousandth of the largest on the other side of zero."
    ),
    "lesson.paths.part.twenty": (
        "With 20 examples, 20 updates of one are ahead of one update of all after one pass, each at its best rate."
    ),
    "lesson.paths.bowls": "the bowl is: {holds:list}; not for: {does_not_hold:list}",
    "lesson.paths.places": "the place is: {holds:list}; not: {does_not_hold:list}",
    "lesson.paths.points": "the point is: {holds:list}; not: {does_not_hold:list}",
    "lesson.paths.number.detour": "way over straight line",
    "lesson.paths.number.detour_ratio": "SGD's detour over the other method's",
    "lesson.paths.number.detour_fixed": "SGD's way over straight line without a stop rule",
    "lesson.paths.number.settled": "excess loss kept, of the start's",
    "lesson.paths.number.settled_gd": "the same of gradient descent",
    "lesson.paths.number.spread_exponent": "exponent of the excess loss in lr/B",
    "lesson.paths.number.climbing": "share of examples whose step leads up",
    "lesson.paths.number.rising": "share of updates that raise the loss",
    "lesson.paths.number.expansion_error": "error of the expansion over its quadratic term",
    "lesson.setting.distance": "distance",
    "lesson.paths.number.lowest_share": "lowest eigenvalue over the largest",
    "lesson.paths.number.pass_ratio": "excess loss of one at a time over that of all at once",
    "lesson.setting.bowl_of": "bowl",
    "lesson.setting.method": "method",
    "lesson.setting.place": "place",
    "lesson.setting.point_of": "point",
    "lesson.choice.round": "round",
    "lesson.choice.long": "long",
    "lesson.choice.long_best_rate": "long, at the best rate",
    "lesson.choice.long_careful": "long, at a small rate",
    "lesson.choice.at_start": "the start",
    "lesson.choice.about_minimum": "about the minimum",
    "lesson.choice.gd": "gradient descent",
    "lesson.choice.sgd_one": "SGD",
    "lesson.choice.minibatch": "mini-batch",
    "lesson.choice.initial_net": "before training",
    "lesson.choice.trained_net": "after training",
    "lesson.paths.line.gd": "gradient descent",
    "lesson.paths.line.minibatch": "mini-batch (B = 8)",
    "lesson.paths.line.sgd_one": "SGD (B = 1)",
    "lesson.paths.axis.first": "first weight",
    "lesson.paths.axis.second": "second weight",
    "lesson.paths.axis.excess": "loss above the least",
    "lesson.paths.round.title": "Three paths in a round bowl",
    "lesson.paths.round.takeaway": "With equal curvature everywhere the gradient points at the minimum; only noise bends a path.",
    "lesson.paths.long.title": "Three paths along a valley",
    "lesson.paths.long.takeaway": "Near its largest stable rate gradient descent zigzags too, and without any noise.",
    "lesson.paths.curves.title": "The cost of three methods",
    "lesson.paths.curves.takeaway": "The smaller the batch, the noisier the curve and the higher it stays.",
}
