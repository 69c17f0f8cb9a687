"""The page of a model's curvature: where training stands, its eigenvalues, how sharp it is."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.action import Action
from batchwright.core.numbers import MISSING, measured, percent
from batchwright.measure.hessian.tracking import CurvatureAlong
from batchwright.measure.points.geometry import Geometry
from batchwright.report.draw.curvature import draw_spectrum
from batchwright.report.page import Block, Facts, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.curvature_along import along_blocks
from batchwright.report.pages.parts import about, column, readings, sentence_case
from batchwright.report.pages.sharpness import sharpness_blocks
from batchwright.report.pages.steps import OPTIMIZER, POINT, RUN, TASK, following, given, where
from batchwright.report.text.catalogue import chained, say, text
from batchwright.training.spec import RunSpec

_READINGS = ("curvature.reading.eigenvalues", "curvature.reading.classes", "curvature.reading.ratio")
_KEPT = (*TASK, "examples", *OPTIMIZER, *RUN, *POINT)
_FIRST_STEPS, _MEASUREMENTS = 500, 20
"""Updates of a run that is proposed to be followed from its start, and how often it is measured."""


def curvature_page(
    found: Geometry,
    *,
    task: str,
    step: int = 0,
    along: Sequence[CurvatureAlong] = (),
    spec: RunSpec | None = None,
    action: Action | None = None,
) -> Page:
    """Curvature at a point and, where it was tracked, along the run that led there, as a page.

    Args:
        found: at the point.
        task: the task's name.
        step: updates made before the point.
        along: measurements along the run that led to the point.
        spec: of that run.
        action: what made it.
    """
    blocks: list[Block] = [
        Sentence(text=_headline(found, where(step, action)), role="answer"),
        Facts(items=_facts(found)),
        *(Note(text=words, role="caveat") for words in _caveats(found)),
        Sentence(text=_numbers(found)),
        *(along_blocks(along) if along else ()),
        Figure(
            name="spectrum",
            title=text("curvature.spectrum.title"),
            takeaway=_spectrum(found),
            draw=lambda: draw_spectrum(found),
        ),
        _eigenvalues(found),
        *(() if found.sharpness is None else sharpness_blocks(found.sharpness)),
        *readings(_READINGS),
        _next(found, step, bool(along), task, action),
    ]
    return Page(
        title=text("curvature.title", task=task),
        eyebrow=text("curvature.eyebrow", task=task, examples=found.examples, parameters=found.parameters),
        blocks=blocks,
        action=action,
        about=about(
            found,
            {
                text("about.products"): f"{found.hessian_products:,}",
                text("curvature.about.method"): text(f"curvature.method.{found.method}"),
                **({} if spec is None or not step else {text("curvature.about.run"): _trained(spec)}),
            },
        ),
    )


def _ends(found: Geometry) -> tuple[float, float]:
    values = [e.value for e in found.eigenvalues]
    return min(values), max(values)


def _headline(found: Geometry, point: str) -> str:
    """Where training stands, with the numbers that decide it."""
    low, high = _ends(found)
    values = {"point": sentence_case(point), "low": low, "high": high, "parameters": found.parameters}
    norm, limit = found.gradient_norm, found.critical_point.gradient_tolerance
    match found.critical_point.kind:
        case "minimum":
            return text("curvature.minimum", **values)
        case "maximum":
            return text("curvature.maximum", **values)
        case "saddle":
            return text("curvature.saddle", **values)
        case "degenerate":
            return text("curvature.degenerate", **values)
    return text("curvature.slope", norm=norm, limit=measured(limit, 2), **values)


def _facts(found: Geometry) -> list[tuple[str, str]]:
    point, trace = found.critical_point, found.trace
    name = text("curvature.fact.ratio")
    if point.minimum_ratio_from == "density":
        name = text("curvature.fact.ratio_estimated")
    ratio = point.minimum_ratio
    return [
        (text("curvature.fact.norm"), measured(found.gradient_norm)),
        (text("curvature.fact.largest"), measured(_ends(found)[1])),
        (text("curvature.fact.trace"), MISSING if trace is None else measured(trace.value)),
        (name, percent(ratio)),
    ]


def _caveats(found: Geometry) -> list[str]:
    return [] if found.converged else [text("curvature.not_converged")]


def _numbers(found: Geometry) -> str:
    """Loss, gradient and trace; why the point has its class, unless the headline has said it."""
    point, trace = found.critical_point, found.trace
    values = {"loss": found.loss, "norm": found.gradient_norm}
    by_chance = point.gradient_norm < (point.gradient_noise or 0.0)
    if point.kind != "not_critical" or by_chance:
        first = text("curvature.numbers.why", reason=say(point.reason), **values)
    else:
        first = text("curvature.numbers", **values)
    if trace is None:
        return first
    sums = {"trace": trace.value, "mean": trace.value / found.parameters}
    if not trace.std_error:
        return chained("common.sentences", [first, text("curvature.trace.exact", **sums)])
    return chained(
        "common.sentences", [first, text("curvature.trace", error=measured(trace.std_error, 2), **sums)]
    )


def _spectrum(found: Geometry) -> str:
    """The ends of the spectrum and its balance."""
    low, high = _ends(found)
    point = found.critical_point
    ends = text("curvature.spectrum.ends", low=low, high=high)
    if point.minimum_ratio is None:
        return ends
    values = {"ratio": point.minimum_ratio, "zero": measured(point.tolerance, 2)}
    error = point.minimum_ratio_std_error
    if error is None:
        return chained("common.sentences", [ends, text("curvature.spectrum.share", **values)])
    return chained(
        "common.sentences", [ends, text("curvature.spectrum.share_estimated", error=error, **values)]
    )


def _eigenvalues(found: Geometry) -> Table:
    ends = {"bottom": text("curvature.end.bottom"), "top": text("curvature.end.top")}
    rows = found.eigenvalues
    return Table(
        heading=text("curvature.eigenvalues"),
        caption=text("curvature.eigenvalues.caption"),
        columns=[
            column(text("curvature.column.end"), [ends[e.end] for e in rows]),
            column(text("curvature.column.eigenvalue"), [e.value for e in rows], "number"),
            column(text("curvature.column.residual"), [e.residual for e in rows], "number"),
        ],
    )


def _trained(spec: RunSpec) -> str:
    return text(
        "curvature.run", optimizer=spec.optimizer.name, lr=spec.optimizer.lr, batch_size=spec.batch_size
    )


def _next(found: Geometry, step: int, tracked: bool, task: str, action: Action | None) -> NextStep:
    """Out of a saddle; else along a run, which shows the edge of stability; else around the point."""
    point = found.critical_point
    if point.kind == "saddle" or (point.kind == "degenerate" and point.negative):
        escape = following(action, "escape", task, _KEPT)
        return NextStep(action=escape, why=text("curvature.next.escape"))
    placed = given(action, "at") is not None or given(action, "checkpoint") is not None
    if point.kind == "not_critical" and not tracked and not placed:
        steps = step or _FIRST_STEPS
        along = following(action, "curvature", task, _KEPT, steps=steps, along=max(steps // _MEASUREMENTS, 1))
        return NextStep(action=along, why=text("curvature.next.along"))
    return NextStep(action=following(action, "surface", task, _KEPT), why=text("curvature.next.surface"))
