"""What is optimised: tasks, their data, and the catalogue of built-in ones."""

from batchwright.task.catalogue import catalogue, describe
from batchwright.task.data import ItemSplit, Split, TensorSplit
from batchwright.task.load import load_task
from batchwright.task.losses import cross_entropy, squared_error
from batchwright.task.models import dense, lenet
from batchwright.task.task import ACCURACY, Metric, Target, Task, TaskReference, take_examples

__all__ = [
    "ACCURACY",
    "ItemSplit",
    "Metric",
    "Split",
    "Target",
    "Task",
    "TaskReference",
    "TensorSplit",
    "catalogue",
    "cross_entropy",
    "dense",
    "describe",
    "lenet",
    "load_task",
    "squared_error",
    "take_examples",
]
