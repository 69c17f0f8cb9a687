"""Numbers as people and spreadsheets write them; cells that may mean two numbers are refused, with both."""

import re

import numpy as np
import pytest

from batchwright.advice.table.read import read_table
from batchwright.core.errors import DataError
from batchwright.core.remark import remark


def table_of(separator, cells, others=("", "")):
    """Batch sizes 1, 2, 4, ... and a column of steps; ``others`` is a further column: its heading and cell."""
    rows = [["batch", "steps", others[0]], *([str(2**i), cell, others[1]] for i, cell in enumerate(cells))]
    quoted = [[f'"{cell}"' if separator in cell else cell for cell in row] for row in rows]
    return "\n".join(separator.join(row) for row in quoted) + "\n"


def steps(table):
    read = read_table(table)
    return read.workloads[0].steps.tolist(), read.remarks


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1 000", 1000), ("1\u00a0000", 1000), ("1\u202f250\u202f000", 1_250_000), ("1_000", 1000), ("1'000", 1000),
        ("1\u2019000.5", 1000.5), ("1,000", 1000), ("1,250,000", 1_250_000), ("1,000.5", 1000.5), ("1e3", 1000),
        ("1.5E+3", 1500), ("20k", 20_000), ("0.5M", 500_000), ("2m", 2_000_000), ("1.5 bn", 1.5e9), ("３００", 300),
        ("１，０００", 1000), ("1.2万", 12_000), ("+60", 60), (" 60 ", 60), ("60.", 60), (".5k", 500), ("0.001M", 1000),
    ],
)  # fmt: skip
def test_numbers(cell, value):
    assert steps(table_of("\t", ["100", cell]))[0] == [100, pytest.approx(value)]
    assert steps({"batch": [1, 2], "steps": ["100", cell]})[0] == [100, pytest.approx(value)]


@pytest.mark.parametrize(
    "cell",
    [
        "1,00",
        "1 00",
        "1.2.3",
        "1,2,3",
        "1,000,5",
        "12,34,567",
        "1 000 00",
        "1.000,5.0",
        "..",
        ",",
        "k",
        "1kk",
        "5%",
        "0x10",
    ],
)
def test_what_is_no_number_is_refused_by_its_cell(cell):
    table = table_of("\t", ["100.5", cell])
    with pytest.raises(DataError) as raised:
        read_table(table)
    assert "the table" in str(raised.value)
    assert repr(cell) in str(raised.value)
    assert "row 3" in str(raised.value)


def test_decimal_commas():
    assert steps(table_of(";", ["0,5", "97,25", "1.000,5"]))[0] == [0.5, 97.25, 1000.5]
    # Another column may show the convention, too.
    assert steps(table_of(";", ["250", "1.250"], ("lr", "0,1")))[0] == [250, 1250]


def test_a_thousand_or_one_in_a_semicolon_table():
    """`32;1.000` among hundreds: read as a thousand, and said."""
    found, remarks = steps("batch;steps\n8;900\n16;750\n32;1.000\n")
    assert found == [900, 750, 1000]
    assert remarks == (remark("fit_table.read_number", heading="steps", row=4, cell="1.000", value=1000.0),)


@pytest.mark.parametrize(
    ("table", "cell"),
    [
        ("batch,steps\n8,900\n16,750\n32,1.000\n", "row 4: 'steps' is '1.000', which may mean 1000 or 1:"),
        ("batch,steps\n8,900.5\n16,750\n32,1.000\n", "row 4: 'steps' is '1.000', which may mean 1000 or 1:"),
        (
            "batch;steps;lr\n8;900;0.1\n16;750;0.1\n32;1.000;0.1\n",
            "row 4: 'steps' is '1.000', which may mean",
        ),
        ("batch;steps\n8;4000\n16;2000\n32;1.000\n", "row 4: 'steps' is '1.000', which may mean 1000 or 1:"),
        ("batch;steps\n8;1,250\n16;1,100\n", "row 2: 'steps' is '1,250', which may mean 1250 or 1.25:"),
        ("batch,steps\n1.024,250\n2.048,200\n", "row 2: 'batch' is '1.024', which may mean 1024 or 1.024:"),
    ],
)
def test_what_may_mean_two_numbers_is_asked(table, cell):
    with pytest.raises(DataError, match=re.escape(cell)) as raised:
        read_table(table)
    assert str(raised.value).endswith("write the one that is meant without separators")


@pytest.mark.parametrize(
    ("cells", "both"),
    [
        (["90.5", "80,5"], "'90.5' in row 2 and '80,5' in row 3"),
        (["1,000.5", "1.000,5"], "'1,000.5' in row 2 and '1.000,5' in row 3"),
        (["1.000.000", "1,000,000"], "'1,000,000' in row 3 and '1.000.000' in row 2"),
    ],
)
def test_two_conventions_in_a_column_are_refused_with_both_cells(cells, both):
    with pytest.raises(DataError) as raised:
        read_table(table_of("\t", cells))
    assert both in str(raised.value)


def test_three_decimals_are_decimals_where_that_fits():
    for cells in (
        ["1.234", "2.345"],
        ["100", "60", "40.125"],
        ["250.5", "12.125", "750"],
        ["8250", "750.125"],
    ):
        assert steps(table_of(",", cells)) == ([float(cell) for cell in cells], ())


