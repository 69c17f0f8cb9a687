"""Everything that determines a study, as frozen data; its hash is the study's identity."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from batchwright.batches import Sampling
from batchwright.core.bounds import MOST_STEPS, Epochs, Examples, Ratio, Seed
from batchwright.core.canonical import canonical
from batchwright.core.errors import InputError
from batchwright.core.streams import derive_seed
from batchwright.optim.spec import OptimizerSpec
from batchwright.study.key import Purpose, RunKey
from batchwright.study.version_1 import as_version_1
from batchwright.task.task import Target, Task, TaskReference
from batchwright.training.spec import Budget, EvaluationPlan, RunSpec

RESULTS_VERSION = 1
"""Raised when a change alters what a run with the same spec computes: older runs are then not reused."""


class SearchSettings(BaseModel):
    """The learning-rate search, the same at every batch size (see ``study.search``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_rates: int = Field(default=10, ge=3, le=100)
    """Cap on the learning rates tried at one batch size."""
    search_seeds: int = Field(default=3, ge=1, le=1000)
    """Seeds on which the rates near the best one are compared."""
    confirm_seeds: int = Field(default=5, ge=1, le=1000)
    """Fresh seeds for the winner; the reported steps come from these alone."""
    tie: float = Field(default=1.05, ge=1, le=100)
    """Rates whose median is within this factor of the best count as equally good: the lowest wins."""
    patience: Ratio = 2.0
    """A search run ends after this multiple of the fewest steps that the search has seen."""
    first_budget: Ratio = 3.0
    """Budget of the first run at a batch size, in multiples of the steps predicted from its neighbour."""


class StudySpec(BaseModel):
    """A learning-rate-tuned batch-size study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: TaskReference
    batch_sizes: tuple[int, ...]
    optimizer: OptimizerSpec
    target: Target
    max_epochs: Epochs
    search: SearchSettings = SearchSettings()
    budget_trainings: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    order: Literal["shuffled", "fixed", "with_replacement"] = "shuffled"
    micro_batch_size: Examples | None = None
    average_half_life: float | None = Field(default=None, gt=0, le=1e15, allow_inf_nan=False)
    evaluation_ratio: Ratio = 1.05
    seed: Seed = 0
    device: str = "cpu"
    dtype: Literal["float32", "float64", "bfloat16"] = "float32"
    autocast: Literal["bfloat16"] | None = None

    def identity(self, fingerprint: str) -> str:
        """``task-<10 hex digits>``: equal for equal specs, task code and data.

        Fields at their defaults are left out, so that a new field leaves the identity of every study as it
        was.
        """
        text = json.dumps([RESULTS_VERSION, fingerprint, canonical(self)])
        return f"{self._slug()}-{hashlib.blake2b(text.encode(), digest_size=5).hexdigest()}"

    def identity_of_version_1(self, fingerprint: str) -> str | None:
        """The identity under which version 1 stored this study; None where it knew no such study."""
        fields = as_version_1(self)
        if fields is None:
            return None
        text = json.dumps([1, fingerprint, fields], sort_keys=True)
        return f"{self._slug()}-{hashlib.blake2b(text.encode(), digest_size=5).hexdigest()}"

    def _slug(self) -> str:
        name = self.task.name.lower().rpartition(":")[2]
        return re.sub(r"[^a-z0-9]+", "-", name).strip("-")[:40] or "task"

    def rate(self, index: int) -> float:
        """The learning rate at a grid index, lr_0 * sqrt(2)^index, rounded to four digits."""
        return rate_value(self.optimizer.lr, index)

    def run_seed(self, purpose: Purpose, index: int) -> int:
        """The seed of run ``index``; the same at every batch size and rate, so comparisons are paired."""
        return derive_seed(self.seed, purpose, index) % 2**31

    def run(self, key: RunKey, budget_steps: int) -> RunSpec:
        """The run that ``key`` names, with a budget in steps.

        Batches run on across epochs, so that every update uses exactly ``batch_size`` examples. The test
        split is for reporting: nothing may be chosen by it, so only confirmation runs look at it.
        """
        return RunSpec(
            task=self.task,
            batch_size=key.batch_size,
            micro_batch_size=self.micro_batch_size,
            sampling=Sampling(order=self.order, last_batch="run_on"),
            optimizer=self.optimizer.model_copy(update={"lr": self.rate(key.rate_index)}),
            budget=Budget(steps=min(budget_steps, MOST_STEPS)),
            target=self.target,
            evaluation=EvaluationPlan(at="log", ratio=self.evaluation_ratio),
            seed=self.run_seed(key.purpose, key.seed),
            device=self.device,
            dtype=self.dtype,
            autocast=self.autocast,
            average_half_life=self.average_half_life,
            record_ratio=self.evaluation_ratio,
            test_at_end=key.purpose == "confirm",
        )


def rate_value(start: float, index: int) -> float:
    """The learning rate at a grid index, start * sqrt(2)^index, rounded to four digits.

    >>> rate_value(0.1, 2), rate_value(0.1, 1)
    (0.2, 0.1414)
    """
    return float(f"{start * 2 ** (index / 2):.4g}")


def default_batch_sizes(
    examples: int, count: int = 12, *, budget_trainings: float | None = None
) -> tuple[int, ...]:
    """Powers of two from 1 and the whole data set, at most ``count`` of them.

    With a budget of so many trainings, as many about the middle as it can pay for: neighbours by a factor
    of 2 while they are few, spread wider once they can span the range.

    >>> default_batch_sizes(1437)
    (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1437)
    >>> default_batch_sizes(60_000)
    (1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096, 16384, 60000)
    >>> default_batch_sizes(1437, budget_trainings=30)
    (16, 32, 64)
    """
    powers = [2**i for i in range(examples.bit_length()) if 2**i < examples]
    sizes = [*powers, examples]
    if budget_trainings is not None:
        return _within_budget(sizes, budget_trainings, count)
    if len(sizes) <= count:
        return tuple(sizes)
    # Too many doublings: both ends stay, and every other size is left out from the ends inwards, so that
    # the doublings are kept where the answer usually lies.
    pairs = ((i, len(sizes) - 1 - i) for i in range(1, len(sizes), 2))
    left_out = [i for pair in pairs for i in pair][: len(sizes) - count]
    return tuple(size for i, size in enumerate(sizes) if i not in left_out)


def _within_budget(sizes: list[int], budget_trainings: float, count: int) -> tuple[int, ...]:
    affordable = min(count, len(sizes), max(3, int(budget_trainings / COST_PER_BATCH_SIZE_ECONOMY)))
    stride = 2 if affordable >= 6 and 2 * affordable <= len(sizes) + 1 else 1
    middle = (len(sizes) - 1) // 2
    first = max(0, middle - stride * ((affordable - 1) // 2))
    return tuple(sizes[first::stride][:affordable])


RUNS_PER_BATCH_SIZE_ECONOMY = 8
"""Runs that one batch size usually takes with one search seed and three confirmation seeds."""

COST_PER_BATCH_SIZE_ECONOMY = 10.0
"""The same in trainings: a search costs more than its runs to target, since slow rates run on for longer."""


def check_study(spec: StudySpec, task: Task) -> None:
    """Refuse a study that cannot run.

    Raises:
        InputError: a batch size outside 1 ... N, or a target the task does not define.
    """
    examples = len(task.train)
    if not spec.batch_sizes:
        raise InputError("batch_sizes must name at least one batch size, got none")
    for size in spec.batch_sizes:
        if not 1 <= size <= examples:
            raise InputError(
                f"batch_size must be between 1 and {examples} (the training examples), got {size}"
            )
    if len(set(spec.batch_sizes)) != len(spec.batch_sizes):
        raise InputError(
            f"batch_sizes must differ from one another, got {', '.join(map(str, spec.batch_sizes))}"
        )
    task.check_target(spec.target)
    task.split(spec.target.split)
