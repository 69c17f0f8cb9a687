"""An iterable data set, read once into memory, and a binary loss on one output."""

import torch
from torch import nn
from torch.utils.data import IterableDataset

from batchwright.task import Task


class Rings(IterableDataset):
    def __init__(self, count, seed):
        self.count, self.seed = count, seed

    def __iter__(self):
        random = torch.Generator().manual_seed(self.seed)
        for _ in range(self.count):
            point = torch.randn(2, generator=random)
            yield point, float(point.norm() > 1.2)


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))


def task():
    return Task(model=Net, train=Rings(600, 0), validation=Rings(400, 1), loss="bce", target="accuracy=0.9")
