"""What a command shows: the answer's page, or its document, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from batchwright.cli import output

FAILED, STRICT = 1, 3


def answered(verb: Callable[..., Any], arguments: dict[str, Any], as_json: bool) -> int:
    """Ask, and show the answer; 3 where it is inconclusive and was not to be."""
    from batchwright.app.answer import Inconclusive

    try:
        answer, code = verb(**arguments), 0
    except Inconclusive as found:
        answer, code = found.answer, STRICT
    output.put(answer, as_json)
    return code


def trained(verb: Callable[..., Any], arguments: dict[str, Any], as_json: bool) -> int:
    """One run: a line for every evaluation as it comes, on stderr where stdout is for the document."""
    from batchwright.app.progress import watching
    from batchwright.app.train import evaluation_line

    training = verb(**arguments)
    if not training.writes:
        return _accompanied(training)
    say = output.note if as_json else output.line
    with watching(arguments.get("progress", True), "examples") as watch:
        for evaluation in training.new_evaluations():
            say(evaluation_line(evaluation))
        for run in training:
            for evaluation in training.new_evaluations():
                watch.clear()
                say(evaluation_line(evaluation))
            if training.examples_planned is not None:
                watch(run.examples_seen, training.examples_planned)
    result = training.result
    if result.status not in ("failed", "out_of_memory"):
        if not as_json:
            output.line()
        output.put(training.answer(), as_json)
        return 0
    if as_json:
        output.put(training.answer(), as_json)
    return output.error_line(f"the run failed: {result.message}")


def _accompanied(training: Any) -> int:
    """A rank that makes its part of a run in silence, unless it is the first to fail."""
    for _ in training:
        pass
    result = training.result
    if result.status not in ("failed", "out_of_memory"):
        return 0
    return output.error_line(f"the run failed: {result.message}")


def compared(verb: Callable[..., Any], arguments: dict[str, Any], as_json: bool) -> int:
    """Several methods; 1 if one of them failed."""
    from batchwright.app.compare import failures

    answer = verb(**arguments)
    output.put(answer, as_json)
    for failure in failures(answer):
        output.error_line(failure)
    return FAILED if failures(answer) else 0


def filed(verb: Callable[..., Any], arguments: dict[str, Any], as_json: bool) -> int:
    """Files alone: where the report and its figures were written."""
    from batchwright.report.text.catalogue import text

    answer = verb(**arguments)
    if as_json:
        output.put(answer, as_json)
        return 0
    output.line(text("page.report", path=answer.document["report"]))
    for path in answer.document["figures"]:
        output.line(text("page.figure", path=path))
    return 0


def exported(verb: Callable[..., Any], arguments: dict[str, Any], as_json: bool) -> int:
    """The runs of a study: into a file, else as a table or a document on stdout."""
    from batchwright.app.export import write_csv
    from batchwright.report.page import Note

    answer = verb(**arguments)
    if arguments.get("output") is None and not as_json:
        write_csv(answer.rows(), sys.stdout)
        for left_out in answer.page.all(Note):
            output.note(left_out.text)
    else:
        output.put(answer, as_json)
    return 0
