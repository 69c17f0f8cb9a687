"""``sparse-logistic``: logistic regression on words, some in every second text and some in one of hundreds."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from batchwright.core.streams import generator
from batchwright.task.losses import binary_cross_entropy
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task

COMMONEST = 0.5
"""Probability of the most frequent feature."""


def sparse_logistic(
    *,
    data_dir: str | None = None,
    examples: int = 2000,
    features: int = 200,
    exponent: float = 1.0,
    strength: float = 2.0,
    data_seed: int = 0,
) -> Task:
    """Binary labels from features that are 1 or 0, the j-th of them 1 with probability 1/2 j^-exponent.

    P(y = 1) = s(x.w*) with w* normal of standard deviation ``strength`` and s the logistic function. The
    Hessian's diagonal holds the features' frequencies: the problem is badly scaled along the parameters' own
    axes, as texts and click logs are. The target is the validation loss of w* and 15% more.

    Args:
        data_dir: unused, the data are made.
        examples: training examples; as many again for validation.
        features: columns, without a bias.
        exponent: of the frequencies; 0 makes all features equally frequent.
        strength: standard deviation of the weights that the labels are drawn with.
        data_seed: another seed, another problem.

    Raises:
        InputError: a value out of range.
    """
    require_at_least("examples", examples, 1)
    require_at_least("features", features, 1)
    require_at_least("exponent", exponent, 0)
    require_at_least("strength", strength, 0)
    random = generator(data_seed, "sparse-logistic")
    weights = strength * torch.randn(features, generator=random)
    frequencies = COMMONEST * torch.arange(1, features + 1) ** -exponent

    def rows() -> tuple[Tensor, Tensor]:
        present = (torch.rand(examples, features, generator=random) < frequencies).float()
        positive = torch.rand(examples, generator=random) < torch.sigmoid(present @ weights)
        return present, positive.float()

    train, validation = rows(), rows()
    least = float(binary_cross_entropy(validation[0] @ weights, validation[1]).mean())
    return Task(
        name="sparse-logistic",
        model=partial(nn.Linear, features, 1, bias=False),
        train=train,
        validation=validation,
        loss="bce",
        target=Target(metric="loss", value=1.15 * least),
        options={
            "examples": examples, "features": features, "exponent": exponent, "strength": strength,
            "data_seed": data_seed,
        },
        description="logistic regression on features of very different frequency",
    )  # fmt: skip
