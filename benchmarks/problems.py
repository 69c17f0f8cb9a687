"""The problems on which advice is measured: sixteen tasks, from milliseconds to tens of seconds a training.

Eight are for development, and eight are scored once the method is frozen. Among them are images (dense nets, LeNet, a
net with batch normalisation), three language models of characters (two transformers, a recurrent net), ratings,
regression and logistic regression, with SGD, momentum, Adam and AdamW. Four take ten seconds a training or more.
"""

from __future__ import annotations

import math
import pydoc_data.topics
from collections.abc import Callable
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


def _fashion(model: str, train: int, validation: int, **options: Any) -> Task:
    """Fashion-MNIST with few validation examples, so that training rather than evaluation takes the time."""
    full = load_task(TaskReference(name="fashion-mnist", options={"model": model, **options}, examples=train))
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
    symbols, inputs, targets = _characters(24)
    return _language_model("transformer", lambda: Transformer(symbols, 24), inputs, targets)


def _characters(length: int, most: int = 200_000) -> tuple[int, Tensor, Tensor]:
    """The number of characters that occur, and windows of the text with the same shifted by one, in random order."""
    text = "".join(pydoc_data.topics.topics[name] for name in sorted(pydoc_data.topics.topics))
    symbols = sorted(set(text))
    codes = torch.tensor([symbols.index(c) for c in text[:most]])
    windows = codes[: len(codes) // (length + 1) * (length + 1)].view(-1, length + 1)
    windows = windows[torch.randperm(len(windows), generator=generator(0, "windows"))]
    return len(symbols), windows[:, :-1].contiguous(), windows[:, 1:].contiguous()


def _language_model(name: str, model: Callable[[], nn.Module], inputs: Tensor, targets: Tensor) -> Task:
    """The window is the example; the first 300 are for validation."""
    return Task(
        name=name, model=model, train=(inputs[300:], targets[300:]), validation=(inputs[:300], targets[:300]),
        loss=lambda out, t: F.cross_entropy(out, t, reduction="none").mean(1), max_epochs=20,
    )  # fmt: skip


class Recurrent(nn.Module):
    """A gated recurrent net over characters."""

    def __init__(self, symbols: int, width: int = 64) -> None:
        super().__init__()
        self.characters = nn.Embedding(symbols, width)
        self.cells = nn.GRU(width, width, batch_first=True)
        self.read_out = nn.Linear(width, symbols)

    def forward(self, tokens: Tensor) -> Tensor:
        states, _ = self.cells(self.characters(tokens))
        return self.read_out(states).transpose(1, 2)


def recurrent() -> Task:
    """Next character, as :func:`transformer`."""
    symbols, inputs, targets = _characters(24)
    return _language_model("recurrent", lambda: Recurrent(symbols), inputs, targets)


def transformer_two_blocks() -> Task:
    """Next character over windows of 64, by two blocks of width 64."""
    symbols, inputs, targets = _characters(64, 400_000)
    return _language_model(
        "transformer-2", lambda: Transformer(symbols, 64, width=64, blocks=2), inputs, targets
    )


class Factors(nn.Module):
    """A rating as the product of a person's and a film's factors, with an offset each."""

    def __init__(self, people: int, films: int, width: int = 16) -> None:
        super().__init__()
        self.people, self.films = nn.Embedding(people, width), nn.Embedding(films, width)
        self.offsets = nn.ModuleList([nn.Embedding(people, 1), nn.Embedding(films, 1)])
        for table in (self.people, self.films, *self.offsets):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, pairs: Tensor) -> Tensor:
        person, film = pairs.unbind(dim=1)
        offsets = self.offsets[0](person) + self.offsets[1](film)
        return (self.people(person) * self.films(film)).sum(dim=1) + offsets.squeeze(1)


