"""Losses by name, as torch modules, as functions: one value an example, whose mean is torch's."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from batchwright.core.errors import InputError
from batchwright.task import LOSSES, Task, TensorSplit
from batchwright.task.given.data import as_split
from batchwright.task.given.loss import as_loss

GENERATOR = torch.Generator().manual_seed(0)
LOGITS = torch.randn(40, 4, generator=GENERATOR)
CLASSES = torch.randint(4, (40,), generator=GENERATOR)
NUMBERS = torch.randn(40, generator=GENERATOR)
BITS = (torch.rand(40, generator=GENERATOR) > 0.5).float()
TOKENS = torch.randint(4, (40, 5), generator=GENERATOR)
TOKEN_LOGITS = torch.randn(40, 4, 5, generator=GENERATOR)
WEIGHTS = torch.tensor([0.2, 1.0, 3.0, 0.5])


def split_of(targets):
    return TensorSplit(inputs=torch.zeros(len(targets), 1), targets=targets)


@pytest.mark.parametrize(
    ("name", "theirs", "outputs", "targets"),
    [
        ("cross_entropy", F.cross_entropy, LOGITS, CLASSES),
        ("cross_entropy", F.cross_entropy, TOKEN_LOGITS, TOKENS),
        ("cross_entropy", F.cross_entropy, LOGITS, LOGITS.flip(0).softmax(1)),
        ("nll", F.nll_loss, LOGITS.log_softmax(1), CLASSES),
        ("bce", F.binary_cross_entropy_with_logits, NUMBERS, BITS),
        ("mse", F.mse_loss, NUMBERS, BITS),
        ("mse", F.mse_loss, LOGITS, LOGITS.flip(0)),
        ("l1", F.l1_loss, NUMBERS, BITS),
        ("huber", F.huber_loss, 3 * NUMBERS, BITS),
    ],
)
def test_a_named_loss_has_torchs_mean(name, theirs, outputs, targets):
    values = as_loss(name, split_of(targets))(outputs, targets)
    assert values.shape == (40,)
    torch.testing.assert_close(values.mean(), theirs(outputs, targets))


@pytest.mark.parametrize("name", LOSSES)
def test_every_name_is_one_value_an_example_for_one_output(name):
    if LOSSES[name].accuracy is None or name == "bce":
        assert LOSSES[name].function(NUMBERS[:, None], BITS.long()).shape == (40,)
    else:
        assert LOSSES[name].function(LOGITS, CLASSES).shape == (40,)


MODULES = [
    (nn.CrossEntropyLoss(), LOGITS, CLASSES),
    (nn.CrossEntropyLoss(label_smoothing=0.1), LOGITS, CLASSES),
    (nn.CrossEntropyLoss(weight=WEIGHTS), LOGITS, CLASSES),
    (nn.CrossEntropyLoss(weight=WEIGHTS, label_smoothing=0.3), LOGITS, CLASSES),
    (nn.CrossEntropyLoss(ignore_index=2), LOGITS, CLASSES),
    (nn.CrossEntropyLoss(weight=WEIGHTS, ignore_index=2), LOGITS, CLASSES),
    (nn.CrossEntropyLoss(), TOKEN_LOGITS, TOKENS),
    (nn.CrossEntropyLoss(ignore_index=0), TOKEN_LOGITS, TOKENS),
    (nn.CrossEntropyLoss(weight=WEIGHTS), TOKEN_LOGITS, TOKENS),
    (nn.CrossEntropyLoss(), LOGITS, LOGITS.flip(0).softmax(1)),
    (nn.NLLLoss(weight=WEIGHTS), LOGITS.log_softmax(1), CLASSES),
    (nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0)), NUMBERS, BITS),
    (nn.BCELoss(), NUMBERS.sigmoid(), BITS),
    (nn.MSELoss(), LOGITS, LOGITS.flip(0)),
    (nn.SmoothL1Loss(beta=0.5), NUMBERS, BITS),
    (nn.HuberLoss(delta=0.3), NUMBERS, BITS),
    (nn.MultiMarginLoss(), LOGITS, CLASSES),
    (nn.KLDivLoss(reduction="batchmean"), LOGITS.log_softmax(1), LOGITS.flip(0).softmax(1)),
    (nn.PoissonNLLLoss(), NUMBERS, BITS),
]


@pytest.mark.parametrize(("module", "outputs", "targets"), MODULES, ids=lambda value: str(value)[:30])
def test_a_torch_module_keeps_its_mean_over_all_training_examples(module, outputs, targets):
    values = as_loss(module, split_of(targets))(outputs, targets)
    assert values.shape == (40,)
    torch.testing.assert_close(values.mean(), module(outputs, targets))
    assert module.reduction in ("mean", "batchmean")


def test_an_examples_loss_does_not_depend_on_its_neighbours():
    loss = as_loss(nn.CrossEntropyLoss(weight=WEIGHTS, ignore_index=1), split_of(CLASSES))
    torch.testing.assert_close(loss(LOGITS, CLASSES)[:7], loss(LOGITS[:7], CLASSES[:7]))


def test_a_name_reproduces_torchs_mean_with_targets_to_ignore():
    targets = TOKENS.where(torch.rand(40, 5, generator=torch.Generator().manual_seed(1)) > 0.4, -100)
    values = as_loss("cross_entropy", split_of(targets))(TOKEN_LOGITS, targets)
    torch.testing.assert_close(values.mean(), F.cross_entropy(TOKEN_LOGITS, targets))


def test_reduction_none_is_taken_at_its_word():
    loss = as_loss(nn.CrossEntropyLoss(weight=WEIGHTS, reduction="none"), split_of(CLASSES))
    torch.testing.assert_close(
        loss(LOGITS, CLASSES), F.cross_entropy(LOGITS, CLASSES, WEIGHTS, reduction="none")
    )


def test_weights_follow_the_outputs_type():
    loss = as_loss(nn.CrossEntropyLoss(weight=WEIGHTS), split_of(CLASSES))
    assert loss(LOGITS.double(), CLASSES).dtype == torch.float64
    torch.testing.assert_close(loss(LOGITS.double(), CLASSES).float(), loss(LOGITS, CLASSES))


def test_outputs_of_one_column_are_not_spread_over_the_batch():
    """torch's mse_loss of shapes (N, 1) and (N,) compares every output with every target."""
    values = as_loss(nn.MSELoss(), split_of(NUMBERS))(BITS[:, None], NUMBERS)
    torch.testing.assert_close(values, (BITS - NUMBERS) ** 2)


