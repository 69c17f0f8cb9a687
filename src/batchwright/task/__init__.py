"""What is optimised: tasks, their data, and the catalogue of built-in ones."""

from batchwright.task.catalogue import catalogue, describe
from batchwright.task.data import ItemSplit, Split, TensorSplit
from batchwright.task.live import as_live, live_fingerprint, pack, unpack
from batchwright.task.load import load_task
from batchwright.task.losses import LOSSES, cross_entropy, squared_error
from batchwright.task.metrics import ACCURACY, METRICS, Metric
from batchwright.task.models import dense, lenet
from batchwright.task.subset import take_examples
from batchwright.task.target import Target, parse_target
from batchwright.task.task import Task, TaskReference

__all__ = [
    "ACCURACY",
    "LOSSES",
    "METRICS",
    "ItemSplit",
    "Metric",
    "Split",
    "Target",
    "Task",
    "TaskReference",
    "TensorSplit",
    "as_live",
    "catalogue",
    "cross_entropy",
    "dense",
    "describe",
    "lenet",
    "live_fingerprint",
    "load_task",
    "pack",
    "parse_target",
    "squared_error",
    "take_examples",
    "unpack",
]
