"""The tasks of ``examples/bring``: each is read, trained a little, evaluated, measured and sent elsewhere."""

from pathlib import Path

import pytest
import torch

from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.hessian.curvature import Curvature
from batchwright.task import TaskReference, load_task
from batchwright.task.live import as_live, live_fingerprint, pack, unpack
from batchwright.training.loop import run
from batchwright.training.record import Status
from batchwright.training.spec import RunSpec

FILES = sorted((Path(__file__).parents[2] / "examples" / "bring").glob("*.py"))


def test_there_are_ten_of_at_most_thirty_lines():
    assert len(FILES) == 10
    assert max(len(path.read_text().splitlines()) for path in FILES) <= 30


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def task(request):
    return load_task(TaskReference(name=f"{request.param}:task"))


def test_it_has_a_target_that_training_approaches(task):
    spec = RunSpec.model_validate(
        {
            "task": task.reference, "batch_size": 32, "optimizer": {"name": "adam", "lr": 0.01}, "target": task.target,
            "budget": {"steps": 80}, "evaluation": {"at": "steps", "every": 20},
        }
    )  # fmt: skip
    result = run(spec, task)
    assert result.status in (Status.TARGET_REACHED, Status.BUDGET_EXHAUSTED), result.message
    values = [evaluation.value(task.target.metric) for evaluation in result.evaluations]
    gap = [abs(value - task.target.value) for value in values]
    assert result.status is Status.TARGET_REACHED or gap[-1] < gap[0]
    better = max if task.higher_is_better(task.target.metric) else min
    assert better(task.target.value, values[0]) == task.target.value, "the target is met before training"


def test_its_gradients_scatter_measurably(task):
    noise = measure_noise(task.build_model(0), task, sample=48)
    assert noise.vectorised
    assert noise.trace_sigma.value > 0


def test_its_curvature_is_symmetric(task):
    curvature = Curvature(task.build_model(0).eval(), task, examples=48)
    pair = torch.randn(2, curvature.count, generator=torch.Generator().manual_seed(0))
    for products in (curvature.hessian_products(pair), curvature.gauss_newton_products(pair)):
        torch.testing.assert_close(pair[0] @ products[1], pair[1] @ products[0], rtol=1e-3, atol=1e-4)


def test_it_lives_in_a_notebook_too(task):
    live = as_live(task)
    assert live.fingerprint == live_fingerprint(task)
    other = unpack(pack(live))
    inputs, targets = task.train.gather(torch.arange(4), seed=0)
    again, _ = other.train.gather(torch.arange(4), seed=0)
    losses = [
        t.loss(model(x) if t.forward is None else t.forward(model, x), targets)
        for t, x in ((task, inputs), (other, again))
        for model in [t.build_model(0).eval()]
    ]
    torch.testing.assert_close(losses[0], losses[1])
