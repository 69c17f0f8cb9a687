"""A class of a module, NumPy arrays and a loss by name: `batchwright study examples/bring/module_class.py:task`."""

from sklearn.datasets import load_digits
from torch import nn

from batchwright.task import Task


class Net(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.hidden, self.head = nn.Linear(64, width), nn.Linear(width, 10)

    def forward(self, pixels):
        return self.head(self.hidden(pixels).relu())


def task():
    digits = load_digits()
    x, y = (digits.data / 16).astype("float32"), digits.target
    train, validation = (x[:1400], y[:1400]), (x[1400:], y[1400:])
    return Task(model=Net, train=train, validation=validation, loss="cross_entropy", target="accuracy=0.8")
