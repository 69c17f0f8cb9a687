"""``digits``: scikit-learn's 8x8 handwritten digits, 1437 training examples, dense net or LeNet."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

from batchwright.core.errors import DataError, InputError, unknown_name
from batchwright.core.streams import generator
from batchwright.task.losses import cross_entropy, label_squared_error
from batchwright.task.metrics import ACCURACY
from batchwright.task.models import dense, hidden_widths, lenet
from batchwright.task.options import require_at_least
from batchwright.task.subset import stratified_positions
from batchwright.task.target import Target
from batchwright.task.task import Task

TRAINING_EXAMPLES = 1437
PIXEL_MEAN, PIXEL_STD = 0.3048, 0.3759
"""Of pixel / 16 over the training split."""
CLASSES = 10


_LOSSES = {"cross_entropy": cross_entropy, "squared": label_squared_error}
_TARGETS = {"cross_entropy": 0.2, "squared": 0.1}
_BOX, _FRAME = 20, 4
"""MNIST's digits fill a box of 20 x 20 pixels, framed by 4 on every side."""
_NORMALISED: dict[str, Callable[[Tensor], Tensor]] = {
    "standard": lambda images: (images / 16 - PIXEL_MEAN) / PIXEL_STD,
    "unit": lambda images: images / 16,
    "none": lambda images: images,
}
_USUAL: dict[str, Any] = {
    "normalise": "standard", "batch_norm": False, "init_scale": 1.0, "label_noise": 0.0, "data_seed": 0,
}  # fmt: skip


def digits(
    *,
    data_dir: str | None = None,
    model: Literal["mlp", "lenet"] = "mlp",
    hidden: int | list[int] = 64,
    loss: str = "cross_entropy",
    normalise: Literal["standard", "unit", "none"] = "standard",
    batch_norm: bool = False,
    init_scale: float = 1.0,
    label_noise: float = 0.0,
    data_seed: int = 0,
) -> Task:
    """Ten classes, 1437 training and 360 validation examples of 64 pixels.

    Args:
        data_dir: unused, the images come with scikit-learn.
        model: ``mlp`` (dense), or ``lenet`` on the images enlarged to MNIST's 28 x 28.
        hidden: units of the dense network's hidden layer, or of several.
        loss: ``cross_entropy``, or ``squared`` for least squares on one-hot labels.
        normalise: pixels with mean 0 and standard deviation 1 (``standard``), from 0 to 1 (``unit``), or from
            0 to 16 as they are stored (``none``).
        batch_norm: normalise over the batch in front of every ReLU.
        init_scale: factor on the initial weights.
        label_noise: share of the training examples whose label is another class, drawn at random; the
            validation labels stay right.
        data_seed: another seed, other wrong labels.

    Raises:
        InputError: an option out of its range.
    """
    if loss not in _LOSSES:
        raise unknown_name("loss", loss, _LOSSES)
    if normalise not in _NORMALISED:
        raise unknown_name("normalise", normalise, _NORMALISED)
    require_at_least("init_scale", init_scale, 0)
    images, labels = _read()
    order = torch.randperm(len(labels), generator=generator(0, "digits", "split"))
    training = order[stratified_positions(labels[order], TRAINING_EXAMPLES)].sort().values
    held_out = torch.ones(len(labels), dtype=torch.bool)
    held_out[training] = False
    inputs = _NORMALISED[normalise](images)
    unusual = _unusual(
        normalise=normalise, batch_norm=batch_norm, init_scale=init_scale, label_noise=label_noise,
        data_seed=data_seed,
    )  # fmt: skip
    of_model = {name: value for name, value in unusual.items() if name in ("batch_norm", "init_scale")}
    if model == "lenet":
        if of_model:
            raise InputError(
                f"batch_norm and init_scale are for model=mlp, got {next(iter(of_model))} with lenet"
            )
        inputs = enlarged(inputs, paper=float(_NORMALISED[normalise](torch.zeros(()))))
    # The dense network's options are those it has always had: its stored runs stay its own.
    shape: dict[str, Any] = {"model": model} if model == "lenet" else {"hidden": hidden}
    return Task(
        name="digits",
        model=lenet if model == "lenet" else partial(dense, 64, hidden_widths(hidden), CLASSES, **of_model),
        train=(inputs[training], _relabelled(labels[training], label_noise, data_seed)),
        validation=(inputs[held_out], labels[held_out]),
        loss=_LOSSES[loss],
        metrics={"accuracy": ACCURACY},
        target=Target(metric="loss", value=_TARGETS[loss]),
        options={**shape, "loss": loss, **unusual},
        description="scikit-learn's 8x8 handwritten digits, "
        + ("enlarged to 28x28 for LeNet" if model == "lenet" else "a dense network"),
    )


def enlarged(inputs: Tensor, paper: float) -> Tensor:
    """Images of 64 pixels as MNIST frames its own, shape (examples, 1, 28, 28).

    Each 8 x 8 image is interpolated bilinearly to 20 x 20 and framed by 4 pixels of empty paper.
    """
    box = interpolate(inputs.reshape(-1, 1, 8, 8), size=(_BOX, _BOX), mode="bilinear", align_corners=False)
    return pad(box, (_FRAME,) * 4, value=paper)


def _unusual(**options: Any) -> dict[str, Any]:
    """Options that differ from their defaults: the others leave no trace in what identifies the task."""
    return {name: value for name, value in options.items() if value != _USUAL[name]}


def _relabelled(labels: Tensor, share: float, seed: int) -> Tensor:
    """The labels, a share of them another class, each of the others equally likely."""
    if not 0 <= share <= 1:
        raise InputError(f"label_noise must be between 0 and 1 (a share of the labels), got {share}")
    random = generator(seed, "digits", "label_noise")
    wrong = torch.randperm(len(labels), generator=random)[: round(share * len(labels))]
    noisy = labels.clone()
    noisy[wrong] += torch.randint(1, CLASSES, (len(wrong),), generator=random)
    return noisy % CLASSES


@cache
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
