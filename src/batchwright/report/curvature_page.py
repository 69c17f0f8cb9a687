"""The page of a model's curvature."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.numbers import measured, seconds
from batchwright.measure.hessian.tracking import CurvatureAlong
from batchwright.measure.points.geometry import Geometry
from batchwright.report.draw.curvature import draw_along, draw_spectrum
from batchwright.report.old_page import Page, section, table
from batchwright.report.tables import Table
from batchwright.report.text import curvature as curvature_words
from batchwright.report.text import formats

_NOTES = (
    "Eigenvalues are those of the exact Hessian of the mean training loss. A residual |Hv - \u03bbv| bounds "
    "how far the next true eigenvalue can be.",
    "A saddle needs one eigenvalue certainly positive and one certainly negative, a minimum all of them "
    "positive.",
    "The minimum ratio is the share of positive eigenvalues.",
)


def curvature_page(
    found: Geometry, *, task: str, command: str, step: int = 0, along: Sequence[CurvatureAlong] = ()
) -> Page:
    """Curvature at a point and, where it was tracked, along the run that led there."""
    sections = []
    if along:
        drawn, rows = draw_along(along), _along_table(along)
        sections.append(section("along", "Along the run", curvature_words.edge(along), drawn, rows))
    drawn, rows = draw_spectrum(found), _eigenvalues(found)
    title = "Eigenvalues of the Hessian"
    sections.append(section("spectrum", title, curvature_words.spectrum(found), drawn, rows))
    top = max(e.value for e in found.eigenvalues)
    ratio = found.critical_point.minimum_ratio
    name = "minimum ratio" + (" (estimate)" if found.critical_point.minimum_ratio_from == "density" else "")
    return Page(
        title=f"{task}: curvature",
        eyebrow=f"{task} \u00b7 curvature over {found.examples:,} examples, {found.parameters:,} parameters",
        sentence=curvature_words.sentence(found, step),
        facts=[
            ("gradient norm", measured(found.gradient_norm)),
            ("largest eigenvalue", measured(top)),
            ("trace", formats.MISSING if found.trace is None else measured(found.trace.value)),
            (name, formats.MISSING if ratio is None else f"{ratio:.0%}"),
        ],
        sections=sections,
        tables=[] if found.sharpness is None else [("Sharpness", "", _sharpness(found))],
        notes=[*curvature_words.lines(found), *_NOTES],
        next_steps=[f"batchwright surface {task} --steps {step}" if step else f"batchwright surface {task}"],
        command=command,
        about=[
            ("took", f"{seconds(found.seconds)}, {found.hessian_products:,} Hessian products"),
            ("eigenvalues by", found.method),
        ],
    )


def _eigenvalues(found: Geometry) -> Table:
    rows = [[e.end, measured(e.value, 4), measured(e.residual, 2)] for e in found.eigenvalues]
    return table(["end", "eigenvalue", "residual"], rows)


def _along_table(along: Sequence[CurvatureAlong]) -> Table:
    rows = [
        [
            f"{r.step:,}",
            measured(r.loss),
            measured(r.largest),
            measured(r.preconditioned),
            measured(r.threshold),
        ]
        for r in along
    ]
    return table(["updates", "loss", "largest eigenvalue", "preconditioned", "threshold"], rows)


def _sharpness(found: Geometry) -> Table:
    assert found.sharpness is not None
    rows = [
        [f"Keskar, {k.subspace.replace('_', ' ')}, eps {k.epsilon:g}", measured(k.value), f"{k.starts}"]
        for k in found.sharpness.keskar
    ]
    sam = found.sharpness.sam
    rows.append([f"SAM, rho {sam.rho:g}, largest rise of the loss", measured(sam.maximum), ""])
    rows.append([f"SAM, rho {sam.rho:g}, rise after one step", measured(sam.one_step), ""])
    return table(["measure", "value", "starts"], rows)
