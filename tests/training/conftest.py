"""Small tasks for the loop: sizes that no batch size in the tests divides."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from batchwright.task import ACCURACY, Target, Task, TaskReference


def classification(model=None, *, examples=53, **fields):
    """53 examples of 6 features in 3 classes, float64-friendly, 17 validation examples."""
    random = torch.Generator().manual_seed(11)
    x = torch.randn(examples + 17, 6, generator=random)
    y = (x[:, :3] + 0.3 * torch.randn(examples + 17, 3, generator=random)).argmax(dim=1)
    return Task(
        name="toy",
        model=model or (lambda: nn.Sequential(nn.Linear(6, 7), nn.Tanh(), nn.Linear(7, 3))),
        train=(x[:examples], y[:examples]),
        validation=(x[examples:], y[examples:]),
        loss=lambda out, target: F.cross_entropy(out, target, reduction="none"),
        metrics={"accuracy": ACCURACY},
        target=Target(metric="loss", value=0.5),
        reference=TaskReference(name="toy"),
        fingerprint="toy",
        **fields,
    )


@pytest.fixture
def toy():
    return classification()


@pytest.fixture
def make_toy():
    return classification
