"""Gradients that come in an unusual form."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from batchwright.optim import CATALOGUE
from batchwright.task import Target, Task
from batchwright.training import RunSpec
from batchwright.training.loop import start

VOCABULARY, WIDTH = 13, 6


class Plain(nn.Module):
    """The mean of a few embeddings, scored."""

    def __init__(self, sparse):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH, sparse=sparse)
        self.out = nn.Linear(WIDTH, VOCABULARY)

    def forward(self, tokens):
        return self.out(self.embedding(tokens).mean(dim=1))


class Bag(Plain):
    def __init__(self, sparse):
        super().__init__(sparse)
        self.embedding = nn.EmbeddingBag(VOCABULARY, WIDTH, sparse=sparse)

    def forward(self, tokens):
        return self.out(self.embedding(tokens))


class Tied(Plain):
    """The embedding scores as well: its gradient is the sum of a sparse and a dense one."""

    def __init__(self, sparse):
        super().__init__(sparse)
        self.out.weight = self.embedding.weight


class Functional(Plain):
    """Asks for sparse gradients where no module says so."""

    def __init__(self, sparse):
        super().__init__(False)
        self.asks = sparse

    def forward(self, tokens):
        return self.out(F.embedding(tokens, self.embedding.weight, sparse=self.asks).mean(dim=1))


def language(model, sparse):
    tokens = torch.randint(VOCABULARY, (40, 5), generator=torch.Generator().manual_seed(0))
    following = (tokens.sum(dim=1) + 1) % VOCABULARY
    return Task(
        name="language",
        model=lambda: model(sparse),
        train=(tokens[:33], following[:33]),
        validation=(tokens[33:], following[33:]),
        loss=lambda out, target: F.cross_entropy(out, target, reduction="none"),
        target=Target(value=1.0),
    )


def weights(model, sparse, optimizer, **fields):
    spec = {
        "task": {"name": "language"},
        "batch_size": 8,
        "dtype": "float64",
        "optimizer": optimizer,
        **fields,
    }
    run = start(RunSpec.model_validate(spec), language(model, sparse))
    before = [p.detach().clone() for p in run.model.parameters()]
    for _ in range(12):
        run.update()
    after = [p.detach() for p in run.model.parameters()]
    assert not any(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    return after


@pytest.mark.parametrize("model", [Plain, Bag, Tied, Functional])
@pytest.mark.parametrize("name", CATALOGUE)
def test_sparse_embeddings_train_as_dense_ones(name, model):
    optimizer = {"name": name, "lr": 0.02, "weight_decay": 0.1, "clip_norm": 1.0}
    sparse, dense = (weights(model, asked, optimizer) for asked in (True, False))
    torch.testing.assert_close(sparse, dense, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("model", [Plain, Tied, Functional])
def test_sparse_gradients_accumulate_over_micro_batches(model):
    optimizer = {"lr": 0.1, "momentum": 0.9}
    pieces = weights(model, True, optimizer, micro_batch_size=3)
    torch.testing.assert_close(pieces, weights(model, False, optimizer), rtol=1e-12, atol=1e-12)
