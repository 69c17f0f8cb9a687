"""Regression on a data frame's arrays: a robust loss, R2 and the mean absolute error by name."""

import numpy as np
from sklearn.datasets import load_diabetes
from torch import nn

from batchwright.task import Task


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1))


def task():
    diabetes = load_diabetes()
    x, y = diabetes.data / diabetes.data.std(0), (diabetes.target - 152) / 77
    return Task(
        model=Net, train=(x.astype(np.float32), y.astype(np.float32)), validation=0.3, loss="huber",
        metrics=["r2", "mae"], target="r2=0.4",
    )  # fmt: skip
