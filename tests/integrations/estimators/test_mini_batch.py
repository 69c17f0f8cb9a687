"""Nets in the form of scikit-learn's estimators: its own checks, and what is ours."""

import pickle
import warnings

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import batchwright as bw
from batchwright.core.errors import BatchwrightWarning, InputError

SHORT = {"max_epochs": 30, "random_state": 0}


@parametrize_with_checks(
    [
        bw.MiniBatchClassifier(max_epochs=8, learning_rate=0.03),
        bw.MiniBatchRegressor(max_epochs=8, learning_rate=0.03),
    ]
)
def test_scikit_learn_accepts_them(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(200, n_features=3, centers=3, cluster_std=1.0, random_state=1)


def bent_line(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs))


# --- what is computed ---


def test_it_is_the_loop_of_the_package(blobs):
    """Same net, seed, order and optimizer as ``train`` on a task of the same data: the same weights."""
    X, y = blobs
    fitted = bw.MiniBatchClassifier((7,), batch_size=16, learning_rate=0.05, optimizer="sgd", **SHORT).fit(
        X, y
    )
    from batchwright.task.models import dense

    data = (torch.from_numpy(X), torch.from_numpy(y))
    task = bw.Task(model=lambda: dense(3, 7, 3), train=data, validation=data, loss="cross_entropy")
    run = bw.train(
        task, batch_size=16, lr=0.05, optimizer="sgd", epochs=30, last_batch="run_on", dtype="float64",
        seed=fitted.run_.spec.seed, progress=False,
    )  # fmt: skip
    for _ in run:
        pass
    for ours, theirs in zip(fitted.module_.parameters(), run.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert fitted.n_steps_ == run.result.updates == 375
    assert fitted.n_iter_ == len(fitted.loss_curve_) == 30


def test_the_loss_curve_is_the_mean_over_the_examples_of_an_epoch(blobs):
    """With a learning rate of almost 0 the net stays, and every epoch's mean is the loss of all examples."""
    X, y = blobs
    fitted = bw.MiniBatchClassifier(
        batch_size=8, learning_rate=1e-12, optimizer="sgd", max_epochs=3, random_state=0
    ).fit(X, y)
    expected = -np.log(fitted.predict_proba(X)[np.arange(200), y]).mean()
    assert fitted.loss_curve_ == pytest.approx([expected] * 3, rel=1e-8)


def test_a_straight_net_finds_the_least_squares_solution():
    X, y = make_regression(60, 4, noise=3.0, bias=20, random_state=3)
    fitted = bw.MiniBatchRegressor(
        (), batch_size=60, learning_rate=0.3, optimizer="sgd", max_epochs=400, random_state=0
    ).fit(X, y)
    design = np.column_stack([X, np.ones(60)])
    best = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    np.testing.assert_allclose(fitted.predict(X), best, rtol=1e-6)


def test_targets_of_several_columns_keep_their_own_units():
    X, y = make_regression(80, 3, n_targets=2, random_state=0)
    y = y * [1.0, 1e6] + [0.0, 5e6]
    fitted = bw.MiniBatchRegressor(batch_size=16, learning_rate=0.01, **SHORT).fit(X, y)
    assert fitted.predict(X).shape == (80, 2)
    assert fitted.score(X, y) > 0.95


def test_probabilities_are_the_softmax_of_the_net(blobs):
    X, y = blobs
    fitted = bw.MiniBatchClassifier(module=bent_line, **SHORT).fit(X, y)
    with torch.no_grad():
        expected = fitted.module_(torch.from_numpy(X)).softmax(dim=1).numpy()
    np.testing.assert_allclose(fitted.predict_proba(X), expected, rtol=1e-12)
    assert isinstance(fitted.module_[1], nn.Tanh)


def test_float32_stays_and_all_else_is_float64(blobs):
    X, y = blobs
    for given, kept in (("float32", torch.float32), ("float64", torch.float64), ("int64", torch.float64)):
        fitted = bw.MiniBatchClassifier(max_epochs=1).fit(X.astype(given), y)
        assert fitted.module_[0].weight.dtype == kept
    assert (
        bw.MiniBatchClassifier(max_epochs=1, dtype="float32").fit(X, y).module_[0].weight.dtype
        == torch.float32
    )


def test_the_process_wide_random_state_is_left_alone(blobs):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    bw.MiniBatchClassifier(max_epochs=1, random_state=0).fit(*blobs)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])


