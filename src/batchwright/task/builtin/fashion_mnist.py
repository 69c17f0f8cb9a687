"""``fashion-mnist``: 28x28 images of clothes, 60,000 training examples, dense net or LeNet."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from batchwright.task.idx_images import FOUR_FILES, Source, find_files, image_task
from batchwright.task.task import Task

SOURCE = Source(
    name="fashion-mnist",
    pixel_mean=0.2860,
    pixel_std=0.3530,
    accuracy=0.86,
    installed=Path("/usr/share/datasets/fashion-mnist"),
    fix=f"`apt-get install dataset-fashion-mnist`, or name a folder with data= that has {FOUR_FILES} "
    "(.gz or not)",
)


def fashion_mnist(
    *,
    data_dir: str | None = None,
    model: Literal["mlp", "lenet"] = "mlp",
    hidden: int | list[int] = 128,
) -> Task:
    """Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747).

    60,000 training examples; the test file's first half (5,000) validates, its second half tests.

    Args:
        data_dir: folder of the four IDX files; by default ``$BATCHWRIGHT_DATA``, then where Debian's
            package ``dataset-fashion-mnist`` puts them.
        model: ``mlp`` (dense) or ``lenet``.
        hidden: units of the dense network's hidden layer, or of several.

    Raises:
        DataError: a file that is missing, damaged or truncated, and how to get it.
    """
    return image_task(SOURCE, data_dir, model, hidden)


def find_data(data_dir: str | None = None) -> Path:
    """The folder that holds the files.

    Raises:
        DataError: there is none.
    """
    return find_files(SOURCE, data_dir)
