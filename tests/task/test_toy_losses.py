"""``quadratic`` and ``sparse-logistic`` against what they are said to be."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.task import TaskReference, load_task


def load(name, **options):
    return load_task(TaskReference(name=name, options=options))


def hessian_of(task, split="train"):
    model = task.build_model(0).double()
    data = task.split(split).to(torch.device("cpu"), torch.float64)

    def loss(point):
        outputs = torch.func.functional_call(model, {"point": point}, (data.inputs,))
        return task.loss(outputs, data.targets).mean()

    return loss, torch.func.hessian(loss)(torch.zeros(len(model.point), dtype=torch.float64))


@pytest.mark.parametrize("rotated", [False, True])
def test_the_mean_is_the_quadratic_of_its_condition_number(rotated):
    task = load("quadratic", condition=1000, dimensions=4, rotated=rotated, noise=3.0, examples=50)
    loss, hessian = hessian_of(task)
    np.testing.assert_allclose(torch.linalg.eigvalsh(hessian), [1e-3, 1e-2, 1e-1, 1], rtol=1e-4)
    x = torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64)
    assert float(loss(x)) == pytest.approx(0.5 * float(x @ hessian @ x), rel=1e-5)
    assert float(loss(torch.zeros(4, dtype=torch.float64))) == 0


def test_an_axis_aligned_bowl_has_a_diagonal_hessian_and_a_rotated_one_has_not():
    straight, turned = (hessian_of(load("quadratic", rotated=turn))[1] for turn in (False, True))
    assert torch.equal(straight, straight.diagonal().diag())
    assert (turned - turned.diagonal().diag()).abs().max() > 0.05


def test_slopes_have_the_stated_spread_and_sum_to_zero():
    slopes = load("quadratic", noise=0.3, examples=4000, dimensions=3, rotated=True).train.inputs.double()
    assert slopes.mean(dim=0).abs().max() < 1e-7
    torch.testing.assert_close(
        slopes.T.cov(), 0.09 * torch.eye(3, dtype=torch.float64), atol=5 * 0.09 * (2 / 4000) ** 0.5, rtol=0
    )


def losses(task, **how):
    run = bw.train(task, batch_size=4, epochs=2, progress=False, **how)
    list(run)
    return [e.loss for e in run.result.evaluations]


def test_a_rotation_changes_nothing_for_methods_that_see_no_coordinates():
    straight, turned = (load("quadratic", rotated=turn, noise=0.1, examples=32) for turn in (False, True))
    for how in ({"lr": 0.5}, {"lr": 0.1, "momentum": 0.9}):
        assert losses(straight, **how) == pytest.approx(losses(turned, **how), rel=1e-3)
    adam = {"optimizer": "adam", "lr": 0.1}
    assert losses(straight, **adam)[-1] != pytest.approx(losses(turned, **adam)[-1], rel=1e-2)


def test_gradient_descent_contracts_every_axis_by_one_minus_lr_lambda():
    task = load("quadratic", condition=100, dimensions=3, start="1,-2,3", examples=8)
    run = bw.train(task, batch_size=8, lr=0.7, steps=20, evaluate="1", progress=False, dtype="float64")
    list(run)
    eigenvalues, start = np.array([1, 0.1, 0.01]), np.array([1, -2, 3])
    for row in run.result.evaluations:
        x = (1 - 0.7 * eigenvalues) ** row.step * start
        assert row.loss == pytest.approx(0.5 * (eigenvalues * x**2).sum(), rel=1e-5)


def test_quadratic_refuses_what_is_no_bowl():
    with pytest.raises(InputError, match=r"^condition must be at least 1, got 0.5$"):
        load("quadratic", condition=0.5)
    with pytest.raises(InputError, match=r"^start must be 10 numbers, one a dimension, got 2$"):
        load("quadratic", start="1,2")


def test_sparse_features_are_as_frequent_as_stated():
    task = load("sparse-logistic", examples=20000, features=50)
    shares = task.train.inputs.mean(dim=0).numpy()
    expected = 0.5 / np.arange(1, 51)
    assert np.all(np.abs(shares - expected) < 5 * np.sqrt(expected / 20000))
    assert set(task.train.inputs.unique().tolist()) == {0.0, 1.0}
    uniform = load("sparse-logistic", exponent=0, features=20, examples=5000).train.inputs.mean(dim=0)
    assert (uniform - 0.5).abs().max() < 5 * 0.5 / np.sqrt(5000)


def test_sparse_logistic_at_zero_is_log_two_with_the_frequencies_on_the_hessians_diagonal():
    task = load("sparse-logistic", examples=500, features=30)
    model = task.build_model(0)
    torch.nn.init.zeros_(model.weight)
    first = task.loss(model(task.train.inputs), task.train.targets)
    torch.testing.assert_close(first, torch.full((500,), float(np.log(2))))
    X = task.train.inputs

    def loss(weight):
        return task.loss(
            torch.func.functional_call(model, {"weight": weight}, (X,)), task.train.targets
        ).mean()

    hessian = torch.func.hessian(loss)(model.weight.detach()).reshape(30, 30)
    torch.testing.assert_close(hessian.diagonal(), X.mean(dim=0) / 4)


def test_sparse_logistic_has_the_loss_that_scikit_learn_minimises_and_its_target_is_reachable():
    task = load("sparse-logistic")
    X, y = task.train.inputs.numpy(), task.train.targets.numpy()
    # C = 1 / penalty: a penalty of the weights' prior, 1 / (2 strength^2).
    fitted = LogisticRegression(C=4.0, fit_intercept=False, max_iter=2000, tol=1e-8).fit(X, y).coef_
    held_out, labels = task.validation.inputs.numpy(), task.validation.targets.numpy()
    chance = expit(held_out @ fitted[0])
    theirs = -np.mean(labels * np.log(chance) + (1 - labels) * np.log1p(-chance))
    model = task.build_model(0)
    with torch.no_grad():
        model.weight.copy_(torch.as_tensor(fitted))
        ours = task.loss(model(task.validation.inputs), task.validation.targets).mean().item()
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert theirs < task.target.value
