"""A model that returns an object with `logits` and its own `loss`, as transformers do; items are dictionaries."""

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from batchwright.task import Task


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 16), nn.Linear(16, 3)

    def forward(self, input_ids, attention_mask=None, labels=None):
        mean = (self.embed(input_ids) * attention_mask[..., None]).sum(1) / attention_mask.sum(
            1, keepdim=True
        )
        logits = self.head(mean)
        return SimpleNamespace(
            logits=logits, loss=None if labels is None else F.cross_entropy(logits, labels)
        )


def task():
    random = torch.Generator().manual_seed(0)
    ids = torch.randint(20, (600, 7), generator=random)
    items = [
        {
            "input_ids": row,
            "attention_mask": torch.ones(7),
            "labels": int(row.sum() > 60) + int(row.sum() > 72),
        }
        for row in ids
    ]
    return Task(model=Classifier, train=items, validation=0.2, target="accuracy=0.75")
