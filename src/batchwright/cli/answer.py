"""A study's answer on the terminal: the sentence first, then the table it rests on."""

from __future__ import annotations

from batchwright.advice.result import StudyResult
from batchwright.cli.output import measured, number, say, seconds, show_table
from batchwright.study.result import BatchSizeResult

COLUMNS = ("batch", "lr", "steps", "90% of steps", "seeds", "a step", "to target", "examples", "")


def print_answer(result: StudyResult) -> None:
    """Print the answer, the evidence, the caveats and the next command."""
    print_evidence(result)
    say(
        f"Study {result.study_id}: {result.runs_executed} runs executed, {result.runs_reused} reused, "
        f"{seconds(result.seconds)}."
    )


def print_evidence(result: StudyResult) -> None:
    """Everything but what it took: the same for a study and for advice."""
    advice = result.recommendation
    say()
    say(advice.sentence, style="bold")
    say()
    # What the objective minimises stays, however narrow the terminal.
    spare = {"time": ["examples"], "examples": ["to target", "a step"], "steps": ["examples", "to target"]}
    show_table(
        COLUMNS,
        [_row(row, _mark(result, row)) for row in result.batch_sizes],
        optional=[*spare[advice.objective], "90% of steps"],
        left=[""],
    )
    for row in result.batch_sizes:
        if row.note:
            say(f"Batch size {row.batch_size}: {row.note.rstrip('.')}.")
    say()
    say(critical_sentence(result))
    for easier in advice.at_easier_targets:
        if easier.batch_size is not None:
            say(
                f"At the easier target {easier.metric} {number(easier.value)} the best is "
                f"{easier.batch_size}: the answer {'moves' if easier.moves else 'stays'}."
            )
    if result.sharpness is not None:
        say(result.sharpness.sentence)
        say(f"Note: {result.sharpness.caveat}")
    for caveat in advice.caveats:
        say(f"Note: {caveat}")
    for step in advice.next_steps:
        say(f"Next: {step}")
    if result.report:
        say(f"Report: {result.report}")


def _row(row: BatchSizeResult, mark: str) -> list[str]:
    steps = row.steps_to_target
    spread = "-" if steps.low is None else f"{measured(steps.low)} to {measured(steps.high)}"
    return [
        str(row.batch_size), number(row.lr), measured(steps.median), spread,
        f"{row.seeds_reached}/{row.seeds}", seconds(row.seconds_per_step),
        seconds(row.seconds_to_target), measured(row.examples_to_target), mark,
    ]  # fmt: skip


def _mark(result: StudyResult, row: BatchSizeResult) -> str:
    advice = result.recommendation
    if row.batch_size == advice.batch_size:
        return "best" if advice.verdict == "recommended" else "best guess"
    return "as good" if row.batch_size in advice.batch_sizes else ""


def critical_sentence(result: StudyResult) -> str:
    """The critical batch size in words, with its interval or the reason why there is none."""
    fit = result.critical_batch
    if fit.value is None:
        return f"Critical batch size: {fit.verdict}."
    low, high = fit.interval or (None, None)
    if low is not None and high is not None:
        interval = f"90% interval {measured(low)} to {measured(high)}"
    elif low is None and high is None:
        interval = "no interval"
    else:
        interval = f"90%: below {measured(high)}" if low is None else f"90%: above {measured(low)}"
    if not fit.identifiable:
        return f"Critical batch size: {fit.verdict.replace('_', ' ')} ({interval})."
    return (
        f"Critical batch size {measured(fit.value)} ({interval}): there, steps and examples to target are "
        "both twice their minimum."
    )
