"""For experiments of one's own: a named task as an object, and the gradients of every example at a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from batchwright.task.task import Task

_MEMORY_BYTES = 2 << 30
"""Up to which a matrix of gradients is made."""


def named_task(name: str, *, data: str | None = None, examples: int | None = None, **options: Any) -> Task:
    """A task as an object: a built-in one by its name, or ``path/to/file.py:function``.

    Args:
        name: of the task.
        data: folder with its data files.
        examples: keep a stratified subset of the training examples.
        options: the task's own options.

    Raises:
        InputError: an unknown name or option.

    >>> len(named_task("least-squares", features=3, examples=100).train)
    100
    """
    from batchwright.app.options import TaskOptions
    from batchwright.app.task_given import task_of

    return task_of(name, TaskOptions(set=options, data=data, examples=examples), examples=examples)[1]


def per_example_gradients(task: Task, model: nn.Module) -> Tensor:
    """The gradient of the loss of every training example at a model's present parameters.

    Args:
        task: its training examples and per-example loss; augmentation and autocast are left out.
        model: read, never written to.

    Returns:
        Shape (N, P), rows in the order of the training examples; their mean is the gradient of the mean loss.

    Raises:
        InputError: the matrix would take more than 2 GiB, no trainable parameters, or a model whose examples
            depend on one another (batch norm in training mode).

    >>> task = named_task("least-squares", features=3, examples=100)
    >>> tuple(per_example_gradients(task, task.build_model(0)).shape)
    (100, 3)
    """
    import torch

    from batchwright.measure.gradients.per_example import PerExampleGradients

    gradients = PerExampleGradients(model, task)
    needed = gradients.examples * gradients.count * 4
    if needed > _MEMORY_BYTES:
        raise InputError(
            f"gradients of {gradients.examples} examples by {gradients.count} parameters must fit 2 GiB, "
            f"got {needed / 2**30:.1f} GiB: take fewer `examples`"
        )
    return torch.cat(list(gradients.chunks(torch.arange(gradients.examples))))
