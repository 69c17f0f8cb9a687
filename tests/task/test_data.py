"""Splits: tensors on a device, and map-style data sets with random transforms."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from batchwright.core.errors import InputError
from batchwright.task import ItemSplit, Task, TensorSplit, cross_entropy, dense, squared_error, take_examples

CPU = torch.device("cpu")


class Noisy(Dataset):
    """Item i is i plus noise from torch's, Python's and NumPy's global generators."""

    def __init__(self, count=12):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        noise = torch.rand(1).item() + random.random() + np.random.rand()
        return torch.tensor([float(i), noise]), i % 3


def tensor_split():
    inputs = {"image": torch.arange(12.0).reshape(6, 2), "id": torch.arange(6)}
    return TensorSplit(inputs=inputs, targets=torch.tensor([0, 1, 0, 1, 0, 1]))


def global_states():
    return torch.random.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()


def test_gather_takes_rows_in_the_given_order_and_with_repeats():
    inputs, targets = tensor_split().gather(torch.tensor([5, 0, 5]))
    assert inputs["image"].tolist() == [[10, 11], [0, 1], [10, 11]]
    assert inputs["id"].tolist() == [5, 0, 5]
    assert targets.tolist() == [1, 0, 1]


def test_subset_of_a_subset():
    split = tensor_split().subset(torch.tensor([4, 2, 0])).subset(torch.tensor([2, 0]))
    assert len(split) == 2
    assert split.gather(torch.tensor([0, 1]))[0]["id"].tolist() == [0, 4]
    assert split.labels().tolist() == [0, 0]


def test_narrow_integer_targets_are_widened_when_they_are_read():
    items = [(torch.ones(1), np.uint8(i)) for i in range(3)]
    assert ItemSplit(dataset=items).gather(torch.tensor([2]))[1].dtype == torch.int64


def test_to_converts_floating_point_only():
    split = tensor_split().to(CPU, torch.float64)
    assert split.inputs["image"].dtype == torch.float64
    assert split.inputs["id"].dtype == torch.int64
    assert split.targets.dtype == torch.int64
    items = ItemSplit(dataset=Noisy()).to(CPU, torch.float64)
    inputs, targets = items.gather(torch.tensor([1]), seed=0)
    assert (inputs.dtype, targets.dtype) == (torch.float64, torch.int64)


def test_labels_are_integers_or_nothing():
    x = torch.zeros(3, 2)
    assert TensorSplit(inputs=x, targets=torch.zeros(3)).labels() is None
    assert TensorSplit(inputs=x, targets=torch.zeros(3, 1, dtype=torch.long)).labels() is None


def test_random_items_repeat_with_the_seed_and_change_with_it():
    split = ItemSplit(dataset=Noisy())
    indices = torch.tensor([3, 1, 4])
    first, again, other = (split.gather(indices, seed=s)[0] for s in (7, 7, 8))
    assert torch.equal(first, again)
    assert (first[:, 1] != other[:, 1]).all()
    assert first[:, 0].tolist() == [3, 1, 4]


def test_reading_items_leaves_every_global_generator_untouched():
    split = ItemSplit(dataset=Noisy())
    before = global_states()
    split.gather(torch.tensor([0, 1]), seed=5)
    split.gather(torch.tensor([0, 1]))
    assert split.labels().tolist() == [0, 1, 2] * 4
    assert global_states() == before


def test_item_subsets_keep_their_positions():
    split = ItemSplit(dataset=Noisy()).subset(torch.tensor([9, 5, 2])).subset(torch.tensor([2, 1]))
    assert len(split) == 2
    assert split.gather(torch.tensor([1, 0]), seed=0)[0][:, 0].tolist() == [5, 2]
    assert split.labels().tolist() == [2, 2]


def test_items_use_their_collate_function():
    def collate(items):
        return torch.tensor([len(items)]), torch.tensor([i[1] for i in items])

    split = ItemSplit(dataset=Noisy(), collate_fn=collate)
    inputs, targets = split.gather(torch.tensor([4, 5]), seed=0)
    assert (inputs.tolist(), targets.tolist()) == ([2], [1, 2])


def test_a_batch_must_be_a_pair():
    split = ItemSplit(dataset=[1.0, 2.0, 3.0])
    with pytest.raises(
        InputError, match=r"^a batch must be a pair \(inputs, targets\) or .*, got Tensor: make"
    ):
        split.gather(torch.tensor([0]))