# --- labels, targets, endings ---


def test_labels_of_any_kind(blobs):
    X, y = blobs
    names = np.array(["oak", "ash", "elm"], dtype=object)[y]
    fitted = bw.MiniBatchClassifier(**SHORT).fit(X, names)
    assert fitted.classes_.tolist() == ["ash", "elm", "oak"]
    assert set(fitted.predict(X)) <= {"ash", "elm", "oak"}
    assert fitted.score(X, names) > 0.95


def test_it_ends_at_the_target_and_holds_out_for_it(blobs):
    X, y = blobs
    fitted = bw.MiniBatchClassifier(target="accuracy=0.9", validation_fraction=0.2, **SHORT).fit(X, y)
    assert fitted.run_.status == "target_reached"
    assert fitted.run_.evaluations[0].split == "validation"
    assert fitted.n_iter_ < 30
    whole = bw.MiniBatchClassifier(target="train.loss=0.5", **SHORT).fit(X, y)
    last = [e for e in whole.run_.evaluations if e.split == "train"][-1]
    assert last.loss == pytest.approx(-np.log(whole.predict_proba(X)[np.arange(200), y]).mean())


def test_patience_keeps_the_weights_of_the_smallest_loss():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(80, 6)), random.integers(0, 2, 80)  # nothing to learn: it only gets worse
    fitted = bw.MiniBatchClassifier(
        (32,), patience=4, learning_rate=0.02, max_epochs=200, validation_fraction=0.3, random_state=0
    ).fit(X, y)
    losses = [e.loss for e in fitted.run_.evaluations]
    best = int(np.argmin(losses))
    assert fitted.run_.status == "stopped"
    assert 0 < best == len(losses) - 1 - 4
    until_then = bw.MiniBatchClassifier(
        (32,), target="loss=0", learning_rate=0.02, max_epochs=best, validation_fraction=0.3, random_state=0
    ).fit(X, y)
    np.testing.assert_array_equal(fitted.predict_proba(X), until_then.predict_proba(X))


def test_a_batch_is_at_most_all_examples(blobs):
    assert bw.MiniBatchClassifier(batch_size=5000, max_epochs=2).fit(*blobs).batch_size_ == 200


# --- auto ---


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600] / 16, y[:600]


def test_auto_chooses_and_says_what_it_cost(digits, monkeypatch, calm_machine):
    X, y = digits
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fitted = bw.MiniBatchClassifier(
            batch_size="auto", target="accuracy=0.85", budget_seconds=1.0, max_epochs=20, random_state=0
        ).fit(X, y)
    advice = fitted.advice_.recommendation
    assert (fitted.batch_size_, fitted.learning_rate_) == tuple(advice.best_guess)
    assert fitted.run_.spec.batch_size == fitted.batch_size_
    assert fitted.run_.spec.optimizer.lr == fitted.learning_rate_
    low, high = fitted.batch_size_interval_
    assert low <= fitted.batch_size_ <= high
    assert fitted.auto_seconds_ >= fitted.advice_.cost.seconds > 0
    assert str(fitted.auto_target_.metric) == "accuracy"
    assert fitted.auto_target_.value == 0.85
    assert (advice.verdict == "inconclusive") == any("inconclusive" in str(w.message) for w in said)
    assert fitted.score(X, y) > 0.8


