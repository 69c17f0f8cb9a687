"""A run between two updates as data: what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

from batchwright.core.errors import DataError, InputError
from batchwright.training.record import Evaluation, StepRecord
from batchwright.training.spec import RunSpec

FORMAT = 1
Count = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SnapshotFacts(BaseModel):
    """All of a run that is not tensors. ``loss_sum`` may be infinite: the run is then about to diverge."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")

    format: int = FORMAT
    spec: RunSpec
    step: Count
    position: Count
    examples_seen: Count
    seconds: Seconds
    evaluation_seconds: Seconds
    loss_sum: float
    loss_count: Count
    next_evaluation: Count
    next_record: Count
    pending: tuple[Count, ...]
    """Examples of each update whose losses are among the tensors."""
    evaluations: tuple[Evaluation, ...]
    records: tuple[StepRecord, ...]
    tensors: str = Field(default="", pattern=r"^(state-\d+\.safetensors)?$")
    """The file with the tensors."""
    layout: dict[str, tuple[str, tuple[Count, ...]]] | None = None
    """Name -> dtype and shape of every tensor; None in checkpoints of older versions."""

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, facts: Any) -> Any:
        written = facts.get("format") if isinstance(facts, dict) else None
        if isinstance(written, int) and written > FORMAT:
            raise InputError(f"format {written}, this version reads up to {FORMAT}: upgrade batchwright")
        return facts

    @model_validator(mode="after")
    def _consistent(self) -> SnapshotFacts:
        last = max([r.step for r in self.records] + [e.step for e in self.evaluations], default=0)
        if last > self.step:
            raise ValueError(f"a row of step {last} stands after the last update, {self.step}")
        if self.examples_seen > self.position:
            raise ValueError(f"{self.examples_seen} examples were seen of {self.position} drawn")
        return self


@dataclass(frozen=True)
class Snapshot:
    """A run between two updates: tensors on the host, and everything else as validated data.

    Tensors are named ``model.NAME`` (parameters and buffers), ``optimizer.KEY/NAME``, ``average.INDEX`` and
    ``pending.losses``. Random streams need no saving: every draw is a function of the seed and the position.
    """

    tensors: dict[str, Tensor]
    facts: SnapshotFacts
    source: str = field(default="the snapshot", compare=False)
    """Where it was read from, for errors."""

    @property
    def spec(self) -> RunSpec:
        """What was being run."""
        return self.facts.spec

    def on(self, device: str) -> Snapshot:
        """The same for a run on another device, which it continues, though no longer bitwise."""
        spec = self.spec.model_copy(update={"device": device})
        return replace(self, facts=self.facts.model_copy(update={"spec": spec}))

    def part(self, kind: str) -> dict[str, Tensor]:
        """The tensors of ``model``, ``optimizer``, ``average`` or ``pending`` by their own names."""
        start = f"{kind}."
        return {n.removeprefix(start): t for n, t in self.tensors.items() if n.startswith(start)}

    def check(self, spec: RunSpec, due: Mapping[str, Tensor]) -> None:
        """Refuse to go on with another run's snapshot, or with one whose tensors do not make up the run.

        Args:
            spec: of the run that is to go on.
            due: its parameters, buffers and averaged weights, named as here.

        Raises:
            InputError: another spec; a longer budget or another target is allowed.
            DataError: missing, extra or misshapen tensors.
        """
        if differs := spec_differences(self.spec, spec):
            raise InputError(f"{self.source} was made with another spec: {'; '.join(differs)}")
        held = {name: t for name, t in self.tensors.items() if name.startswith(("model.", "average."))}
        if what := misfit(layout_of(held), layout_of(due)):
            raise self.damaged(what)
        if self.losses().shape != (sum(self.facts.pending),):
            raise self.damaged(f"pending.losses must hold {sum(self.facts.pending)} losses")
        if self.facts.step and not self.part("optimizer"):
            raise self.damaged("the optimizer's state is missing")

    def losses(self) -> Tensor:
        """Losses not yet recorded, one after the other."""
        return self.tensors.get("pending.losses", torch.zeros(0))

    def damaged(self, what: str) -> DataError:
        """The error for tensors that do not make up the run."""
        return DataError(
            f"{self.source}: {what}; its spec and its records up to step {self.facts.step} can still be "
            "used, but to go on take another checkpoint"
        )


def layout_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name -> dtype and shape.

    >>> layout_of({"w": torch.zeros(2, 3)})
    {'w': ('float32', (2, 3))}
    """
    return {n: (str(t.dtype).removeprefix("torch."), tuple(t.shape)) for n, t in tensors.items()}


def misfit(
    found: Mapping[str, tuple[str, tuple[int, ...]]], due: Mapping[str, tuple[str, tuple[int, ...]]]
) -> str | None:
    """The first difference between two layouts in words, None where there is none."""
    for name, (dtype, shape) in due.items():
        if name not in found:
            return f"the tensor {name} is missing"
        has_dtype, has_shape = found[name]
        if has_shape != shape:
            return f"the tensor {name} must have shape {shape}, got {has_shape}"
        if has_dtype != dtype:
            return f"the tensor {name} must be {dtype}, got {has_dtype}"
    extra = next((name for name in found if name not in due), None)
    return None if extra is None else f"the tensor {extra} belongs to nothing"


def copied(tensors: Mapping[str, Any]) -> dict[str, Tensor]:
    """Contiguous copies on the host: safetensors refuses tensors that share memory, and a run goes on
    writing to its own.

    Raises:
        InputError: something that is no tensor (a module's extra state).
    """
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise InputError(f"a checkpoint holds tensors alone, and {name} is {type(value).__name__}")
    return {n: t.detach().cpu().clone(memory_format=torch.contiguous_format) for n, t in tensors.items()}


def spec_differences(saved: RunSpec, asked: RunSpec) -> list[str]:
    """Fields in which two specs differ, apart from where the run ends."""
    a, b = saved.model_dump(mode="json"), asked.model_dump(mode="json")
    return [
        f"{name} was {a[name]}, now {b[name]}"
        for name in a
        if name not in ("budget", "target") and a[name] != b[name]
    ]
