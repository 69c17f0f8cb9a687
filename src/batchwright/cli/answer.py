"""A study's answer on the terminal: the sentence first, then the table it rests on."""

from __future__ import annotations

from batchwright.advice.result import StudyResult
from batchwright.cli.output import console, number, seconds, table


def print_answer(result: StudyResult) -> None:
    """Print the answer, the evidence, the caveats and the next command."""
    advice = result.recommendation
    console.print()
    console.print(advice.sentence, style="bold", soft_wrap=True)
    console.print()
    shown = table("batch", "lr", "steps", "90%", "seeds", "a step", "to target", "examples", "")
    for row in result.batch_sizes:
        steps = row.steps_to_target
        spread = "-" if steps.low is None else f"{number(steps.low)}-{number(steps.high)}"
        as_good = "as good" if row.batch_size in advice.batch_sizes else ""
        shown.add_row(
            str(row.batch_size), number(row.lr), number(steps.median), spread,
            f"{row.seeds_reached}/{row.seeds}", seconds(row.seconds_per_step),
            seconds(row.seconds_to_target), number(row.examples_to_target),
            "best" if row.batch_size == advice.batch_size else as_good,
        )  # fmt: skip
    shown.columns[-1].justify = "left"
    console.print(shown)
    for row in result.batch_sizes:
        if row.note:
            console.print(f"Batch size {row.batch_size}: {row.note}.", soft_wrap=True)
    console.print()
    console.print(critical_sentence(result), soft_wrap=True)
    for easier in advice.at_easier_targets:
        if easier.batch_size is None:
            continue
        verdict = "the answer moves" if easier.moves else "the answer stays"
        console.print(
            f"At the easier target {easier.metric} {number(easier.value)} the best is {easier.batch_size}: "
            f"{verdict}.",
            soft_wrap=True,
        )
    for caveat in advice.caveats:
        console.print(f"Note: {caveat}", soft_wrap=True)
    for step in advice.next_steps:
        console.print(f"Next: {step}", soft_wrap=True)
    if result.report:
        console.print(f"Report: {result.report}", soft_wrap=True)
    console.print(
        f"{result.runs_executed} runs executed, {result.runs_reused} reused, {seconds(result.seconds)}."
    )


def critical_sentence(result: StudyResult) -> str:
    """The critical batch size in words, with its interval or the reason why there is none."""
    fit = result.critical_batch
    if fit.value is None:
        return f"Critical batch size: {fit.verdict}."
    low, high = fit.interval or (None, None)
    interval = f"90% interval {number(low)} to {number(high)}"
    if not fit.identifiable:
        return f"Critical batch size: {fit.verdict.replace('_', ' ')} ({interval})."
    return (
        f"Critical batch size {number(fit.value)} ({interval}): there, steps and examples to target are both "
        "twice their minimum."
    )