def test_a_large_column_of_three_decimals():
    values = np.linspace(1.0, 900.0, 20_000)
    cells = [f"{value:.3f}" for value in values]
    found, _ = steps({"batch": list(range(1, 20_001)), "steps": cells})
    assert found == [float(cell) for cell in cells]


def test_units_in_headings():
    for heading, factor in (
        ("steps (k)", 1e3), ("steps [thousands]", 1e3), ("Steps (×10³)", 1e3), ("steps (x1000)", 1e3), ("步数（千）", 1e3),
        ("步数(万)", 1e4), ("updates (M)", 1e6), ("steps (million)", 1e6), ("steps {k updates}", 1e3),
    ):  # fmt: skip
        found, remarks = steps(f"batch;{heading}\n8;1.5\n16;0.75\n")
        assert found == [1.5 * factor, 0.75 * factor]
        assert remarks == (remark("fit_table.multiplied", heading=heading, factor=factor),)
    found, remarks = steps("batch,Step(s) to 75.9% (ours)\n8,1.5\n16,0.75\n")
    assert (found, remarks) == ([1.5, 0.75], ())


def test_tokens_need_batch_sizes_in_tokens():
    table = read_table("batch size [tokens],tokens (M)\n1000,3\n2000,4\n")
    assert table.workloads[0].steps.tolist() == [3000, 2000]
    assert table.units == {"batch_size": "tokens_per_update", "tokens_to_target": "tokens"}
    with pytest.raises(DataError, match="'samples' must count tokens, as the batch sizes do"):
        read_table("batch size [tokens],samples\n1000,3\n")
    with pytest.raises(DataError, match="'tokens' will not do, write examples_to_target in the unit"):
        read_table("batch,tokens\n1000,3\n")


def test_epochs_need_the_size_of_the_data_set():
    text = "batch,epochs to 75%\n8,1.6\n16,1.92\n"
    with pytest.raises(DataError, match=r"'epochs to 75%' will not do, .* or give dataset_size"):
        read_table(text)
    table = read_table(text, dataset_size=500)
    assert table.workloads[0].steps.tolist() == [100, 60]
    assert table.remarks == (remark("fit_table.from_epochs", heading="epochs to 75%", dataset_size=500),)
    unused = read_table("batch,steps\n8,9\n", dataset_size=500).remarks
    assert unused == (remark("fit_table.unused", argument="dataset_size", heading="steps"),)


@pytest.mark.parametrize(
    "heading", ["per_device_batch_size", "Batch size (per GPU)", "micro batch", "单卡批大小"]
)
def test_batch_sizes_of_one_device_need_the_devices(heading):
    text = f"{heading},steps\n8,100\n16,60\n"
    with pytest.raises(DataError, match=r"will not do, batch_size must count .* or give devices"):
        read_table(text)
    table = read_table(text, devices=4)
    assert table.workloads[0].batch_size.tolist() == [32, 64]
    assert table.remarks == (remark("fit_table.per_device", heading=heading, by=["4"]),)
    assert table.columns == {"device_batch_size": heading, "steps_to_target": "steps"}


def test_devices_may_stand_in_a_column():
    text = "batch_per_gpu,gpus,grad_accum,steps\n8,4,1,100\n8,8,2,60\n"
    table = read_table(text)
    assert table.workloads[0].batch_size.tolist() == [32, 128]
    assert table.remarks[0].values["by"] == ["'gpus'", "'grad_accum'"]
    with pytest.raises(Exception, match="devices must be left out where the column 'gpus' says it"):
        read_table(text, devices=4)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("argument", ["dataset_size", "devices"])
def test_bad_arguments(argument, value):
    with pytest.raises(Exception, match=f"{argument} must be a number of 1 or more, got"):
        read_table("batch,steps\n8,9\n", **{argument: value})


@pytest.mark.parametrize("heading", ["seconds", "wall-clock time", "steps (s)", "耗时"])
def test_seconds_are_refused(heading):
    with pytest.raises(DataError, match="no column is steps_to_target"):
        read_table(f"batch,{heading}\n8,9\n")


@pytest.mark.parametrize("mark", ["DNF", "did not finish", "timeout", "-", "—", "NaN", "n/a", "未达到"])
def test_a_run_that_missed_its_target_without_saying_how_far_it_came(mark):
    runs = read_table(f"batch;steps\n8;100\n8;{mark}\n16;60\n").workloads[0]
    assert (runs.steps.tolist(), runs.lost, runs.failed) == ([100, 60], {8: 1}, {})


@pytest.mark.parametrize(
    "mark", ["diverged", "OOM", "Failed", "out_of_memory", "crashed", "发散", "显存不足"]
)
def test_a_run_that_failed(mark):
    runs = read_table(f"batch;steps\n8;100\n8;{mark}\n16;60\n").workloads[0]
    assert (runs.steps.tolist(), runs.lost, runs.failed) == ([100, 60], {}, {8: 1})


@pytest.mark.parametrize("bound", [">500", "> 500", ">=500", "≥500", "500+", "＞500"])
def test_a_bound(bound):
    runs = read_table(f"batch;steps\n8;{bound}\n16;60\n").workloads[0]
    assert (runs.steps.tolist(), runs.censored.tolist()) == ([500, 60], [True, False])
