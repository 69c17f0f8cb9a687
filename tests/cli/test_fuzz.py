"""Five hundred absurd command lines: an exit code, one line, no traceback, no hang. Thousands are in ``tests/slow``."""

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("fuzz", Path(__file__).with_name("fuzz.py"))
fuzz = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fuzz)


@pytest.mark.parametrize("seed", range(10))
def test_fifty_absurd_calls(seed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in fuzz.calls(seed, 50, tmp_path):
        fuzz.check(words)
