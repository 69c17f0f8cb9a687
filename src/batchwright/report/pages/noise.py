"""The page of a gradient's noise: the noise scale, the 1/sqrt(B) law, and its course along a run."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.action import Action
from batchwright.measure.estimate import NoiseScale
from batchwright.measure.gradients.along import NoiseAlong
from batchwright.measure.gradients.geometry import GeometryNoise
from batchwright.measure.gradients.noise import Noise
from batchwright.measure.gradients.scatter import SamplingName, Scatter, Slope
from batchwright.report.draw.noise import draw_noise_along, draw_scatter
from batchwright.report.page import Block, Facts, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import about, column, readings
from batchwright.report.pages.steps import OPTIMIZER, RUN, TASK, again, following, given, where
from batchwright.report.text.catalogue import say, text
from batchwright.report.text.columns import form_of
from batchwright.report.text.estimates import Ends, with_interval

_READINGS = ("noise.reading.scale", "noise.reading.law")
_MORE_ROWS = 4
"""Where the noise scale is not resolved, so many times the rows are proposed."""
_MUCH = 0.4
"""A share of the noise that is worth a word where a hundredth of the examples carries it."""
Scales = Sequence[tuple[str, NoiseScale]]


def noise_page(
    found: Noise,
    scatter: Sequence[Scatter],
    slopes: Sequence[Slope],
    *,
    task: str,
    step: int = 0,
    preconditioned: Noise | None = None,
    geometry: GeometryNoise | None = None,
    along: Sequence[NoiseAlong] = (),
    action: Action | None = None,
) -> Page:
    """The gradient's noise at a point, as a page.

    Args:
        found: at the point.
        scatter, slopes: of mini-batch gradients against the batch size.
        task: the task's name.
        step: updates made before the point.
        preconditioned: the same as an adaptive optimizer scales its gradients.
        geometry: the noise scale in the norm in which the optimizer moves.
        along: measurements along the run that led to the point.
        action: what made it.
    """
    scales = _scales(found, preconditioned, geometry)
    point = Sentence(text=_headline(found, where(step, action)), role="answer")
    blocks: list[Block] = [*_along(along, action), point] if along else [point]
    if found.tail.share_of_largest >= _MUCH:
        blocks.append(Note(text=text("noise.tail", share=found.tail.share_of_largest), role="caveat"))
    blocks += [Facts(items=_facts(found, scales)), _estimates(found, scales)]
    if found.curvature_reason is not None:
        blocks.append(Note(text=text("noise.no_curvature", reason=say(found.curvature_reason))))
    if geometry is not None:
        blocks.append(Note(text=text(f"noise.geometry.{geometry.norm}"), role="caveat"))
    law = Figure(
        name="scatter",
        title=text("noise.law.title"),
        takeaway=text("noise.law.takeaway"),
        draw=lambda: draw_scatter(scatter, slopes),
    )
    blocks += [law, _slopes(slopes), _scatter(scatter), *readings(_READINGS)]
    return Page(
        title=text("noise.title", task=task),
        eyebrow=text("noise.eyebrow", task=task, sample=found.sample, examples=found.examples),
        blocks=[*blocks, _next(found, task, action)],
        action=action,
        about=about(
            found,
            {
                text("about.parameters"): f"{found.parameters:,}",
                text("about.mode"): text(f"noise_mode.{found.mode}"),
            },
        ),
    )


def _scales(found: Noise, preconditioned: Noise | None, geometry: GeometryNoise | None) -> Scales:
    """Every noise scale that was measured, by name."""
    scales = [(text("noise.scale"), found.noise_scale)]
    if found.curvature_noise_scale is not None:
        scales.append((text("noise.scale.curvature"), found.curvature_noise_scale))
    if preconditioned is not None:
        scales.append((text("noise.scale.preconditioned"), preconditioned.noise_scale))
    if geometry is not None:
        scales.append((text(f"noise.scale.{geometry.norm}"), geometry.noise_scale))
    return scales


def _headline(found: Noise, point: str) -> str:
    """What the noise scale says about batch sizes."""
    scale = found.noise_scale
    value, low = _resolved(scale), scale.interval[0]
    if value is not None and found.exact:
        return text("noise.exact", point=point, scale=value, examples=found.examples)
    if value is not None:
        return text("noise.resolved", point=point, scale=with_interval(value, scale.interval))
    if low is None:
        return text("noise.unresolved", point=point)
    if found.unresolved_because == "few_examples":
        return text("noise.few_examples", point=point, low=low)
    return text("noise.unresolved.above", point=point, low=low)


def _facts(found: Noise, scales: Scales) -> list[tuple[str, str]]:
    shown = [(name, _alone(_resolved(scale), scale.interval)) for name, scale in scales]
    shown += [
        (text("noise.signal"), _alone(found.grad_sq_norm.value, found.grad_sq_norm.interval)),
        (text("noise.variance"), _alone(found.trace_sigma.value, found.trace_sigma.interval)),
    ]
    return shown[:4]


def _alone(value: float | None, interval: Ends) -> str:
    """A value in the digits that it has beside its interval."""
    return form_of("number", [value, interval]).phrase(value)


def _resolved(scale: NoiseScale) -> float | None:
    """The value where it can be told from none at all."""
    return scale.value if scale.resolved else None


def _estimates(found: Noise, scales: Scales) -> Table:
    """One column a quantity, so that each has digits of its own."""
    columns = [(name, _resolved(scale), scale.interval) for name, scale in scales]
    for name, quantity in (
        (text("noise.signal"), found.grad_sq_norm),
        (text("noise.variance"), found.trace_sigma),
    ):
        columns.append((name, quantity.value, quantity.interval))
    rows = [text("noise.row.value"), text("noise.row.low"), text("noise.row.high")]
    return Table(
        heading=text("noise.estimates"),
        caption=text("noise.estimates.caption", sample=found.sample, examples=found.examples),
        columns=[
            column("", rows),
            *(column(name, [value, *ends], "number") for name, value, ends in columns),
        ],
    )


def _slopes(slopes: Sequence[Slope]) -> Table:
    """The exponent that was measured beside the law's."""
    return Table(
        caption=text("noise.slopes.caption"),
        columns=[
            column(text("noise.column.sampling"), [_sampling(s.sampling) for s in slopes]),
            column(text("noise.column.slope"), [s.value for s in slopes], "number"),
            column(
                text("noise.column.interval"),
                [s.interval for s in slopes],
                "number",
                like=text("noise.column.slope"),
            ),
            column(text("noise.column.law"), [-0.5] * len(slopes), "number"),
        ],
    )


