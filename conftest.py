"""The suite speaks English, in whatever language its developer does; what a test chooses ends with it."""

import os

import pytest

os.environ["BATCHWRIGHT_LANGUAGE"] = "en"  # also for the processes that tests start


@pytest.fixture(autouse=True)
def _language_of_the_process(monkeypatch):
    from batchwright.report.text import language

    monkeypatch.setattr(language, "_of_process", language.ENGLISH)
