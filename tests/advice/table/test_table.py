"""Reading anybody's table: headings, units, how runs ended, and every mistake in one line with its row."""

import io
import sys

import numpy as np
import pytest

from batchwright.advice.table.columns import COSTS, read_headings
from batchwright.advice.table.headings import HEADINGS
from batchwright.advice.table.read import read_table
from batchwright.core.errors import DataError
from batchwright.core.remark import remark

GOOD = "batch_size,steps_to_target\n8,100\n16,60\n"


@pytest.fixture
def written(tmp_path):
    def write(text, name="runs.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def only(table):
    (runs,) = table.workloads
    return runs


@pytest.mark.parametrize(
    "heading", ["batch_size", "Batch Size", "BATCH-SIZE", "bs", "B", "Global Batch Size", "gbs", "batch"]
)
@pytest.mark.parametrize(
    "cost", ["steps", "Steps to target", "iterations", "Updates", "steps_to_target (updates)"]
)
def test_headings_of_steps(written, heading, cost):
    table = read_table(written(f"{heading},{cost}\n8,100\n16,60\n"))
    assert only(table).batch_size.tolist() == [8, 16]
    assert only(table).steps.tolist() == [100, 60]
    assert table.columns == {"batch_size": heading, "steps_to_target": cost}
    assert table.units == {"batch_size": "examples_per_update", "steps_to_target": "updates"}


@pytest.mark.parametrize("cost", ["examples_to_target", "Samples", "samples-to-target", "examples"])
def test_examples_are_batch_size_times_steps(written, cost):
    table = read_table(written(f"bs,{cost}\n8,800\n16,960\n"))
    assert only(table).steps.tolist() == [100, 60]
    assert table.units["examples_to_target"] == "examples"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_programs_write(written, separator):
    """A byte order mark, other separators, quotes, carriage returns, blank lines, spaces, exponents."""
    lines = ["\ufeffbatch_size,steps,note", '8, 1e2 ,"x"', "", " , , ", "16.0,60,y"]
    text = "\r\n".join(line.replace(",", separator) for line in lines)
    table = read_table(written(text))
    assert table.rows == 2
    assert only(table).steps.tolist() == [100, 60]


def test_workloads_keep_their_order_and_rows(written):
    table = read_table(written("steps,Model,batch\n10,b,8\n20,a,8\n30,b,16\n"))
    assert [(r.workload, r.steps.tolist()) for r in table.workloads] == [("b", [10, 30]), ("a", [20])]


@pytest.mark.parametrize(
    ("column", "cells", "censored"),
    [
        ("censored", ["true", "0", "Yes", "", "no"], [1, 0, 1, 0, 0]),
        ("is censored", ["1", "f", "x", "FALSE", "1.0"], [1, 0, 1, 0, 1]),
        ("reached", ["true", "0", "yes", "no", "1"], [0, 1, 0, 1, 0]),
        ("status", ["budget_exhausted", "target_reached", "timeout", "RunStatus.TARGET_REACHED", "done"], [1, 0, 1, 0, 0]),
    ],
)  # fmt: skip
def test_how_a_run_ended(written, column, cells, censored):
    rows = "".join(f"{2**i},{100 - i},{cell}\n" for i, cell in enumerate(cells))
    assert only(read_table(written(f"batch,steps,{column}\n{rows}"))).censored.tolist() == [
        bool(c) for c in censored
    ]


def test_failures_are_counted_and_left_out(written):
    runs = only(
        read_table(written("batch,steps,status\n8,100,ok\n8,,diverged\n16,60,ok\n32,7,oom\n32,nan,failed\n"))
    )
    assert runs.steps.tolist() == [100, 60]
    assert runs.failed == {8: 1, 32: 2}


def test_how_far_a_run_came_that_missed_its_target(written):
    """A second column of steps says it."""
    text = "batch_size,status,steps_to_target,updates\n8,target_reached,90.5,95\n16,budget_exhausted,,70\n32,budget_exhausted,DNF,60\n"
    table = read_table(written(text))
    assert only(table).steps.tolist() == [90.5, 70, 60]
    assert only(table).censored.tolist() == [False, True, True]
    assert table.remarks == (
        remark("fit_table.read_as", heading="steps_to_target", meaning="steps_to_target", others=["updates"]),
    )


def test_doubts_are_said(written):
    text = "batch,lr,seed,steps,samples\n8,.1,0,90,720\n8,.1,0,91,728\n16,.1,0,60,960\n"
    assert read_table(written(text)).remarks == (
        remark("fit_table.fitted_one", heading="steps", others=["samples"]),
        remark("fit_table.repeated", count=1, heading="seed"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "runs.csv is empty"),
        ("\n \n", "runs.csv is empty"),
        ("batch_size,steps\n", "runs.csv has a heading and no rows"),
        (b"PK\x03\x04\xff\xfe\x00\x8d", "must be a text table, it is a workbook or an archive: save the sheet as CSV"),
        (b"batch,steps\n\x01\x02,3\n", "must be a text table, it holds control characters"),
        ("8,100\n16,60\n", "no column is batch_size; found '8', '100': needed are batch_size, and steps_to_target or"),
        ("bach_size,steps\n8,1\n", "found 'bach_size', 'steps': did you mean batch_size by 'bach_size'? Then rename"),
        ("batch,stps\n8,1\n", "no column is steps_to_target or examples_to_target; found 'batch', 'stps': did you mean"),
        ("micro_batch_size,steps\n8,1\n", "'micro_batch_size' will not do, batch_size must count all examples of an"),
        ("batch per gpu,steps\n8,1\n", "multiply by devices and accumulation steps"),
        ("batch,epochs\n8,1\n", "'epochs' will not do, write examples_to_target = epochs x examples in the data set"),
        ("batch,seconds\n8,1\n", "'seconds' will not do, seconds depend on the hardware"),
        ("batch_size,bs,steps\n8,8,1\n", "columns 'batch_size' and 'bs' both mean batch_size: rename or remove"),
        ("batch,steps,iterations\n8,8,1\n", "columns 'steps' and 'iterations' both mean steps_to_target"),
        ("batch,steps,censored,status\n8,8,0,ok\n", "'censored' and 'status' both say how a run ended"),
        (GOOD + "32,fast\n", "runs.csv, row 4: 'steps_to_target' must be a number, got 'fast'"),
        (GOOD + "32,\n", "row 4: 'steps_to_target' must be a number, got an empty cell"),
        (GOOD + '"1,02,4",7\n', "row 4: 'batch_size' must be a number, got '1,02,4'"),
        (GOOD + "1,024,7\n", "row 4: has 3 cells where the heading has 2: quote a cell that holds ','"),
        (GOOD + "1e40,7\n", "row 4: 'batch_size' must be at most 1e+15, got 1e+40"),
        (GOOD + ">32,7\n", "row 4: 'batch_size' must be a number, not a bound, got 32"),
        (GOOD + f"32,{'x' * 200}\n", f"row 4: 'steps_to_target' must be a number, got '{'x' * 77}...'"),
        ("batch,steps,censored\n8,90,0\n16,,1\n", "row 3: 'steps' must be a number, got an empty cell: write the steps that"),
        (GOOD + "\n\n0,7\n", "row 6: 'batch_size' must be positive and finite, got 0"),
        (GOOD + "32,-3\n", "row 4: 'steps_to_target' must be positive and finite, got -3"),
        (GOOD + "32,inf\n", "row 4: 'steps_to_target' must be positive and finite, got inf"),
        (GOOD + "32\n", "row 4: has 1 cells where the heading has 2"),
        ("batch,steps,censored\n8,8,maybe\n", "row 2: 'censored' must be true or false, got 'maybe'"),
        ("batch,steps,reached\n8,8,\n", "row 2: 'reached' must be true or false, got an empty cell"),
        ("batch,steps,status\n8,8,divergd\n", "row 2: unknown status 'divergd': did you mean 'diverged'?"),
    ],
)  # fmt: skip
def test_mistakes(written, text, message):
    with pytest.raises(DataError) as raised:
        read_table(written(text))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_not_a_file(tmp_path):
    for path in ("x" * 300, "no\0file"):
        with pytest.raises(DataError, match=r"cannot be read|there is no file") as raised:
            read_table(path)
        assert len(str(raised.value)) < 150
    with pytest.raises(DataError, match="there is no file"):
        read_table(tmp_path / "no.csv")
    with pytest.raises(DataError, match="must be a CSV file, it is a folder"):
        read_table(tmp_path)
    with pytest.raises(
        DataError, match="must be a path, text, a data frame, a list of rows or a mapping of columns, got int"
    ):
        read_table(3)


