"""One self-contained HTML file from a study: the answer first, then what it rests on.

The file opens offline: style, script and drawings are inside it, and its content security policy forbids
every request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from batchwright import __version__
from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.result import StudyResult
from batchwright.core.errors import InputError
from batchwright.report import tables
from batchwright.report.draw import files, grids, series
from batchwright.report.draw.ends import draw_ends
from batchwright.report.draw.study import draw_all
from batchwright.report.text import formats
from batchwright.report.text import study as words

_TITLES = {
    "seconds": "Time to target",
    "steps": "Steps to target",
    "examples": "Examples to target",
    "learning-rates": "Learning rate by batch size",
    "timing": "What a step costs here",
    "loss": "Loss curves",
}


@dataclass(frozen=True)
class Section:
    """A figure with what it says and the table behind it."""

    name: str
    title: str
    takeaway: str
    drawing: Markup
    table: tables.Table


def render_html(result: StudyResult, curves: Sequence[Mapping[str, Any]] = ()) -> str:
    """The report as one HTML document.

    Args:
        result: a finished study.
        curves: validation-loss curves, one mapping a run; see :func:`~.draw.grids.loss_curves`.

    Returns:
        A document without any external reference.
    """
    recommendation = result.recommendation
    return template("study.html.j2").render(
        result=result,
        recommendation=recommendation,
        version=__version__,
        title=_document_title(result),
        target=words.target_in_words(result),
        critical=words.critical_batch_in_words(result),
        facts=_facts(result),
        sections=_sections(result, curves),
        missing=_missing(result),
        deciding=tables.deciding_table(result),
        easier=tables.easier_targets_table(result),
        batch_sizes=tables.batch_sizes_table(result),
        notes=tables.notes(result),
        origin=words.origin_of_steps(result),
        advice_runs=tables.advice_runs_table(result),
        advice_cost=words.advice_cost_in_words(result),
        environment=[(name, _plain(value)) for name, value in result.environment.items()],
        spec=json.dumps(result.spec, indent=2, ensure_ascii=False, default=str) if result.spec else "",
        duration=formats.seconds(result.seconds),
    )


def write_report(result: StudyResult, curves: Sequence[Mapping[str, Any]], path: str | Path) -> Path:
    """Write :func:`render_html` to ``path``, its folders made where missing.

    Raises:
        InputError: the file cannot be written.
    """
    return write_document(render_html(result, curves), Path(path))


def write_document(document: str, path: Path) -> Path:
    """Write a page to ``path``, its folders made where missing.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"the report's path must be writable, got {str(path)!r}: {error.strerror}"
        ) from error
    return path


def write_figures(
    result: StudyResult,
    curves: Sequence[Mapping[str, Any]],
    folder: str | Path,
    suffix: str = ".svg",
) -> list[Path]:
    """Write every figure of the report to ``folder`` as ``NAME.svg``, ``NAME.png`` or ``NAME.pdf``.

    Raises:
        InputError: another suffix.
    """
    if suffix not in files.SUFFIXES:
        raise InputError(f"a figure's suffix must be one of {', '.join(files.SUFFIXES)}, got {suffix!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw_all(result, curves)
    return [files.save_figure(figure, folder / f"{name}{suffix}") for name, figure in drawn.items()]


def notebook_html(result: StudyResult) -> str:
    """A fragment for notebooks: the sentence, the deciding numbers and the objective's figure.

    Colours and fonts are inherited, so that it reads well in a dark notebook too.
    """
    drawn = draw_all(result)
    name = next((name for name in drawn if name in ("seconds", "steps", "examples")), None)
    # The id prefix differs from study to study: a notebook shows several results on one page.
    prefix = f"notebook-{result.study_id}-{name}"
    drawing = Markup(files.to_svg(drawn[name], name=prefix, label=_TITLES[name])) if name else ""
    return template("notebook.html.j2").render(
        recommendation=result.recommendation,
        deciding=tables.deciding_table(result),
        drawing=drawing,
        report=result.report,
    )


def _document_title(result: StudyResult) -> str:
    recommendation = result.recommendation
    if recommendation.verdict == "inconclusive" or recommendation.batch_size is None:
        return f"{result.task}: inconclusive \u00b7 Batchwright"
    return f"{result.task}: batch size {recommendation.batch_size} \u00b7 Batchwright"


def _facts(result: StudyResult) -> list[tuple[str, str]]:
    """The four numbers under the sentence."""
    recommendation = result.recommendation
    critical = result.critical_batch
    shown = formats.count(critical.value) if critical.identifiable else "not identifiable"
    if not critical.identifiable and critical.interval and any(end is not None for end in critical.interval):
        shown = formats.between(*critical.interval)
    best = recommendation.batch_size
    interval = formats.MISSING
    if recommendation.interval:
        interval = formats.between(*recommendation.interval, form=formats.size)
    return [
        ("batch size", formats.MISSING if best is None else formats.size(best)),
        ("learning rate", formats.rate(recommendation.lr)),
        ("as good (90%)", interval),
        ("critical batch", shown),
    ]


def _sections(result: StudyResult, curves: Sequence[Mapping[str, Any]]) -> list[Section]:
    drawn = draw_all(result, curves)
    rates, timing = grids.learning_rate_map(result), grids.timing_series(result)
    losses = grids.loss_curves(result, curves)
    behind = {
        "seconds": lambda: words.seconds_takeaway(series.seconds_series(result)),
        "steps": lambda: words.steps_takeaway(series.steps_series(result)),
        "examples": lambda: words.examples_takeaway(series.examples_series(result)),
        "learning-rates": lambda: words.learning_rates_takeaway(rates),
        "timing": lambda: words.timing_takeaway(timing),
        "loss": lambda: words.loss_takeaway(losses),
    }
    table = {
        "learning-rates": lambda: tables.learning_rates_table(rates),
        "timing": lambda: tables.timing_table(timing),
        "loss": lambda: tables.loss_table(losses),
    }
    sections = []
    for name, figure in drawn.items():
        takeaway = behind[name]()
        drawing = files.to_svg(figure, name=name, label=f"{_TITLES[name]}. {takeaway}")
        rows = table[name]() if name in table else tables.runs_table(result, name)
        sections.append(Section(name, _TITLES[name], takeaway, Markup(drawing), rows))
    if result.sharpness is not None:
        sections.append(_sharpness(result.sharpness))
    return sections


def _sharpness(found: SharpEnds) -> Section:
    title, takeaway = "Sharpness at the winners' ends", f"{found.sentence} {found.caveat}"
    drawing = files.to_svg(draw_ends(found), name="sharpness", label=f"{title}. {found.sentence}")
    return Section("sharpness", title, takeaway, Markup(drawing), tables.ends_table(found))


def _missing(result: StudyResult) -> list[str]:
    """What a reader would look for and not find."""
    notes = []
    if not any(entry.seeds_reached for entry in result.batch_sizes):
        notes.append("No run reached the target, so there are no costs to draw.")
    elif not any(entry.seconds_per_step for entry in result.batch_sizes):
        notes.append("Seconds a step were not measured, so there is no time to target.")
    return notes


def _plain(value: object) -> str:
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
    )


@cache
def template(name: str) -> Template:
    """One of this folder's templates."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
