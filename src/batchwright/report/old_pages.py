"""The pages of a probe, of a gradient's noise and of a fitted table."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.advice.table.result import FitResult, WorkloadFit
from batchwright.core.numbers import measured, number, seconds, size
from batchwright.measure.estimate import NoiseScale
from batchwright.measure.gradients.along import NoiseAlong
from batchwright.measure.gradients.noise import Noise
from batchwright.measure.gradients.scatter import SAMPLINGS, Scatter, Slope
from batchwright.measure.hardware.probe import Probe
from batchwright.report.draw.fit import draw_fit
from batchwright.report.draw.noise import draw_noise_along, draw_scatter
from batchwright.report.draw.probe import draw_probe
from batchwright.report.old_page import Page, facts_of, section, table
from batchwright.report.page import Sentence
from batchwright.report.pages.fit import fit_page as new_page
from batchwright.report.tables import Table
from batchwright.report.text import formats
from batchwright.report.text import noise as noise_words
from batchwright.report.text import probe as probe_words
from batchwright.report.text.catalogue import say

_PROBE_NOTES = (
    "A step is one update: forward and backward pass, optimizer. Its seconds are medians over turns in "
    "which all batch sizes take part, with their quartiles.",
    "Memory is the peak of an update above the process with model and data loaded, measured in a process "
    "of its own.",
    "Neither the largest batch that fits nor the highest throughput is the answer: what counts is time to "
    "target, which needs steps too.",
)
_NOISE_NOTES = (
    "The noise scale is tr(\u03a3)/|G|\u00b2: the variance of one example's gradient over the squared length "
    "of the mean gradient (McCandlish et al. 2018). It changes along training, mostly upwards.",
    "The standard deviation of a mini-batch gradient falls as 1/\u221aB; without replacement it ends at 0 at "
    "B = N, and slopes are fitted after dividing by that finite-population factor.",
)
_FIT_NOTES = (
    "The curve is S(B) = S_min (1 + B_crit/B): at B_crit steps and examples are both twice their minimum.",
    "Intervals are of 90% and count the spread of runs, the misfit of the curve and the resolution of steps.",
    "The error left out is that of each batch size predicted from all the others.",
)


def probe_page(found: Probe, *, task: str, command: str) -> Page:
    """What a step costs here; ``task`` names it as the command line does."""
    caveats = []
    if found.others_load is not None and found.others_load > 0.15:
        caveats.append(
            f"Others used {found.others_load:.0%} of the machine meanwhile: seconds may be far off."
        )
    if found.collapse is not None:
        caveats.append(probe_words.collapse(found.collapse))
    caveats += [f"Batch size {row.batch_size:,} was not timed: {row.reason}." for row in found.left_out]
    sections = []
    if found.points:
        takeaway = probe_words.memory(found)
        title = "Seconds, throughput and memory of a step"
        sections = [section("probe", title, takeaway, draw_probe(found), _probe_table(found))]
    best = max(found.points, key=lambda p: p.examples_per_second, default=None)
    largest = found.largest_that_fits
    return Page(
        title=f"{task}: what a step costs",
        eyebrow=f"{task} \u00b7 what a step costs on this machine",
        sentence=probe_words.sentence(found),
        facts=[
            ("knee", formats.MISSING if found.knee is None else measured(found.knee.value, 2)),
            ("largest that fits", formats.MISSING if largest is None else f"{largest:,}"),
            ("highest throughput", formats.MISSING if best is None else f"at {best.batch_size:,}"),
            ("examples/s there", formats.MISSING if best is None else measured(best.examples_per_second)),
        ],
        caveats=caveats,
        sections=sections,
        notes=_PROBE_NOTES,
        next_steps=[f"batchwright advise {task}"],
        command=command,
        about=[("took", seconds(found.seconds)), *facts_of(found.environment)],
    )


def _probe_table(found: Probe) -> Table:
    rows = [
        [
            f"{p.batch_size:,}", seconds(p.seconds_per_step), f"{seconds(p.low)} to {seconds(p.high)}",
            measured(p.examples_per_second), probe_words.size(p.peak_memory_bytes),
        ]
        for p in found.points
    ]  # fmt: skip
    return table(["batch size", "a step", "quartiles", "examples/s", "memory"], rows)


def noise_page(
    found: Noise, scatter: Sequence[Scatter], slopes: Sequence[Slope], *, task: str, command: str,
    step: int = 0, preconditioned: Noise | None = None, along: Sequence[NoiseAlong] = (),
) -> Page:  # fmt: skip
    """The gradient's noise after ``step`` updates, its scatter against B, and its course along a run."""
    sections = []
    if along:
        first, last = along[0], along[-1]
        takeaway = (
            f"From {noise_words.as_text(first.raw.noise_scale)} after {first.step:,} updates to "
            f"{noise_words.as_text(last.raw.noise_scale)} after {last.step:,}."
        )
        drawn, rows = draw_noise_along(along), _along_table(along)
        sections.append(section("along", "The noise scale along the run", takeaway, drawn, rows))
    takeaway = " ".join(
        f"{slope.sampling.replace('_', ' ').capitalize()} the slope is {slope.value:.3f} (90%: "
        f"{slope.interval[0]:.3f} to {slope.interval[1]:.3f})."
        for slope in slopes
    )
    drawn, rows = draw_scatter(scatter, slopes), _scatter_table(scatter)
    sections.append(section("scatter", "The 1/\u221aB law", f"{takeaway} The law says -0.500.", drawn, rows))
    scales = [("noise scale", found.noise_scale)]
    if found.curvature_noise_scale is not None:
        scales.append(("with the curvature", found.curvature_noise_scale))
    if preconditioned is not None:
        scales.append(("preconditioned", preconditioned.noise_scale))
    return Page(
        title=f"{task}: gradient noise",
        eyebrow=f"{task} \u00b7 gradient noise, from {found.sample:,} of {found.examples:,} examples",
        sentence=noise_words.sentence(found.noise_scale, step),
        facts=[
            *((name, _short(scale.value)) for name, scale in scales),
            ("|G|\u00b2", measured(found.grad_sq_norm.value)),
            ("tr \u03a3", measured(found.trace_sigma.value)),
        ][:4],
        sections=sections,
        tables=[("The estimates", "", _estimates(found, scales))],
        notes=_NOISE_NOTES,
        next_steps=[f"batchwright advise {task}"],
        command=command,
        about=[
            ("took", seconds(found.seconds)),
            ("parameters", f"{found.parameters:,}"),
            ("measured in", found.mode),
        ],
    )


