"""What is optimised: a model, data splits, a loss per example, metrics and a target."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from batchwright.core.errors import InputError, shown, unknown_name
from batchwright.core.remark import Remark, remark
from batchwright.core.streams import derive_seed, global_randomness
from batchwright.task.data import Augment, Collate, Split
from batchwright.task.given.data import as_split
from batchwright.task.given.loss import ModuleLoss, facts_of
from batchwright.task.given.model import FreshCopies, as_factory, model_name
from batchwright.task.given.trial import fitted
from batchwright.task.metrics import ACCURACY, METRICS, Metric, Range, as_metrics, correct
from batchwright.task.subset import hold_out, stratified_positions, take_examples
from batchwright.task.target import Target, as_target, check_range

__all__ = [
    "ACCURACY",
    "Metric",
    "Target",
    "Task",
    "TaskReference",
    "correct",
    "stratified_positions",
    "take_examples",
]


_LONGEST_NAME = 100


class TaskReference(BaseModel):
    """How to find a task again, in another process or next week.

    ``name`` is a built-in name, ``path/to/file.py:function`` or ``package.module:function``;
    ``examples`` keeps a stratified subset of the training examples, drawn with ``subset_seed``.
    With ``live`` the task is held by the program that made it, and ``name`` is only what it is called.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    examples: int | None = Field(default=None, ge=1)
    subset_seed: int = 0
    data_dir: str | None = None
    live: bool = False


