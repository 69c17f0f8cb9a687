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
        words = self.embed(input_ids) * attention_mask[..., None]
        logits = self.head(words.sum(1) / attention_mask.sum(1, keepdim=True))
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return SimpleNamespace(logits=logits, loss=loss)


def task():
    random, mask = torch.Generator().manual_seed(0), torch.ones(7)
    ids = torch.randint(20, (600, 7), generator=random)
    labels = (ids.sum(1) > 60).int() + (ids.sum(1) > 72).int()
    items = [{"input_ids": i, "attention_mask": mask, "labels": y} for i, y in zip(ids, labels, strict=True)]
    return Task(model=Classifier, train=items, validation=0.2, target="accuracy=0.75")
