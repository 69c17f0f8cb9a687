"""The way out of a saddle."""

STRINGS = {
    "escape.title": "{task}: way out of a saddle",
    "escape.eyebrow": "{task} · along the most negative curvature, with a line search",
    "escape.before": "loss before",
    "escape.after": "loss after",
    "escape.eigenvalue": "smallest eigenvalue",
    "escape.residual": "its residual",
    "escape.distance": "distance",
    "escape.caption": "The step out of the point.",
    "escape.way": "Each parameter before the step, the direction of length 1, and after it.",
    "escape.column.parameter": "parameter",
    "escape.column.start": "before",
    "escape.column.direction": "direction",
    "escape.column.end": "after",
    "escape.about.evaluations": "evaluations of the loss",
    "escape.reading.certified": (
        "An eigenvalue counts as negative only where it lies below zero by more than its residual, which "
        "bounds its error, and the rounding of the products."
    ),
    "escape.reading.search": (
        "Steps are doubled while the loss falls, on both sides; then the minimum between the last three is "
        "refined."
    ),
    "escape.next.class": "for the kind of point this is",
    "escape.next.end": "for the kind of point that the step ends at",
    "escape.next.surface": "for the loss over the plane of both ends' eigenvectors",
}