def test_frames_mappings_and_rows():
    """All are read like files; a missing value is an empty cell."""
    columns = {"bs": [8, 16, 32], "steps": [100.0, 60.0, 40.0], "censored": [False, True, None]}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    pandas = pytest.importorskip("pandas")
    for table in (columns, rows, pandas.DataFrame(columns), pandas.DataFrame(columns).set_index("bs")):
        runs = only(read_table(table))
        assert runs.steps.tolist() == [100, 60, 40]
        assert runs.censored.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"bs": [8, 16], "steps": [1.0]}, "the columns of a table must have the same length"),
        ({"bs": [8, 16], "steps": [1.0, np.nan]}, "the table, row 1: 'steps' must be a number, got an empty cell"),
        ({"bs": [8, True], "steps": [1.0, 2.0]}, "the table, row 1: 'bs' must be a number, got 'True'"),
        ({"bs": 8, "steps": 9}, "column 'bs' must be a sequence, got int"),
        ({"bs": "8", "steps": "9"}, "column 'bs' must be a sequence, got str"),
        ({}, "the table is empty: needed are batch_size, and"),
        ([], "the table is empty: needed are batch_size, and"),
        ([{"bs": 8}, {"steps": 9}], "the table, row 1: 'bs' must be a number, got an empty cell"),
        ([[8, 100]], "a table must be a path, text, a data frame, a list of rows or a mapping of columns, got list"),
    ],
)  # fmt: skip
def test_mistakes_in_frames_mappings_and_rows(table, message):
    with pytest.raises(DataError) as raised:
        read_table(table)
    assert message in str(raised.value)


