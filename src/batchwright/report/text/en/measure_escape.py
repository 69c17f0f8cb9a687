"""What became of the attempt to leave a point."""

STRINGS = {
    "way_out.found": (
        "Along the eigenvalue {eigenvalue:measured} the loss falls from {before:.4g} to {after:.3g}."
    ),
    "way_out.kink": (
        "The eigenvalue {eigenvalue:measured} is negative, but the loss falls on neither side: it has a kink "
        "here."
    ),
    "way_out.none": (
        "No way out by curvature: the smallest eigenvalue, {eigenvalue:measured}, is not certified negative."
    ),
}
