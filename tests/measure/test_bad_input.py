"""Numbers out of range end every measurement in one line that names the argument and the value."""

import math

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.gradients.along import measured_run
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.scatter import scatter_by_batch
from batchwright.measure.hardware.probe import measure_hardware
from batchwright.measure.hessian.tracking import tracked_run
from batchwright.measure.points.escape import escape_saddle
from batchwright.measure.points.geometry import measure_geometry
from batchwright.measure.surface.lines import surface_line
from batchwright.task.task import Task, TaskReference
from batchwright.training.spec import RunSpec

HUGE = 2**63


def _task():
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    loss = nn.CrossEntropyLoss(reduction="none")
    return Task(
        name="t", model=lambda: nn.Linear(3, 2), train=(x, (x[:, 0] > 0).long()), validation=(x, (x[:, 0] > 0).long()),
        loss=loss,
    )  # fmt: skip


TASK = _task()
MODEL = TASK.build_model(0)
SPEC = RunSpec(task=TaskReference(name="t"), batch_size=1)

CALLS = {
    "batch_size": lambda v: measure_hardware(SPEC, TASK, batch_sizes=[v]),
    "memory budget": lambda v: measure_hardware(SPEC, TASK, batch_sizes=[2], memory_budget_bytes=v),
    "limit_seconds": lambda v: measure_hardware(SPEC, TASK, batch_sizes=[2], limit_seconds=v),
    "three examples or more": lambda v: measure_noise(MODEL, TASK, sample=v),
    "memory_bytes": lambda v: measure_noise(MODEL, TASK, memory_bytes=v),
    "draws": lambda v: scatter_by_batch(MODEL, TASK, 1.0, draws=v),
    " batch_size": lambda v: scatter_by_batch(MODEL, TASK, 1.0, batch_sizes=[4, v]),
    "along": lambda v: next(measured_run(SPEC, TASK, every=v)),
    " along": lambda v: next(tracked_run(SPEC, TASK, every=v)),
    "examples": lambda v: measure_geometry(MODEL, TASK, examples=v),
    "top": lambda v: measure_geometry(MODEL, TASK, top=v, bottom=0),
    "tolerance": lambda v: measure_geometry(MODEL, TASK, tolerance=v),
    "trace_error": lambda v: measure_geometry(MODEL, TASK, trace_error=v),
    "gradient_tolerance": lambda v: measure_geometry(MODEL, TASK, gradient_tolerance=v),
    "chunk": lambda v: measure_geometry(MODEL, TASK, chunk=v),
    " examples": lambda v: escape_saddle(MODEL, TASK, examples=v),
    "points": lambda v: surface_line(MODEL, TASK, points=v),
    "range": lambda v: surface_line(MODEL, TASK, reach=v),
}
BELOW = [
    (name, value) for name in CALLS for value in (-HUGE, -1, 0) if (name, value) != ("gradient_tolerance", 0)
]
ABOVE = [
    (name, value)
    for name in ("batch_size", " batch_size", "draws", "examples", " examples", "points")
    for value in (10**6, HUGE, 10**30)
]
NO_NUMBER = [
    (name, value)
    for name in ("limit_seconds", "tolerance", "trace_error", "range")
    for value in (math.nan, math.inf, -math.inf)
]


@pytest.mark.parametrize(("name", "value"), [*BELOW, *ABOVE, *NO_NUMBER, ("gradient_tolerance", math.nan)])
def test_one_line_names_the_argument_and_the_value(name, value):
    with pytest.raises(InputError, match=name.strip()) as refused:
        CALLS[name](value)
    message = str(refused.value)
    assert "\n" not in message
    assert "--" not in message
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    assert shown in message or f"{value:.10g}" in message or f"{float(value):g}" in message


@pytest.mark.parametrize("name", ["chunk", "memory_bytes", "three examples or more", "gradient_tolerance"])
def test_more_than_there_is_means_all(name):
    CALLS[name](HUGE)
