"""Where runs are executed."""

STRINGS = {
    "executors.in_this_process": "Runs go one after another in this process: {reason}.",
}
