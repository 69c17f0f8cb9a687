"""A task of one's own: `batchwright study examples/own_task.py:task`."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import Dataset

from batchwright.task import ACCURACY, Target, Task, cross_entropy


class ConvNet(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width)
        self.conv2, self.norm2 = nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width)
        self.head = nn.Linear(width * 16, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = nn.functional.max_pool2d(self.norm1(self.conv1(images)).relu(), 2)
        return self.head(self.norm2(self.conv2(features)).relu().flatten(1))


class Digits(Dataset):
    def __init__(self, rows: list[int], shift: int = 0) -> None:
        digits = load_digits()
        self.images = torch.tensor(digits.images[rows], dtype=torch.float32) / 16
        self.targets, self.shift = digits.target[rows].tolist(), shift

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        down, right = torch.randint(-self.shift, self.shift + 1, (2,)).tolist()  # random augmentation
        return self.images[i].roll((down, right), dims=(0, 1)).unsqueeze(0), self.targets[i]


def task(width: int = 16) -> Task:
    cosine = {"name": "cosine", "horizon": {"value": 20, "unit": "epochs"}}
    held_out = [i for i in range(1797) if i % 5 == 0]
    kept = [i for i in range(1797) if i % 5 != 0]
    return Task(
        name="own-digits",
        model=lambda: ConvNet(width),
        train=Digits(kept, shift=1),
        validation=Digits(held_out),
        loss=cross_entropy,
        metrics={"accuracy": ACCURACY},
        target=Target(metric="accuracy", value=0.95),
        optimizer={"name": "adamw", "lr": 2e-3, "weight_decay": 0.05, "schedule": cosine},
    )
