"""What could not be read of a store."""

STRINGS = {
    "stores.studies_unreadable": "{store} is damaged ({reason}): some of its studies are missing from this list.",
    "stores.study_unreadable": "Left out: {reason}.",
    "stores.runs_unreadable": "{store} is damaged ({reason}): the runs of its studies cannot be counted.",
    "stores.run_unreadable": "Left out, in {store}: {reason}.",
    "stores.measurement_unreadable": "Counts as not made, in {store}: {reason}.",
}
