"""What is optimised: a model, data splits, a loss per example, metrics and a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from batchwright.core.errors import InputError, unknown_name
from batchwright.core.streams import derive_seed, generator, global_randomness
from batchwright.task.data import Augment, Collate, Split, as_split


class TaskReference(BaseModel):
    """How to find a task again, in another process or next week.

    ``name`` is a built-in name, ``path/to/file.py:function`` or ``package.module:function``;
    ``examples`` keeps a stratified subset of the training examples, drawn with ``subset_seed``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    examples: int | None = Field(default=None, ge=1)
    subset_seed: int = 0
    data_dir: str | None = None


class Target(BaseModel):
    """The value of a metric at which a run is done.

    The metric is smoothed over recent evaluations (see ``training.target``), on the ``validation`` or
    the ``train`` split. ``loss`` is reached from above, a metric from the side its definition says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str = "loss"
    value: float = Field(allow_inf_nan=False)
    split: Literal["validation", "train"] = "validation"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measure of quality beside the loss.

    ``function(outputs, targets)`` returns one value an example, shape (batch,), or with
    ``per_example=False`` one number for a whole split's outputs (F1, area under a curve, ...).
    """

    function: Callable[[Any, Any], Any]
    higher_is_better: bool = True
    per_example: bool = True


def correct(outputs: Tensor, targets: Tensor) -> Tensor:
    """1.0 where the largest output is the target class, shape (batch,); its mean is the accuracy."""
    return (outputs.argmax(dim=-1) == targets).to(torch.float32)


ACCURACY = Metric(function=correct)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A learning problem.

    Args:
        name: short name, used in reports.
        model: factory of an ``nn.Module``; called with the process-wide generator seeded by the run's
            ``init`` stream, so ordinary torch initialisation is reproducible.
        train: ``(inputs, targets)`` tensors, a ``TensorDataset`` or a map-style data set.
        validation: the same; the target is measured on it.
        test: optional third split that nothing is tuned on.
        loss: ``loss(outputs, targets)`` with one value an example, shape (batch,): for torch's losses
            pass ``reduction="none"``.
        metrics: name -> :class:`Metric`; ``loss`` is always there.
        target: default target of a study.
        optimizer: default optimizer, an ``OptimizerSpec`` or a mapping of its fields.
        schedule: the caller's own learning-rate schedule, a factor on ``lr`` as a function of the step
            count (0 for the first update); replaces the optimizer's schedule.
        collate_fn: for map-style data sets, makes ``(inputs, targets)`` from a list of items.
        augment: ``augment(inputs, generator)`` applied to training batches only.
        autocast: ``"bfloat16"`` computes forward passes in mixed precision.
        forward: ``forward(model, inputs)`` for models that do not take one argument.
        max_epochs: default budget of one training.
        truth: known best parameters, where the problem has a closed form.
        options: what the task was built with; recorded, not interpreted.
        description: one sentence for people.
        reference: set when the task was found by name; lets worker processes find it again.
        fingerprint: changes when the task's code or data change; part of a study's identity.
    """

    name: str
    model: Callable[[], nn.Module]
    train: Any
    validation: Any
    loss: Callable[[Any, Any], Tensor]
    test: Any = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    target: Target | None = None
    optimizer: Any = None
    schedule: Callable[[int], float] | None = None
    collate_fn: Collate | None = None
    augment: Augment | None = None
    autocast: Literal["bfloat16"] | None = None
    forward: Callable[[nn.Module, Any], Any] | None = None
    max_epochs: float = 30.0
    truth: Mapping[str, Tensor] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    reference: TaskReference | None = None
    fingerprint: str = ""

    def __post_init__(self) -> None:
        for split in ("train", "validation", "test"):
            data = getattr(self, split)
            if data is not None:
                try:
                    object.__setattr__(self, split, as_split(data, self.collate_fn))
                except InputError as error:
                    raise InputError(f"task {self.name!r}, {split} data: {error}") from None
        if "loss" in self.metrics:
            raise InputError("the metric name 'loss' is taken by the task's loss; rename the metric")
        if self.target is not None:
            self.check_target(self.target)

    def split(self, name: str) -> Split:
        """The split called ``train``, ``validation`` or ``test``."""
        data = {"train": self.train, "validation": self.validation, "test": self.test}.get(name)
        if data is None:
            raise InputError(f"task {self.name!r} has no {name} split")
        return data

    def higher_is_better(self, metric: str) -> bool:
        """Whether larger values of ``metric`` are better; False for the loss."""
        if metric == "loss":
            return False
        if metric not in self.metrics:
            raise unknown_name(f"metric of task {self.name!r}:", metric, ["loss", *self.metrics])
        return self.metrics[metric].higher_is_better

    def check_target(self, target: Target) -> None:
        """Refuse a target on a metric that this task does not define."""
        if target.metric != "loss" and target.metric not in self.metrics:
            raise unknown_name(
                f"target metric for task {self.name!r}", target.metric, ["loss", *self.metrics]
            )

    def build_model(self, seed: int) -> nn.Module:
        """A new model, initialised from the ``init`` stream of ``seed``."""
        with global_randomness(derive_seed(seed, "init"), python_too=True):
            model = self.model()
        if not isinstance(model, nn.Module):
            raise InputError(
                f"task {self.name!r}: model() must return an nn.Module, got {type(model).__name__}"
            )
        return model


def take_examples(task: Task, count: int, seed: int = 0) -> Task:
    """The task with a stratified, seeded subset of ``count`` training examples.

    Each class keeps its share to within one example (largest remainders); without integer labels the
    subset is drawn uniformly. The validation and test splits stay whole.

    Raises:
        InputError: ``count`` is not between 1 and the number of training examples.
    """
    total = len(task.train)
    if not 1 <= count <= total:
        raise InputError(f"examples must be between 1 and {total} (the training examples), got {count}")
    random = generator(seed, "subset")
    order = torch.randperm(total, generator=random)
    labels = task.train.labels()
    if labels is not None:
        order = order[stratified_positions(labels.cpu()[order], count)]
    chosen = order[:count].sort().values
    return replace(task, train=task.train.subset(chosen))


def stratified_positions(labels: Tensor, count: int) -> Tensor:
    """Positions of ``count`` labels, first come first served within each class's quota.

    Quotas are proportional to the class sizes, rounded by largest remainders.
    """
    classes, sizes = labels.unique(return_counts=True)
    shares = sizes.double() * count / len(labels)
    quota = shares.floor().long()
    remainder_order = (shares - quota).argsort(descending=True, stable=True)
    quota[remainder_order[: count - int(quota.sum())]] += 1
    picks = [(labels == label).nonzero().flatten()[: int(k)] for label, k in zip(classes, quota, strict=True)]
    return torch.cat(picks)