def _short(value: float | None) -> str:
    return formats.MISSING if value is None else measured(value)


def _estimates(found: Noise, scales: Sequence[tuple[str, NoiseScale]]) -> Table:
    rows = [[name, noise_words.as_text(scale)] for name, scale in scales]
    for name, estimate in (("|G|\u00b2", found.grad_sq_norm), ("tr \u03a3", found.trace_sigma)):
        rows.append([name, noise_words.interval(estimate.value, estimate.interval)])
    return table(["quantity", "value (90% interval)"], rows)


def _along_table(along: Sequence[NoiseAlong]) -> Table:
    rows = [[f"{r.step:,}", measured(r.loss), noise_words.as_text(r.raw.noise_scale)] for r in along]
    return table(["updates", "loss", "noise scale"], rows)


def _scatter_table(scatter: Sequence[Scatter]) -> Table:
    at = {(row.batch_size, row.sampling): row for row in scatter}
    rows = []
    for batch_size in sorted({row.batch_size for row in scatter}):
        cells = [f"{batch_size:,}"]
        for sampling in SAMPLINGS:
            row = at.get((batch_size, sampling))
            cells += [formats.MISSING] * 2 if row is None else [measured(row.std), measured(row.predicted)]
        rows.append(cells)
    return table(["batch size", "std, replaced", "theory", "std, not replaced", "theory"], rows)


