"""Loads the hand-made studies beside the tests, whatever the import mode."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cases():
    path = Path(__file__).with_name("cases.py")
    spec = importlib.util.spec_from_file_location("report_cases", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
