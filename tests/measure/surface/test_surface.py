"""Lines, planes and interpolations against closed forms; directions, batch norm and the caller's state."""

import copy
import json
import math
import random

import numpy as np
import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.params import flatten, parameters_of
from batchwright.core.remark import Remark
from batchwright.core.streams import generator
from batchwright.measure.surface.directions import principal_directions, random_directions, unit_direction
from batchwright.measure.surface.interpolation import interpolate
from batchwright.measure.surface.lines import grid, surface_line, surface_plane
from batchwright.measure.surface.planes import plane_of_trajectory, plane_through
from batchwright.measure.surface.recalibrate import input_chunks, recalibrate
from batchwright.report.text.catalogue import say
from batchwright.task.builtin.two_weights import TwoWeights, two_weights
from batchwright.task.data import TensorSplit
from batchwright.task.losses import cross_entropy
from batchwright.task.task import ACCURACY, Task
from batchwright.training.evaluate import Evaluator

from ..noise_cases import explicit_hessian, small_net_task

GIVEN = Remark(code="direction.gradient")


def weights_at(first, second):
    return TwoWeights((first, second)).double()


class Net(nn.Module):
    """Convolutions, batch norm, dropout, a linear layer: everything with a state of its own."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(3 * 16, 4)

    def forward(self, inputs):
        return self.head(self.drop(self.norm(self.conv(inputs)).relu()).flatten(1))


def image_task(examples=53):
    drawn = generator(3, "images")
    x = torch.randn(examples, 1, 6, 6, generator=drawn)
    y = torch.randint(4, (examples,), generator=drawn)
    return Task(
        name="images", model=Net, train=(x, y), validation=(x[:17], y[:17]), loss=cross_entropy,
        metrics={"accuracy": ACCURACY},
    )  # fmt: skip


def own_values(model, task, split):
    return Evaluator(task, task.split(split))(model)


# --- closed forms ---


def test_a_plane_of_two_weights_is_its_formula():
    w1, w2 = 0.7, -0.4
    found = surface_plane(weights_at(w1, w2), two_weights(), reach=2.0, points=9)
    assert [say(d.description) for d in found.directions] == ["w1", "w2"]
    start = weights_at(w1, w2)
    w1, w2 = start.w1.item(), start.w2.item()
    truth = [[(1 - (w1 + a) * (w2 + b)) ** 2 for a in found.alpha] for b in found.beta]
    np.testing.assert_allclose(found.train.loss, truth, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(found.validation.loss, truth, rtol=1e-14, atol=1e-15)
    assert found.marks[0].values.train.loss == pytest.approx((1 - w1 * w2) ** 2, rel=1e-14)
    assert found.not_finite == 0
    assert not found.recalibrated
    assert found.cosine == 0


def test_along_the_most_negative_eigenvector_of_the_saddle():
    model = weights_at(0, 0)
    direction = unit_direction(model, torch.ones(2, dtype=torch.float64), GIVEN)
    found = surface_line(model, two_weights(), direction, reach=2**0.5, points=3)
    np.testing.assert_allclose(found.train.loss, [0, 1, 0], atol=1e-15)
    found = surface_line(model, two_weights(), direction, reach=0.5, points=11)
    by_alpha = dict(zip(np.round(found.alpha, 12), found.train.loss, strict=True))
    assert by_alpha[0.1] == pytest.approx(0.990025, abs=1e-14)
    assert by_alpha[-0.5] == by_alpha[0.5] == pytest.approx(0.765625, abs=1e-14)
    assert surface_line(model, two_weights(), direction, points=3).train.loss[2] == pytest.approx(0.25)


def test_a_line_through_a_quadratic_is_a_parabola():
    task = small_net_task(model=lambda: nn.Linear(4, 2).double())
    model = task.build_model(0)
    direction = unit_direction(model, torch.linspace(-1, 2, 10, dtype=torch.float64), GIVEN)
    d = flatten(direction.values)
    loss = ((model(task.train.inputs) - task.train.targets) ** 2).sum(1).mean()
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])
    slope, bend = float(gradient @ d), float(d @ explicit_hessian(model, task) @ d)
    found = surface_line(model, task, direction, reach=3.0, points=8)
    assert len(found.alpha) == 9
    assert 0.0 in found.alpha
    truth = [loss.item() + slope * a + bend * a * a / 2 for a in found.alpha]
    np.testing.assert_allclose(found.train.loss, truth, rtol=1e-12)


def test_the_barrier_between_two_minima_and_the_curvature_at_both():
    found = interpolate(weights_at(1, 1), weights_at(-1, -1), two_weights(), points=25)
    truth = [(1 - (1 - 2 * a) ** 2) ** 2 for a in found.alpha]
    np.testing.assert_allclose(found.train.loss, truth, rtol=1e-13, atol=1e-14)
    assert (found.barrier["train"].value, found.barrier["train"].alpha) == (pytest.approx(1.0), 0.5)
    assert found.distance == pytest.approx(8**0.5)
    step = found.curvature_step
    second = ((1 - (1 + 2 * step) ** 2) ** 2 + (1 - (1 - 2 * step) ** 2) ** 2) / step**2
    assert found.curvature == (pytest.approx(second), pytest.approx(second))
    assert second == pytest.approx(32, rel=0.01)  # 8 by w, and w moves by 2
    assert found.barrier["train"].above_both_ends
    bulge = interpolate(weights_at(1, 1), weights_at(1, 0), two_weights(), points=31)
    assert not bulge.barrier["train"].above_both_ends  # alpha^2, below its chord
    assert bulge.barrier["train"].value == 0.0


def test_a_plane_through_three_models_is_the_plane_they_span():
    corners = [(0.5, 1.0), (2.0, -1.0), (-1.0, 0.25)]
    found = plane_through([weights_at(*c) for c in corners], two_weights(), points=7)
    origin = torch.tensor(corners[0], dtype=torch.float64)
    first, second = (torch.tensor(c, dtype=torch.float64) - origin for c in corners[1:])
    u = first / first.norm()
    v = second - (second @ u) * u
    v = v / v.norm()
    for j, b in enumerate(found.beta):
        for i, a in enumerate(found.alpha):
            w1, w2 = (origin + a * u + b * v).tolist()
            assert found.train.loss[j][i] == pytest.approx((1 - w1 * w2) ** 2, rel=1e-10, abs=1e-12)
    for mark, (w1, w2) in zip(found.marks, corners, strict=True):
        assert mark.values.train.loss == pytest.approx((1 - w1 * w2) ** 2)
        place = (origin + mark.at[0] * u + mark.at[1] * v).tolist()
        assert place == pytest.approx([w1, w2])
        assert found.alpha[0] < mark.at[0] < found.alpha[-1]
        assert found.beta[0] < mark.at[1] < found.beta[-1]


# --- directions ---


def test_each_filter_is_as_long_as_the_weights_own_and_at_right_angles():
    model = Net().double()
    directions = random_directions(model, 2, seed=5)
    for name, weight in model.named_parameters():
        first, second = (d.values[name] for d in directions)
        if weight.ndim < 2:
            assert not first.any()
            assert not second.any()
            continue
        for direction in (first, second):
            found, own = direction.flatten(1).norm(dim=1), weight.flatten(1).norm(dim=1)
            torch.testing.assert_close(found, own.detach(), rtol=1e-12, atol=0)
        assert (first * second).flatten(1).sum(1).abs().max() < 1e-13
    facts = directions[0].facts()
    assert facts.left_out == ("conv.bias", "norm.weight", "norm.bias", "head.bias")
    assert facts.normalisation == "filter"
    assert facts.norm == pytest.approx(
        math.sqrt(sum(p.square().sum().item() for p in model.parameters() if p.ndim > 1))
    )


def test_directions_repeat_by_seed_and_do_not_depend_on_the_next_one():
    model = Net()
    one, again, other = (
        random_directions(model)[0],
        random_directions(model, 2)[0],
        random_directions(model, seed=1)[0],
    )
    assert torch.equal(flatten(one.values), flatten(again.values))
    assert not torch.equal(flatten(one.values), flatten(other.values))


@pytest.mark.parametrize(
    ("model", "normalisation", "length"),
    [
        (weights_at(3, 4), "vector", 5.0),
        (weights_at(0, 0), "vector", 1.0),
        (nn.Linear(1, 1, bias=False), "unit", 1.0),
    ],
)
def test_models_without_filters(model, normalisation, length):
    facts = random_directions(model)[0].facts()
    assert (facts.normalisation, facts.norm) == (normalisation, pytest.approx(length))


def test_filters_of_one_number_count_as_one_filter_together():
    model = nn.Sequential(nn.Linear(1, 6), nn.Linear(6, 2)).double()
    first, second = (d.values["0.weight"] for d in random_directions(model, 2))
    own = float(model[0].weight.detach().norm())
    assert (float(first.norm()), float(second.norm())) == (pytest.approx(own), pytest.approx(own))
    assert abs(float((first * second).sum())) < 1e-13


def test_principal_components_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA

    path = torch.randn(12, 30, generator=generator(0, "path"), dtype=torch.float64).cumsum(0)
    snapshots = [{"a": row[:20].view(4, 5), "b": row[20:]} for row in path]
    directions, shares = principal_directions(snapshots)
    oracle = PCA(2).fit(path.numpy())
    np.testing.assert_allclose(shares, oracle.explained_variance_ratio_, rtol=1e-10)
    for direction, truth in zip(directions, oracle.components_, strict=True):
        assert abs(float(flatten(direction.values) @ torch.from_numpy(truth))) == pytest.approx(1, abs=1e-10)


# --- trajectories ---


def test_a_trajectory_in_a_plane_is_all_there():
    task = small_net_task()
    model = task.build_model(0)
    start, (u, v) = parameters_of(model), random_directions(model, 2)
    places = [(math.cos(t) * t, math.sin(t)) for t in (0.0, 0.6, 1.4, 2.2, 3.0)]
    path = [{n: start[n] + a * u.values[n] + b * v.values[n] for n in start} for a, b in places]
    found = plane_of_trajectory(model, task, path, steps=[0, 1, 2, 4, 8], points=5)
    assert sum(found.trajectory.explained_variance) == pytest.approx(1, abs=1e-12)
    rows = found.trajectory.snapshots
    assert [row.step for row in rows] == [0, 1, 2, 4, 8]
    for row, snapshot in zip(rows, path, strict=True):
        assert row.projected_loss == pytest.approx(row.real_loss, rel=1e-12)
        assert row.distance < 1e-12
        moved = copy.deepcopy(model)
        moved.load_state_dict(snapshot)
        assert row.real_loss == pytest.approx(own_values(moved, task, "train")[0], rel=1e-12)
        assert found.alpha[0] < row.at[0] < found.alpha[-1]
    apart = math.dist(rows[0].at, rows[-1].at)
    truth = math.sqrt(sum(float((path[0][n] - path[-1][n]).square().sum()) for n in start))
    assert apart == pytest.approx(truth)
    assert rows[-1].at == (0, 0)


def test_off_the_plane_the_projection_is_another_point():
    task = small_net_task()
    model = task.build_model(0)
    drawn = generator(2, "path")
    path = [
        {
            n: p + 0.5 * torch.randn(p.shape, generator=drawn, dtype=p.dtype)
            for n, p in parameters_of(model).items()
        }
        for _ in range(6)
    ]
    found = plane_of_trajectory(model, task, path, points=3)
    assert sum(found.trajectory.explained_variance) < 0.9
    assert any(abs(r.real_loss - r.projected_loss) > 1e-3 * r.real_loss for r in found.trajectory.snapshots)
    first = found.trajectory.snapshots[0]
    whole = sum(float((path[0][n] - path[-1][n]).square().sum()) for n in path[0])
    assert first.distance**2 + first.at[0] ** 2 + first.at[1] ** 2 == pytest.approx(whole)


def test_a_straight_trajectory_gets_a_second_direction_at_a_right_angle():
    task = small_net_task()
    model = task.build_model(0)
    path = [{n: (1 + 0.1 * k) * p for n, p in parameters_of(model).items()} for k in range(4)]
    found = plane_of_trajectory(model, task, path, points=3)
    assert found.trajectory.explained_variance == (pytest.approx(1), pytest.approx(0, abs=1e-12))
    assert abs(found.cosine) < 1e-12
    assert found.beta[0] < 0 < found.beta[-1]


# --- batch norm ---


def test_recalibration_is_a_plain_pass_over_the_data():
    task = image_task(64)
    model, oracle = Net(), None
    oracle = copy.deepcopy(model)
    inputs = task.train.inputs
    assert recalibrate(model, [(piece, 16) for piece in inputs.split(16)]) == 64
    oracle.drop.p = 0.0
    torch.optim.swa_utils.update_bn([(piece,) for piece in inputs.split(16)], oracle)
    torch.testing.assert_close(model.norm.running_mean, oracle.norm.running_mean, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(model.norm.running_var, oracle.norm.running_var, rtol=1e-6, atol=1e-7)
    assert model.training
    assert model.norm.momentum == 0.1


@pytest.mark.parametrize("chunk", [7, 10, 13, 53, 2048])
def test_unequal_chunks_give_the_mean_of_all_examples(chunk):
    model, task = Net().double(), image_task(53)
    split = task.train.to(torch.device("cpu"), torch.float64)
    chunks = input_chunks(split, chunk)
    assert sum(size for _, size in chunks) == 53
    assert recalibrate(model, chunks) == 53
    with torch.no_grad():
        mean = model.conv(split.inputs).mean(dim=(0, 2, 3))
    torch.testing.assert_close(model.norm.running_mean, mean, rtol=1e-12, atol=1e-14)


def test_one_example_has_no_statistics():
    split = TensorSplit(inputs=torch.zeros(1, 4), targets=torch.zeros(1))
    with pytest.raises(InputError, match="batch norm needs two examples or more"):
        input_chunks(split)


def test_surfaces_recalibrate_and_say_so():
    task = image_task()
    model = task.build_model(0)
    found = surface_line(model, task, points=3)
    assert found.recalibrated
    moved = copy.deepcopy(model)
    for name, value in random_directions(model)[0].values.items():
        moved.get_parameter(name).data.add_(value)
    recalibrate(moved, input_chunks(task.train))
    loss, metrics = own_values(moved, task, "validation")
    assert found.validation.loss[2] == pytest.approx(loss, rel=1e-5)
    assert found.validation.metrics["accuracy"][2] == metrics["accuracy"]
    assert found.marks[0].as_given.train.loss == own_values(model, task, "train")[0]
    plain = surface_line(model, task, points=3, recalibrated=False)
    assert not plain.recalibrated
    assert plain.marks[0].as_given is None
    assert plain.train.loss[1] == own_values(model, task, "train")[0]
    assert plain.train.loss[2] != found.train.loss[2]


# --- ends, examples, what is not finite ---


def test_the_ends_of_an_interpolation_are_the_two_models():
    task = image_task()
    task = Task(
        name="flat", model=lambda: nn.Sequential(nn.Flatten(), nn.Linear(36, 5), nn.Tanh(), nn.Linear(5, 4)),
        train=task.train, validation=task.validation, loss=task.loss, metrics=task.metrics,
    )  # fmt: skip
    models = [task.build_model(seed) for seed in (0, 1)]
    found = interpolate(*models, task, names=("a", "b"), points=10)
    assert found.between == ("a", "b")
    assert (found.alpha[0], found.alpha[-1]) == (-1, 2)
    assert found.examples == {"train": 53, "validation": 17}
    for end, model in enumerate(models):
        place = found.alpha.index(float(end))
        for split in ("train", "validation"):
            loss, metrics = own_values(model, task, split)
            values = getattr(found, split)
            assert values.loss[place] == loss
            assert values.metrics["accuracy"][place] == metrics["accuracy"]


def test_buffers_go_with_the_weights_where_nothing_is_recalibrated():
    task = image_task()
    models = [task.build_model(seed) for seed in (0, 1)]
    for model in models:
        model(task.train.inputs)
    found = interpolate(*models, task, points=4, recalibrated=False)
    for end, model in enumerate(models):
        assert found.train.loss[found.alpha.index(float(end))] == own_values(model, task, "train")[0]
    again = interpolate(*models, task, points=4)
    for mark, model in zip(again.marks, models, strict=True):
        assert mark.as_given.validation.loss == own_values(model, task, "validation")[0]
        assert mark.as_given.validation.loss != mark.values.validation.loss


class Logarithm(nn.Module):
    """Not a number where its weight is negative."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((3, 2), 0.25))
        self.norm = nn.BatchNorm1d(3)

    def forward(self, inputs):
        return self.norm(inputs @ self.weight.log().T)


