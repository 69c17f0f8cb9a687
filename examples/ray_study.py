"""A study whose runs are made by Ray, here on this machine: `python examples/ray_study.py [HOST:PORT]`."""

import sys
import tempfile

import torch
from torch import nn

import batchwright as bw


def task():
    random = torch.Generator().manual_seed(0)
    x = torch.randn(320, 8, generator=random)
    y = x @ torch.randn(8, 1, generator=random) + 0.5 * torch.randn(320, 1, generator=random)
    return bw.Task(
        name="line", model=nn.Linear(8, 1), train=(x[:256], y[:256]), validation=(x[256:], y[256:]), loss="mse",
        target="loss=0.35", optimizer={"lr": 0.05},
    )  # fmt: skip


def main(address=None):
    with tempfile.TemporaryDirectory() as store:
        answer = bw.study(
            task(), batch_sizes=[8, 32], search_seeds=1, confirm_seeds=2, executor="ray", address=address,
            workers=2, store=store, progress=False,
        )  # fmt: skip
    print(
        "batch size",
        answer.result.recommendation.batch_size,
        "of",
        [row.batch_size for row in answer.result.batch_sizes],
    )
    print("runs", answer.result.runs_executed)


if __name__ == "__main__":
    main(*sys.argv[1:])
