"""What to do after a run, by its status."""

STRINGS = {
    "training.advice.target_reached": "",
    "training.advice.budget_exhausted": "The budget ended first; raise it, or raise the learning rate.",
    "training.advice.diverged": "The loss diverged; lower the learning rate or add warm-up steps.",
    "training.advice.out_of_memory": (
        "Out of memory; set a smaller micro_batch_size (the update stays the same)."
    ),
    "training.advice.failed": "The run raised an error; see `message`.",
    "training.advice.stopped": "The run was stopped before its end; it can go on.",
}