def test_what_is_not_finite_is_null_and_counted_and_spoils_nothing_else():
    x, y = torch.randn(20, 2, generator=generator(0, "x")), torch.arange(20) % 3
    task = Task(
        name="log", model=Logarithm, train=(x, y), validation=(x, y), loss=cross_entropy,
        metrics={"accuracy": ACCURACY},
    )  # fmt: skip
    model = Logarithm()
    direction = unit_direction(model, torch.cat([torch.ones(6), torch.zeros(6)]), GIVEN)
    found = surface_line(model, task, direction, reach=2.0, points=9)
    finite = [0.25 + a / 6**0.5 > 0 for a in found.alpha]
    assert [loss is not None for loss in found.train.loss] == finite
    assert [v is not None for v in found.validation.metrics["accuracy"]] == finite
    assert found.not_finite == finite.count(False) == 3
    document = json.loads(json.dumps(found.model_dump(mode="json"), allow_nan=False))
    assert document["train"]["loss"][0] is None
    assert found.train.loss[found.alpha.index(0.0)] == found.marks[0].values.train.loss


def test_no_barrier_is_claimed_across_what_is_not_finite():
    class Root(TwoWeights):
        def forward(self, inputs):
            return (self.w1 * self.w2 - 0.5).sqrt() * inputs

    models = [Root((1.0, 1.0)), Root((-1.0, -1.0))]
    found = interpolate(*models, two_weights(), points=7)
    assert found.barrier["train"].value is None
    assert 0 < found.barrier["train"].alpha < 1


