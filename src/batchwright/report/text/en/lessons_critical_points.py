"""``critical-points``: what the lesson says."""

STRINGS = {
    "lesson.critical_points.source": "fifth article: critical points",
    "lesson.critical_points.claim": (
        "Where the gradient is zero the eigenvalues of the Hessian decide: all positive is a minimum, all negative a "
        "maximum, mixed a saddle; from a saddle a step along a negative eigenvector goes on down; the Hessian is too "
        "costly in practice."
    ),
    "lesson.critical_points.experiment": (
        "On a surface of waves, cos w₁ + cos w₂, the class that the eigenvalues give is compared with the losses "
        "around nine critical points. On (1 − w₁w₂)², the smallest net with a saddle, the quadratic expansion is "
        "compared with the loss at growing distance, and gradient descent starts on the line that leads to the saddle "
        "and beside it. Small nets on digits are driven to critical points and left along the most negative curvature. "
        "On a net of 4,810 parameters a product of the Hessian with a vector is timed beside a gradient."
    ),
    "lesson.critical_points.otherwise": (
        "An eigenvalue of zero leaves the class open, and valleys of minima, which every net with a symmetry has, are "
        "full of them. The expansion is better than third order where the third derivatives vanish. Descent rests at a "
        "saddle only from a set of starts without volume; rounding or noise is enough to leave it. The whole Hessian, "
        "or all of its eigenvalues, does cost as many products as there are parameters."
    ),
    "lesson.critical_points.take": (
        "The class of a point needs a small gradient and eigenvalues with error bounds. The way out of a saddle costs "
        "some dozens of Hessian products, each about as dear as a gradient or two, and no matrix is ever built; as a "
        "rule noise finds it for nothing."
    ),
    "lesson.critical_points.part.signs": (
        "All eigenvalues positive is a minimum, all negative a maximum, mixed a saddle."
    ),
    "lesson.critical_points.part.slip": (
        "As the article once has it: all positive is a maximum, all negative a minimum."
    ),
    "lesson.critical_points.part.always_decides": "The eigenvalues always decide, in a valley of minima too.",
    "lesson.critical_points.part.third_order": (
        "The quadratic expansion errs by the third power of the distance, at every point."
    ),
    "lesson.critical_points.part.no_rest": "Gradient descent does not come to rest at a saddle.",
    "lesson.critical_points.part.stuck_at_saddles": (
        "Critical points that a search finds in nets trained little or not at all are mostly saddles."
    ),
    "lesson.critical_points.part.way_down": "A step along the most negative eigenvector goes on down.",
    "lesson.critical_points.part.product_dear": (
        "A product of the Hessian with a vector costs more than ten gradients."
    ),
    "lesson.critical_points.part.needs_all": (
        "The most negative direction takes half as many products as there are parameters, or more."
    ),
    "lesson.critical_points.at": "the point is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.critical_points.offsets": "the start's offset is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.critical_points.number.signs_agree": "points at which the rule agrees with the losses around",
    "lesson.critical_points.number.exchanged_agree": "minima and maxima at which the exchanged rule agrees",
    "lesson.critical_points.number.decided": "points of the valley that the eigenvalues decide",
    "lesson.critical_points.number.error_order": "exponent of the error in the distance",
    "lesson.critical_points.number.end_from_saddle": "distance from the saddle at the end",
    "lesson.critical_points.number.updates_to_leave": "updates to leave it",
    "lesson.critical_points.number.search_converged": "searches that reached a critical point",
    "lesson.critical_points.number.saddles": "of these, saddles",
    "lesson.critical_points.number.escaped": "saddles with a lower loss along the eigenvector",
    "lesson.critical_points.number.fall_by_escape": "part of the loss that one step takes away",
    "lesson.critical_points.number.toy_loss_after": "loss of the smallest net after the step, 1 before",
    "lesson.critical_points.number.toy_distance": "length of that step",
    "lesson.critical_points.number.product_over_gradient": "seconds of a product over those of a gradient",
    "lesson.critical_points.number.products_over_parameters": "products to the lowest eigenvalue, over parameters",
    "lesson.setting.start_offset": "offset",
    "lesson.critical_points.line.offset": "start beside the line by {offset}",
    "lesson.critical_points.axis.w1": "w₁",
    "lesson.critical_points.axis.w2": "w₂",
    "lesson.critical_points.axis.root": "root of the loss",
    "lesson.critical_points.surface.title": "The smallest net with a saddle",
    "lesson.critical_points.surface.takeaway": (
        "From the antidiagonal descent runs into the saddle and stays; a hundredth beside it, it turns off to a "
        "valley of minima."
    ),
    "lesson.critical_points.leaving.title": "How long the saddle holds",
    "lesson.critical_points.leaving.takeaway": (
        "Every hundredth part of the offset costs the same number of further updates; only an offset of zero stays."
    ),
}
