"""``digits``: scikit-learn's 8x8 handwritten digits, 1437 training examples, dense net or LeNet."""

from __future__ import annotations

import gzip
import importlib.util
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

from batchwright.core.errors import DataError, unknown_name
from batchwright.core.streams import generator
from batchwright.task.losses import cross_entropy, label_squared_error
from batchwright.task.metrics import ACCURACY
from batchwright.task.models import dense, hidden_widths, lenet
from batchwright.task.subset import stratified_positions
from batchwright.task.target import Target
from batchwright.task.task import Task

TRAINING_EXAMPLES = 1437
PIXEL_MEAN, PIXEL_STD = 0.3048, 0.3759
"""Of pixel / 16 over the training split."""


_LOSSES = {"cross_entropy": cross_entropy, "squared": label_squared_error}
_TARGETS = {"cross_entropy": 0.2, "squared": 0.1}
_BOX, _FRAME = 20, 4
"""MNIST's digits fill a box of 20 x 20 pixels, framed by 4 on every side."""


def digits(
    *,
    data_dir: str | None = None,
    model: Literal["mlp", "lenet"] = "mlp",
    hidden: int | list[int] = 64,
    loss: str = "cross_entropy",
) -> Task:
    """Ten classes, 1437 training and 360 validation examples of 64 pixels.

    Args:
        data_dir: unused, the images come with scikit-learn.
        model: ``mlp`` (dense), or ``lenet`` on the images enlarged to MNIST's 28 x 28.
        hidden: units of the dense network's hidden layer, or of several.
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
    if model == "lenet":
        inputs = enlarged(inputs)
    return Task(
        name="digits",
        model=lenet if model == "lenet" else partial(dense, 64, hidden_widths(hidden), 10),
        train=(inputs[training], labels[training]),
        validation=(inputs[held_out], labels[held_out]),
        loss=_LOSSES[loss],
        metrics={"accuracy": ACCURACY},
        target=Target(metric="loss", value=_TARGETS[loss]),
        # The dense network's options are those it has always had: its stored runs stay its own.
        options={"model": model, "loss": loss} if model == "lenet" else {"hidden": hidden, "loss": loss},
        description="scikit-learn's 8x8 handwritten digits, "
        + ("enlarged to 28x28 for LeNet" if model == "lenet" else "a dense network"),
    )


def enlarged(inputs: Tensor) -> Tensor:
    """Images of 64 standardised pixels as MNIST frames its own, shape (examples, 1, 28, 28).

    Each 8 x 8 image is interpolated bilinearly to 20 x 20 and framed by 4 pixels of empty paper.
    """
    box = interpolate(inputs.reshape(-1, 1, 8, 8), size=(_BOX, _BOX), mode="bilinear", align_corners=False)
    return pad(box, (_FRAME,) * 4, value=-PIXEL_MEAN / PIXEL_STD)


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
