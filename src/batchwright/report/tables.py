"""The tables of the report, as rows of text; the numbers behind every figure."""

from __future__ import annotations

from dataclasses import dataclass

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.result import AdviceResult, StudyResult
from batchwright.report.draw import grids
from batchwright.report.text import formats
from batchwright.study.result import BatchSizeResult

_NEIGHBOURS = 2


@dataclass(frozen=True)
class Row:
    """Cells of text; ``best`` marks the recommended batch size, ``member`` one of the set as good."""

    cells: list[str]
    best: bool = False
    member: bool = False


@dataclass(frozen=True)
class Table:
    """A heading a column, and rows."""

    columns: list[str]
    rows: list[Row]


def deciding_table(result: StudyResult) -> Table:
    """The best batch size beside its neighbours: two to either side of the recommended set."""
    entries = sorted(result.batch_sizes, key=lambda entry: entry.batch_size)
    wanted = {*result.recommendation.batch_sizes, result.recommendation.batch_size}
    places = [i for i, entry in enumerate(entries) if entry.batch_size in wanted]
    if not places:
        return Table([], [])
    shown = entries[max(places[0] - _NEIGHBOURS, 0) : places[-1] + _NEIGHBOURS + 1]
    costs = {cost["batch_size"]: cost for cost in result.recommendation.costs}
    columns = ["batch size", "learning rate", "steps", "90% of the steps", "seconds a step", "time to target"]
    columns += ["time \u00f7 best", "examples \u00f7 best", "steps \u00f7 best"]
    rows = []
    for entry in shown:
        cost = costs.get(entry.batch_size, {})
        cells = [
            formats.size(entry.batch_size),
            formats.rate(entry.lr),
            formats.count(entry.steps_to_target.median),
            formats.between(entry.steps_to_target.low, entry.steps_to_target.high),
            formats.seconds(entry.seconds_per_step),
            formats.seconds(entry.seconds_to_target),
            formats.ratio(cost.get("seconds_ratio")),
            formats.ratio(cost.get("examples_ratio")),
            formats.ratio(cost.get("steps_ratio")),
        ]
        rows.append(_row(result, entry.batch_size, cells))
    return Table(columns, rows)


def easier_targets_table(result: StudyResult) -> Table:
    """The answer at easier targets, and whether it moves."""
    rows = [
        Row(
            [
                f"{easier.metric} {easier.value:.4g}",
                formats.size(easier.batch_size) if easier.batch_size is not None else formats.MISSING,
                formats.listed(easier.batch_sizes),
                formats.count(easier.critical_batch),
                "moves" if easier.moves else "stays",
            ]
        )
        for easier in result.recommendation.at_easier_targets
    ]
    return Table(["target", "best batch size", "as good", "critical batch", "the answer"], rows)


def ends_table(found: SharpEnds) -> Table:
    """Every run whose end was measured."""
    columns = ["batch size", "learning rate", "steps", "loss", "largest eigenvalue", "residual", "Keskar"]
    rows = []
    for end in found.ends:
        sharpness = formats.MISSING if end.keskar is None else f"{end.keskar:.3g}"
        rows.append(
            Row(
                [
                    formats.size(end.batch_size), formats.rate(end.lr), formats.count(end.steps),
                    f"{end.loss:.3g}", f"{end.largest_eigenvalue:.3g}", f"{end.residual:.2g}", sharpness,
                ]
            )
        )  # fmt: skip
    return Table(columns, rows)


def batch_sizes_table(result: StudyResult) -> Table:
    """Everything that is known of every batch size."""
    columns = ["batch size", "learning rate", "as good within 20%", "fails at", "seeds reached", "steps"]
    columns += ["90% of the steps", "examples", "seconds a step", "time to target"]
    metrics = sorted({name for entry in result.batch_sizes for name in entry.test_metrics})
    columns += [f"test {name}" for name in metrics] + ["runs"]
    rows = []
    for entry in sorted(result.batch_sizes, key=lambda entry: entry.batch_size):
        cells = _known(entry) + [
            f"{entry.test_metrics[name]:.4g}" if name in entry.test_metrics else formats.MISSING
            for name in metrics
        ]
        cells.append(str(entry.runs))
        rows.append(_row(result, entry.batch_size, cells))
    return Table(columns, rows)


