"""Whose step lowers whose loss: against least squares written out, where everything is a closed form."""

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.task.task import Task

N, B = 23, 5  # the last batch has three examples


def least_squares_task():
    return bw.Task(
        name="rows", model=lambda: torch.nn.Linear(4, 1, bias=False), train=rows(), validation=rows(),
        loss="mse",
    )  # fmt: skip


def rows():
    random = np.random.default_rng(3)
    return random.normal(size=(N, 4)), random.normal(size=(N, 1))


def run_after(task, steps, **options):
    """The live run after so many updates."""
    given = {"batch_size": B, "lr": 0.02, "order": "fixed", "dtype": "float64", "progress": False, **options}
    *_, run = bw.train(task, steps=steps, **given)
    return run


def written_out(weights, lr, batches, momentum=0.0, velocity=0.0):
    """A and F of one epoch of l_i(w) = |X_i w - y_i|^2/n_i, whose gradient and Hessian are written down."""
    x, y = rows()
    pieces = [(x[i], y[i, 0]) for i in batches]

    def gradient(k, w):
        X, t = pieces[k]
        return 2 * X.T @ (X @ w - t) / len(t)

    changes, first = np.zeros((len(batches),) * 2), np.zeros((len(batches),) * 2)
    for j in range(len(batches)):
        velocity = momentum * velocity + gradient(j, weights)
        step = -lr * velocity
        for i, (X, t) in enumerate(pieces):
            first[i, j] = gradient(i, weights) @ step
            changes[i, j] = first[i, j] + step @ (2 * X.T @ X / len(t)) @ step / 2
        weights = weights + step
    return changes, first


def fixed_batches():
    return [np.arange(N)[start : start + B] for start in range(0, N, B)]


def test_least_squares_with_a_short_last_batch():
    """The run stands at the start of its third epoch."""
    run = run_after(least_squares_task(), 10)
    found = bw.attribution(run)
    changes, first = written_out(run.model.weight.detach().numpy()[0], 0.02, fixed_batches())
    assert found.batch_sizes == (5, 5, 5, 5, 3)
    assert np.allclose(found.changes, changes, rtol=1e-9, atol=1e-12)
    assert np.allclose(found.first_order, first, rtol=1e-9, atol=1e-12)
    assert found.own_share == pytest.approx(np.trace(changes) / changes.sum(), rel=1e-9)
    error = np.linalg.norm(changes - first) / np.linalg.norm(changes)
    assert found.first_order_error == pytest.approx(error, rel=1e-9)
    assert (found.step, found.lr, found.equal_share) == (10, 0.02, 0.2)


def test_momentum_steps_along_its_velocity():
    """The prediction follows the update really made, not the gradient."""
    start = run_after(least_squares_task(), 5, momentum=0.9)
    x, y = rows()
    weights, velocity = least_squares_task().build_model(0).double().weight.detach().numpy()[0], 0.0
    for batch in fixed_batches():
        velocity = 0.9 * velocity + 2 * x[batch].T @ (x[batch] @ weights - y[batch, 0]) / len(batch)
        weights = weights - 0.02 * velocity
    found = bw.attribution(start)
    changes, first = written_out(weights, 0.02, fixed_batches(), momentum=0.9, velocity=velocity)
    assert np.allclose(found.changes, changes, rtol=1e-7, atol=1e-10)
    assert np.allclose(found.first_order, first, rtol=1e-7, atol=1e-10)


def test_the_run_is_bitwise_the_same_and_does_what_was_foretold():
    """Also shuffled, dropping the remainder: the epoch that is measured is the one that comes."""
    options = {"order": "shuffled", "last_batch": "drop", "momentum": 0.5}
    untouched, measured = (run_after(least_squares_task(), 4, **options) for _ in range(2))
    found = bw.attribution(measured)
    assert torch.equal(untouched.model.weight, measured.model.weight)
    for run in (untouched, measured):
        for _ in range(4):
            run.update()
    assert torch.equal(untouched.model.weight, measured.model.weight)
    assert len(found.batch_sizes) == 4
    assert measured.loss == pytest.approx(found.losses[3][3], rel=1e-12)  # its own loss before its update


def test_opposite_and_unrelated_batches():
    """Gradients of batch 1 and 2 are opposite, that of batch 3 is at a right angle to both."""
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    y = torch.tensor([[1.0], [-1.0], [1.0]], dtype=torch.float64)

    def zeros():
        model = torch.nn.Linear(2, 1, bias=False)
        torch.nn.init.zeros_(model.weight)
        return model

    task = Task(name="three", model=zeros, train=(x, y), validation=(x, y), loss="mse")
    run = next(bw.train(task, batch_size=1, lr=1e-9, order="fixed", dtype="float64", steps=3, progress=False))
    found = bw.attribution(run)  # from the second batch on
    turns = np.array(found.cosines)
    assert np.allclose(turns, [[1, 0, -1], [0, 1, 0], [-1, 0, 1]], atol=1e-6)
    assert found.cosine_mean == pytest.approx(-1 / 3, abs=1e-6)


def test_the_first_order_error_is_of_first_order_in_the_rate():
    errors = []
    for lr in (1e-3, 1e-4):
        run = run_after("squares", 1, lr=lr, batch_size=100, seed=2)
        errors.append(bw.attribution(run).first_order_error)
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.05)


def test_a_loss_that_does_not_fall_has_no_shares():
    run = run_after(least_squares_task(), 1, lr=5.0)
    assert bw.attribution(run).own_share is None
    run = next(bw.train(least_squares_task(), batch_size=B, lr=0.1, steps=1, dtype="float32", progress=False))
    with torch.no_grad():
        run.model.weight.mul_(1e30)
    with pytest.raises(InputError, match="finite losses"):
        bw.attribution(run)
