"""The page of a fitted table."""

import pytest

from batchwright.advice.table.fit import fit_table
from batchwright.core.action import Action
from batchwright.core.numbers import MISSING
from batchwright.report.pages.fit import fit_page

SIZES = (8, 16, 32, 64, 128)


def table(tmp_path, critical=64.0, sizes=SIZES, workloads=None):
    rows = [
        (name, b, 100 * (1 + bend / b)) for name, bend in (workloads or {"": critical}).items() for b in sizes
    ]
    named = workloads is not None
    path = tmp_path / "runs.csv"
    head = "workload,batch_size,steps_to_target" if named else "batch_size,steps_to_target"
    path.write_text(
        "\n".join([head, *(",".join(map(str, row if named else row[1:])) for row in rows)]) + "\n"
    )
    return str(path)


def made(path, **arguments):
    return Action(command="fit", subject=path, arguments=arguments)


def test_headline_facts_and_table_agree(tmp_path, read):
    path = table(tmp_path)
    page = read(fit_page(fit_table(path), action=made(path)))
    assert page.answers[0].startswith("Past a batch of about 64 (90%: ")
    assert "the target takes 200 steps and 12,8" in page.answers[0]
    assert page.facts["critical batch"] == "64"
    assert page.column("critical batch") == ["64.0"]
    low, high = page.column("90%")[0].split(" to ")
    assert f"(90%: {low} to {high})" in page.answers[0]
    assert page.facts["90%"] == f"{low} to {high}"
    assert page.column("median steps", table=1) == ["900", "500", "300", "200", "150"]
    assert "'batch_size' as batch_size" in page.words
    assert page.steps == [f"batchwright fit {path} --predict 32,64,128"]


def test_what_was_refused_can_be_asked_for(tmp_path, read):
    path = table(tmp_path)
    result = fit_table(path, predict=[24, 9000])
    page = read(fit_page(result, action=made(path, predict=[24, 9000])))
    assert page.column("steps", table=2)[1] == MISSING
    assert "refused: the runs allow 8 to 256" in page.column("remark", table=2)
    assert page.steps == [f"batchwright fit {path} --predict 24,9000 --far"]


def test_a_bound_is_said_where_the_bend_is_not_seen(tmp_path, read):
    path = table(tmp_path, critical=1e6)
    page = read(fit_page(fit_table(path), action=made(path)))
    assert "cannot locate the critical batch size; it is at least " in page.answers[0]
    assert page.column("verdict") == ["not identifiable"]
    assert page.column("critical batch") == [MISSING]


def test_several_workloads_are_counted_and_then_told_one_by_one(tmp_path, read):
    path = table(tmp_path, workloads={"a": 64.0, "b": 1e6})
    page = read(fit_page(fit_table(path), action=made(path)))
    assert page.answers == ["1 of 2 workloads follow the curve and locate their critical batch size."]
    assert "a: Past a batch of about 64" in page.words
    assert "b: Batch sizes from 8 to 128 cannot locate" in page.words
    assert page.column("workload") == ["a", "b"]
    assert page.column("workload", table=1) == ["a"] * 5 + ["b"] * 5


@pytest.mark.parametrize(
    ("low", "high", "critical", "sizes"), [(8, 256, 64.0, (32, 64, 128)), (60, 70, 64.0, (64,))]
)
def test_only_sizes_that_the_runs_allow_are_proposed(tmp_path, read, low, high, critical, sizes):
    path = table(tmp_path, critical=critical)
    result = fit_table(path)
    fit = result.workloads[0].model_copy(update={"valid_range": (float(low), float(high))})
    page = read(fit_page(result.model_copy(update={"workloads": (fit,)}), action=made(path)))
    assert page.steps == [f"batchwright fit {path} --predict {','.join(map(str, sizes))}"]