def test_a_module_of_ones_own_with_a_reduction_is_rebuilt():
    class Focal(nn.Module):
        def __init__(self, reduction="mean"):
            super().__init__()
            self.reduction = reduction

        def forward(self, outputs, targets):
            loss = F.cross_entropy(outputs, targets, reduction="none")
            loss = (1 - (-loss).exp()) ** 2 * loss
            return loss.mean() if self.reduction == "mean" else loss

    values = as_loss(Focal(), split_of(CLASSES))(LOGITS, CLASSES)
    torch.testing.assert_close(values.mean(), Focal()(LOGITS, CLASSES))


def items(targets):
    return as_split(
        [(torch.zeros(n + 1), t) for n, t in enumerate(targets)],
        lambda batch: (torch.zeros(len(batch), 1), torch.stack([t for _, t in batch])),
    )


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        (
            nn.CrossEntropyLoss(weight=WEIGHTS),
            CLASSES,
            "a loss with class weights needs the mean weight of an example",
        ),
        ("cross_entropy", CLASSES.where(CLASSES > 0, -100), r"a loss with targets to ignore \(-100\) needs"),
    ],
)
def test_weights_over_targets_that_must_be_read_are_refused_with_the_line_that_works(loss, targets, message):
    with pytest.raises(InputError, match=message) as error:
        as_loss(loss, items(targets))
    assert "F.cross_entropy(outputs, targets, weight=weight, reduction='none')" in str(error.value)


