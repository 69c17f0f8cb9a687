"""The load of other processes, from Linux's account of the processors as it is written."""

import os
import time
from pathlib import Path

import pytest

from batchwright.measure.hardware.load import LoadMeter, busy_and_total

STAT = """cpu  {user} 50 300 {idle} 100 10 20 30 5 0
cpu0 1 1 1 1 1 1 1 1 0 0
intr 123456 0 9
ctxt 42
"""


def meter(texts, own=(0.0, 0.0)):
    reads, seconds = iter(texts), iter(own)
    return LoadMeter(lambda: next(reads), lambda: next(seconds), ticks_a_second=100)


def test_the_share_is_what_others_used_of_the_whole_machine():
    # 200 ticks passed on the machine, 90 of them busy, 50 by this process (half a second).
    found = meter([STAT.format(user=1000, idle=5000), STAT.format(user=1090, idle=5110)], (3.0, 3.5))
    assert found.share() == pytest.approx(40 / 200)


def test_idle_and_waiting_are_not_busy():
    busy, total = busy_and_total(STAT.format(user=1000, idle=5000))
    assert (busy, total) == (1000 + 50 + 300 + 10 + 20 + 30, 1000 + 50 + 300 + 5000 + 100 + 10 + 20 + 30)


def test_rounding_of_the_account_is_no_negative_load():
    found = meter([STAT.format(user=1000, idle=5000), STAT.format(user=1001, idle=5099)], (0.0, 0.5))
    assert found.share() == 0.0


@pytest.mark.parametrize(
    "text", ["", "cpu", "cpu 1 2 3", "cpu a b c d e", "cpu0 1 2 3 4 5", "\x00\n", "btime 1 2 3 4 5 6"]
)
def test_another_text_tells_nothing(text):
    assert busy_and_total(text) is None
    assert meter([text, text]).share() is None


def test_no_time_passed_tells_nothing():
    same = STAT.format(user=1000, idle=5000)
    assert meter([same, same]).share() is None


@pytest.mark.skipif(not os.path.exists("/proc/stat"), reason="needs Linux")
def test_this_machines_account_is_read():
    found = LoadMeter(Path("/proc/stat").read_text)
    until = time.perf_counter() + 60
    while (share := found.share()) is None and time.perf_counter() < until:
        time.sleep(0.05)  # the account counts in ticks of 10 ms
    assert 0.0 <= share <= 1.0
