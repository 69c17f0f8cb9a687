"""What is optimised: tasks, their data, and the catalogue of built-in ones."""

from batchwright.task.data import ItemSplit, Split, TensorSplit
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
    "take_examples",
]