def test_items_without_weights_or_ignored_targets_are_fine():
    assert as_loss("cross_entropy", items(CLASSES)) is LOSSES["cross_entropy"].function


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("crossentropy", "unknown loss 'crossentropy': did you mean 'cross_entropy'"),
        (
            nn.CrossEntropyLoss(reduction="sum"),
            r"adds the examples of a batch up, .* leave reduction='sum' out",
        ),
        (3, r"loss must be a name \(cross_entropy, nll, .*\), a torch loss module or a function"),
        (nn.CrossEntropyLoss(ignore_index=0), "every training target is ignored"),
    ],
)
def test_what_is_no_loss(loss, message):
    with pytest.raises(InputError, match=message):
        as_loss(loss, split_of(torch.zeros(5, dtype=torch.long)))


def task_of(loss, model=None, targets=CLASSES, **fields):
    return Task(
        name="t",
        model=model or (lambda: nn.Linear(4, 4)),
        train=(LOGITS, targets),
        validation=0.2,
        loss=loss,
        **fields,
    )


@pytest.mark.parametrize(
    ("loss", "got"),
    [
        (
            F.cross_entropy,
            r"shape \(\): pass reduction='none' to torch's function, or name it, as loss='cross_entropy'",
        ),
        (partial(F.cross_entropy, reduction="sum"), r"shape \(\)"),
        (lambda outputs, targets: float(F.cross_entropy(outputs, targets)), "got float"),
        (
            lambda outputs, targets: outputs,
            r"shape \(3, 4\): .* and average over the rest, as .flatten\(1\).mean\(1\)",
        ),
        (nn.CosineEmbeddingLoss(), r"loss\(outputs, targets\) fails for outputs of shape \(3, 4\) float32"),
    ],
)
def test_a_loss_without_one_value_an_example_is_refused_when_the_task_is_made(loss, got):
    with pytest.raises(InputError, match=got) as error:
        task_of(loss)
    assert str(error.value).startswith("task 't': loss(outputs, targets) ")
    assert "\n" not in str(error.value)


def test_the_mean_weight_is_said():
    task = task_of(nn.CrossEntropyLoss(weight=WEIGHTS))
    weighted = next(r for r in task.remarks if r.code == "task.weighted_loss")
    assert weighted.values["weight"] == pytest.approx(float(WEIGHTS[task.train.targets].mean()))


@pytest.mark.parametrize(
    ("loss", "targets", "model", "accuracy"),
    [
        ("cross_entropy", CLASSES, None, 0.25),
        (nn.CrossEntropyLoss(), CLASSES, None, 0.25),
        ("bce", CLASSES > 1, lambda: nn.Linear(4, 1), 0.5),
        (nn.BCEWithLogitsLoss(), (CLASSES > 1).float(), lambda: nn.Linear(4, 1), 0.5),
        (nn.BCELoss(), (CLASSES > 1).float(), lambda: nn.Sequential(nn.Linear(4, 1), nn.Sigmoid()), 0.5),
    ],
)
def test_accuracy_is_there_where_the_loss_is_one_of_classes(loss, targets, model, accuracy):
    task = task_of(loss, model=model, targets=targets)
    net = task.build_model(0)
    value = task.metrics["accuracy"].function(net(task.train.inputs), task.train.targets)
    assert value.shape == (32,)
    assert value.mean().item() == pytest.approx(accuracy, abs=0.25)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [("mse", LOGITS), ("cross_entropy", LOGITS.softmax(1)), (lambda o, t: (o - t).square().mean(1), LOGITS)],
)
def test_accuracy_is_not_there_where_it_means_nothing(loss, targets):
    assert task_of(loss, targets=targets).metrics == {}
