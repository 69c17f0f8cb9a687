"""What is said while something goes on."""

STRINGS = {
    "progress.counted": "{what}: {done:count} of about {expected:count}, about {seconds:duration} left",
    "progress.counted.last": "{what}: {done:count} of about {expected:count}",
    "progress.waiting": "{what}, {seconds:duration} so far",
    "progress.study": (
        "{task}: {examples} training examples, {count} batch sizes, target {split:split} {metric:metric} {value:g}, "
        "study {study}"
    ),
    "progress.advice": "{task}: {examples} training examples, target {split:split} {metric:metric} {value:g}, budget {budget}",
    "progress.phase.training": "one training, to know what the budget pays for",
    "progress.phase.task": "reading the task",
    "progress.phase.steps": "steps",
    "progress.phase.runs": "runs",
    "progress.phase.methods": "methods compared",
    "progress.phase.examples": "examples",
    "progress.phase.points": "points of the surface",
    "progress.phase.directions": "directions of the surface",
    "progress.phase.gradients": "gradients of single examples",
    "progress.phase.drawn": "examples drawn",
    "progress.phase.memory": "memory, in a process of its own",
    "progress.phase.hardware": "memory in a process of its own, then seconds a step",
    "progress.phase.timing": "seconds a step, alone on the machine",
    "progress.phase.sharpness": "sharpness where the winners ended",
    "progress.phase.fits": "fits",
    "progress.phase.gradient": "measuring the gradient",
    "progress.phase.eigenvalues": "measuring eigenvalues",
    "progress.phase.density": "measuring the density of eigenvalues",
    "progress.phase.trace": "measuring the trace",
    "progress.evaluation": "epoch {epoch:6.2f}  step {step:6d}  {split:split} loss {loss:measured}{quality}",
    "stored.runs": "{count:count} runs of study {study} written to {place}",
    "stored.exported": "Study {study}, {count:count} runs, in {place}: {new:count} new, {there:count} there before, {replaced:count} written anew.",
    "stored.see": "To see it: {command}",
    "stored.upload": "To upload it: {command}",
}
