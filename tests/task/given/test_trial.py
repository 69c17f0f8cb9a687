"""Models of every kind beside losses of every kind: what fits is found, what does not is said at once."""

import collections
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from batchwright.core.errors import InputError
from batchwright.task import Task
from batchwright.task.given.calling import Forward

X, Y = torch.randn(20, 6, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
TOKENS = torch.randint(5, (20, 4), generator=torch.Generator().manual_seed(1))


class Answers(nn.Module):
    """Linear scores, put into what ``wrap`` makes of them."""

    def __init__(self, wrap):
        super().__init__()
        self.linear, self.wrap = nn.Linear(6, 3), wrap

    def forward(self, x):
        return self.wrap(self.linear(x))


def task_of(model, train=(X, Y), loss="cross_entropy", **fields):
    return Task(name="t", model=model, train=train, validation=0.2, loss=loss, **fields)


def outputs_of(task):
    model = task.build_model(0)
    inputs, _ = task.train.gather(torch.arange(4))
    return (model(inputs) if task.forward is None else task.forward(model, inputs)), model, inputs


Named = collections.namedtuple("Named", "loss logits")
WRAPS = {
    "logits": [
        lambda z: SimpleNamespace(logits=z, loss=None),
        lambda z: {"logits": z, "hidden": z * 0},
        lambda z: collections.OrderedDict(loss=z.mean(), logits=z),
        lambda z: Named(z.mean(), z),
    ],
    "scores": [lambda z: {"scores": z, "loss": z.mean()}],
    0: [lambda z: (z, z * 0), lambda z: [z]],
    1: [lambda z: (z.mean(), z)],
}


@pytest.mark.parametrize(("take", "wrap"), [(take, wrap) for take, wraps in WRAPS.items() for wrap in wraps])
def test_the_output_is_found_in_the_models_answer(take, wrap):
    task = task_of(lambda: Answers(wrap))
    assert task.forward == Forward(take=take)
    outputs, model, inputs = outputs_of(task)
    assert torch.equal(outputs, model.linear(inputs))
    assert task.loss(outputs, task.train.targets[:4]).shape == (4,)
    assert "accuracy" in task.metrics


def test_a_plain_model_needs_no_forward():
    assert task_of(lambda: nn.Linear(6, 3)).forward is None


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (
            lambda z: {"loss": z.mean()},
            r"a dictionary with 'loss': its loss is a mean over the batch and no logits are beside it",
        ),
        (
            lambda z: {"a": z, "b": z},
            r"a dictionary with 'a', 'b', and the loss takes one tensor: say which part, as forward=lambda model, inputs: model\(inputs\)\['NAME'\]",
        ),
        (lambda z: (z.mean(), z.sum()), r"2 parts, and the loss takes one tensor"),
        (
            lambda z: SimpleNamespace(loss=z.mean()),
            r"returns SimpleNamespace: its loss is a mean over the batch",
        ),
        (
            lambda z: None,
            r"returns NoneType, and the loss takes one tensor: say which part, as forward=lambda",
        ),
    ],
)
def test_an_answer_without_outputs_is_refused_with_the_line_that_works(wrap, message):
    with pytest.raises(InputError, match=message) as error:
        task_of(lambda: Answers(wrap))
    assert "\n" not in str(error.value)


def test_a_loss_of_ones_own_may_want_the_whole_answer():
    def loss(answer, targets):
        return F.cross_entropy(answer["a"] + answer["b"], targets, reduction="none")

    task = task_of(lambda: Answers(lambda z: {"a": z, "b": z}), loss=loss)
    assert task.forward is None
    assert set(outputs_of(task)[0]) == {"a", "b"}


def test_a_loss_of_ones_own_gets_the_output_where_it_cannot_use_the_answer():
    def loss(outputs, targets):
        return F.cross_entropy(outputs, targets, reduction="none")

    assert task_of(lambda: Answers(lambda z: {"logits": z}), loss=loss).forward == Forward(take="logits")


class ByName(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, left, right=None):
        return self.linear(left if right is None else left + right)


