"""Checkpoints: stop at any update, continue bitwise.

A checkpoint is a folder with ``state.safetensors`` (parameters, buffers, optimizer state, averaged
weights, losses not yet recorded) and ``run.json`` (spec, position, records). Random streams need no
saving: every draw is a function of the seed and the position.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from batchwright.core.errors import InputError, one_line
from batchwright.training.record import Evaluation, StepRecord
from batchwright.training.spec import RunSpec

if TYPE_CHECKING:
    from batchwright.training.loop import Run

FORMAT = 1
_COUNTERS = (
    "step", "position", "examples_seen", "seconds", "evaluation_seconds", "loss_sum", "loss_count",
    "next_evaluation", "next_record",
)  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """A run between two updates: tensors, and everything else as JSON data."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]

    @property
    def spec(self) -> RunSpec:
        """What was being run."""
        return RunSpec.model_validate(self.facts["spec"])


def snapshot(run: Run) -> Snapshot:
    """A copy of the run's state, on the host."""
    tensors = {f"model.{name}": value for name, value in run.model.state_dict().items()}
    tensors |= {f"optimizer.{name}": value for name, value in run.updater.state_dict().items()}
    if run.average is not None:
        tensors |= {f"average.{i}": value for i, value in enumerate(run.average.values)}
    if run.pending:
        tensors["pending.losses"] = torch.cat(run.pending)
    facts: dict[str, Any] = {name: getattr(run, name) for name in _COUNTERS}
    facts |= {
        "format": FORMAT,
        "spec": run.spec.model_dump(mode="json"),
        "pending": [len(losses) for losses in run.pending],
        "evaluations": [e.model_dump(mode="json") for e in run.evaluations],
        "records": [r.model_dump(mode="json") for r in run.records],
    }
    # clone: safetensors refuses tensors that share memory, and the run goes on writing to its own.
    return Snapshot({n: t.detach().cpu().clone().contiguous() for n, t in tensors.items()}, facts)


def save(state: Snapshot, path: Path) -> Path:
    """Write a checkpoint folder; a crash in between leaves the previous one whole."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    tensor_file = f"state-{state.facts['step']}.safetensors"
    save_file(state.tensors, path / tensor_file)
    part = path / "run.json.part"
    part.write_text(json.dumps(state.facts | {"tensors": tensor_file}))
    os.replace(part, path / "run.json")
    for old in path.glob("state-*.safetensors"):
        if old.name != tensor_file:
            old.unlink()
    return path


def load(path: Path) -> Snapshot:
    """Read a checkpoint folder.

    Raises:
        InputError: missing, damaged, or written by a newer version.
    """
    path = Path(path)
    try:
        facts = json.loads((path / "run.json").read_text())
        if facts["format"] > FORMAT:
            raise InputError(
                f"checkpoint {path.name} has format {facts['format']}, this version reads up to {FORMAT}: "
                "upgrade batchwright"
            )
        return Snapshot(load_file(path / facts["tensors"]), facts)
    except FileNotFoundError as error:
        raise InputError(f"no checkpoint at {path}: {Path(error.filename or '').name} is missing") from None
    except (json.JSONDecodeError, KeyError, TypeError, SafetensorError, UnicodeDecodeError) as error:
        raise InputError(f"checkpoint {path} is damaged ({one_line(error)}): use an earlier one") from None


def restore(run: Run, state: Snapshot | Path) -> None:
    """Put a new run where the checkpoint left off.

    Raises:
        InputError: the checkpoint belongs to another spec; a longer budget or another target is allowed.
    """
    state = state if isinstance(state, Snapshot) else load(state)
    try:
        differs = _differences(state.spec, run.spec)
    except ValidationError as error:
        raise InputError(f"the checkpoint's spec is damaged: {one_line(error)}") from None
    if differs:
        raise InputError(f"the checkpoint was made with another spec: {'; '.join(differs)}")
    part = {
        kind: {n.removeprefix(f"{kind}."): t for n, t in state.tensors.items() if n.startswith(f"{kind}.")}
        for kind in ("model", "optimizer", "average")
    }
    run.model.load_state_dict(part["model"])
    run.updater.load_state_dict(part["optimizer"])
    if run.average is not None:
        run.average.values = [part["average"][str(i)].to(run.device) for i in range(len(run.average.values))]
    for name in _COUNTERS:
        setattr(run, name, state.facts[name])
    run.evaluations = [Evaluation.model_validate(e) for e in state.facts["evaluations"]]
    run.records = [StepRecord.model_validate(r) for r in state.facts["records"]]
    if state.facts["pending"]:
        run.pending = list(state.tensors["pending.losses"].to(run.device).split(state.facts["pending"]))


def _differences(saved: RunSpec, asked: RunSpec) -> list[str]:
    """Fields in which two specs differ, apart from where the run ends."""
    a, b = saved.model_dump(mode="json"), asked.model_dump(mode="json")
    return [
        f"{name} was {a[name]}, now {b[name]}"
        for name in a
        if name not in ("budget", "target") and a[name] != b[name]
    ]
