"""A task of one's own, with random shifts and a schedule: `batchwright study examples/own_task.py:task`."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import Dataset

import batchwright as bw


class Digits(Dataset):
    def __init__(self, rows, shift=0):
        images, targets = load_digits(return_X_y=True)
        self.images = torch.tensor(images[rows] / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
        self.targets, self.shift = targets[rows].tolist(), shift

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        down, right = torch.randint(-self.shift, self.shift + 1, (2,)).tolist()
        return self.images[i].roll((down, right), dims=(1, 2)), self.targets[i]


def task(width: int = 16):
    first = [nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
    net = nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(16 * width, 10))
    cosine = {"name": "cosine", "horizon": {"value": 20, "unit": "epochs"}}
    return bw.Task(
        name="own-digits", model=net, train=Digits(slice(360, None), shift=1), validation=Digits(slice(360)),
        loss="cross_entropy", target="accuracy=0.95",
        optimizer={"name": "adamw", "lr": 2e-3, "weight_decay": 0.05, "schedule": cosine},
    )  # fmt: skip
