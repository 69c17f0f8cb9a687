"""The verbs of the front door by name, each imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

VERBS = {
    "study": "study",
    "advise": "advise",
    "train": "train",
    "compare": "compare",
    "probe": "probe",
    "noise": "noise",
    "curvature": "curvature",
    "escape": "escape",
    "surface": "surface",
    "fit": "fit",
    "diagnose": "diagnose",
    "studies": "stored",
    "show": "stored",
    "resume": "resume",
    "export": "export",
    "report": "export",
    "doctor": "doctor",
}
"""Verb -> the module of ``batchwright.app`` that has it; a new one needs its line here."""


def verb(name: str) -> Callable[..., Any]:
    """The front-door function of this name."""
    module = importlib.import_module(f"batchwright.app.{VERBS[name]}")
    found: Callable[..., Any] = getattr(module, name)
    return found
