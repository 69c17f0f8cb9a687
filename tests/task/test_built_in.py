"""The built-in tasks against their known truths."""

import math

import numpy as np
import pytest
import torch
from scipy.special import expit
from scipy.stats import chisquare
from sklearn.datasets import load_digits
from torch import nn

from batchwright.core.errors import InputError
from batchwright.task import Task, TaskReference, catalogue, dense, describe, lenet, load_task
from batchwright.task.builtin.digits import PIXEL_MEAN, PIXEL_STD
from batchwright.task.losses import cross_entropy, squared_error

START_GIVEN = ["saddle", "two-wells"]
SMALL = [
    "digits", "least-squares", "noisy-quadratic", "quadratic", "sparse-logistic", "squares", "two-weights", *START_GIVEN,
]  # fmt: skip


def load(name, **options):
    return load_task(TaskReference(name=name, options=options))


def mean_loss(task, model, split="train"):
    data = task.split(split)
    with torch.no_grad():
        return task.loss(model(data.inputs), data.targets).mean().item()


@pytest.mark.parametrize("name", SMALL)
def test_every_task_has_one_loss_an_example_and_a_reproducible_model(name):
    task = load(name)
    first, again, other = (dict(task.build_model(seed).state_dict()) for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    drawn = any(not torch.equal(first[key], other[key]) for key in first)
    assert drawn == (name not in START_GIVEN)
    count = min(3, len(task.train))
    inputs, targets = task.train.gather(torch.arange(count))
    losses = task.loss(task.build_model(0)(inputs), targets)
    assert losses.shape == (count,)
    assert task.target.value > 0


@pytest.mark.parametrize("name", SMALL)
def test_building_a_task_leaves_the_global_generator_alone(name):
    before = torch.random.get_rng_state()
    load(name).build_model(0)
    assert torch.equal(before, torch.random.get_rng_state())


def test_losses_agree_with_torch_means():
    outputs, classes = (
        torch.randn(5, 3, generator=torch.Generator().manual_seed(0)),
        torch.tensor([0, 2, 1, 1, 0]),
    )
    torch.testing.assert_close(
        cross_entropy(outputs, classes).mean(), nn.functional.cross_entropy(outputs, classes)
    )
    targets = outputs.flip(0)
    torch.testing.assert_close(
        squared_error(outputs, targets).mean(), nn.functional.mse_loss(outputs, targets)
    )
    assert squared_error(torch.tensor([[3.0], [1.0]]), torch.tensor([1.0, 4.0])).tolist() == [4, 9]


def test_digits_are_scikit_learns_split_by_class():
    task, data = load("digits"), load_digits()
    assert (len(task.train), len(task.validation)) == (1437, 360)
    raw = torch.cat([task.train.inputs, task.validation.inputs]) * PIXEL_STD + PIXEL_MEAN
    labels = torch.cat([task.train.targets, task.validation.targets])
    ours = np.c_[(raw * 16).round().numpy(), labels.numpy()]
    theirs = np.c_[data.data, data.target]
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))
    # Every class keeps its share of 1437 / 1797 to within one example.
    shares = np.bincount(data.target) * 1437 / 1797
    assert np.abs(task.train.targets.bincount().numpy() - shares).max() < 1


def test_digits_are_standardised_with_the_training_split():
    inputs = load("digits").train.inputs
    assert abs(inputs.mean().item()) < 2e-4
    assert abs(inputs.std().item() - 1) < 2e-4


def test_digits_hidden_layers():
    assert describe(load("digits"))["parameters"] == 64 * 64 + 64 + 64 * 10 + 10
    task = load("digits", hidden="256")
    assert (task.options["hidden"], task.reference.options) == (256, {"hidden": 256})
    assert [type(layer) for layer in load("digits", hidden="32,16").build_model(0)] == [
        nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear,
    ]  # fmt: skip