def fit_page(result: FitResult, *, command: str) -> Page:
    """Every workload's curve and verdict."""
    several = len(result.workloads) > 1
    verdicts = [fit.verdict for fit in result.workloads]
    sentences = [block.text for block in new_page(result).all(Sentence)]
    answer = sentences[0]
    if several:
        answer = (
            f"{verdicts.count('fits')} of {len(verdicts)} workloads follow the curve and locate their "
            "critical batch size."
        )
    caveats = [say(note) for note in result.notes]
    for fit in result.workloads:
        start = f"{fit.workload}: " if several and fit.workload else ""
        caveats += [f"{start}{say(note)}" for note in (*fit.notes, *fit.next_steps)]
    takeaway = "Dots are runs, the line is the fitted curve with its 90% band, and the mark below it B_crit."
    return Page(
        title=f"{result.source}: critical batch size",
        eyebrow=f"{result.source} \u00b7 {result.rows:,} rows \u00b7 critical batch size from finished runs",
        sentence=answer,
        answers=sentences[1:],
        facts=_fit_facts(result.workloads[0]) if not several else (),
        caveats=caveats,
        sections=[
            section("fit", "Steps to target", takeaway, draw_fit(result), _measured_table(result.workloads))
        ],
        tables=[("Every workload", "", _fit_table(result.workloads)), *_predicted(result.workloads)],
        notes=_FIT_NOTES,
        command=command,
        about=[
            (
                f"read as {meaning}",
                f"{heading} ({result.units[meaning]})" if meaning in result.units else heading,
            )
            for meaning, heading in result.columns.items()
        ],
    )


def _fit_facts(fit: WorkloadFit) -> list[tuple[str, str]]:
    error, fits = fit.leave_one_out, fit.verdict == "fits"
    return [
        ("critical batch", number(fit.critical_batch.value) if fits else formats.MISSING),
        ("90%", formats.between(*(fit.critical_batch.interval or (None, None)), form=number)),
        ("+20% examples at", number(fit.definitions.overhead_20.value) if fits else formats.MISSING),
        ("error left out", formats.MISSING if error is None else f"{error.median_abs_log_error:.1%}"),
    ]  # fmt: skip


def _fit_table(fits: Sequence[WorkloadFit]) -> Table:
    rows = []
    for fit in fits:
        error = fit.leave_one_out
        critical, _, overhead, left_out = (text for _, text in _fit_facts(fit))
        inside = formats.MISSING if error is None else f"{error.coverage_90:.0%}"
        interval = formats.between(*(fit.critical_batch.interval or (None, None)), form=number)
        verdict = fit.verdict.replace("_", " ")
        minima = [formats.MISSING if v is None else number(v) for v in (fit.steps_min, fit.examples_min)]
        rows.append(
            [
                fit.workload or formats.MISSING,
                verdict,
                critical,
                interval,
                overhead,
                *minima,
                left_out,
                inside,
            ]
        )
    columns = [
        "workload",
        "verdict",
        "critical batch",
        "90%",
        "+20% examples",
        "fewest steps",
        "fewest examples",
    ]
    return table([*columns, "error left out", "inside 90%"], rows)


def _measured_table(fits: Sequence[WorkloadFit]) -> Table:
    rows = []
    for fit in fits:
        for row in fit.measured:
            bound = "> " if row.median_is_bound else ""
            median = formats.MISSING if row.median is None else f"{bound}{number(row.median)}"
            curve = formats.MISSING if row.curve is None else number(row.curve)
            runs = len(row.steps) + len(row.censored) + row.failed
            rows.append([fit.workload or formats.MISSING, size(row.batch_size), f"{runs}", median, curve])
    return table(["workload", "batch size", "runs", "median steps", "curve"], rows)


def _predicted(fits: Sequence[WorkloadFit]) -> list[tuple[str, str, Table]]:
    rows = [
        [fit.workload or formats.MISSING, size(p.batch_size)]
        + (
            ["refused", formats.MISSING]
            if p.refused
            else [number(p.steps), f"{number(p.low)} to {number(p.high)}"]
        )
        for fit in fits
        for p in fit.predictions
    ]
    if not rows:
        return []
    caption = "Refused: below the smallest measured batch size or beyond twice the largest."
    return [("Predicted", caption, table(["workload", "batch size", "steps", "90%"], rows))]
