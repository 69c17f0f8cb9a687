"""SIGTERM and SIGHUP end a study as Ctrl-C does."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from batchwright.study.signals import Interrupted, as_raised, ending_signals
from batchwright.study.stores.sqlite import SQLiteStore

SIGNALS = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _as_started_from_a_terminal():
    """A test run under nohup ignores SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_it_is_raised_where_ctrl_c_would_be(number):
    with pytest.raises(KeyboardInterrupt) as caught, ending_signals():
        os.kill(os.getpid(), number)
        time.sleep(1)
    assert isinstance(caught.value, Interrupted)
    assert caught.value.signal_name == number.name
    assert caught.value.exit_code == 128 + number


def test_winding_up_is_not_interrupted_in_turn():
    wound_up = False
    with pytest.raises(Interrupted), ending_signals():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)
            wound_up = True
    assert wound_up


def test_handlers_are_put_back():
    def mine(*_):
        raise AssertionError

    before = signal.signal(signal.SIGTERM, mine)
    try:
        with ending_signals(), ending_signals():
            assert signal.getsignal(signal.SIGTERM) is not mine
        assert signal.getsignal(signal.SIGTERM) is mine
        with pytest.raises(Interrupted), ending_signals():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        assert signal.getsignal(signal.SIGTERM) is mine
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_nohup_is_respected():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ending_signals():
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(0.05)


def test_outside_the_main_thread_it_does_nothing():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def work():
        with ending_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


STUDY = """
import sys, time
from pathlib import Path
from batchwright.study.signals import Interrupted, as_raised, ending_signals
from batchwright.study.stores.sqlite import SQLiteStore

with SQLiteStore(Path(sys.argv[1])) as store:
    try:
        with ending_signals():
            store.begin_study("s-1", name=None, task="t", spec_json="{}", fingerprint=None, request={}, action=None)
            print("running", flush=True)
            time.sleep(60)
    except Interrupted as stop:
        store.end_study("s-1", status="interrupted", seconds=1.0)
        print("wound up")
        sys.exit(stop.exit_code)
"""


@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGKILL])
def test_a_study_that_was_ended_reads_interrupted(tmp_path, number):
    """Also after ``kill -9``, which nothing can catch: nobody holds the study then."""
    path = tmp_path / "s.sqlite"
    line = [sys.executable, "-c", STUDY, str(path)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, preexec_fn=_hears_all) as process:
        assert process.stdout.readline() == "running\n"
        with SQLiteStore(path) as store:
            assert store.study("s-1")["status"] == "running"
        process.send_signal(number)
        said = process.stdout.read()
    killed = number is signal.SIGKILL
    assert (process.returncode, said) == ((-9, "") if killed else (128 + number, "wound up\n"))
    with SQLiteStore(path) as store:
        assert store.studies()[0]["status"] == store.study("s-1")["status"] == "interrupted"


def _hears_all():
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_an_interrupt_that_a_library_replaced_is_found_again():
    with pytest.raises(Interrupted), ending_signals():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt as stop:
            raise as_raised(KeyboardInterrupt()) from stop
    plain = KeyboardInterrupt()
    assert as_raised(plain) is plain