def test_digits_for_lenet_are_the_same_images_in_mnists_frame():
    plain, large = load("digits"), load("digits", model="lenet")
    assert describe(large)["input_shape"] == [1, 28, 28]
    assert describe(large)["parameters"] == 61706
    assert torch.equal(large.train.targets, plain.train.targets)
    assert torch.equal(large.validation.targets, plain.validation.targets)
    paper = -PIXEL_MEAN / PIXEL_STD
    image = large.validation.inputs[7, 0].numpy()
    frame = np.ones((28, 28), bool)
    frame[4:24, 4:24] = False
    assert image[frame] == pytest.approx(paper)
    # Bilinear: linear along the rows, then along the columns, between the pixels' centres, held at the border.
    centres = (np.arange(20) + 0.5) * 8 / 20 - 0.5
    small = plain.validation.inputs[7].reshape(8, 8).numpy()
    rows = np.stack([np.interp(centres, np.arange(8), row) for row in small])
    box = np.stack([np.interp(centres, np.arange(8), column) for column in rows.T]).T
    assert image[4:24, 4:24] == pytest.approx(box, abs=1e-5)


def test_lenet_learns_the_enlarged_digits():
    task = load("digits", model="lenet")
    assert task.options == {"model": "lenet", "loss": "cross_entropy"}
    model = task.build_model(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    start = mean_loss(task, model, "validation")
    for batch in torch.arange(len(task.train)).split(32)[:40]:
        inputs, targets = task.train.gather(batch)
        optimizer.zero_grad()
        task.loss(model(inputs), targets).mean().backward()
        optimizer.step()
    assert start == pytest.approx(math.log(10), rel=0.03)
    assert mean_loss(task, model, "validation") < 0.5 * start


def test_the_dense_networks_digits_are_the_task_they_were():
    """Studies stored before LeNet came go on: the digest is that of the first release."""
    task = load("digits")
    assert task.options == {"hidden": 64, "loss": "cross_entropy"}
    assert task.fingerprint == "da9ad31b66c4f26c"
    assert load("digits", model="lenet").fingerprint != task.fingerprint


def test_digits_as_they_always_were_keep_their_identity():
    task = load("digits")
    assert task.fingerprint == "da9ad31b66c4f26c"
    assert task.options == {"hidden": 64, "loss": "cross_entropy"}
    others = [
        load("digits", **{name: value})
        for name, value in [
            ("normalise", "none"), ("batch_norm", "true"), ("init_scale", "2"), ("label_noise", "0.2"),
        ]
    ]  # fmt: skip
    assert len({task.fingerprint, *(other.fingerprint for other in others)}) == 5


def test_digits_pixels_as_they_are_stored():
    standard, unit, raw = (load("digits", normalise=how).train.inputs for how in ("standard", "unit", "none"))
    assert set(raw.unique().tolist()) == set(range(17))
    torch.testing.assert_close(unit, raw / 16)
    torch.testing.assert_close(standard, (unit - PIXEL_MEAN) / PIXEL_STD)


def test_digits_batch_norm_gives_every_relu_standardised_inputs():
    task = load("digits", batch_norm="true", hidden="32,16", normalise="none")
    model, plain = task.build_model(3), load("digits", hidden="32,16").build_model(3)
    kinds = [type(layer) for layer in model]
    assert kinds == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear]
    for ours, theirs in zip((0, 3, 6), (0, 2, 4), strict=True):
        assert torch.equal(model[ours].weight, plain[theirs].weight)
    entering = model[:2].train()(task.train.inputs)
    torch.testing.assert_close(entering.mean(dim=0), torch.zeros(32), atol=1e-5, rtol=0)
    torch.testing.assert_close(entering.var(dim=0, correction=0), torch.ones(32), atol=1e-3, rtol=0)


def test_digits_initial_scale_multiplies_what_was_drawn():
    plain, scaled = load("digits").build_model(1), load("digits", init_scale="3").build_model(1)
    for a, b in zip(plain.parameters(), scaled.parameters(), strict=True):
        assert torch.equal(3 * a, b)
    normalised = load("digits", init_scale="3", batch_norm="true").build_model(1)
    assert torch.equal(normalised[1].weight, torch.ones(64))