@pytest.mark.parametrize(
    "items",
    [
        [(0, torch.zeros(2, 2)), (1, torch.zeros(2, 2))],
        [(0, "cat"), (1, "dog")],
        [(0, 0.5), (1, 1.5)],
        [(0, 1, 2), (1, 1, 2)],
        [{"x": 0, "label": 0.5}],
    ],
)
def test_items_without_one_integer_an_example_have_no_labels(items):
    assert ItemSplit(dataset=items).labels() is None


def test_items_that_are_dictionaries_have_labels_by_name():
    split = ItemSplit(dataset=[{"x": torch.ones(2) * i, "name": "a", "label": i % 2} for i in range(4)])
    assert split.labels().tolist() == [0, 1, 0, 1]
    inputs, targets = split.gather(torch.tensor([3, 0]))
    assert (inputs.tolist(), targets.tolist()) == ([[3, 3], [0, 0]], [1, 0])


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (torch.zeros(3), torch.zeros(4), r"equally many examples, got \[3, 4\]"),
        (torch.zeros(0, 2), torch.zeros(0), "at least one example, got 0"),
        (np.zeros(3), torch.zeros(3), "must be tensors .* got ndarray; torch.as_tensor"),
    ],
)
def test_a_tensor_split_is_checked(inputs, targets, message):
    with pytest.raises(InputError, match=message) as error:
        TensorSplit(inputs=inputs, targets=targets)
    assert "\n" not in str(error.value)


def labelled(counts):
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    pair = (torch.arange(float(len(labels))).unsqueeze(1), labels)
    return Task(name="t", model=lambda: dense(1, 2, 3), train=pair, validation=pair, loss=cross_entropy)


@pytest.mark.parametrize(
    ("counts", "count", "quotas"),
    [
        ([50, 30, 20], 10, [5, 3, 2]),
        ([50, 30, 20], 1, [1, 0, 0]),
        # Shares 4.97, 2.02 and 1.01: the place that the floors leave goes to the largest remainder.
        ([59, 24, 12], 8, [5, 2, 1]),
        # Shares 1.2, 1.2 and 0.6: the last class has the largest remainder.
        ([2, 2, 1], 3, [1, 1, 1]),
        # Shares 2.4, 2.4 and 1.2: equal remainders, the smaller label first.
        ([40, 40, 20], 6, [3, 2, 1]),
        ([7, 5, 3], 15, [7, 5, 3]),
    ],
)
def test_a_subset_has_exact_quotas(counts, count, quotas):
    subset = take_examples(labelled(counts), count, seed=4)
    assert len(subset.train) == count
    assert subset.train.targets.bincount(minlength=3).tolist() == quotas
    assert len(subset.validation) == sum(counts)
    assert len(subset.train.inputs.unique()) == count


def test_a_subset_is_a_function_of_its_seed():
    task = labelled([50, 30, 20])
    rows = [take_examples(task, 20, seed).train.inputs.flatten().tolist() for seed in (0, 0, 1)]
    assert rows[0] == rows[1] != rows[2]
    assert rows[0] == sorted(rows[0])


def test_items_are_subset_by_class_too():
    pair = labelled([1]).train
    task = Task(name="t", model=lambda: dense(2, 2, 3), train=Noisy(30), validation=pair, loss=cross_entropy)
    assert take_examples(task, 9).train.labels().bincount().tolist() == [3, 3, 3]


def test_without_labels_the_subset_is_uniform():
    pair = (torch.arange(1000.0).unsqueeze(1), torch.arange(1000.0))
    task = Task(name="t", model=lambda: dense(1, 2, 1), train=pair, validation=pair, loss=squared_error)
    chosen = take_examples(task, 200, seed=0).train.targets
    assert len(chosen.unique()) == 200
    # The mean of 200 of 0..999 is 499.5 with a standard deviation of 18.3.
    assert abs(chosen.mean().item() - 499.5) < 75


@pytest.mark.parametrize("count", [0, -1, 11])
def test_a_subset_must_fit(count):
    rule = rf"^examples must be between 1 and 10 \(the training examples\), got {count}$"
    with pytest.raises(InputError, match=rule):
        take_examples(labelled([5, 5]), count)
