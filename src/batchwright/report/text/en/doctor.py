"""What is installed and found."""

STRINGS = {
    "doctor.title": "Environment",
    "doctor.ready": "Ready: torch {torch}, devices up to {device}, {ready} of {tasks} built-in tasks.",
    "doctor.task_missing": "The task {name} is missing: {reason}",
    "doctor.store_problem": "The store cannot be read: {reason}",
    "doctor.not_installed": "not installed",
    "doctor.column.name": "name",
    "doctor.column.found": "found",
    "doctor.split": "{count:count} {split}",
    "doctor.task": "{counts} examples, {size}; {parameters:count} parameters",
    "doctor.task_with_target": "{counts} examples, {size}; {parameters:count} parameters; target {target}",
    "doctor.target": "{split} {metric} {value:number}",
    "doctor.bytes": "{count:count} bytes",
    "doctor.bytes.one": "{count} byte",
    "doctor.next.advise": "a first answer on data that come with the package",
}
