"""Reasons that a probe gives: why there is no knee, why a size does not fit or was not timed."""

_ENDED = {
    "memory.killed": "killed at {used:bytes} of the {allowed:bytes} allowed",
    "memory.no_answer": "no answer in {seconds:g} s",
    "memory.signal": "its process was killed by signal {signal}",
    "memory.exit_code": "its process ended with exit code {exit_code}{last_words}",
}

STRINGS = {
    "knee.too_few_sizes": "a knee needs {needed} batch sizes or more, got {got}",
    "knee.too_few_ran": "a knee needs {needed} batch sizes or more that fit and run",
    "knee.no_curve": "seconds a step are off a curve with one bend by a factor of {factor:.2g}",
    "knee.beyond_largest": (
        "a step still costs about the same at the largest size measured, {largest:count}: the knee lies "
        "above {above:measured}"
    ),
    "knee.below_smallest": (
        "a step costs in proportion to the batch from the smallest size measured, {smallest:count}, on: the "
        "knee lies below {below:measured}"
    ),
    "timing.too_slow": "it does not run in the time allowed for timing",
    "memory.beyond_budget": "it does not fit the memory budget",
    "memory.over_budget": "takes {used:bytes} of the {allowed:bytes} allowed",
    "memory.exhausted": "out of memory: {error}",
    "memory.model_error": "{error}",
    "memory.task_not_loaded": "the measuring process cannot load the task: {error}",
    "memory.task_not_sent": (
        "the task cannot be sent to another process ({error}); a task named file.py:function can"
    ),
    **_ENDED,
    **{f"{key}.loading": f"{sentence} while it loaded model and data" for key, sentence in _ENDED.items()},
}
