"""A list of pairs, as a script collects them, and a loss of one's own with one value an example."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn

from batchwright.task import Task


def focal(outputs, targets, gamma=2.0):
    loss = F.cross_entropy(outputs, targets, reduction="none")
    return (1 - torch.exp(-loss)) ** gamma * loss


def task():
    wine = load_wine()
    x = torch.tensor((wine.data - wine.data.mean(0)) / wine.data.std(0), dtype=torch.float32)
    pairs = [(x[i], int(wine.target[i])) for i in range(len(x))]
    return Task(
        name="wine", model=lambda: nn.Linear(13, 3), train=pairs, validation=0.3, loss=focal,
        metrics=["accuracy"], target="accuracy=0.9",
    )  # fmt: skip
