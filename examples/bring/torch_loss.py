"""A torch loss module with class weights and label smoothing: rebuilt with one value an example."""

import torch
from sklearn.datasets import load_digits
from torch import nn

from batchwright.task import Task


def task():
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target == 8).long()
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0]), label_smoothing=0.05)
    return Task(
        name="is-it-an-8", model=lambda: nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2)),
        train=(x, y), validation=0.3, loss=loss, target="accuracy=0.93",
    )  # fmt: skip
