"""Data loaders of a training script: their data set and collate function count, batch size and order do not."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from batchwright.task import Task


class Spirals(Dataset):
    def __init__(self, count, seed):
        self.turn = torch.rand(count, generator=torch.Generator().manual_seed(seed)) * 3 + 0.5

    def __len__(self):
        return len(self.turn)

    def __getitem__(self, i):
        angle = self.turn[i] * 2 + torch.pi * (i % 2)
        return {"point": torch.stack([angle.cos(), angle.sin()]) * self.turn[i], "arm": i % 2}


def collate(items):
    return torch.stack([item["point"] for item in items]), torch.tensor([item["arm"] for item in items])


def task():
    data = Spirals(800, seed=0), Spirals(800, seed=1)
    train, validation = (DataLoader(d, batch_size=32, shuffle=True, collate_fn=collate) for d in data)
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    return Task(model=model, train=train, validation=validation, loss="cross_entropy", target="accuracy=0.9")
