"""What a training log shows, whoever wrote it: patterns, their cause, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door

if TYPE_CHECKING:
    from batchwright.advice.diagnosis.finding import Diagnosis
    from batchwright.app.answer import Answer


@front_door
def diagnose(
    log: Annotated[
        Any | Sequence[str],
        Option(
            "A training log of any tool: a file or several, or - for standard input; in Python also its text, "
            "a list of losses, lists by name (a Keras history) or a data frame.",
            metavar="LOG...",
        ),
    ],
    *,
    files: o.FileOptions,
    asked: Asked,
) -> Answer:
    """Find patterns in a training log, their cause, and what to change."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files

    check_files(files)
    from batchwright.advice.diagnosis.diagnose import diagnose_log
    from batchwright.integrations.logs.read import read_log
    from batchwright.report.pages.diagnose import diagnose_page

    only = log[0] if isinstance(log, (list, tuple)) and len(log) == 1 and isinstance(log[0], str) else log
    result = diagnose_log(read_log(only))
    is_path = hasattr(only, "__fspath__") or (isinstance(only, str) and not set("\n\r{[") & set(only))
    answer = Answer(
        result=result,
        page=diagnose_page(result, action=asked.action(str(only) if is_path else None)),
        document=_document(result),
        rows=lambda: _rows(result),
    )
    return with_files(answer, files)


def _document(result: Diagnosis) -> dict[str, Any]:
    """All but what is only drawn."""
    return result.model_dump(mode="json", exclude={"drawings"})


def _rows(result: Diagnosis) -> list[dict[str, Any]]:
    """One row a finding."""
    return [
        {
            "kind": one.kind,
            "run": one.run,
            "series": one.series,
            "period_lines": None if one.period is None else one.period.lines,
            "period_steps": None if one.period is None else one.period.steps,
            "confidence": one.confidence,
        }
        for one in result.findings
    ]
