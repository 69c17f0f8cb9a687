"""The verbs of the front door by name, each imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

VERBS = {
    "study": "app.study",
    "advise": "app.advise",
    "train": "app.train",
    "compare": "app.compare",
    "probe": "app.probe",
    "noise": "app.noise",
    "branched": "app.branched",
    "curvature": "app.curvature",
    "escape": "app.escape",
    "surface": "app.surface",
    "fit": "app.fit",
    "diagnose": "app.diagnose",
    "rescale": "app.rescale",
    "studies": "app.stored",
    "show": "app.stored",
    "resume": "app.resume",
    "export": "app.export",
    "report": "app.export",
    "doctor": "app.doctor",
    "lessons": "lessons.ask",
}
"""Verb -> the module that has it; a new one needs its line here."""


def verb(name: str) -> Callable[..., Any]:
    """The front-door function of this name."""
    module = importlib.import_module(f"batchwright.{VERBS[name]}")
    found: Callable[..., Any] = getattr(module, name)
    return found