def test_auto_learning_rate_keeps_the_batch_size_and_finds_its_own_target(digits):
    X, y = digits
    fitted = bw.MiniBatchClassifier(
        learning_rate="auto", batch_size=64, budget_seconds=0.5, max_epochs=20, random_state=0
    ).fit(X, y)
    assert fitted.batch_size_ == 64
    assert {run.batch_size for run in fitted.advice_.evidence.runs} == {64}
    assert fitted.learning_rate_ == fitted.advice_.recommendation.lr
    assert fitted.auto_target_.metric == "loss"


def test_auto_on_few_examples_says_what_it_uses(blobs):
    X, y = blobs
    with pytest.warns(BatchwrightWarning, match="64 training examples or more, got 36: batch size 32 and"):
        fitted = bw.MiniBatchClassifier(batch_size="auto", max_epochs=2).fit(X[:40], y[:40])
    assert (fitted.batch_size_, fitted.learning_rate_, fitted.advice_) == (32, 0.001, None)


# --- what is refused ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number from 1 on or 'auto', got 0"),
        (
            {"batch_size": "automatic"},
            "batch_size must be a whole number from 1 on or 'auto', got 'automatic'",
        ),
        (
            {"learning_rate": -1.0},
            "learning_rate must be a number greater than 0 or 'auto' or None, got -1.0",
        ),
        ({"batch_size": "auto", "learning_rate": 0.1}, "batch_size='auto' tunes the learning rate with it"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"optimizer": {"name": "sgd", "lr": 1.0}}, "the optimizer's learning rate is learning_rate"),
        ({"max_epochs": 1.5}, "max_epochs must be a whole number from 1 on, got 1.5"),
        ({"target": "accuracy=95"}, "did you mean 0.95"),
        ({"dtype": "float16"}, "dtype must be auto, float32 or float64, got 'float16'"),
        ({"module": 3}, "module must be a function of inputs and outputs"),
    ],
)
def test_bad_arguments_are_one_line(arguments, message, blobs):
    with pytest.raises(InputError) as found:
        bw.MiniBatchClassifier(**arguments).fit(*blobs)
    assert message in str(found.value)
    assert "\n" not in str(found.value)


def test_bad_data_is_refused_as_scikit_learn_does(blobs):
    X, y = blobs
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        bw.MiniBatchClassifier().fit(bad, y)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        bw.MiniBatchClassifier().fit(csr_array(X), y)
    with pytest.raises(ValueError, match="two classes or more, got one class: 'only'"):
        bw.MiniBatchClassifier().fit(X, ["only"] * 200)
    fitted = bw.MiniBatchClassifier(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="expecting 3 features"):
        fitted.predict(X[:, :2])


def test_divergence_is_an_error_with_the_fix(blobs):
    X, y = blobs
    with pytest.raises(
        ValueError, match=r"training diverged after .* updates: learning_rate must be smaller"
    ):
        bw.MiniBatchRegressor((8, 8), optimizer="sgd", learning_rate=500.0, **SHORT).fit(X * 100, y)


# --- with the rest of scikit-learn ---


def test_equal_seeds_are_equal_and_copies_are_the_same(blobs):
    X, y = blobs
    one = bw.MiniBatchClassifier(**SHORT)
    first, second = clone(one).fit(X, y), clone(one).fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    other = clone(one).set_params(random_state=1).fit(X, y)
    assert not np.array_equal(first.predict_proba(X), other.predict_proba(X))
    back = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(back.predict_proba(X), first.predict_proba(X))
    assert back.run_ == first.run_


def test_in_a_pipeline_and_a_grid(blobs):
    X, y = blobs
    chain = make_pipeline(StandardScaler(), bw.MiniBatchClassifier(max_epochs=8, random_state=0))
    grid = GridSearchCV(
        chain,
        {"minibatchclassifier__learning_rate": [1e-6, 0.05], "minibatchclassifier__batch_size": [16]},
        cv=2,
    ).fit(X * [1, 100, 1e4], y)
    assert grid.best_params_["minibatchclassifier__learning_rate"] == 0.05
    assert grid.best_score_ > 0.9
