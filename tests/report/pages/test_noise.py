"""The page of a gradient's noise."""

import pytest

from batchwright.core.action import Action
from batchwright.core.numbers import MISSING
from batchwright.measure.estimate import NoiseScale
from batchwright.measure.gradients.along import noise_along, noise_of_run
from batchwright.measure.gradients.scatter import SAMPLINGS, scatter_by_batch, scatter_slope
from batchwright.report.pages.noise import noise_page

ACTION = Action(
    command="noise",
    subject="digits",
    arguments={"set": {"hidden": 4}, "steps": 20, "lr": 0.1, "sample": 400, "draws": 4},
)


@pytest.fixture(scope="module")
def measured(point):
    found = noise_of_run(point.run, point.task, sample=400, curvature=True).raw
    scatter = scatter_by_batch(point.run.model, point.task, found.trace_sigma.value, draws=4)
    return found, scatter, [scatter_slope(scatter, found.examples, name) for name in SAMPLINGS]


def test_headline_fact_and_table_have_the_same_number(measured, read):
    found, scatter, slopes = measured
    page = read(noise_page(found, scatter, slopes, task="digits", step=20, action=ACTION))
    value, low, high = page.column("noise scale")
    assert found.noise_scale.value == pytest.approx(float(value), rel=0.01)
    assert (
        page.answers[0]
        == f"The gradient noise scale after 20 updates is {value} (90%: {low} to {high}) examples: well below that "
        "batch size twice the batch nearly halves the steps, well above it a larger batch buys little."
    )
    assert page.facts["noise scale"] == value
    assert page.column("|G|²")[0] == page.facts["|G|²"]
    assert page.column("slope", table=1) == [f"{slope.value:.3f}" for slope in slopes]
    assert page.column("the law", table=1) == ["-0.500", "-0.500"]
    assert page.column("batch size", table=2)[-1] == "1437"


def test_it_goes_on_to_advice_with_the_same_task_and_without_the_point(measured, read):
    found, scatter, slopes = measured
    page = read(noise_page(found, scatter, slopes, task="digits", step=20, action=ACTION))
    assert page.steps == ["batchwright advise digits --set hidden=4"]


def test_what_is_not_resolved_is_measured_again_from_more_examples(measured, read):
    found, scatter, slopes = measured
    lost = found.model_copy(
        update={"noise_scale": NoiseScale(value=900.0, interval=(400.0, None), resolved=False)}
    )
    page = read(noise_page(lost, scatter, slopes, task="digits", step=20, action=ACTION))
    assert "is not resolved, only that it is above 400 (90%)" in page.answers[0]
    assert "900" not in page.words
    assert page.column("noise scale")[0] == page.facts["noise scale"] == MISSING
    assert page.steps == [
        "batchwright noise digits --set hidden=4 --steps 20 --lr 0.1 --sample all --draws 4"
    ]
    everything = lost.model_copy(update={"sample": lost.examples})
    page = read(noise_page(everything, scatter, slopes, task="digits", step=20, action=ACTION))
    assert page.steps == ["batchwright advise digits --set hidden=4"]


def test_along_a_run_its_course_comes_first_and_an_early_end_is_said(measured, point, read):
    found, scatter, slopes = measured
    along = list(noise_along(point.spec, point.task, every=10, sample=400))
    page = read(noise_page(found, scatter, slopes, task="digits", step=20, along=along, action=ACTION))
    assert page.answers[0].startswith("The gradient noise scale went from ")
    assert page.answers[0].endswith(" after 20 updates.")
    assert page.column("updates") == ["10", "20"]
    assert not page.caveats
    longer = ACTION.with_arguments(steps=60)
    page = read(noise_page(found, scatter, slopes, task="digits", step=20, along=along, action=longer))
    assert page.caveats == ["The run diverged after 20 updates: lower its learning rate."]
