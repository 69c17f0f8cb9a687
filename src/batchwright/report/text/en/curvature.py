"""Curvature at a point, along a run, and sharpness."""

STRINGS = {
    "curvature.title": "{task}: curvature",
    "curvature.eyebrow": (
        "{task} · curvature over {examples:count} training examples, {parameters:count} parameters"
    ),
    "curvature.minimum": (
        "{point} training stands at a minimum: all {parameters:count} eigenvalues are positive, up to "
        "{high:measured}."
    ),
    "curvature.maximum": (
        "{point} training stands at a maximum: all {parameters:count} eigenvalues are negative, down to "
        "{low:measured}."
    ),
    "curvature.saddle": (
        "{point} training stands at a saddle: eigenvalues go from {low:measured} to {high:measured}."
    ),
    "curvature.degenerate": (
        "{point} training stands at a degenerate critical point: between {low:measured} and {high:measured} "
        "some eigenvalues cannot be told from zero."
    ),
    "curvature.slope": (
        "{point} training stands on a slope: the gradient's norm is {norm:measured}, above the {limit} at "
        "which a point counts as critical; the largest eigenvalue is {high:measured}."
    ),
    "curvature.numbers": "Loss {loss:measured}, gradient norm {norm:measured}.",
    "curvature.numbers.why": "Loss {loss:measured}, gradient norm {norm:measured}. {reason}",
    "curvature.trace": "Trace {trace:measured} (standard error {error}), the mean eigenvalue {mean:measured}.",
    "curvature.trace.exact": "Trace {trace:measured} (exact), the mean eigenvalue {mean:measured}.",
    "curvature.not_converged": (
        "Some eigenvalues did not converge: their residuals say how far off they may be."
    ),
    "curvature.fact.norm": "gradient norm",
    "curvature.fact.largest": "largest eigenvalue",
    "curvature.fact.trace": "trace",
    "curvature.fact.ratio": "minimum ratio",
    "curvature.fact.ratio_estimated": "minimum ratio (estimate)",
    "curvature.spectrum.title": "Eigenvalues of the Hessian",
    "curvature.spectrum.ends": "The eigenvalues computed go from {low:measured} to {high:measured}.",
    "curvature.spectrum.share": "{ratio:percent} of all are above {zero}.",
    "curvature.spectrum.share_estimated": (
        "{ratio:percent} of all are above {zero}, estimated from the density (standard error {error:.1%})."
    ),
    "curvature.eigenvalues": "Eigenvalues",
    "curvature.eigenvalues.caption": "Each eigenvalue found, with the residual that bounds its error.",
    "curvature.end.top": "top",
    "curvature.end.bottom": "bottom",
    "curvature.column.end": "end",
    "curvature.column.eigenvalue": "eigenvalue",
    "curvature.column.residual": "residual",
    "curvature.column.updates": "updates",
    "curvature.column.loss": "loss",
    "curvature.column.largest": "largest eigenvalue",
    "curvature.column.scaled": "preconditioned",
    "curvature.column.edge": "edge of stability",
    "curvature.about.method": "eigenvalues by",
    "curvature.method.dense": "the whole Hessian",
    "curvature.method.lanczos": "Lanczos' method, both ends",
    "curvature.about.run": "trained with",
    "curvature.run": "{optimizer}, learning rate {lr:rate}, batch size {batch_size:count}",
    "curvature.along.title": "Along the run",
    "curvature.along.takeaway": (
        "Above the dashed line an update overshoots more and more along the steepest direction."
    ),
    "curvature.along.caption": "The largest eigenvalue after so many updates, beside the edge of stability.",
    "curvature.edge.unknown": (
        "The largest eigenvalue went from {first:measured} to {last:measured}; the optimizer's edge of "
        "stability is not known."
    ),
    "curvature.edge.below": (
        "The largest eigenvalue went from {first:measured} to {last:measured}, at most {top:percent} of the "
        "edge of stability, {limit:measured}."
    ),
    "curvature.edge.reached": (
        "The largest eigenvalue went from {first:measured} to {last:measured}. It came to the edge of "
        "stability, {limit:measured}, after {count:count} updates; from there on it stood at {least:percent} "
        "to {most:percent} of it, the median {middle:percent}."
    ),
    "curvature.reading.eigenvalues": (
        "Eigenvalues are those of the exact Hessian of the mean training loss. A residual |Hv - λv| bounds "
        "how far the next true eigenvalue can be."
    ),
    "curvature.reading.classes": (
        "A saddle needs one eigenvalue certainly positive and one certainly negative, a minimum all of them "
        "positive."
    ),
    "curvature.reading.ratio": "The minimum ratio is the share of positive eigenvalues.",
    "curvature.next.escape": "out of here, along the most negative curvature",
    "curvature.next.along": "for the largest eigenvalue along the run, beside the edge of stability",
    "curvature.next.surface": "for the loss around this point",
    "sharpness.heading": "Sharpness",
    "sharpness.caption": "How much the loss rises near the point, by several definitions.",
    "sharpness.keskar": "Keskar, {space}, ε {epsilon:g}",
    "sharpness.sam.maximum": "SAM, ρ {rho:g}, largest rise",
    "sharpness.sam.one_step": "SAM, ρ {rho:g}, after one ascent step",
    "sharpness.averaged": "Gaussian, σ {sigma:.2g}, mean rise",
    "sharpness.column.measure": "measure",
    "sharpness.column.share": "of 1 + loss",
    "sharpness.column.rise": "rise of the loss",
}
