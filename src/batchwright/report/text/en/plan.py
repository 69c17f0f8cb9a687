"""What a dry run says."""

STRINGS = {
    "plan.title": "What a study would run",
    "plan.seconds": (
        "{sizes} batch sizes, about {runs:count} runs, {stored:count} of them stored already; at most about "
        "{seconds:seconds} on {count} workers. Nothing was run."
    ),
    "plan.seconds.one": (
        "{sizes} batch sizes, about {runs:count} runs, {stored:count} of them stored already; at most about "
        "{seconds:seconds} on one worker. Nothing was run."
    ),
    "plan.unknown": (
        "{sizes} batch sizes, about {runs:count} runs, {stored:count} of them stored already; a step takes too "
        "long to be timed in a moment. Nothing was run."
    ),
}
