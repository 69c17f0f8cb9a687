import logging
import os

import pytest

from batchwright.task import TaskReference
from batchwright.task.live import as_live
from batchwright.task.load import load_task

TASK = """
import functools, os, signal, time

import torch
from torch import nn

from batchwright.task import Target, Task


class Model(nn.Linear):
    def __init__(self, kind, folder):
        super().__init__(4, 1)
        self.kind, self.folder = kind, folder

    def forward(self, x):
        if self.training and self.kind == "raises at 5" and len(x) == 5:
            raise ValueError("no batches of five\\nplease")
        if self.training and self.kind == "kills at 5" and len(x) == 5:
            open(os.path.join(self.folder, f"{os.getpid()}"), "w").close()
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.kind == "writes":
            x.add_(1.0)
        if self.training and self.kind == "slow":
            time.sleep(0.05)
        return super().forward(x)


def task(kind: str = "plain", folder: str = ""):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(48, 4, generator=g)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]]) + 0.3 * torch.randn(48, 1, generator=g)
    dense = {"model": lambda: nn.Sequential(nn.Linear(4, 1)), "loss": "mse"}
    own = {
        "model": functools.partial(Model, kind, folder),
        "loss": lambda outputs, targets: ((outputs - targets) ** 2).mean(1),
    }
    return Task(
        name="tiny", train=(x[:32], y[:32]), validation=(x[32:], y[32:]), target=Target(value=0.2),
        optimizer={"lr": 0.1}, **(dense if kind == "dense" else own),
    )
"""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A task in a user's file, loaded with these options."""
    path = tmp_path_factory.mktemp("task") / "tiny.py"
    path.write_text(TASK)

    def load(**options):
        return load_task(TaskReference(name=f"{path}:task", options=options))

    return load


@pytest.fixture(scope="session")
def live():
    """The same task as a script or a notebook's cells would define it: no other process can import it."""
    program = {"__name__": "__main__"}
    exec(TASK, program)

    def make(**options):
        return as_live(program["task"](**options))

    return make


SMALL = {"num_cpus": 1, "object_store_memory": 80 << 20}


@pytest.fixture(scope="module")  # idle nodes use a tenth of a processor
def two_nodes():
    """A Ray cluster of two nodes on this machine, to which this process is connected."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    logging.getLogger("ray").setLevel(logging.ERROR)
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=SMALL | {"include_dashboard": False})
    cluster.add_node(**SMALL)
    ray.init(cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    yield cluster
    ray.shutdown()
    cluster.shutdown()