def test_digits_label_noise_is_of_exactly_its_share_and_in_training_only():
    right, noisy = load("digits"), load("digits", label_noise="0.2")
    wrong = noisy.train.targets != right.train.targets
    assert int(wrong.sum()) == round(0.2 * 1437)
    assert torch.equal(noisy.validation.targets, right.validation.targets)
    moves = (noisy.train.targets - right.train.targets)[wrong] % 10
    counts = moves.bincount(minlength=10)
    assert counts[0] == 0
    assert chisquare(counts[1:].numpy()).pvalue > 1e-3
    other = load("digits", label_noise="0.2", data_seed="1").train.targets
    assert 0 < int((other != noisy.train.targets).sum()) < 2 * round(0.2 * 1437)
    assert int((load("digits", label_noise="1").train.targets == right.train.targets).sum()) == 0


def test_digits_refuses_what_is_out_of_range():
    with pytest.raises(
        InputError, match=r"^label_noise must be between 0 and 1 \(a share of the labels\), got 1.5$"
    ):
        load("digits", label_noise="1.5")
    with pytest.raises(InputError, match=r"^init_scale must be at least 0, got -1.0$"):
        load("digits", init_scale="-1")
    with pytest.raises(InputError, match=r"did you mean .standard.\?"):
        load("digits", normalise="standart")


def test_describe_counts_bytes():
    facts = describe(load("digits"))
    assert facts["examples"] == {"train": 1437, "validation": 360}
    assert facts["input_shape"] == [64]
    assert facts["parameter_bytes"] == 4810 * 4
    assert facts["data_bytes"] == 1797 * (64 * 4 + 8)
    assert facts["target"] == {"metric": "loss", "value": 0.2, "split": "validation"}


def test_lenet_is_the_classic():
    model = lenet()
    assert sum(p.numel() for p in model.parameters()) == 61706
    x = torch.zeros(2, 1, 28, 28)
    shapes = [tuple(x.shape[1:])] + [tuple((x := layer(x)).shape[1:]) for layer in model]
    assert shapes[1:4] == [(6, 28, 28), (6, 28, 28), (6, 14, 14)]
    assert shapes[4:8] == [(16, 10, 10), (16, 10, 10), (16, 5, 5), (400,)]
    assert shapes[-1] == (10,)


def test_dense_without_hidden_layers_is_softmax_regression():
    assert [tuple(p.shape) for p in dense(4, [], 3).parameters()] == [(3, 4), (3,)]
    with pytest.raises(InputError, match=r"^hidden must be at least 1 unit a layer, got 8,0$"):
        dense(4, [8, 0], 3)


@pytest.mark.parametrize("options", [{}, {"examples": 37, "features": 5, "noise": 2.0}, {"noise": 0.0}])
def test_least_squares_truth_is_numpys(options):
    task = load("least-squares", **options)
    X, y = task.train.inputs.double().numpy(), task.train.targets.double().numpy()
    expected = np.linalg.lstsq(X, y, rcond=None)[0]
    np.testing.assert_allclose(task.truth["weight"].numpy(), expected[None], atol=1e-5)
    model = task.build_model(0)
    assert {n: p.shape for n, p in model.named_parameters()} == {n: t.shape for n, t in task.truth.items()}
    model.load_state_dict(dict(task.truth))
    assert mean_loss(task, model) == pytest.approx(np.mean((X @ expected - y) ** 2), rel=1e-4, abs=1e-10)


def test_least_squares_hessian_and_target():
    task = load("least-squares", examples=50, features=3)
    model = task.build_model(0)
    X = task.train.inputs

    def loss(weight):
        return task.loss(
            torch.func.functional_call(model, {"weight": weight}, (X,)), task.train.targets
        ).mean()

    hessian = torch.func.hessian(loss)(task.truth["weight"]).reshape(3, 3)
    torch.testing.assert_close(hessian, 2 / 50 * X.T @ X)
    model.load_state_dict(dict(task.truth))
    assert task.target.value == pytest.approx(1.05 * mean_loss(task, model, "validation"), rel=1e-4)