@dataclass(frozen=True, kw_only=True)
class Task:
    """A learning problem, from what people have.

        Task(model=Net, train=train_set, validation=0.1, loss="cross_entropy", target="accuracy=0.95")

    A few examples go through model and loss when it is made, so that what does not fit is said then.

    Args:
        model: class or function that builds an ``nn.Module``, called with the process-wide generators seeded
            by the run's ``init`` stream; or a built module, copied for every run and initialised anew
            through its ``reset_parameters``.
        train: examples with labels: a pair of tensors or arrays, a dictionary, a list of pairs, a data set, a
            ``DataLoader``, a stream (see :func:`batchwright.task.given.data.as_split`).
        validation: the same, or the share of the training examples to hold out; the target is measured on it.
        loss: a name of :data:`batchwright.task.losses.LOSSES`, a torch loss module, or
            ``loss(outputs, targets)`` with one value an example, shape (batch,). It can be left out for a
            model that returns ``logits`` and whose labels are class indices.
        name: used in reports, and to find stored studies; the model's class by default.
        test: optional third split that nothing is tuned on.
        metrics: names of :data:`batchwright.task.metrics.METRICS`, or name -> :class:`Metric`; ``loss`` is
            always there, and ``accuracy`` where the loss is one of classes.
        target: default target of a study: ``"accuracy=0.95"``, ``"train.loss=0.1"`` or a :class:`Target`.
        optimizer: default optimizer, an ``OptimizerSpec`` or a mapping of its fields.
        schedule: the caller's own learning-rate schedule, a factor on ``lr`` as a function of the step
            count (0 for the first update); replaces the optimizer's schedule.
        collate_fn: makes ``(inputs, targets)`` from a list of items.
        augment: ``augment(inputs, generator)`` applied to training batches only.
        autocast: ``"bfloat16"`` computes forward passes in mixed precision.
        forward: ``forward(model, inputs)`` returns the outputs, where ``model(inputs)`` does not.
        max_epochs: default budget of one training.
        truth: known best parameters, where the problem has a closed form.
        options: what the task was built with; recorded, not interpreted.
        description: one sentence for people.
        reference: set when the task was found by name; lets worker processes find it again.
        fingerprint: changes when the task's code or data change; part of a study's identity.
        remarks: what was read in another way than the caller may think.

    Raises:
        InputError: what cannot be read or does not fit, on one line with what would.
    """

    model: Any
    train: Any
    validation: Any = None
    loss: Any = None
    name: str = ""
    test: Any = None
    metrics: Any = field(default_factory=dict)
    target: Any = None
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
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        self._set(model=as_factory(self.model))
        self._set(name=_checked_name(self.name or model_name(self.model) or self._model_class()))
        self._read_data()
        with _about(f"task {self.name!r}"):
            loss, forward = fitted(self)
            self._set(loss=loss, forward=forward)
            self._set(metrics=as_metrics(self.metrics, self._own_accuracy()))
            self._set(target=as_target(self.target, self))
        self._set(remarks=_once([*self.remarks, *_remarks(self)]))

    def _read_data(self) -> None:
        for split in ("train", "validation", "test"):
            given = getattr(self, split)
            if given is None and split != "validation":
                continue
            with _about(f"task {self.name!r}, {split} data"):
                if given is None:
                    raise InputError(_NO_VALIDATION)
                if split == "validation" and isinstance(given, (int, float)):
                    rest, part = hold_out(self.train, given)
                    told = remark("task.held_out", examples=len(part), share=given)
                    self._set(train=rest, validation=part, remarks=(*self.remarks, told))
                else:
                    self._set(**{split: as_split(given, self.collate_fn)})

    def _set(self, **fields: Any) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def with_fields(self, **fields: Any) -> Self:
        """The same task with other splits, reference or fingerprint; model and loss are not tried again."""
        other = copy.copy(self)
        other._set(**fields)
        return other

    def _model_class(self) -> str:
        return type(self.build_model(0)).__name__

    def _own_accuracy(self) -> Metric | None:
        """What accuracy means for this loss; None for regression, and for probabilities as targets."""
        accuracy = facts_of(self.loss).accuracy
        _, targets = self.train.gather(torch.tensor([0]), seed=0)
        by_class = isinstance(targets, Tensor) and not targets.is_floating_point()
        return accuracy if by_class or accuracy is not ACCURACY else None

    def split(self, name: str) -> Split:
        """The split called ``train``, ``validation`` or ``test``."""
        data: Split | None = {"train": self.train, "validation": self.validation, "test": self.test}.get(name)
        if data is None:
            raise InputError(f"task {self.name!r} has no {name} split")
        return data

    def higher_is_better(self, metric: str) -> bool:
        """Whether larger values of ``metric`` are better; False for the loss."""
        return False if metric == "loss" else self._metric(metric).higher_is_better

    def range_of(self, metric: str) -> Range:
        """The smallest and the largest value that ``metric`` can take, None where there is no bound."""
        return (facts_of(self.loss).least, None) if metric == "loss" else self._metric(metric).range

    def _metric(self, name: str) -> Metric:
        if name not in self.metrics:
            error = unknown_name(f"metric of task {self.name!r}:", name, ["loss", *self.metrics])
            raise InputError(f"{error}; add metrics=[{name!r}]") if name in METRICS else error
        metric: Metric = self.metrics[name]
        return metric

    def check_target(self, target: Target) -> None:
        """Refuse a target on a metric that this task does not define, or that the metric cannot reach."""
        check_range(target.metric, target.value, self.range_of(target.metric))

    def build_model(self, seed: int) -> nn.Module:
        """A new model, initialised from the ``init`` stream of ``seed``."""
        with global_randomness(derive_seed(seed, "init"), python_too=True):
            model = self.model()
        if not isinstance(model, nn.Module):
            raise InputError(
                f"task {self.name!r}: model() must return an nn.Module, got {type(model).__name__}"
            )
        return model


_NO_VALIDATION = (
    "the target is measured on examples that are not trained on: pass validation=0.1 to hold out a tenth, or "
    "split the data, as train, validation = torch.utils.data.random_split(data, [0.9, 0.1])"
)


def _remarks(task: Task) -> Iterator[Remark]:
    """What of a task was read in another way than its author may think."""
    if isinstance(task.model, FreshCopies):
        yield remark("task.initialised_anew", model=type(task.model.template).__name__)
    if isinstance(task.loss, ModuleLoss) and task.loss.weight_an_example is not None:
        yield remark(
            "task.weighted_loss", loss=type(task.loss.module).__name__, weight=task.loss.weight_an_example
        )


def _once(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    return tuple({item.code: item for item in remarks}.values())


def _checked_name(name: Any) -> str:
    """The name on one line.

    Raises:
        InputError: no text, over 100 characters, or characters that cannot be printed.
    """
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(f"a task's name must be text of 1 to {_LONGEST_NAME} characters, got {shown(name)}")
    return name


@contextmanager
def _about(what: str) -> Iterator[None]:
    """Errors inside say what they are about."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{what}: {error}") from error.__cause__
