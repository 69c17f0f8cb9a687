"""What a store holds."""

STRINGS = {
    "studies.title": "Stored studies",
    "studies.none": "No studies yet.",
    "studies.all_finished": "{count:count} studies, all finished.",
    "studies.all_finished.one": "{count} study, finished.",
    "studies.some_finished": "{count:count} studies, {unfinished:count} of them not finished.",
    "studies.some_finished.one": "{count} study, not finished.",
    "studies.caption": "Every study kept here, the newest first.",
    "studies.status.complete": "complete",
    "studies.status.interrupted": "interrupted",
    "studies.status.running": "running",
    "studies.column.study": "study",
    "studies.column.name": "name",
    "studies.column.task": "task",
    "studies.column.status": "status",
    "studies.column.runs": "runs",
    "studies.column.spent": "spent",
    "studies.column.created": "created (UTC)",
    "studies.next.first": "for a first one",
    "studies.next.show": "for the newest answer",
    "studies.next.resume": "to finish the newest that is not",
}