def _known(entry: BatchSizeResult) -> list[str]:
    steps = entry.steps_to_target
    return [
        formats.size(entry.batch_size),
        formats.rate(entry.lr),
        formats.between(*entry.lr_interval, form=formats.rate) if entry.lr_interval else formats.MISSING,
        formats.rate(entry.lr_fails_at),
        f"{entry.seeds_reached} of {entry.seeds}",
        formats.count(steps.median),
        formats.between(steps.low, steps.high),
        formats.count(entry.examples_to_target),
        formats.seconds(entry.seconds_per_step),
        formats.seconds(entry.seconds_to_target),
    ]


def notes(result: StudyResult) -> list[tuple[str, str]]:
    """What is to be said of single batch sizes, beside their numbers."""
    said: list[tuple[str, str]] = []
    for entry in sorted(result.batch_sizes, key=lambda entry: entry.batch_size):
        name = formats.size(entry.batch_size)
        if entry.lr_on_edge:
            said.append((name, "the learning rate sat on the edge of the searched range"))
        if entry.note:
            said.append((name, entry.note))
    return said


def runs_table(result: StudyResult, quantity: str) -> Table:
    """Every confirmation run's steps, examples or seconds to target, one column a seed."""
    entries = sorted(result.batch_sizes, key=lambda entry: entry.batch_size)
    form = formats.seconds if quantity == "seconds" else formats.count
    seeds = max((len(entry.steps_to_target.values) for entry in entries), default=0)
    rows = []
    for entry in entries:
        factor = {"steps": 1.0, "examples": entry.batch_size}.get(quantity, entry.seconds_per_step)
        values = [
            form(value * factor) if value is not None and factor is not None else formats.MISSING
            for value in entry.steps_to_target.values
        ]
        values += [""] * (seeds - len(values))
        rows.append(_row(result, entry.batch_size, [formats.size(entry.batch_size), *values]))
    return Table(["batch size", *(f"run {i + 1}" for i in range(seeds))], rows)


def learning_rates_table(rates: grids.LearningRateMap) -> Table:
    """Every cell of the learning-rate map."""
    columns = ["batch size", "learning rate", "runs", "reached", "diverged", "budget ended"]
    columns += ["median steps", "against the best", ""]
    rows = [
        Row(
            [
                formats.size(cell.batch_size),
                formats.rate(cell.lr),
                str(cell.runs),
                str(cell.reached),
                str(cell.diverged),
                str(cell.censored),
                formats.count(cell.median_steps),
                formats.ratio(cell.relative),
                ("chosen, on the edge" if cell.on_edge else "chosen") if cell.chosen else "",
            ],
            member=cell.chosen,
        )
        for cell in rates.cells
    ]
    return Table(columns, rows)


def timing_table(timing: grids.TimingSeries) -> Table:
    """Seconds a step and examples a second."""
    rows = [
        Row(
            [
                formats.size(p.batch_size),
                formats.seconds(p.seconds_per_step),
                formats.between(p.low, p.high, form=formats.seconds),
                formats.count(p.examples_per_second),
            ],
            best=p.batch_size == timing.chosen,
        )
        for p in timing.points
    ]
    return Table(["batch size", "seconds a step", "quartiles", "examples a second"], rows)


def loss_table(losses: grids.LossCurves) -> Table:
    """Where each drawn curve ends."""
    rows = [
        Row(
            [
                formats.size(c.batch_size),
                formats.rate(c.lr),
                str(c.seed),
                formats.count(round(c.examples[-1])),
                f"{c.loss[-1]:.4g}",
            ]
        )
        for c in losses.curves
    ]
    return Table(["batch size", "learning rate", "seed", "examples at the end", "loss at the end"], rows)


def _row(result: StudyResult, batch_size: int, cells: list[str]) -> Row:
    recommendation = result.recommendation
    return Row(
        cells, best=batch_size == recommendation.batch_size, member=batch_size in recommendation.batch_sizes
    )


def advice_runs_table(result: StudyResult) -> Table:
    """The runs that advice was inferred from, in the order in which they were started; empty for a study."""
    if not isinstance(result, AdviceResult):
        return Table([], [])
    columns = ["batch size", "learning rate", "seed", "steps made", "ended", "steps to target", "error"]
    rows = []
    for run in result.evidence.runs:
        steps = formats.count(run.implied_steps)
        error = formats.MISSING if run.implied_sd is None else f"{run.implied_sd:.0%}"
        cells = [
            formats.size(run.batch_size),
            formats.rate(run.lr),
            str(run.seed + 1),
            formats.count(run.steps),
        ]
        cells += [run.status.replace("_", " "), f"above {steps}" if run.bound else steps, error]
        rows.append(_row(result, run.batch_size, cells))
    return Table(columns, rows)
