"""28 x 28 grey images in ten classes from the four IDX files of MNIST and of Fashion-MNIST."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from batchwright.core.errors import LONGEST_ECHO, DataError
from batchwright.task.idx import read_idx
from batchwright.task.losses import cross_entropy
from batchwright.task.metrics import ACCURACY
from batchwright.task.models import dense, hidden_widths, lenet
from batchwright.task.target import Target
from batchwright.task.task import Task

DATA_VARIABLE = "BATCHWRIGHT_DATA"
FOUR_FILES = (
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One of the data sets that come as the same four files.

    Attributes:
        pixel_mean, pixel_std: of pixel / 255 over the training images.
        accuracy: default target.
        installed: where a system package puts the files.
        fix: how to get them, put at the end of every message.
    """

    name: str
    pixel_mean: float
    pixel_std: float
    accuracy: float
    installed: Path | None
    fix: str


def find_files(source: Source, data_dir: str | None = None) -> Path:
    """The folder that holds the data set's files.

    ``data_dir`` if given; else ``$BATCHWRIGHT_DATA/NAME`` or ``$BATCHWRIGHT_DATA``, else where the system's
    package puts them.

    Raises:
        DataError: none of them holds any of the four files.
    """
    variable = os.environ.get(DATA_VARIABLE)
    roots = [data_dir] if data_dir is not None else [variable] if variable else []
    folders = [folder for root in roots for folder in (Path(root) / source.name, Path(root))]
    if data_dir is None and source.installed is not None:
        folders.append(source.installed)
    for folder in folders:
        if any(_is_there(_path(folder, stem)) for stem in FOUR_FILES.split(", ")):
            return folder
    looked = f"in {', '.join(map(_cut, folders))}" if folders else "anywhere"
    raise DataError(f"{source.name}: train-images-idx3-ubyte not found {looked}; {source.fix}")


def image_task(source: Source, data_dir: str | None, model: str, hidden: int | list[int]) -> Task:
    """The task of a source: the test file's first half validates, its second half tests.

    Raises:
        DataError: a file that is missing, damaged or truncated, and how to get it.
    """
    folder = find_files(source, data_dir)
    image_shape = (1, 28, 28) if model == "lenet" else (784,)
    train, test = (_read_pair(folder, prefix, source, image_shape) for prefix in ("train", "t10k"))
    half = len(test[0]) // 2
    return Task(
        name=source.name,
        model=lenet if model == "lenet" else partial(dense, 784, hidden_widths(hidden), 10),
        train=train,
        validation=(test[0][:half], test[1][:half]),
        test=(test[0][half:], test[1][half:]),
        loss=cross_entropy,
        metrics={"accuracy": ACCURACY},
        target=Target(metric="accuracy", value=source.accuracy),
        max_epochs=20,
        options={"model": model} if model == "lenet" else {"model": model, "hidden": hidden},
        description=f"28x28 grey images in ten classes, {'LeNet' if model == 'lenet' else 'a dense network'}",
    )


def _read_pair(
    folder: Path, prefix: str, source: Source, image_shape: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Normalised images and their labels, checked against each other."""
    image_path = _path(folder, f"{prefix}-images-idx3-ubyte")
    label_path = _path(folder, f"{prefix}-labels-idx1-ubyte")
    images, labels = read_idx(image_path, fix=source.fix), read_idx(label_path, fix=source.fix)
    if images.dtype != torch.uint8 or images.shape[1:] != (28, 28):
        raise DataError(
            f"{image_path}: must hold images of 28 x 28 bytes, got {tuple(images.shape)}; {source.fix}"
        )
    if labels.dtype != torch.uint8 or labels.ndim != 1 or int(labels.max()) > 9:
        raise DataError(f"{label_path}: must hold one label from 0 to 9 an image; {source.fix}")
    if len(images) != len(labels):
        raise DataError(
            f"{label_path}: has {len(labels)} labels for the {len(images)} images of {image_path.name}; "
            f"{source.fix}"
        )
    pixels = images.reshape(-1, *image_shape).to(torch.float32)
    return pixels.div_(255).sub_(source.pixel_mean).div_(source.pixel_std), labels.long()


def _path(folder: Path, stem: str) -> Path:
    """The file as it is, else gzipped; the first name where neither exists."""
    plain, zipped = folder / stem, folder / f"{stem}.gz"
    return zipped if _is_there(zipped) and not _is_there(plain) else plain


def _is_there(path: Path) -> bool:
    """Whether a file exists; a name that no file can have has none."""
    try:
        return path.exists()
    except OSError:
        return False


def _cut(folder: Path) -> str:
    """A folder as an error names it: the end of a very long name is left out."""
    text = str(folder)
    return text if len(text) <= LONGEST_ECHO else f"{text[: LONGEST_ECHO - 3]}..."
