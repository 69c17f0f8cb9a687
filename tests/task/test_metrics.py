"""Metrics by name against scikit-learn, and their ranges."""

import pytest
import sklearn.metrics as theirs
import torch

from batchwright.core.errors import InputError
from batchwright.task import METRICS, Metric
from batchwright.task.metrics import ACCURACY, HALF_ACCURACY, SIGN_ACCURACY, as_metrics

GENERATOR = torch.Generator().manual_seed(0)
SCORES = torch.randn(50, 7, generator=GENERATOR)
CLASSES = torch.randint(7, (50,), generator=GENERATOR)
OUTPUTS, TARGETS = torch.randn(50, 1, generator=GENERATOR), torch.randn(50, generator=GENERATOR)


def value(name, outputs, targets):
    found = METRICS[name].function(outputs, targets)
    if METRICS[name].per_example:
        assert found.shape == (50,)
        return found.mean().item()
    return found


def test_scores_of_classes_are_scikit_learns():
    assert value("accuracy", SCORES, CLASSES) == pytest.approx(
        theirs.accuracy_score(CLASSES, SCORES.argmax(1))
    )
    expected = theirs.top_k_accuracy_score(CLASSES, SCORES.numpy(), k=5, labels=range(7))
    assert value("top5", SCORES, CLASSES) == pytest.approx(expected)
    assert value("top5", SCORES[:, :3], CLASSES % 3) == 1


def test_errors_of_numbers_are_scikit_learns():
    for name, function in [
        ("mae", theirs.mean_absolute_error), ("rmse", theirs.root_mean_squared_error), ("r2", theirs.r2_score),
    ]:  # fmt: skip
        assert value(name, OUTPUTS, TARGETS) == pytest.approx(function(TARGETS, OUTPUTS.squeeze(1)), rel=1e-5)


def test_positions_are_averaged_and_ignored_ones_left_out():
    targets = torch.tensor([[0, 1, -100], [-100, -100, -100]])
    outputs = torch.nn.functional.one_hot(torch.tensor([[0, 2, 1], [0, 0, 0]]), 3).float().movedim(-1, 1)
    assert ACCURACY.function(outputs, targets).tolist() == [0.5, 0]
    assert METRICS["top5"].function(outputs, targets.clamp(min=0)).tolist() == [1, 1]


def test_accuracy_of_one_output():
    outputs, labels = torch.tensor([[-1.0], [0.4], [0.6]]), torch.tensor([0, 1, 1])
    assert SIGN_ACCURACY.function(outputs, labels).tolist() == [1, 1, 1]
    assert HALF_ACCURACY.function(outputs, labels).tolist() == [1, 0, 1]


def test_names_and_mappings():
    assert as_metrics("mae", None) == {"mae": METRICS["mae"]}
    assert list(as_metrics(["top5"], ACCURACY)) == ["top5", "accuracy"]
    own = Metric(function=len)
    assert as_metrics({"accuracy": own}, ACCURACY) == {"accuracy": own}
    assert as_metrics(["accuracy"], SIGN_ACCURACY)["accuracy"] is SIGN_ACCURACY
    assert as_metrics({}, None) == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["acuracy"], "unknown metric 'acuracy': did you mean 'accuracy'"),
        ({"loss": METRICS["mae"]}, "the metric name 'loss' is taken"),
        (
            {"f1": len},
            r"metric 'f1' must be a Metric, .* write Metric\(function=\.\.\., higher_is_better=True\)",
        ),
        ([len], "metrics must be names or a mapping of names to Metrics"),
    ],
)
def test_what_is_no_metric(given, message):
    with pytest.raises(InputError, match=message):
        as_metrics(given, None)