def test_a_subset_of_the_examples_and_the_progress():
    task, seen = image_task(), []
    found = surface_plane(
        task.build_model(0),
        task,
        points=3,
        examples=20,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert found.examples == {"train": 20, "validation": 17}
    assert seen == [(k, 9) for k in range(1, 10)]


# --- the caller ---


def test_the_caller_is_left_alone():
    task = image_task()
    models = [task.build_model(seed).train() for seed in range(3)]
    models[0].drop.eval()
    before = [copy.deepcopy(m.state_dict()) for m in models]
    torch.manual_seed(1)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    path = [{n: p * (1 + k) for n, p in parameters_of(models[0]).items()} for k in range(3)]
    surface_line(models[0], task, points=3)
    surface_plane(models[0], task, points=3)
    plane_through(models, task, points=3)
    plane_of_trajectory(models[0], task, path, points=3)
    interpolate(models[0], models[1], task, points=3)
    for model, state in zip(models, before, strict=True):
        assert all(torch.equal(state[n], v) for n, v in model.state_dict().items())
        assert model.training
        assert model.norm.training
        assert model.norm.momentum == 0.1
        assert all(p.grad is None for p in model.parameters())
    assert not models[0].drop.training
    assert models[1].drop.training
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()
    assert np.array_equal(states[2], np.random.get_state()[1])


class Odd(nn.Module):
    """Tied weights, an unused scalar, a constant mask that is not finite, two precisions."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.head = nn.Linear(4, 2).double()
        self.unused = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("mask", torch.tensor([0.0, -math.inf]))

    def forward(self, inputs):
        return self.head(self.second(self.first(inputs.float()).tanh()).double()) + self.mask.exp()


def test_tied_scalar_and_mixed_parameters_and_infinite_buffers():
    task = small_net_task(model=Odd)
    models = [task.build_model(seed) for seed in (0, 1)]
    line = surface_line(models[0], task, points=3)
    assert line.not_finite == 0
    assert "second.weight" not in random_directions(models[0])[0].values
    found = interpolate(*models, task, points=4)
    assert found.not_finite == 0
    loss, _ = own_values(models[1], task, "train")
    assert found.train.loss[found.alpha.index(1.0)] == pytest.approx(loss, rel=1e-6)  # the data in float32


def test_half_precision_models_are_taken_in_single_precision():
    task = small_net_task(dtype=torch.bfloat16)
    model = task.build_model(0)
    found = surface_line(model, task, points=5)
    assert len(set(found.train.loss)) == 5
    assert found.train.loss[2] == pytest.approx(own_values(model, task, "train")[0], rel=0.02)
    assert model[0].weight.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda t, m: surface_line(m, t, points=2), "points must be between 3 and 10000 a side, got 2"),
        (lambda t, m: surface_line(m, t, reach=0.0), "must be finite and greater than 0, got 0"),
        (lambda t, m: surface_line(m, t, reach=math.nan), "must be finite and greater than 0, got nan"),
        (lambda t, m: surface_line(nn.Identity(), t), "the model has no trainable parameters"),
        (lambda t, m: surface_plane(nn.Linear(1, 1, bias=False), t), "2 directions need as many"),
        (lambda t, m: unit_direction(m, torch.zeros(23), GIVEN), "is not zero, got a norm of 0"),
        (lambda t, m: interpolate(m, copy.deepcopy(m), t), "models must differ"),
        (lambda t, m: interpolate(m, nn.Linear(4, 2).double(), t), "model 2 differs in '0.bias'"),
        (lambda t, m: plane_through([m, m], t), "through three models, got 2"),
        (lambda t, m: plane_of_trajectory(m, t, [parameters_of(m)] * 2), "three snapshots or more, got 2"),
        (lambda t, m: plane_of_trajectory(m, t, [parameters_of(m)] * 3), "snapshots that differ"),
        (lambda t, m: plane_of_trajectory(m, t, [{"a": torch.ones(2)}] * 3), "snapshots must hold"),
    ],
)
def test_what_cannot_be_drawn_is_refused(act, message):
    task = small_net_task()
    with pytest.raises(InputError, match=message) as refused:
        act(task, task.build_model(0))
    assert "\n" not in str(refused.value)


def test_three_models_on_one_line_and_diverged_ones_are_refused():
    line = [weights_at(k, k) for k in range(3)]
    with pytest.raises(InputError, match="on one line"):
        plane_through(line, two_weights())
    with pytest.raises(InputError, match="not finite: the run has diverged"):
        surface_line(weights_at(math.nan, 1), two_weights())
    with pytest.raises(InputError, match="not finite: the run has diverged"):
        interpolate(weights_at(0, 1), weights_at(math.inf, 1), two_weights())


def test_grids_hold_what_must_be_on_them():
    assert grid(-1, 2, 25, keep=(0.0, 1.0)).count(1.0) == 1
    assert len(grid(-1, 2, 25, keep=(0.0, 1.0))) == 25
    assert grid(-1, 2, 5, keep=(0.0, 1.0)) == [-1, -0.25, 0, 0.5, 1, 1.25, 2]


def test_a_bulge_above_the_chord_is_not_above_both_ends():
    class Saturated(TwoWeights):
        def forward(self, inputs):
            return inputs - torch.tanh(self.w1 * self.w2)  # the loss is tanh squared

    ends = [Saturated((0.0, 1.0)).double(), Saturated((2.0, 1.0)).double()]
    found = interpolate(*ends, two_weights(), points=11, low=0, high=1)
    truth = [math.tanh(2 * a) ** 2 for a in found.alpha]
    np.testing.assert_allclose(found.train.loss, truth, rtol=1e-12, atol=1e-15)
    barrier = found.barrier["train"]
    over = [loss - a * truth[-1] for a, loss in zip(found.alpha, truth, strict=True)]
    assert barrier.value == pytest.approx(max(over))
    assert barrier.value > 0.1
    assert found.alpha[over.index(max(over))] == barrier.alpha
    assert not barrier.above_both_ends
