"""Encodings, separators and layouts of text tables: all hold the same two runs."""

import csv
import io

import pytest

from batchwright.advice.table.decode import decoded
from batchwright.advice.table.read import read_table
from batchwright.advice.table.split import split_rows
from batchwright.core.errors import DataError

CHINESE = "批次,目标步数,备注\n8,100,学习率已调\n16,60,调好\n"
GERMAN = "Größe (batch);steps;Maß\n8;100;süß\n16;60;groß\n"
PLAIN = "batch_size,steps\n8,100\n16,60\n"


def steps_of(content, tmp_path, name="runs.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (runs,) = read_table(path).workloads
    assert runs.batch_size.tolist() == [8, 16]
    return runs.steps.tolist()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("text", [CHINESE, PLAIN])
def test_encodings(tmp_path, encoding, text):
    assert steps_of(text.encode(encoding), tmp_path) == [100, 60]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_latin_letters_are_not_taken_for_chinese(encoding):
    assert decoded(GERMAN.encode(encoding), "t") == GERMAN


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "a workbook or an archive: save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "a workbook: save the sheet as CSV"),
        (b"%PDF-1.4", "a PDF"),
        (b"\x1f\x8b\x08", "compressed: unpack it first"),
        (b"SQLite format 3\0", "a database: export the runs as CSV"),
        (b"\xff\xfea", "damaged: not UTF-16-LE"),
        (b"a\0\0\0b\0\0\0", "holds control characters"),
    ],
)
def test_what_is_no_text(content, message):
    with pytest.raises(DataError, match=message):
        decoded(content, "t")


@pytest.mark.parametrize(
    "text",
    [
        "batch\tsteps\n8\t100\n16\t60\n",
        "batch;steps\r\n8;100\r\n16;60\r\n;\r\n\r\n",
        "batch|steps\n8|100\n16|60",
        "sep=;\nbatch;steps\n8;100\n16;60\n",
        "| batch | steps |\n|------:|:-----:|\n| 8 | 100 |\n| **16** | `60` |\n",
        "batch | steps\n--- | ---\n8 | 100\n16 | 60\n",
        "批次，步数\n８，１００\n16,６０\n",
        "批次；步数\n8；100\n16；60\n",
        "batch size   steps\n8            100\n16            60\n",
        "batch steps\n8 100\n16 60\n",
        "# tuned at every size\nbatch,steps\n# the small ones\n8,100\n\n16,60\n// end\n",
        "# batch,steps\n8,100\n16,60\n",
        "Results of March\n\nbatch,steps\n8,100\n16,60\n",
        "Results of March,,\nbatch,steps,\n8,100,\n16,60,\n",
        '"batch","steps"\n"8","100"\n"16","60"\n',
        'batch,steps,note\n8,100,"two, lines\nof it"\n16,60,\n',
        ",batch,steps\n0,8,100\n1,16,60\n",
    ],
)
def test_layouts(tmp_path, text):
    assert steps_of(text, tmp_path) == [100, 60]


def test_rows_are_named_by_their_line(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("# c\n\nbatch,steps\n8,100\n\n# d\n16,none at all\n")
    with pytest.raises(DataError, match=r"runs.csv, row 7: 'steps' must be a number, got 'none at all'"):
        read_table(path)


def test_a_row_of_another_length(tmp_path):
    for text, message in (
        (
            "batch;steps\n8;100;60\n",
            "row 2: has 3 cells where the heading has 2: quote a cell that holds ';'",
        ),
        ("batch;steps\n8\n", "row 2: has 1 cells where the heading has 2"),
    ):
        with pytest.raises(DataError) as raised:
            read_table(text)
        assert str(raised.value).endswith(message)


def test_quoted_separators_do_not_choose_the_separator():
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([["batch", "steps"], [8, "1,5,0,0"], [16, "7,0,0"]])
    assert split_rows(out.getvalue(), "t")[1] == ";"
