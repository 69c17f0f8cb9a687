"""Data as people have them: every form becomes the same examples, or one line says why not."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

from batchwright.core.errors import InputError
from batchwright.task import ItemSplit, TensorSplit
from batchwright.task.given import stream
from batchwright.task.given.data import as_split

X = torch.arange(24.0).reshape(12, 2)
Y = torch.arange(12) % 3


class Items(Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, i):
        return X[i], int(Y[i])


class Stream(IterableDataset):
    def __init__(self, count=12):
        self.count = count

    def __iter__(self):
        items = Items()
        return (items[i] for i in range(self.count))


def as_dictionaries():
    return [{"x": X[i], "label": int(Y[i])} for i in range(12)]


FORMS = {
    "pair": (X, Y),
    "list of two": [X, Y],
    "arrays": (X.numpy(), Y.numpy()),
    "narrow integers": (X.numpy(), Y.numpy().astype("uint8")),
    "reversed view": (X.flip(0).numpy()[::-1], Y.flip(0).numpy()[::-1]),
    "python lists": (X.tolist(), Y.tolist()),
    "frame and series": (pd.DataFrame(X.numpy()), pd.Series(Y.numpy())),
    "one frame": pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "target": Y}),
    "tensor data set": TensorDataset(X, Y),
    "dictionary": {"x": X, "labels": Y},
    "dictionary of arrays": {"x": X.numpy(), "y": Y.numpy(), "names": ["a"] * 12},
    "list of pairs": list(zip(X, Y.tolist(), strict=True)),
    "zip": zip(X, Y.tolist(), strict=True),
    "list of dictionaries": as_dictionaries(),
    "stream": Stream(),
    "items": Items(),
    "subset of all": Subset(Items(), range(12)),
    "loader": DataLoader(Items(), batch_size=5, shuffle=True, drop_last=True),
    "loader of tensors": DataLoader(TensorDataset(X, Y), batch_size=5),
    "loader of a stream": DataLoader(Stream(), batch_size=5),
    "loader with workers": DataLoader(Items(), num_workers=2),
}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_form_holds_the_same_examples(form):
    split = as_split(FORMS[form])
    assert len(split) == 12
    inputs, targets = split.gather(torch.tensor([7, 0, 11]))
    assert inputs.tolist() == [[14, 15], [0, 1], [22, 23]]
    assert targets.tolist() == [1, 0, 2]
    assert targets.dtype == torch.int64
    assert split.labels().tolist() == Y.tolist()


@pytest.mark.parametrize("form", ["items", "loader", "loader with workers", "subset of all"])
def test_items_are_read_when_they_are_needed(form):
    assert isinstance(as_split(FORMS[form]), ItemSplit)


def test_what_is_in_memory_becomes_tensors():
    in_memory = set(FORMS) - {"items", "loader", "loader with workers", "subset of all", "zip"}
    assert all(isinstance(as_split(FORMS[form]), TensorSplit) for form in in_memory)


def test_several_entries_stay_a_dictionary_and_texts_are_left_out():
    inputs, targets = as_split({"a": X, "b": Y, "id": ["t"] * 12, "target": Y}).gather(torch.tensor([4]))
    assert {name: part.tolist() for name, part in inputs.items()} == {"a": [[8, 9]], "b": [1]}
    assert targets.tolist() == [1]


def test_labels_are_taken_by_the_first_known_name():
    split = as_split({"y": X, "label": Y})
    assert split.targets.tolist() == Y.tolist()


def test_items_of_unequal_length_stay_items():
    items = [(torch.ones(n), n % 2) for n in range(1, 5)]
    split = as_split(
        items, lambda batch: (torch.stack([x.sum() for x, _ in batch]), torch.tensor([y for _, y in batch]))
    )
    assert split.gather(torch.tensor([3, 0]))[0].tolist() == [4, 1]
    assert isinstance(as_split(items), ItemSplit)


def test_a_collate_function_is_for_items_and_leaves_columns_alone():
    def collate(items):
        return torch.stack([-x for x, _ in items]), torch.tensor([y for _, y in items])

    for data in (TensorDataset(X, Y), FORMS["list of pairs"]):
        assert as_split(data, collate).gather(torch.tensor([1]))[0].tolist() == [[-2, -3]]
    assert isinstance(as_split((X, Y), collate), TensorSplit)


def test_a_subset_keeps_its_positions_and_order():
    for data in (Items(), TensorDataset(X, Y)):
        split = as_split(Subset(Subset(data, [9, 5, 2]), [2, 0]))
        assert split.gather(torch.tensor([0, 1]))[0].tolist() == [[4, 5], [18, 19]]


def test_a_loaders_own_collate_function_is_used_and_the_callers_wins():
    def negated(items):
        return -torch.stack([x for x, _ in items]), torch.tensor([y for _, y in items])

    loader = DataLoader(Items(), batch_size=4, collate_fn=negated)
    assert as_split(loader).gather(torch.tensor([1]))[0].tolist() == [[-2, -3]]
    assert (
        as_split(loader, Items_collate := (lambda items: (torch.zeros(1), torch.zeros(1)))).collate_fn
        is Items_collate
    )


@pytest.mark.parametrize("sampler", [SequentialSampler, RandomSampler])
def test_samplers_that_draw_each_example_once_are_read(sampler):
    assert len(as_split(DataLoader(Items(), sampler=sampler(Items())))) == 12


def test_a_subset_sampler_is_read_as_the_subset():
    split = as_split(DataLoader(Items(), sampler=SubsetRandomSampler([3, 8])))
    assert split.gather(torch.tensor([0, 1]))[0].tolist() == [[6, 7], [16, 17]]


REFUSED_LOADERS = {
    "WeightedRandomSampler decides how often": lambda: DataLoader(
        Items(), sampler=WeightedRandomSampler([1.0] * 12, 12)
    ),
    "RandomSampler decides how often": lambda: DataLoader(
        Items(), sampler=RandomSampler(Items(), replacement=True)
    ),
    "DistributedSampler decides how often": lambda: DataLoader(
        Items(), sampler=DistributedSampler(Items(), num_replicas=2, rank=0)
    ),
    "ByLabel decides which examples go into one batch": lambda: DataLoader(Items(), batch_sampler=ByLabel()),
    "batch_size=None takes batches that somebody else made": lambda: DataLoader(Items(), batch_size=None),
}


class ByLabel(BatchSampler):
    def __init__(self):
        super().__init__(SequentialSampler(Items()), 4, False)


@pytest.mark.parametrize("message", REFUSED_LOADERS)
def test_a_loader_that_decides_what_a_study_must_is_refused(message):
    with pytest.raises(InputError, match=message) as error:
        as_split(REFUSED_LOADERS[message]())
    assert "train=loader.dataset" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_stream_without_end_is_refused_with_a_line_that_works(monkeypatch):
    monkeypatch.setattr(stream, "MOST_EXAMPLES", 1234)
    endless = ((X[0], 0) for _ in itertools.count())
    with pytest.raises(
        InputError, match=r"generator is read into memory, at most 1,234 examples or 1 GiB"
    ) as error:
        as_split(endless)
    assert "list(itertools.islice(dataset, 1000))" in str(error.value)


def test_a_stream_of_too_many_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(stream, "MOST_BYTES", 1 << 20)
    with pytest.raises(InputError, match=r"has more after 31 examples: .*islice\(dataset, 30\)"):
        as_split((torch.zeros(8192), 0) for _ in range(100))


def test_reading_a_stream_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    noisy = ((torch.rand(2), 0) for _ in range(5))
    first = as_split(noisy).inputs
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first, as_split((torch.rand(2), 0) for _ in range(5)).inputs)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((torch.zeros(3), torch.zeros(4)), r"equally many examples, got \[3, 4\]"),
        ([], "at least one example, got 0"),
        (Stream(0), "at least one example, got 0 from Stream"),
        (Subset(Items(), []), "at least one example, got an empty subset"),
        (3, "or a DataLoader, got int"),
        ("digits", "or a DataLoader, got str"),
        (X.numpy(), r"one array of shape \(12, 2\): pass a pair, as \(table\[:, :-1\], table\[:, -1\]\)"),
        ({"x": X, "z": Y}, r"labels under labels, label, .* or y, got \['x', 'z'\]: rename one"),
        ({"labels": Y}, r"inputs beside its labels, got only \['labels'\]"),
        ([(1, 2, 3)], "a batch must be a pair .*, got 3 parts: make one with collate_fn=lambda items"),
        ([1.0, 2.0, 3.0], "a batch must be a pair .*, got float"),
        ((["a", "b"], [0, 1]), "must be numbers of one shape an example"),
        (([[1.0], [1.0, 2.0]], [0, 1]), "pad rows to one length"),
        (([torch.ones(1), torch.ones(2)], [0, 1]), "pad rows to one length"),
        (np.zeros((0, 2)), "one array"),
    ],
)
def test_what_cannot_be_read_says_why(data, message):
    with pytest.raises(InputError, match=message) as error:
        as_split(data)
    assert "\n" not in str(error.value)
