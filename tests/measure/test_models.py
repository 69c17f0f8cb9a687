"""Models as people have them: every measurement gives what it gives for the plain twin, and leaves them alone."""

import tempfile
import threading
import warnings

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.hardware.probe import measure_hardware
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.own_copy import own_copy
from batchwright.measure.points.escape import escape_saddle
from batchwright.measure.points.geometry import measure_geometry
from batchwright.measure.surface.lines import surface_line
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import Run
from batchwright.training.spec import RunSpec

WORDS = 7


class Net(nn.Module):
    """Words -> two outputs; the plain twin of all below."""

    sparse = False

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(WORDS, 3, sparse=self.sparse)
        self.first = nn.Linear(3, 4)
        self.last = nn.Linear(4, 2)

    def forward(self, inputs):
        return self.last(torch.tanh(self.first(self.words(inputs).mean(1))))


class Sparse(Net):
    sparse = True


class KeepsActivation(Net):
    """For a hook, a penalty, a picture: what the last forward pass computed."""

    def forward(self, inputs):
        self.seen = {"layers": [torch.tanh(self.first(self.words(inputs).mean(1)))]}
        self.activation = self.seen["layers"][0]
        return self.last(self.activation)


class HasLock(Net):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class HasFile(Net):
    def __init__(self):
        super().__init__()
        self.log = tempfile.TemporaryFile("w")  # noqa: SIM115


class Tempered(Net):
    """A logit scale without dimensions; 1, as the twin has none."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, inputs):
        return self.scale * super().forward(inputs)


class WeightNormed(Net):
    def __init__(self):
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            self.first = nn.utils.weight_norm(self.first)


SAME = [Sparse, KeepsActivation, HasLock, HasFile]
OTHER = [Tempered, WeightNormed]


def task_of(make):
    random = generator(3, "models")
    x = torch.randint(WORDS, (40, 5), generator=random)
    y = torch.randint(2, (40,), generator=random)
    return Task(
        name="words", model=make, train=(x, y), validation=(x[:9], y[:9]), loss=nn.CrossEntropyLoss(reduction="none"),
        optimizer={"lr": 0.1},
    )  # fmt: skip


def used(make):
    """A task and a model of it that has been through a forward and a backward pass."""
    task = task_of(make)
    model = task.build_model(0)
    task.loss(model(task.train.inputs), task.train.targets).mean().backward()
    model.zero_grad()
    return task, model


@pytest.mark.parametrize("make", [Net, *SAME, *OTHER], ids=lambda make: make.__name__)
def test_every_measurement_runs_and_leaves_the_model_alone(make):
    task, model = used(make)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert measure_noise(model, task, curvature=True).curvature_noise_scale is not None
    geometry = measure_geometry(model, task, top=1, bottom=1)
    assert geometry.sharpness is not None
    assert escape_saddle(model, task).loss_after <= geometry.loss
    assert surface_line(model, task, points=3).not_finite == 0
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("make", SAME, ids=lambda make: make.__name__)
def test_the_numbers_are_those_of_the_plain_twin(make):
    (plain_task, plain), (task, model) = used(Net), used(make)
    noise, expected = measure_noise(model, task), measure_noise(plain, plain_task)
    assert noise.trace_sigma.value == pytest.approx(expected.trace_sigma.value, rel=1e-5)
    vector = torch.randn(1, sum(p.numel() for p in model.parameters()), generator=generator(0, "vector"))
    products = [Curvature(m, t).hessian_products(vector) for m, t in ((model, task), (plain, plain_task))]
    torch.testing.assert_close(*products)


def test_a_scale_of_one_adds_its_own_derivative_only():
    (plain_task, plain), (task, model) = used(Net), used(Tempered)
    gradient = Curvature(model, task).gradient()  # the scale is the model's own parameter, the first one
    torch.testing.assert_close(gradient[1:], Curvature(plain, plain_task).gradient())


@pytest.mark.parametrize(
    "make", [Sparse, KeepsActivation, HasLock, WeightNormed], ids=lambda make: make.__name__
)
def test_a_probe_times_them(make):
    spec = RunSpec(task=TaskReference(name="words"), batch_size=1, optimizer={"lr": 0.1})
    found = measure_hardware(
        spec, task_of(make), batch_sizes=[4, 40], limit_seconds=0.2, memory_budget_bytes=4 << 30
    )
    assert [point.batch_size for point in found.points] == [4, 40]


def test_what_a_run_has_learned_goes_into_the_copy_that_the_task_builds():
    task = task_of(HasLock)
    run = Run(RunSpec(task=TaskReference(name="words"), batch_size=8, optimizer={"lr": 0.5}), task)
    for _ in range(5):
        run.update()
    copy = own_copy(run.model.eval(), task)
    assert not copy.training
    for name, value in run.model.state_dict().items():
        assert torch.equal(copy.state_dict()[name], value)
        assert copy.state_dict()[name].data_ptr() != value.data_ptr()


def test_frozen_parameters_and_buffers_that_are_not_saved_come_along():
    class Frozen(HasLock):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", torch.zeros(2), persistent=False)

    task, model = used(Frozen)
    model.words.weight.requires_grad_(False)
    model.seen += 3
    copy = own_copy(model, task)
    assert not copy.words.weight.requires_grad
    assert copy.seen.tolist() == [3.0, 3.0]


def test_where_even_the_task_cannot_build_another_the_reason_is_one_line():
    live = HasLock()
    with pytest.raises(
        InputError, match=r"cannot be copied .*lock.* hands out this very model each time"
    ) as error:
        measure_noise(live, task_of(lambda: live))
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=r"cannot be copied .* has other parameters, see 'scale'"):
        Curvature(HasLock(), task_of(Tempered))