def test_text_streams_and_standard_input(monkeypatch):
    class Piped:
        buffer = io.BytesIO(GOOD.encode())

        def isatty(self):
            return False

    monkeypatch.setattr(sys, "stdin", Piped())
    for table in (GOOD, io.StringIO(GOOD), io.BytesIO(GOOD.encode("utf-16")), "-"):
        assert only(read_table(table)).steps.tolist() == [100, 60]
    monkeypatch.setattr(Piped, "isatty", lambda self: True)
    with pytest.raises(DataError, match="must come through a pipe, standard input is a terminal"):
        read_table("-")


@pytest.mark.parametrize(
    "text",
    [
        '[{"batch_size": 8, "steps": 100}, {"batch_size": 16, "steps": 60}]',
        '{"batch_size": [8, 16], "steps": [100, 60]}',
        '{"batch_size": 8, "steps": 100}\n{"batch_size": 16, "steps": 60}\n',
        '{"name": "a study", "trials": [{"batch_size": 8, "steps": 100}, {"batch_size": 16, "steps": 60}]}',
    ],
)
def test_json(written, text):
    assert only(read_table(written(text, "runs.json"))).steps.tolist() == [100, 60]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "runs.json is not JSON"),
        ("[1, 2]", "got list"),
        ("[" * 100_000, "runs.json is not JSON"),
    ],
)
def test_json_that_is_no_table(written, text, message):
    with pytest.raises(DataError, match=message):
        read_table(written(text, "runs.json"))


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"batch_size": [8, 16], "steps": [100, 60]})
    parquet.write_table(table, tmp_path / "runs.parquet")
    for source in (tmp_path / "runs.parquet", table):
        assert only(read_table(source)).steps.tolist() == [100, 60]
    (tmp_path / "no.parquet").write_text(GOOD)
    with pytest.raises(DataError, match=r"no.parquet is not a Parquet table"):
        read_table(tmp_path / "no.parquet")


class Frame:
    """The two things a Polars data frame is asked for."""

    columns = ("bs", "steps")

    def iter_rows(self):
        return iter([(8, 100), (16, 60)])


def test_a_frame_that_iterates_rows():
    assert only(read_table(Frame())).steps.tolist() == [100, 60]


def test_every_known_heading_has_one_meaning():
    """And so no heading is listed twice."""
    for meaning, names in HEADINGS.items():
        for name in names:
            headings = [
                name,
                *{
                    "batch_size": ["steps"],
                    "device_batch_size": ["steps"],
                    "tokens_to_target": ["batch (tokens)"],
                }.get(meaning, ["batch"] if meaning in COSTS else ["batch", "steps"]),
            ]
            found = read_headings(headings, "t", dataset_size=1, devices=1)
            assert 0 not in found.ignored, name
            assert meaning in ("workload", "run", "not_needed") or found.places[meaning] == 0, name
