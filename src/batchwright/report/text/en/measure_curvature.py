"""Why a point has its class, and what sharpness is not."""

_SIGNED = {
    "positive": "{count:count} eigenvalues are certified positive",
    "positive.one": "One eigenvalue is certified positive",
    "negative": "{count:count} eigenvalues are certified negative",
    "negative.one": "One eigenvalue is certified negative",
    "unsigned": "No eigenvalue has a certified sign",
}
_DEGENERATE = {
    "point.not_converged": "but those at the ends have not converged: allow more products.",
    "point.not_computed": "the others were not computed: ask for eigenvalues at both ends.",
    "point.near_zero": "{near_zero:count} of the {computed:count} computed cannot be told from zero.",
}

STRINGS = {
    "point.saddle": (
        "Eigenvalues certified positive: {positive:count}; certified negative: {negative:count}."
    ),
    "point.minimum": "All eigenvalues are positive, the smallest is {smallest:measured}.",
    "point.maximum": "All eigenvalues are negative, the largest is {largest:measured}.",
    **{
        f"{code}.{sign}": f"{signed}, {rest}"
        for code, rest in _DEGENERATE.items()
        for sign, signed in _SIGNED.items()
    },
    "point.slope": "The gradient norm, {norm:measured}, is above its tolerance, {limit:.2g}.",
    "point.slope_by_chance": (
        "The gradient norm, {norm:measured}, is above its tolerance, {limit:.2g}, though below what the "
        "choice of {examples:count} examples leaves to chance, {noise:.2g}."
    ),
    "sharpness.not_invariant": (
        "None of these measures of sharpness is invariant to reparametrisation: rescaling the layers of a "
        "ReLU network against each other changes them at will and the function not at all (Dinh et al. 2017, "
        "arXiv 1703.04933). Compare them only between models of the same architecture, normalisation and "
        "weight decay."
    ),
    "keskar_space.full_space": "the full space",
    "keskar_space.random_subspace": "a random subspace",
}
