"""A dictionary of tensors: the labels are found by name, the rest goes into `forward` by name."""

import torch
from torch import nn

from batchwright.task import Task


class TwoTowers(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_word, self.of_place, self.head = nn.Embedding(50, 8), nn.Linear(3, 8), nn.Linear(8, 2)

    def forward(self, word, place):
        return self.head((self.of_word(word) * self.of_place(place)).relu())


def task():
    random = torch.Generator().manual_seed(0)
    word, place = torch.randint(50, (900,), generator=random), torch.randn(900, 3, generator=random)
    data = {"word": word, "place": place, "labels": ((word > 24) & (place[:, 0] > -0.3)).long()}
    return Task(model=TwoTowers, train=data, validation=0.25, loss="cross_entropy", target="accuracy=0.85")
