"""The two parts of `random_split`, and a factory with an argument."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import TensorDataset, random_split

from batchwright.task import Task


def net(width):
    return nn.Sequential(nn.Linear(30, width), nn.ReLU(), nn.Linear(width, 2))


def task(width: int = 16):
    cancer = load_breast_cancer()
    x = torch.tensor(cancer.data, dtype=torch.float32)
    data = TensorDataset((x - x.mean(0)) / x.std(0), torch.tensor(cancer.target))
    train, validation = random_split(data, [0.7, 0.3], generator=torch.Generator().manual_seed(0))
    return Task(
        name="cancer", model=lambda: net(width), train=train, validation=validation,
        loss=nn.CrossEntropyLoss(), target="loss=0.15",
    )  # fmt: skip
