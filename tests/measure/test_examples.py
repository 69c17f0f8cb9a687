"""Items of a data set are read once, whatever is measured."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset, Subset

from batchwright.core.errors import InputError
from batchwright.measure.examples import in_memory
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.points.escape import escape_saddle
from batchwright.measure.points.geometry import measure_geometry
from batchwright.task.data import ItemSplit, TensorSplit
from batchwright.task.given.data import as_split
from batchwright.task.task import Task

from .curvature_cases import EmbeddedOperator

EXAMPLES, RE_READ = 300, 32
"""A few items are read twice more, to see whether they stay the same."""


class Counted(Dataset):
    """Counts how often its items are read."""

    def __init__(self, examples=EXAMPLES, inputs=40, jitter=0.0):
        random = torch.Generator().manual_seed(0)
        self.x = torch.randn(examples, inputs, generator=random)
        self.y = torch.randint(3, (examples,), generator=random)
        self.reads, self.jitter = 0, jitter

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        self.reads += 1
        return self.x[i] + self.jitter * torch.randn(self.x.shape[1]), self.y[i]


def task_of(data, hidden=60, **fields):
    """2,722 parameters as in the report that led here, by default nearly so: 40 x 60 + 60 + 60 x 3 + 3."""
    model = fields.pop("model", lambda: nn.Sequential(nn.Linear(40, hidden), nn.Tanh(), nn.Linear(hidden, 3)))
    fields = {"loss": nn.CrossEntropyLoss(reduction="none"), **fields}
    return Task(name="items", model=model, train=data, validation=data, **fields)


def test_one_eigenvalue_at_either_end_takes_few_products_and_one_reading():
    data = Counted()
    task = task_of(data)
    data.reads = 0
    found = measure_geometry(task.build_model(0), task, top=1, bottom=1, trace_error=None, sharpness=True)
    assert found.parameters == 2643
    assert found.method == "lanczos"
    assert found.converged
    assert found.hessian_products < 100
    assert data.reads <= EXAMPLES + RE_READ


@pytest.mark.parametrize(
    ("parameters", "examples", "pairs", "method"),
    [
        (500, 100, 1, "dense"),
        (500, 1_000_000, 1, "lanczos"),  # products cost much, few pairs are asked for
        (500, 1_000_000, 10, "dense"),  # twenty pairs would take as many products as the whole matrix
        (2500, 10, 1, "lanczos"),  # products are cheap, the matrix' eigenvalues are not
    ],
)
def test_what_is_asked_and_what_a_product_costs_decide_for_the_whole_matrix(
    parameters, examples, pairs, method
):
    operator = EmbeddedOperator(torch.linspace(-3, 8, parameters), count=parameters)
    operator.examples = examples
    assert eigenpairs(operator, top=pairs, bottom=pairs).method == method


def test_noise_and_escape_read_once():
    for measure in (lambda m, t: measure_noise(m, t, curvature=True, sample=None), escape_saddle):
        data = Counted()
        task = task_of(data, hidden=5)
        data.reads = 0
        measure(task.build_model(0), task)
        assert data.reads <= EXAMPLES + RE_READ


def test_the_numbers_are_those_of_tensors():
    data = Counted()
    items, tensors = task_of(data, hidden=5), task_of((data.x, data.y), hidden=5)
    model = items.build_model(0)
    found, expected = (measure_geometry(model, t, sharpness=False) for t in (items, tensors))
    assert found.loss == pytest.approx(expected.loss, rel=1e-6)
    assert found.eigenvalues[-1].value == pytest.approx(expected.eigenvalues[-1].value, rel=1e-4)


def test_a_subset_and_double_precision_are_kept():
    data = Counted()
    data.x = data.x.double()
    split = in_memory(as_split(Subset(data, [5, 2, 9])), nn.Linear(1, 1).double(), 1 << 20)
    assert isinstance(split, TensorSplit)
    assert split.inputs.dtype == torch.float64
    assert torch.equal(split.inputs, data.x[[5, 2, 9]])


def test_what_exceeds_the_memory_is_left_where_it_is():
    split = as_split(Counted())
    assert isinstance(in_memory(split, nn.Linear(1, 1), 40 * 4 * 100), ItemSplit)
    assert isinstance(in_memory(split, nn.Linear(1, 1), 1 << 30), TensorSplit)


def test_ragged_items_are_held_one_by_one_and_padded_batch_by_batch():
    class Ragged(Counted):
        def __getitem__(self, i):
            self.reads += 1
            return self.x[i, : 5 + i % 30], self.y[i]

    def padded(items):
        inputs = nn.utils.rnn.pad_sequence([x for x, _ in items], batch_first=True)
        return inputs, torch.stack([y for _, y in items])

    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(1, 3)

        def forward(self, inputs):
            return self.layer(inputs.sum(1, keepdim=True))

    data = Ragged()
    task = task_of(data, model=Mean, collate_fn=padded)
    split = in_memory(task.train, Mean(), 1 << 30)
    assert isinstance(split, ItemSplit)
    data.reads = 0
    assert split.gather(torch.tensor([0, 3]))[0].shape == (2, 8)
    found = measure_geometry(task.build_model(0), task)
    assert np.isfinite(found.loss)
    assert data.reads <= EXAMPLES + RE_READ


def test_items_drawn_at_random_are_refused():
    task = task_of(Counted(jitter=0.1))
    with pytest.raises(InputError, match="items that differ from one reading to the next"):
        measure_geometry(task.build_model(0), task)
