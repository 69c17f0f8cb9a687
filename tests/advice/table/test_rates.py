"""Which rows count: of a study's export those that confirm, of other tables those of the best learning rate."""

import csv
import io

import pytest

from batchwright.advice.table.fit import fit_table
from batchwright.advice.table.read import read_table
from batchwright.core.remark import remark

COLUMNS = (
    "study_id", "run_key", "batch_size", "lr", "seed", "purpose", "status", "steps_to_target", "updates",
    "seconds", "created",
)  # fmt: skip


def export_of(runs):
    """The table that ``export`` writes: (batch size, rate, seed, purpose, steps or how it ended)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for i, (batch_size, lr, seed, purpose, steps) in enumerate(runs):
        reached = not isinstance(steps, str)
        status = "target_reached" if reached else steps
        cells = [steps, int(steps) + 3] if reached else ["", 700]
        created = f"2026-01-01T00:00:{i:02}.000+00:00"
        writer.writerow(
            ["digits-0a1b2c", f"{i:016x}", batch_size, lr, seed, purpose, status, *cells, 0.5, created]
        )
    return out.getvalue()


SEARCH = [
    (b, lr, 0, "search", steps)
    for b, rates in {
        8: {0.1: 300.5, 0.2: 90.5, 0.4: "diverged"},
        32: {0.2: 70.5, 0.4: 40.5, 0.8: "diverged"},
    }.items()
    for lr, steps in rates.items()
]
CONFIRMED = [
    *((8, 0.2, seed, "confirm", 100.5 + seed) for seed in (1, 2)),
    # The first candidate failed in one of its seeds: the next lower rate was confirmed instead.
    *((32, 0.4, seed, "confirm", steps) for seed, steps in ((1, 45.5), (2, "diverged"))),
    *((32, 0.2, seed, "confirm", 75.5 + seed) for seed in (1, 2)),
    *((128, 0.4, seed, "confirm", steps) for seed, steps in ((1, 30.5), (2, "budget_exhausted"))),
]


def test_a_studys_export_is_fitted():
    table = read_table(export_of([*SEARCH, *CONFIRMED, (512, 0.4, 0, "search", "budget_exhausted")]))
    (runs,) = table.workloads
    assert runs.batch_size.tolist() == [8, 8, 32, 32, 128, 128]
    # A run whose budget ended counts with the updates that it made.
    assert runs.steps.tolist() == [101.5, 102.5, 76.5, 77.5, 30.5, 700]
    assert runs.censored.tolist() == [False] * 5 + [True]
    assert runs.failed == {}
    said = {r.code: r.values for r in table.remarks}
    assert said["fit_table.confirmed"] == {"count": 8, "left_out": 7}
    assert said["fit_table.unconfirmed"] == {"batch_sizes": [512]}
    assert said["fit_table.best_rate"] == {"count": 1, "left_out": 2}
    assert "fit_table.repeated" not in said
    assert "fit_table.ignored" not in said
    (fit,) = fit_table(export_of(CONFIRMED)).workloads
    assert fit.runs == 6


def test_a_search_without_confirmation_counts_by_its_best_rate():
    table = read_table(export_of(SEARCH))
    assert table.workloads[0].steps.tolist() == [90.5, 40.5]
    assert remark("fit_table.best_rate", count=2, left_out=4) in table.remarks


def test_a_study_that_was_shown_is_read_from_its_runs():
    class Study:
        trials = tuple(
            dict(zip(COLUMNS[2:9], (b, lr, seed, purpose, "target_reached", steps, 0), strict=True))
            for b, lr, seed, purpose, steps in CONFIRMED
            if not isinstance(steps, str)
        )

    class Answer:
        result = Study()

    for source in (Study(), Answer(), {"trials": list(Study.trials)}):
        assert read_table(source).workloads[0].steps.tolist() == [101.5, 102.5, 45.5, 30.5]


def test_two_studies_are_two_workloads():
    text = export_of(CONFIRMED)
    both = text + "".join(line.replace("digits", "other") + "\n" for line in text.splitlines()[1:])
    assert [runs.workload for runs in read_table(both).workloads] == ["digits-0a1b2c", "other-0a1b2c"]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("8,.1,90\n8,.2,80\n8,.2,84\n16,.1,60\n", [80, 84, 60]),
        # A rate that fails once loses to one that never does.
        ("8,.1,90\n8,.1,91\n8,.2,50\n8,.2,diverged\n16,.1,60\n", [90, 91, 60]),
        # Where no rate reached the target, one that was cut short bounds it.
        ("8,.1,>90\n8,.2,diverged\n16,.1,60\n", [90, 60]),
    ],
)
def test_the_best_rate_at_each_batch_size_counts(rows, kept):
    table = read_table(f"batch,lr,steps\n{rows}")
    assert table.workloads[0].steps.tolist() == kept
    assert [r.code for r in table.remarks] == ["fit_table.best_rate"]
    same = read_table("batch,lr,steps\n8,.1,90\n8,.1,91\n16,.2,60\n")
    assert (len(same.workloads[0].steps), same.remarks) == (3, ())