def ratings() -> Task:
    """50,000 noisy ratings of 800 films by 1,000 people; a few films have most of them, as films do."""
    random = generator(0, "ratings")
    people, films, width = 1000, 800, 4
    person = torch.randint(people, (55_000,), generator=random)
    film = torch.multinomial(1.0 / torch.arange(1.0, films + 1), 55_000, replacement=True, generator=random)
    tastes = torch.randn(people, width, generator=random) / width**0.5
    kinds = torch.randn(films, width, generator=random)
    liked = torch.randn(films, generator=random)
    rating = (tastes[person] * kinds[film]).sum(dim=1) + 0.5 * liked[film]
    rating += 0.5 * torch.randn(len(rating), generator=random)
    pairs = torch.stack([person, film], dim=1)
    return Task(
        name="ratings", model=lambda: Factors(people, films), train=(pairs[:50_000], rating[:50_000]),
        validation=(pairs[50_000:], rating[50_000:]), loss=_squares, max_epochs=40,
    )  # fmt: skip


def regression() -> Task:
    """A random net of two layers in 16 dimensions, with a tenth of its variance as noise, learnt by another."""
    random = generator(0, "regression")
    x = torch.randn(12_000, 16, generator=random)
    one, two = torch.randn(16, 64, generator=random) / 2, torch.randn(64, generator=random) / 4
    y = torch.tanh(x @ one) @ two
    y += 0.33 * y.std() * torch.randn(len(y), generator=random)
    return Task(
        name="regression",
        model=lambda: nn.Sequential(
            nn.Linear(16, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1), nn.Flatten(0)
        ),
        train=(x[:10_000], y[:10_000]), validation=(x[10_000:], y[10_000:]), loss=_squares, max_epochs=40,
    )  # fmt: skip


def _squares(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets) ** 2


def fashion_whole() -> Task:
    """All of Fashion-MNIST and a wide dense net."""
    return _fashion("mlp", 60_000, 2000, hidden=512)


def fashion_lenet_long() -> Task:
    return _fashion("lenet", 20_000, 1000)


def normalised() -> Task:
    """Two convolutions with batch normalisation on a subset of Fashion-MNIST."""
    plain = _fashion("lenet", 4_000, 1000)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(),
            nn.Linear(16 * 7 * 7, 10),
        )  # fmt: skip

    return plain.with_fields(name="fashion-batch-norm", model=model)


@dataclass(frozen=True)
class Problem:
    name: str
    task: str
    target: dict[str, Any]
    optimizer: dict[str, Any]
    smallest: int = 4
    """Smallest batch size of the study. Advice has the whole range; the study needs only to hold the best between its
    ends, and small sizes take hours where a training takes seconds."""
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
ADAMW = {"name": "adamw"}
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
            smallest=16, largest=512, scored=True, default_lr=0.01),
    Problem("logistic, loss 0.595, SGD", ":logistic", {"metric": "loss", "value": 0.595}, SGD, smallest=8, scored=True),
    Problem("transformer, loss 2.5, Adam", ":transformer", {"metric": "loss", "value": 2.5}, ADAM, smallest=8,
            largest=256, scored=True, default_lr=1e-3),
    Problem("regression, loss 0.5, AdamW", ":regression", {"metric": "loss", "value": 0.5}, ADAMW, smallest=8,
            default_lr=1e-3),
    Problem("LeNet on digits, accuracy 0.95", "digits", {"metric": "accuracy", "value": 0.95}, SGD, smallest=8,
            options={"model": "lenet"}),
    Problem("recurrent, loss 1.75, Adam", ":recurrent", {"metric": "loss", "value": 1.75}, ADAM, smallest=16,
            largest=256, default_lr=1e-3),
    Problem("LeNet, loss 0.36, momentum", ":fashion_lenet_long", {"metric": "loss", "value": 0.36}, MOMENTUM,
            smallest=16, largest=256, default_lr=0.01),
    Problem("ratings, loss 0.43, Adam", ":ratings", {"metric": "loss", "value": 0.43}, ADAM, smallest=16, scored=True,
            default_lr=1e-3),
    Problem("batch norm, accuracy 0.83, momentum", ":normalised", {"metric": "accuracy", "value": 0.83}, MOMENTUM,
            smallest=16, largest=512, scored=True, default_lr=0.01),
    Problem("Fashion wide, loss 0.30, momentum", ":fashion_whole", {"metric": "loss", "value": 0.30}, MOMENTUM,
            smallest=64, largest=1024, scored=True, default_lr=0.01),
    Problem("transformer of two blocks, loss 1.7, Adam", ":transformer_two_blocks", {"metric": "loss", "value": 1.7},
            ADAM, smallest=16, largest=256, scored=True, default_lr=1e-3),
)  # fmt: skip