class Whole(ByName):
    def forward(self, batch):
        return self.linear(batch["left"] + batch["right"])


class TakesAny(ByName):
    def forward(self, left, **rest):
        return self.linear(left + rest["right"])


class Spread(ByName):
    def forward(self, *parts):
        return self.linear(sum(parts))


BOTH = {"left": X, "right": X, "labels": Y}


@pytest.mark.parametrize(
    ("model", "train", "forward"),
    [
        (ByName, BOTH, Forward(keywords=("left", "right"))),
        (ByName, {"left": X, "unused": X, "labels": Y}, Forward(keywords=("left",))),
        (TakesAny, BOTH, Forward(keywords=("left", "right"))),
        (Whole, BOTH, None),
        (ByName, ((X, X), Y), Forward(spread=True)),
        (Spread, ((X, X), Y), Forward(spread=True)),
        (ByName, {"left": X, "labels": Y}, None),
    ],
)
def test_inputs_go_in_by_name_or_one_by_one_where_forward_has_places_for_them(model, train, forward):
    task = task_of(model, train)
    assert task.forward == forward
    outputs, net, inputs = outputs_of(task)
    parts = (
        [inputs]
        if isinstance(inputs, torch.Tensor)
        else list(inputs.values() if isinstance(inputs, dict) else inputs)
    )
    if forward is not None and forward.keywords == ("left",):
        parts = [inputs["left"]]
    torch.testing.assert_close(outputs, net.linear(sum(parts)))


class Tagger(nn.Module):
    """Classes along the last dimension, as language models have them."""

    def __init__(self, classes=7, named=False):
        super().__init__()
        self.embed, self.named = nn.Embedding(5, classes), named

    def forward(self, ids, labels=None):
        logits = self.embed(ids)
        return SimpleNamespace(logits=logits) if self.named else logits


@pytest.mark.parametrize(
    ("classes", "named", "take"),
    [(7, False, None), (7, True, "logits"), (4, True, "logits")],
)
def test_classes_along_the_last_dimension_are_moved(classes, named, take):
    targets = TOKENS.clamp(max=3)
    task = task_of(lambda: Tagger(classes, named), (TOKENS, targets))
    assert task.forward == Forward(take=take, classes_last=True)
    outputs, model, inputs = outputs_of(task)
    assert outputs.shape == (4, classes, 4)
    expected = F.cross_entropy(
        model.embed(inputs).reshape(-1, classes), targets[:4].reshape(-1), reduction="none"
    )
    torch.testing.assert_close(task.loss(outputs, targets[:4]), expected.reshape(4, 4).mean(1))


def test_torchs_own_order_is_left_alone():
    task = task_of(
        lambda: nn.Sequential(nn.Unflatten(1, (1, 6)), nn.Conv1d(1, 3, 3)), (X, TOKENS.clamp(max=2))
    )
    assert task.forward is None


class Model(nn.Module):
    """As transformers have it: the mean loss is there when labels are given."""

    def __init__(self, shift=False):
        super().__init__()
        self.embed, self.shift = nn.Embedding(5, 5), shift

    def forward(self, input_ids, labels=None):
        logits = self.embed(input_ids)
        loss = None
        if labels is not None:
            z, y = (logits[:, :-1], labels[:, 1:]) if self.shift else (logits, labels)
            loss = F.cross_entropy(z.flatten(0, 1), y.flatten())
        return SimpleNamespace(logits=logits, loss=loss)


def test_a_model_with_logits_and_labels_needs_no_loss():
    task = task_of(Model, {"input_ids": TOKENS, "labels": TOKENS}, loss=None)
    outputs, model, inputs = outputs_of(task)
    torch.testing.assert_close(task.loss(outputs, inputs).mean(), model(inputs, labels=inputs).loss)


def test_a_model_whose_own_loss_is_another_is_refused():
    with pytest.raises(
        InputError,
        match=r"the model's own loss is \d.* where the cross entropy of its logits is \d.*predicts the next one, loss=lambda z, y: F",
    ):
        task_of(lambda: Model(shift=True), {"input_ids": TOKENS, "labels": TOKENS}, loss=None)


