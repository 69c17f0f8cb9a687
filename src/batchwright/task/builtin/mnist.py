"""``mnist``: 28x28 handwritten digits from your own IDX files, dense net or LeNet."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from batchwright.task.idx_images import FOUR_FILES, Source, find_files, image_task
from batchwright.task.task import Task

SOURCE = Source(
    name="mnist",
    pixel_mean=0.1307,
    pixel_std=0.3081,
    accuracy=0.95,
    installed=None,
    fix=f"name a folder with data= that has {FOUR_FILES} (.gz or not)",
)


def mnist(
    *,
    data_dir: str | None = None,
    model: Literal["mlp", "lenet"] = "mlp",
    hidden: int | list[int] = 128,
) -> Task:
    """MNIST (LeCun, Cortes and Burges), with the splits of ``fashion-mnist``.

    Args:
        data_dir: folder of the four IDX files; by default ``$BATCHWRIGHT_DATA``.
        model: ``mlp`` (dense) or ``lenet``.
        hidden: units of the dense network's hidden layer, or of several.

    Raises:
        DataError: a file that is missing, damaged or truncated.
    """
    return image_task(SOURCE, data_dir, model, hidden)


def find_data(data_dir: str | None = None) -> Path:
    """The folder that holds the files.

    Raises:
        DataError: there is none.
    """
    return find_files(SOURCE, data_dir)
