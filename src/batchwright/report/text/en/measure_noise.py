"""What a measurement of gradient noise says of itself."""

STRINGS = {
    "noise_mode.evaluation": "evaluation mode: dropout off, batch norm with its running statistics",
    "noise_mode.training": "training mode: dropout on, one mask an example",
    "second_derivative.missing": "the model has no second derivative here ({error})",
    "second_derivative.zero": ("all its second derivatives here are zero, or one of its operators has none"),
}
