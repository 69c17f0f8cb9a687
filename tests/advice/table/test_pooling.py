"""Rows that differ in kind are not pooled into one curve, and columns that were passed over are named."""

import numpy as np
import pytest

from batchwright.advice.table.fit import fit_table
from batchwright.advice.table.read import read_table
from batchwright.core.errors import DataError, InputError
from batchwright.core.remark import remark

from ..cases import truth

SIZES = [8, 32, 128, 512]


def table_of(kinds, *, heading="variant", sd=0.05, runs=3, seed=0):
    """Runs of several kinds, each needing so many times the steps of the first."""
    rng = np.random.default_rng(seed)
    rows = [
        (b, truth(b) * factor * np.exp(sd * rng.standard_normal()), kind)
        for kind, factor in kinds.items()
        for b in SIZES
        for _ in range(runs)
    ]
    return dict(zip(("batch", "steps", heading), zip(*rows, strict=True), strict=True))


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("kinds", [{"A": 1, "B": 2}, {128: 1, 256: 1.6}, {0.9: 1, 0.99: 1.5, 0.999: 2.5}])
def test_kinds_whose_steps_differ_are_not_pooled(kinds, runs):
    table = table_of(kinds, runs=runs)
    with pytest.raises(DataError) as raised:
        read_table(table)
    message = str(raised.value)
    last = str(list(kinds)[-1])
    assert message.startswith(
        "the table: rows differ by 'variant', which is not understood: at equal batch sizes"
    )
    assert f"{last!r} takes" in message
    assert "give workload_column='variant' to fit each by itself, or 'none' to pool all rows" in message
    assert [r.workload for r in read_table(table, workload_column="variant").workloads] == list(
        map(str, kinds)
    )
    pooled = read_table(table, workload_column="none")
    assert len(pooled.workloads[0].steps) == len(table["batch"])


@pytest.mark.parametrize(("kinds", "most"), [((1, 2, 3), 3), (("A", "B", "C"), 8)])
def test_kinds_that_do_not_differ_are_pooled_and_named(kinds, most):
    """Of 200 tables whose kinds differ by name alone few are refused: one in a hundred where words name them."""
    refused = 0
    for seed in range(200):
        try:
            table = read_table(table_of(dict.fromkeys(kinds, 1), sd=0.3, seed=seed))
        except DataError:
            refused += 1
        else:
            assert table.remarks == (remark("fit_table.ignored", count=1, headings=["variant"]),)
    assert refused <= most


def test_words_that_cannot_be_compared_are_asked():
    """Each kind has batch sizes of its own: nothing tells whether they are of one curve."""
    table = {"batch": [8, 16, 32, 64], "steps": [100, 60, 40, 30], "net": ["a", "a", "b", "b"]}
    with pytest.raises(DataError, match=r"rows differ by 'net', .* no batch size has both 'a' and 'b'"):
        read_table(table)
    # A number may have been tuned, and machines do not change steps.
    for heading, cells in (
        ("warmup", [10, 10, 20, 20]),
        ("host", ["a", "a", "b", "b"]),
        ("GPU", ["a", "a", "b", "b"]),
    ):
        renamed = {"batch": table["batch"], "steps": table["steps"], heading: cells}
        assert read_table(renamed).remarks == (remark("fit_table.ignored", count=1, headings=[heading]),)


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("comment", ["first", "", "again", "last"]),
        ("accuracy", [0.9, 0.9, 0.8, 0.8]),
        ("config", ["b8", "b16", "b32", "b64"]),
        ("empty", ["", "", "", ""]),
    ],
)
def test_columns_that_tell_no_kinds_apart(heading, cells):
    table = {"batch": [8, 16, 32, 64], "steps": [100, 60, 40, 30], heading: cells}
    assert len(read_table(table).workloads[0].steps) == 4


def test_kinds_within_a_workload_are_seen():
    one, two = (
        table_of({"sgd": 1, "adam": 3}, heading="optimizer"),
        table_of({"sgd": 1, "adam": 3}, heading="optimizer"),
    )
    table = {name: (*one[name], *two[name]) for name in one} | {"model": ["x"] * 24 + ["y"] * 24}
    with pytest.raises(DataError, match="rows differ by 'optimizer'"):
        read_table(table)
    names = [r.workload for r in read_table(table, workload_column="model,optimizer").workloads]
    assert names == ["x, sgd", "x, adam", "y, sgd", "y, adam"]
    assert names == [r.workload for r in read_table(table, workload_column=["model", "optimizer"]).workloads]


def test_several_columns_name_a_workload_together():
    table = "task,model,batch,steps\ncifar,a,8,100\ncifar,b,8,50\ncifar,a,16,60\n"
    assert [r.workload for r in read_table(table).workloads] == ["a", "b"]
    assert read_table(table).columns["workload"] == "task, model"


def test_an_unknown_column_is_named():
    with pytest.raises(InputError, match="unknown workload_column 'modle': did you mean 'model'"):
        read_table({"batch": [8], "steps": [9], "model": ["a"]}, workload_column="modle")


def test_a_fit_says_which_columns_it_passed_over():
    result = fit_table(table_of({"A": 1}))
    assert result.notes == (remark("fit_table.ignored", count=1, headings=["variant"]),)
    assert [
        w.workload for w in fit_table(table_of({"A": 1, "B": 2}), workload_column="Variant").workloads
    ] == ["A", "B"]
