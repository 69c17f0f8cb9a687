"""Every wait has a line: what, how far, how long; and nothing is left behind."""

import io
import sys
import time

import pytest

from batchwright.app import progress
from batchwright.app.progress import Step, watching


@pytest.fixture
def quick(monkeypatch):
    """Every wait counts as long."""
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(progress, "LIVE_SECONDS", 0.01)


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_step_in_words():
    assert (
        str(Step(what="runs", done=5, expected=10, seconds=2.0)) == "runs: 5 of about 10, about 2.00 s left"
    )
    assert str(Step(what="runs", done=10, expected=10, seconds=2.0)) == "runs: 10 of about 10"
    assert str(Step(what="reading", seconds=75)) == "reading, 1 min 15 s so far"


def test_a_terminal_has_one_line_that_goes(quick, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with watching(True, "runs") as watch:
        watch(3, 10)
        until(lambda: "runs: 3 of about 10" in stream.getvalue())
    assert stream.getvalue().endswith("\r\x1b[2K")
    assert "\n" not in stream.getvalue()


def test_a_wait_in_which_nothing_is_counted_is_shown_too(quick, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with watching(True, "timing"):
        until(lambda: "seconds a step, alone on the machine, " in stream.getvalue())


def test_without_a_terminal_plain_lines(quick, monkeypatch, capsys):
    with watching(True, "runs") as watch:
        watch.note("what is asked")
        watch(5, 10)
        time.sleep(0.3)
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()  # the next one would come ten seconds later
    assert first == "what is asked"
    assert second.startswith("runs: 5 of about 10")


def test_a_short_wait_says_nothing(capsys):
    with watching(True, "runs") as watch:
        watch(5, 10)
    assert capsys.readouterr() == ("", "")


def test_a_callable_gets_every_step(capsys):
    steps = []
    with watching(steps.append, "runs") as watch:
        watch(1, 2)
        watch.phase("timing")
    assert [(s.what, s.done, s.expected) for s in steps] == [
        ("runs", None, None), ("runs", 1, 2), ("seconds a step, alone on the machine", None, None),
    ]  # fmt: skip
    assert capsys.readouterr() == ("", "")


def test_silence(quick, capsys):
    with watching(False, "runs") as watch:
        watch(1, 2)
        watch.note("what is asked")
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_an_encoding_without_the_characters(quick, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    with watching(True, "runs") as watch:
        watch.note("251 µs")
    stream.seek(0)
    assert "251 us" in stream.read().splitlines()  # progress may have been told beside it


def test_an_error_clears_the_line(quick, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(KeyboardInterrupt), watching(True, "runs"):
        raise KeyboardInterrupt
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_the_line_is_in_the_language_of_who_waits(quick, monkeypatch):
    """It is written by a thread of its own, and a new thread knows nothing of this one's language."""
    from batchwright.report.text.language import current_language, speaking

    class Listening(progress._Silent):
        gap = 0.0

        def show(self, text):
            spoken.append(current_language())

    spoken = []
    monkeypatch.setattr(progress, "_line", Listening)
    with speaking("zh"), watching(True, "runs"):
        until(lambda: spoken)
    assert set(spoken) == {"zh"}
