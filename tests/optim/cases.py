"""Small problems with hand-written gradients, and the table of optimizers that go through all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from batchwright.optim import CATALOGUE, OptimizerSpec


@dataclass(frozen=True)
class Problem:
    name: str
    start: dict[str, np.ndarray]
    gradient: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def quadratic():
    """1/2 sum lambda x^2 with lambda from 1e-2 to 1e2, in tensors of awkward sizes (one of them 0-dim)."""
    rates = {
        "a": np.geomspace(1e-2, 1e2, 7).reshape(7, 1),
        "b": np.array(3.0),
        "c": np.linspace(0.5, 2, 18).reshape(2, 3, 3),
    }
    start = {k: np.cos(np.arange(v.size)).reshape(v.shape) for k, v in rates.items()}
    return Problem("quadratic", start, lambda w: {k: rates[k] * w[k] for k in w})


def _design(rows, columns):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, columns)) * np.geomspace(0.5, 2, columns)


def least_squares():
    X = _design(30, 5)
    y = X @ np.array([1.0, -2.0, 0.0, 0.5, 3.0]) + 0.7

    def gradient(w):
        r = X @ w["w"] + w["b"] - y
        return {"w": 2 * X.T @ r / len(y), "b": np.array([2 * r.mean()])}

    return Problem("least-squares", {"w": np.zeros(5), "b": np.zeros(1)}, gradient)


def logistic():
    X = _design(40, 4)
    y = (X.sum(axis=1) > 0.3).astype(float)

    def gradient(w):
        r = 1 / (1 + np.exp(-X @ w["w"])) - y
        return {"w": X.T @ r / len(y)}

    return Problem("logistic", {"w": np.full(4, 0.1)}, gradient)


def two_weights():
    """(1 - w1 w2)^2."""

    def gradient(w):
        r = 1 - w["w1"] * w["w2"]
        return {"w1": -2 * w["w2"] * r, "w2": -2 * w["w1"] * r}

    return Problem("two-weights", {"w1": np.array([0.6]), "w2": np.array([-0.3])}, gradient)


def matrices():
    """|S - W2 W1|^2 with a bias that is pulled to 1: tall, wide and one-dimensional parameters."""
    S = np.diag([3.0, 1.0, 0.5, 0.2])[:, :3]
    rng = np.random.default_rng(1)

    def gradient(w):
        r = w["W2"] @ w["W1"] - S
        return {"W1": 2 * w["W2"].T @ r, "W2": 2 * r @ w["W1"].T, "bias": w["bias"] - 1}

    start = {"W1": rng.normal(size=(2, 3)), "W2": rng.normal(size=(4, 2)), "bias": np.zeros(3)}
    return Problem("matrices", start, gradient)


PROBLEMS = {p.name: p for p in (quadratic(), least_squares(), logistic(), two_weights(), matrices())}

SPECS = {
    "sgd": OptimizerSpec(lr=0.004),
    "heavy_ball": OptimizerSpec(lr=0.002, momentum=0.9),
    "nesterov": OptimizerSpec(lr=0.002, momentum=0.9, momentum_form="nesterov"),
    "averaged": OptimizerSpec(lr=0.01, momentum=0.9, momentum_form="averaged"),
    "velocity": OptimizerSpec(lr=0.002, momentum=0.9, momentum_form="velocity"),
    "dampened": OptimizerSpec(lr=0.002, momentum=0.9, options={"dampening": 0.5}),
    "rmsprop": OptimizerSpec(name="rmsprop", lr=0.02, eps=1e-6, options={"alpha": 0.95}),
    "rmsprop_momentum": OptimizerSpec(name="rmsprop", lr=0.01, momentum=0.8),
    "rmsprop_centered": OptimizerSpec(name="rmsprop", lr=0.01, eps=1e-4, options={"centered": True}),
    "adam": OptimizerSpec(name="adam", lr=0.05),
    "adam_betas": OptimizerSpec(name="adam", lr=0.05, betas=(0.7, 0.95), eps=1e-3),
    "amsgrad": OptimizerSpec(name="adam", lr=0.05, options={"amsgrad": True}),
    "adamw": OptimizerSpec(name="adamw", lr=0.05),
    "adagrad": OptimizerSpec(name="adagrad", lr=0.1),
    "adagrad_options": OptimizerSpec(
        name="adagrad", lr=0.1, options={"lr_decay": 0.1, "initial_accumulator_value": 0.3}
    ),
    "adadelta": OptimizerSpec(name="adadelta", lr=1.0),
    "rprop": OptimizerSpec(name="rprop", lr=0.01),
    "nadam": OptimizerSpec(name="nadam", lr=0.02),
    "radam": OptimizerSpec(name="radam", lr=0.02, betas=(0.9, 0.99)),
    "adafactor": OptimizerSpec(name="adafactor", lr=0.05),
    "muon": OptimizerSpec(name="muon", lr=0.02),
    "lars": OptimizerSpec(name="lars", lr=0.01, options={"trust_coefficient": 1.0}),
    "lars_momentum": OptimizerSpec(
        name="lars", lr=0.002, momentum=0.9, options={"trust_coefficient": 0.5, "nesterov": True}
    ),
    "lamb": OptimizerSpec(name="lamb", lr=0.02),
    "lamb_betas": OptimizerSpec(name="lamb", lr=0.02, betas=(0.7, 0.95), eps=1e-3),
}
ELEMENTWISE = {k: v for k, v in SPECS.items() if CATALOGUE[v.name].elementwise}


def parameters(start, dtype=torch.float64):
    return {k: nn.Parameter(torch.tensor(v, dtype=dtype)) for k, v in start.items()}


def run(updater, params, problem, steps, first=0):
    """Updates with the problem's gradient at the current parameters; the parameters after each, as arrays."""
    history = []
    for t in range(first, first + steps):
        grads = problem.gradient({k: p.detach().numpy() for k, p in params.items()})
        updater.step(t, [torch.tensor(grads[k], dtype=p.dtype) for k, p in params.items()])
        history.append({k: p.detach().numpy().copy() for k, p in params.items()})
    return history