def test_the_line_for_language_models_works():
    def loss(z, y):
        return F.cross_entropy(z[:, :-1].movedim(-1, 1), y[:, 1:], reduction="none").mean(1)

    task = task_of(lambda: Model(shift=True), {"input_ids": TOKENS, "labels": TOKENS}, loss=loss)
    outputs, model, inputs = outputs_of(task)
    torch.testing.assert_close(task.loss(outputs, inputs).mean(), model(inputs, labels=inputs).loss)


def test_without_logits_a_loss_must_be_given():
    with pytest.raises(InputError, match=r"task 't': loss must be given, as loss='cross_entropy' \(or nll, "):
        task_of(lambda: nn.Linear(6, 3), loss=None)


def test_validation_must_be_given_or_held_out():
    with pytest.raises(
        InputError,
        match=r"task 't', validation data: .* pass validation=0.1 .*random_split\(data, \[0.9, 0.1\]\)",
    ):
        Task(name="t", model=lambda: nn.Linear(6, 3), train=(X, Y), loss="cross_entropy")


@pytest.mark.parametrize("share", [0, 1, -0.5, 2.5, True, float("nan")])
def test_a_share_lies_between_0_and_1(share):
    with pytest.raises(InputError, match=r"validation must be data, or the share .* between 0 and 1, got"):
        Task(name="t", model=lambda: nn.Linear(6, 3), train=(X, Y), validation=share, loss="cross_entropy")


def test_what_is_held_out_is_stratified_seeded_and_said():
    labels = torch.cat([torch.zeros(60), torch.ones(40)]).long()
    train = (torch.arange(100.0)[:, None].expand(100, 6), labels)
    tasks = [task_of(lambda: nn.Linear(6, 3), train) for _ in range(2)]
    task = tasks[0]
    assert task.validation.targets.bincount().tolist() == [12, 8]
    assert task.train.targets.bincount().tolist() == [48, 32]
    both = torch.cat([task.train.inputs[:, 0], task.validation.inputs[:, 0]])
    assert sorted(both.tolist()) == list(range(100))
    assert torch.equal(task.validation.inputs, tasks[1].validation.inputs)
    assert task.remarks[0].values == {"examples": 20, "share": 0.2}


@pytest.mark.parametrize(
    ("model", "train", "message"),
    [
        (
            lambda: nn.Linear(5, 3),
            (X, Y),
            r"task 't': the model fails on its training inputs of shape \(3, 6\) float32: RuntimeError: mat1",
        ),
        (
            lambda: nn.Linear(6, 3),
            ((X * 9).byte(), Y),
            r"shape \(3, 6\) uint8: RuntimeError: .*; pass images as floats, as \(x.float\(\) / 255, y\)",
        ),
        (
            lambda: nn.Linear(6, 3),
            (X, Y.float()),
            r"loss\(outputs, targets\) fails for outputs of shape \(3, 3\) float32 and targets of shape \(3,\) float32",
        ),
        (
            lambda: nn.Linear(6, 3),
            (X, Y + 1),
            r"targets must be classes from 0 to 2, for the model has 3 outputs, got 3; count classes from 0, as y - 1",
        ),
        (
            lambda: nn.Linear(6, 3),
            [(object(), 1), (object(), 2)],
            r"the first training examples do not make a batch: TypeError: .*pass collate_fn",
        ),
    ],
)
def test_what_does_not_fit_is_said_when_the_task_is_made(model, train, message):
    with pytest.raises(InputError, match=message) as error:
        task_of(model, train)
    assert "\n" not in str(error.value)


def test_trying_a_task_disturbs_neither_the_model_nor_the_generators():
    net = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Dropout(), nn.Linear(6, 3)).train()
    before, state = {k: v.clone() for k, v in net.state_dict().items()}, torch.random.get_rng_state()
    task = task_of(lambda: net)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert all(module.training for module in net.modules())
    assert task.with_fields(train=task.validation).train is task.validation
