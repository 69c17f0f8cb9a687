"""A stored study as other tools take it: runs with parameters, an outcome and curves, and the answer beside them.

Names are the same in every tool. A run's curves are rows by step: ``train/loss``, ``train/lr``,
``validation/loss``, ``validation/accuracy``, ..., each row with ``examples_seen``. A value that was not
finite is nan. ``train/batch_size`` is there where the batch grew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.core.errors import InputError
from batchwright.study.stores.contract import RunRow, StudyRow

if TYPE_CHECKING:
    from batchwright.advice.result import StudyResult
    from batchwright.training.record import RunResult

Scalar = str | int | float | bool
FAILURES = frozenset({"diverged", "out_of_memory", "failed"})
"""Statuses of runs that led nowhere."""


@dataclass(frozen=True)
class CurveRow:
    """What is known of a run after ``step`` updates.

    Attributes:
        step: updates made.
        seconds: of training up to there, as far as it was recorded.
        values: name -> value, nan where it was not finite.
    """

    step: int
    seconds: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class ExportedRun:
    """One run.

    Attributes:
        key: its key in the study, as text.
        name: for people, different for every run of a study: ``b32/lr0.1/search-0``.
        row: its facts as stored.
        result: its spec and curves.
    """

    key: str
    name: str
    row: RunRow
    result: RunResult

    @property
    def status(self) -> str:
        """How it ended."""
        return self.row["status"]

    @property
    def began(self) -> float:
        """When it began, in seconds since 1970: its training ended when it was stored."""
        stored = datetime.fromisoformat(self.row["created"])
        return stored.replace(tzinfo=stored.tzinfo or UTC).timestamp() - self.row["seconds"]

    def parameters(self) -> dict[str, Scalar]:
        """What it was run with: batch size, rate, seed, purpose, and the optimizer's fields that were set."""
        spec = self.result.spec
        fields = spec.optimizer.model_dump(mode="json", exclude_defaults=True) | {"name": spec.optimizer.name}
        fields.pop("lr", None)
        chosen: dict[str, Scalar | None] = {
            "batch_size": self.row["batch_size"],
            "lr": self.row["lr"],
            "purpose": self.row["purpose"],
            "seed": self.row["seed"],
            "micro_batch_size": spec.micro_batch_size,
            "dtype": spec.dtype,
            "device": spec.device,
        }
        return {
            **{name: value for name, value in chosen.items() if value is not None},
            **dict(_flat("optimizer", fields)),
        }

    def outcome(self) -> dict[str, float]:
        """What came out, in numbers; ``steps_to_target`` only where it was reached."""
        result = self.result
        found = {
            "steps_to_target": self.row["steps_to_target"],
            "examples_to_target": result.examples_to_target,
            "updates": self.row["updates"],
            "examples": result.examples,
            "seconds": self.row["seconds"],
            "evaluation_seconds": result.evaluation_seconds,
        }
        return {name: float(value) for name, value in found.items() if value is not None}

    def curves(self) -> list[CurveRow]:
        """Its training and evaluation curves, by step."""
        by_step: dict[int, dict[str, float]] = {}
        seconds: dict[int, float] = {}
        for record in self.result.steps:
            values = by_step.setdefault(record.step, {"examples_seen": float(record.examples_seen)})
            values |= {"train/loss": _finite(record.loss), "train/lr": record.lr}
            if self.result.spec.batch_growth is not None:
                values["train/batch_size"] = record.batch_size
            if record.grad_norm is not None:
                values["train/grad_norm"] = record.grad_norm
            seconds[record.step] = record.seconds
        for evaluation in self.result.evaluations:
            values = by_step.setdefault(evaluation.step, {"examples_seen": float(evaluation.examples_seen)})
            # The loss of a training split that is evaluated stands beside that of the batches.
            split = "train_split" if evaluation.split == "train" else evaluation.split
            measured = {"loss": evaluation.loss, **evaluation.metrics}
            values |= {f"{split}/{name}": _finite(value) for name, value in measured.items()}
        rows, so_far = [], 0.0
        for step in sorted(by_step):
            so_far = seconds.get(step, so_far)
            rows.append(CurveRow(step, so_far, by_step[step]))
        return rows


@dataclass(frozen=True)
class ExportedStudy:
    """A study with its runs.

    Attributes:
        facts: the study as stored.
        runs: by batch size, rate, purpose and seed.
        result: its answer as data; None while it is not finished.
        text: its answer in words, in Markdown; empty while it is not finished.
    """

    facts: StudyRow
    runs: Sequence[ExportedRun]
    result: StudyResult | None = None
    text: str = ""

    @property
    def study_id(self) -> str:
        """Its id, under which it is found in the other tool."""
        return self.facts["study_id"]

    def answer(self) -> dict[str, Scalar]:
        """The answer's values: ``batch_size``, ``lr``, ``batch_size_low``, ..., ``verdict``."""
        if self.result is None:
            return {"verdict": "not_finished"}
        advice, critical = self.result.recommendation, self.result.critical_batch
        low, high = advice.interval or (None, None)
        found: dict[str, Any] = {
            "verdict": advice.verdict,
            "objective": advice.objective,
            "batch_size": advice.batch_size,
            "lr": advice.lr,
            "batch_size_low": low,
            "batch_size_high": high,
            "critical_batch_size": critical.value,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Written:
    """What an export did.

    Attributes:
        place: where it is.
        new: runs that were not there before.
        there: runs that were, and stand as they were.
        replaced: runs that were, and were written anew.
    """

    place: str
    new: int
    there: int = 0
    replaced: int = 0


def exported_runs(rows: Sequence[RunRow]) -> list[ExportedRun]:
    """Runs read with their curves, each with a name of its own."""
    taken: dict[str, int] = {}
    runs = []
    for row in rows:
        seed = row["seed"] if row["seed_index"] is None else row["seed_index"]
        name = f"b{row['batch_size']}/lr{row['lr']:g}/{row['purpose']}-{seed}"
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:  # rows of the first schema may share all of these
            name = f"{name}-{taken[name]}"
        runs.append(ExportedRun(row["run_key"], name, row, row["result"]))
    return runs


def needs(tool: str, package: str) -> InputError:
    """The error for a tool whose library is not installed."""
    return InputError(f"export to {tool} needs {package}: pip install 'batchwright[{package}]'")


def folder_of(place: str) -> Path:
    """A folder for what is written, made if it is not there."""
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _finite(value: float | None) -> float:
    return math.nan if value is None else value


def _flat(name: str, value: Any) -> Iterator[tuple[str, Scalar]]:
    """A tree of fields under dotted names; lists as text."""
    if isinstance(value, Mapping):
        for part, inner in value.items():
            yield from _flat(f"{name}.{part}", inner)
    elif isinstance(value, (str, int, float, bool)):
        yield name, value
    elif value is not None:
        yield name, str(value)