def test_least_squares_refuses_what_has_no_single_minimiser():
    with pytest.raises(InputError, match=r"^examples must be at least the 10 features, got 9$"):
        load("least-squares", examples="9")
    with pytest.raises(InputError, match=r"^noise must be at least 0, got -1.0$"):
        load("least-squares", noise="-1")


def test_squares_loss_is_that_of_matmul_sigmoid_matmul_sigmoid():
    task = load("squares")
    model = task.build_model(0)
    first, second = (p.detach().double().numpy().T for p in model.parameters())
    x = task.train.inputs.double().numpy()
    outputs = expit(expit(x @ first) @ second)
    assert mean_loss(task, model) == pytest.approx(((outputs - x**2) ** 2).mean(), rel=1e-5)


def test_the_articles_first_loss_is_a_plausible_start_of_squares():
    # Over 300 seeds of data and weights the first loss measures 2.480 with a standard deviation of 0.129: the
    # article's 2.3137 is a low draw (11% lie below it), not the typical one.
    starts = []
    for seed in range(40):
        task = load("squares", data_seed=seed)
        starts.append(mean_loss(task, task.build_model(seed)))
    mean, std = np.mean(starts), np.std(starts, ddof=1)
    assert mean == pytest.approx(2.480, abs=4 * 0.129 / math.sqrt(40))
    assert 0.08 < std < 0.19
    assert -2 < (2.3137 - mean) / std < 0


def test_squares_data_and_weights():
    task = load("squares", examples=2000)
    assert task.train.inputs.shape == (2000, 10)
    assert torch.equal(task.train.targets, task.train.inputs**2)
    assert abs(task.train.inputs.mean().item()) < 4 / math.sqrt(20000)
    parameters = list(task.build_model(0).parameters())
    assert [tuple(p.shape) for p in parameters] == [(1000, 10), (10, 1000)]
    assert all(abs(p.std().item() - 1) < 0.03 for p in parameters)


def test_squares_target_is_reached_and_not_at_once():
    task = load("squares")
    model = task.build_model(0)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    assert mean_loss(task, model, "validation") > task.target.value
    for step in range(300):
        inputs, targets = task.train.gather(torch.arange(10) + 10 * (step % 100))
        optimizer.zero_grad()
        task.loss(model(inputs), targets).mean().backward()
        optimizer.step()
    assert mean_loss(task, model, "validation") < task.target.value


def test_two_weights_is_the_saddle():
    task = load("two-weights", start="1.5,0.3")
    model = task.build_model(0)
    assert [p.item() for p in model.parameters()] == [1.5, pytest.approx(0.3)]
    assert mean_loss(task, model) == pytest.approx((1 - 0.45) ** 2)

    def loss(weights):
        params = {"w1": weights[0], "w2": weights[1]}
        return task.loss(
            torch.func.functional_call(model, params, (task.train.inputs,)), task.train.targets
        ).mean()

    hessian = torch.func.hessian(loss)
    assert hessian(torch.zeros(2)).tolist() == [[0, -2], [-2, 0]]
    torch.testing.assert_close(
        torch.linalg.eigvalsh(hessian(torch.tensor([2.0, 0.5]))), torch.tensor([0.0, 8.5])
    )


def test_two_weights_start_comes_from_the_init_stream():
    task = load("two-weights")
    starts = [[p.item() for p in task.build_model(seed).parameters()] for seed in (0, 0, 1)]
    assert starts[0] == starts[1] != starts[2]
    with pytest.raises(InputError, match=r"^start must be two numbers w1,w2, got 1.0,2.0,3.0$"):
        load("two-weights", start="1,2,3")


def test_the_catalogue_lists_every_task_with_its_options():
    rows = {row["name"]: row for row in catalogue()}
    assert set(rows) == {*SMALL, "fashion-mnist", "mnist"}
    assert rows["digits"]["options"] == {
        "model": "mlp", "hidden": 64, "loss": "cross_entropy", "normalise": "standard", "batch_norm": False, "init_scale": 1.0,
        "label_noise": 0.0, "data_seed": 0,
    }  # fmt: skip
    assert rows["fashion-mnist"]["options"] == {"model": "mlp", "hidden": 128}
    assert all(isinstance(load(name), Task) for name in SMALL)
