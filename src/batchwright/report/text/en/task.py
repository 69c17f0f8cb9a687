"""What is said of a task that was read in another way than its author may think."""

STRINGS = {
    "task.held_out": (
        "{examples:count} of the training examples ({share:percent}) are held out for validation, each class in "
        "its share."
    ),
    "task.initialised_anew": (
        "Every run begins with a copy of {model} whose weights are drawn anew by reset_parameters; its present "
        "weights are not used. To begin with them, pass model=lambda: copy.deepcopy(net)."
    ),
    "task.weighted_loss": (
        "{loss} with class weights or ignored targets: an example's loss is divided by {weight:measured}, the "
        "mean weight of a training example, so that examples do not count by their neighbours in a batch."
    ),
    "task.no_fingerprint": (
        "Nothing stored is reused for this task, since it cannot be told whether it changed: {reason}."
    ),
}
