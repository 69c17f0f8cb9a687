"""The problems on which advice is measured: eight tasks, small enough that a full study of each takes minutes.

Four are for development (digits at two targets, Fashion-MNIST dense at the easier target, ``squares``); the other
four are scored once the method is frozen (Fashion-MNIST dense at the harder target, LeNet on a subset, logistic
regression on noisy data, a character-level transformer). SGD, momentum and Adam are among them.
"""

from __future__ import annotations

import math
import pydoc_data.topics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from batchwright.core.streams import generator
from batchwright.optim.spec import OptimizerSpec
from batchwright.study.spec import StudySpec
from batchwright.task.load import load_task
from batchwright.task.task import Target, Task, TaskReference


def _fashion(model: str, train: int, validation: int) -> Task:
    """Fashion-MNIST with few validation examples, so that training rather than evaluation takes the time."""
    full = load_task(TaskReference(name="fashion-mnist", options={"model": model}, examples=train))
    x, y = full.validation.inputs, full.validation.targets  # type: ignore[union-attr]
    return Task(
        name=f"fashion-{model}", model=full.model, train=full.train, validation=(x[:validation], y[:validation]), loss=full.loss,
        metrics=full.metrics, target=full.target, max_epochs=40,
    )  # fmt: skip


def fashion_dense() -> Task:
    return _fashion("mlp", 20_000, 2000)


def fashion_lenet() -> Task:
    return _fashion("lenet", 4_000, 1000)


def logistic() -> Task:
    """Logistic regression on 20,000 examples in 100 dimensions of unequal scale, 20% of the labels wrong."""
    random = generator(0, "logistic")
    x = torch.randn(24_000, 100, generator=random) / torch.arange(1, 101).sqrt()
    truth = 3 * torch.randn(100, generator=random)
    y = (x @ truth > 0) ^ (torch.rand(len(x), generator=random) < 0.2)
    data = x, y.float()
    return Task(
        name="logistic", model=lambda: nn.Sequential(nn.Linear(100, 1), nn.Flatten(0)),
        train=(x[:20_000], data[1][:20_000]), validation=(x[20_000:], data[1][20_000:]),
        loss=lambda out, t: F.binary_cross_entropy_with_logits(out, t, reduction="none"), max_epochs=40,
    )  # fmt: skip


class Transformer(nn.Module):
    """A block of causal self-attention over characters."""

    def __init__(self, symbols: int, length: int, width: int = 32, heads: int = 4, blocks: int = 1) -> None:
        super().__init__()
        self.characters, self.places = nn.Embedding(symbols, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            for _ in range(blocks)
        )
        self.read_out = nn.Linear(width, symbols)
        mask = torch.full((length, length), -math.inf).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.characters(tokens) + self.places.weight
        for block in self.blocks:
            x = block(x, src_mask=self.mask)
        return self.read_out(x).transpose(1, 2)


def transformer() -> Task:
    """Next character of the reference manual's help texts, which the standard library carries."""
    text = "".join(pydoc_data.topics.topics[name] for name in sorted(pydoc_data.topics.topics))
    symbols = sorted(set(text))
    codes = torch.tensor([symbols.index(c) for c in text[:200_000]])
    length = 24
    windows = codes[: len(codes) // (length + 1) * (length + 1)].view(-1, length + 1)
    windows = windows[torch.randperm(len(windows), generator=generator(0, "windows"))]
    inputs, targets = windows[:, :-1].contiguous(), windows[:, 1:].contiguous()
    return Task(
        name="transformer", model=lambda: Transformer(len(symbols), length), train=(inputs[300:], targets[300:]),
        validation=(inputs[:300], targets[:300]),
        loss=lambda out, t: F.cross_entropy(out, t, reduction="none").mean(1), max_epochs=20,
    )  # fmt: skip


@dataclass(frozen=True)
class Problem:
    name: str
    task: str
    target: dict[str, Any]
    optimizer: dict[str, Any]
    smallest: int = 4
    """Smallest batch size of the study; below it a study of this problem would take an hour."""
    largest: int = 4096
    scored: bool = False
    default_lr: float = 0.1
    """What a person who tunes nothing would use."""
    max_epochs: float = 40.0
    options: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Task:
        return load_task(self.reference)

    @property
    def reference(self) -> TaskReference:
        name = self.task if ":" not in self.task else f"{Path(__file__).resolve()}{self.task}"
        return TaskReference(name=name, options=self.options)

    def spec(self, task: Task, seed: int = 0, **fields: Any) -> StudySpec:
        """A study from ``smallest`` to ``largest`` (or all examples) in powers of two."""
        top = min(self.largest, len(task.train))
        sizes = [2**k for k in range(20) if self.smallest <= 2**k < top] + [top]
        return StudySpec.model_validate(
            {
                "task": self.reference, "batch_sizes": tuple(sizes), "target": Target.model_validate(self.target),
                "optimizer": OptimizerSpec.model_validate({"lr": self.default_lr, **self.optimizer}),
                "max_epochs": self.max_epochs, "seed": seed, **fields,
            }
        )  # fmt: skip


SGD, MOMENTUM, ADAM = {"name": "sgd"}, {"name": "sgd", "momentum": 0.9}, {"name": "adam"}
PROBLEMS = (
    Problem("digits, loss 0.20", "digits", {"metric": "loss", "value": 0.20}, SGD, smallest=1),
    Problem("digits, accuracy 0.95, momentum", "digits", {"metric": "accuracy", "value": 0.95}, MOMENTUM, smallest=1,
            default_lr=0.01),
    Problem("Fashion dense, loss 0.46, Adam", ":fashion_dense", {"metric": "loss", "value": 0.46}, ADAM, smallest=8,
            default_lr=1e-3),
    Problem("squares", "squares", {"metric": "loss", "value": 1.9904}, SGD, smallest=1),
    Problem("Fashion dense, loss 0.40, momentum", ":fashion_dense", {"metric": "loss", "value": 0.40}, MOMENTUM,
            smallest=8, scored=True, default_lr=0.01),
    Problem("LeNet, accuracy 0.80, momentum", ":fashion_lenet", {"metric": "accuracy", "value": 0.80}, MOMENTUM,
            smallest=8, largest=2048, scored=True, default_lr=0.01),
    Problem("logistic, loss 0.595, SGD", ":logistic", {"metric": "loss", "value": 0.595}, SGD, smallest=8, scored=True),
    Problem("transformer, loss 2.5, Adam", ":transformer", {"metric": "loss", "value": 2.5}, ADAM, smallest=1,
            largest=1024, scored=True, default_lr=1e-3),
)  # fmt: skip
