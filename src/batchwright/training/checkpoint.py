"""Checkpoints: stop at any update, continue bitwise.

A checkpoint is a folder with ``state-STEP.safetensors`` (parameters, buffers, optimizer state, averaged
weights, losses not yet recorded) and ``run.json`` (spec, position, records, and the layout of the tensors).
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from batchwright.core.errors import DataError, InputError, one_line
from batchwright.training.snapshot import Snapshot, SnapshotFacts, layout_of, misfit


def save(state: Snapshot, path: Path) -> Path:
    """Write a checkpoint folder; a crash in between leaves the previous one whole."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    tensor_file = f"state-{state.facts.step}.safetensors"
    save_file(state.tensors, path / tensor_file)
    facts = state.facts.model_copy(update={"tensors": tensor_file, "layout": layout_of(state.tensors)})
    part = path / "run.json.part"
    part.write_text(facts.model_dump_json(), encoding="utf-8")
    os.replace(part, path / "run.json")
    for old in path.glob("state-*.safetensors"):
        if old.name != tensor_file:
            old.unlink()
    return path


def load(path: Path) -> Snapshot:
    """Read a checkpoint folder, every part of it validated.

    Raises:
        DataError: missing or damaged: which file, what is wrong with it, and what can still be used.
        InputError: written by a newer version.
    """
    path = Path(path)
    facts = _facts(path)
    snapshot = Snapshot(_tensors(path, facts), facts, f"checkpoint {path}")
    found = layout_of(snapshot.tensors)
    if facts.layout is not None and (what := misfit(found, facts.layout)):
        raise snapshot.damaged(f"{facts.tensors} is damaged: {what}")
    return snapshot


def _facts(path: Path) -> SnapshotFacts:
    try:
        return SnapshotFacts.model_validate_json((path / "run.json").read_bytes())
    except FileNotFoundError:
        raise DataError(f"no checkpoint at {path}: run.json is missing{_weights_in(path)}") from None
    except OSError as error:
        raise DataError(f"no checkpoint at {path}: run.json: {error.strerror}") from None
    except InputError as error:
        raise InputError(f"checkpoint {path} has {error}") from None
    except ValidationError as error:
        raise DataError(
            f"checkpoint {path}: run.json is damaged: {one_line(error)}{_weights_in(path)}"
        ) from None


def _tensors(path: Path, facts: SnapshotFacts) -> dict[str, Tensor]:
    what = f"checkpoint {path}: {facts.tensors or 'the file of its tensors'}"
    rest = f"the spec and the records up to step {facts.step} in run.json can still be used"
    try:
        return load_file(path / facts.tensors)
    except FileNotFoundError:
        raise DataError(f"{what} is missing; {rest}") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError(f"{what} is damaged ({one_line(error)}); {rest}") from None


def _weights_in(path: Path) -> str:
    """What is left to use where ``run.json`` is not."""
    files = sorted(file.name for file in path.glob("state-*.safetensors")) if path.is_dir() else []
    return f"; the weights in {files[-1]} can still be read" if files else ""
