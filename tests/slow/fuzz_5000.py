"""Five thousand absurd command lines: ``pytest tests/slow/fuzz_5000.py``, some minutes; not collected otherwise."""

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("fuzz", Path(__file__).parents[1] / "cli" / "fuzz.py")
fuzz = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fuzz)


@pytest.mark.parametrize("seed", range(1000, 1050))
def test_a_hundred_absurd_calls(seed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in fuzz.calls(seed, 100, tmp_path):
        fuzz.check(words)
