"""Output in any encoding: nothing raises, and what is lacking is replaced by our own choice."""

import io
import subprocess
import sys

import pytest

from batchwright.report.pages.study import study_page
from batchwright.report.render.encoding import encodable, never_fails
from batchwright.report.render.terminal import page_text

LINE = "251 µs – 1.05× … √B ≥ 2 ± 1 · “x” 中文 é"


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "shift_jis", "cp437", "cp1252", "latin-1", "big5"])
def test_nothing_raises(encoding):
    text = encodable(LINE, encoding)
    text.encode(encoding)
    assert "251 us" in text or "251 µs" in text


def test_ascii_reads_well():
    assert encodable(LINE, "ascii") == '251 us - 1.05x ... sqrtB >= 2 +/- 1 - "x" ?? e'


def test_what_an_encoding_has_stays():
    assert encodable("中文 3×", "gbk") == "中文 3×"
    assert encodable(LINE, "utf-8") == LINE


def test_a_stream_is_made_safe(cases):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="shift_jis")
    never_fails(stream)
    stream.write(page_text(study_page(cases.study())))
    stream.flush()
    assert b"(us)" in stream.buffer.getvalue()


def test_a_stream_that_cannot_be_reconfigured_is_left_alone():
    never_fails(io.StringIO())


def test_a_program_of_ours_prints_in_ascii():
    code = (
        "import sys; from batchwright.report.render.encoding import never_fails; never_fails(sys.stdout); "
        "print('251 µs – 2×')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "251 us - 2x\n")