def _sampling(name: SamplingName) -> str:
    if name == "with_replacement":
        return text("noise.sampling.with")
    return text("noise.sampling.without")


def _scatter(scatter: Sequence[Scatter]) -> Table:
    """Measured and predicted spread, with and without replacement, one row a batch size."""
    at = {(row.batch_size, row.sampling): row for row in scatter}
    sizes = sorted({row.batch_size for row in scatter})
    columns = [column(text("noise.column.batch_size"), sizes, "batch_size")]
    first = text("noise.column.with")
    kinds: tuple[tuple[SamplingName, str, str], ...] = (
        ("with_replacement", first, text("noise.column.with_theory")),
        ("without_replacement", text("noise.column.without"), text("noise.column.without_theory")),
    )
    for sampling, std, theory in kinds:
        rows = [at.get((size, sampling)) for size in sizes]
        measured = [row.std if row else None for row in rows]
        predicted = [row.predicted if row else None for row in rows]
        columns.append(column(std, measured, "number", like="" if std == first else first))
        columns.append(column(theory, predicted, "number", like=first, optional=1))
    return Table(heading=text("noise.law.table"), caption=text("noise.law.caption"), columns=columns)


def _along(along: Sequence[NoiseAlong], action: Action | None) -> list[Block]:
    """The noise scale's course along the run, as its figure and table."""
    first, last = along[0], along[-1]
    course = text(
        "noise.course",
        start=_scale(first.raw.noise_scale),
        first=where(first.step, action),
        end=_scale(last.raw.noise_scale),
        last=where(last.step, action),
    )
    blocks: list[Block] = [Sentence(text=course, role="answer")]
    planned = given(action, "steps")
    if planned is not None and last.step < planned:
        blocks.append(Note(text=text("noise.diverged", count=last.step), role="caveat"))
    figure = Figure(
        name="along",
        title=text("noise.along.title"),
        takeaway=text("noise.along.takeaway"),
        draw=lambda: draw_noise_along(along),
    )
    return [*blocks, figure, _along_table(along)]


def _along_table(along: Sequence[NoiseAlong]) -> Table:
    scales = [row.raw.noise_scale for row in along]
    columns = [
        column(text("noise.column.updates"), [row.step for row in along], "count"),
        column(text("noise.column.loss"), [row.loss for row in along], "number"),
        column(text("noise.scale"), [_resolved(s) for s in scales], "number"),
        column(
            text("noise.column.interval"), [s.interval for s in scales], "number", like=text("noise.scale")
        ),
    ]
    if any(row.preconditioned is not None for row in along):
        scaled = [_resolved(row.preconditioned.noise_scale) if row.preconditioned else None for row in along]
        columns.append(column(text("noise.scale.preconditioned"), scaled, "number"))
    return Table(caption=text("noise.along.caption"), columns=columns)


def _scale(scale: NoiseScale) -> str:
    """A noise scale with its interval, or that it is not resolved."""
    value = _resolved(scale)
    if value is not None:
        return with_interval(value, scale.interval)
    low = scale.interval[0]
    if low is None:
        return text("noise.scale.unresolved")
    return text("noise.scale.unresolved_above", low=low)


def _next(found: Noise, task: str, action: Action | None) -> NextStep:
    """More rows where the mean gradient is lost in the noise of the sample; else what follows for a run."""
    if not found.noise_scale.resolved and found.sample < found.examples:
        more = min(_MORE_ROWS * found.sample, found.examples)
        sample = "all" if more == found.examples else more
        why = "few" if found.unresolved_because == "few_examples" else "signal"
        return NextStep(
            action=again(action, "noise", task, sample=sample), why=text(f"noise.next.more.{why}")
        )
    kept = (*TASK, "examples", *OPTIMIZER, *RUN)
    return NextStep(action=following(action, "advise", task, kept), why=text("noise.next.advise"))
