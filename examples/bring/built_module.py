"""A module that is already built: every run gets a copy whose weights are drawn anew. A fifth is held out."""

from sklearn.datasets import load_digits
from torch import nn

from batchwright.task import Task


def task():
    digits = load_digits()
    net = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)
    )
    data = ((digits.data / 16).astype("float32"), digits.target)
    return Task(model=net, train=data, validation=0.2, loss="cross_entropy", target="accuracy=0.85")
