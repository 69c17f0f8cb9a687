"""``digits``: scikit-learn's 8x8 handwritten digits, 1437 training examples, dense net."""

from __future__ import annotations

import gzip
import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from batchwright.core.errors import DataError, unknown_name
from batchwright.core.streams import generator
from batchwright.task.losses import cross_entropy, label_squared_error
from batchwright.task.metrics import ACCURACY
from batchwright.task.models import dense, hidden_widths
from batchwright.task.subset import stratified_positions
from batchwright.task.target import Target
from batchwright.task.task import Task

TRAINING_EXAMPLES = 1437
PIXEL_MEAN, PIXEL_STD = 0.3048, 0.3759
"""Of pixel / 16 over the training split."""


_LOSSES = {"cross_entropy": cross_entropy, "squared": label_squared_error}
_TARGETS = {"cross_entropy": 0.2, "squared": 0.1}


def digits(*, data_dir: str | None = None, hidden: int | list[int] = 64, loss: str = "cross_entropy") -> Task:
    """Ten classes, 64 inputs, a dense network: 1437 training and 360 validation examples.

    Args:
        data_dir: unused, the images come with scikit-learn.
        hidden: units of the hidden layer, or of several.
        loss: ``cross_entropy``, or ``squared`` for least squares on one-hot labels.
    """
    if loss not in _LOSSES:
        raise unknown_name("loss", loss, _LOSSES)
    images, labels = _read()
    order = torch.randperm(len(labels), generator=generator(0, "digits", "split"))
    training = order[stratified_positions(labels[order], TRAINING_EXAMPLES)].sort().values
    held_out = torch.ones(len(labels), dtype=torch.bool)
    held_out[training] = False
    inputs = (images / 16 - PIXEL_MEAN) / PIXEL_STD
    return Task(
        name="digits",
        model=partial(dense, 64, hidden_widths(hidden), 10),
        train=(inputs[training], labels[training]),
        validation=(inputs[held_out], labels[held_out]),
        loss=_LOSSES[loss],
        metrics={"accuracy": ACCURACY},
        target=Target(metric="loss", value=_TARGETS[loss]),
        options={"hidden": hidden, "loss": loss},
        description="scikit-learn's 8x8 handwritten digits, a dense network",
    )


def _read() -> tuple[Tensor, Tensor]:
    """All images, shape (1797, 64), pixels 0 to 16, and their labels."""
    # The same numbers as sklearn.datasets.load_digits, whose import alone takes 1.5 s in every worker.
    package = importlib.util.find_spec("sklearn")
    path = (
        Path(package.origin if package and package.origin else "sklearn").parent
        / "datasets/data/digits.csv.gz"
    )
    try:
        with gzip.open(path, "rt") as lines:
            table = torch.from_numpy(np.loadtxt(lines, delimiter=",", dtype=np.float32))
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); reinstall scikit-learn, which ships it") from None
    return table[:, :-1].contiguous(), table[:, -1].long()
