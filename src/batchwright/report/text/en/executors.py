"""Where a study runs."""

STRINGS = {
    "executors.in_this_process": "Runs are made in this process alone: {reason}.",
}
