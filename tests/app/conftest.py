"""Tasks for the doctor are read by its tests, and are no tests themselves."""

collect_ignore = ["doctor_tasks"]
