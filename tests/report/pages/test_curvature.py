"""The pages of curvature at a point and along a run, and of the way out of a saddle."""

import pytest

from batchwright.core.action import Action
from batchwright.measure.hessian.tracking import curvature_along
from batchwright.measure.points.escape import escape_saddle
from batchwright.measure.points.geometry import measure_geometry
from batchwright.report.pages.curvature import curvature_page
from batchwright.report.pages.escape import escape_page
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference

ACTION = Action(
    command="curvature",
    subject="digits",
    arguments={"set": {"hidden": 4}, "steps": 20, "lr": 0.1, "examples": 100, "top": 1, "report": "c.html"},
)
AT_SADDLE = Action(command="curvature", subject="two-weights", arguments={"at": [0, 0], "dtype": "float64"})


@pytest.fixture(scope="module")
def geometry(point):
    return measure_geometry(
        point.run.model, point.task, examples=100, top=1, bottom=1, trace_error=1.0, density=True
    )


@pytest.fixture(scope="module")
def along(point):
    return list(curvature_along(point.spec, point.task, every=10, examples=100))


@pytest.fixture(scope="module")
def saddle():
    """The saddle of two weights, in float64."""
    task = load_task(TaskReference(name="two-weights"))
    model = task.build_model(0).double()
    for parameter in model.parameters():
        parameter.data.zero_()
    return model, task


def test_on_a_slope_the_numbers_agree_and_the_run_is_to_be_followed(geometry, point, read):
    page = read(curvature_page(geometry, task="digits", step=20, spec=point.spec, action=ACTION))
    largest = page.facts["largest eigenvalue"]
    assert page.answers[0].startswith("After 20 updates training stands on a slope: ")
    assert page.answers[0].endswith(f"the largest eigenvalue is {largest}.")
    assert float(page.column("eigenvalue")[-1]) == pytest.approx(float(largest), abs=0.005)
    assert "is above its tolerance" not in page.words
    assert "Dinh et al. 2017" in page.words
    assert page.steps == [
        "batchwright curvature digits --set hidden=4 --examples 100 --steps 20 --lr 0.1 --along 1"
    ]
    assert page.page.about["trained with"] == "sgd, learning rate 0.1, batch size 32"


def test_a_run_that_was_followed_goes_on_to_the_surface_at_the_same_point(geometry, along, read):
    page = read(curvature_page(geometry, task="digits", step=20, along=along, action=ACTION))
    assert page.answers[1].startswith("The largest eigenvalue went from ")
    assert page.column("updates") == ["0", "10", "20"]
    assert page.steps == ["batchwright surface digits --set hidden=4 --examples 100 --steps 20 --lr 0.1"]


def test_sharpness_without_its_caveat_is_not_shown(geometry, read):
    plain = geometry.model_copy(update={"sharpness": None})
    assert "reparametrisation" not in read(curvature_page(plain, task="digits")).words


def test_along_a_run_the_edge_of_stability_decides(geometry, along, read):
    def answer(rows):
        return read(curvature_page(geometry, task="digits", step=20, along=rows, action=ACTION)).answers[1]

    assert answer(along).endswith("% of the edge of stability, 20.0.")
    risen = [row.model_copy(update={"largest": 19.0}) for row in along]
    assert "It came to the edge of stability, 20.0, after 10 updates" in answer([along[0], *risen[1:]])
    unknown = [row.model_copy(update={"threshold": None}) for row in along]
    assert answer(unknown).endswith("is not known.")


def test_at_a_saddle_the_way_out_keeps_the_point(saddle, read):
    found = measure_geometry(*saddle, top=1, bottom=1)
    page = read(curvature_page(found, task="two-weights", action=AT_SADDLE))
    assert page.answers == [
        "At the given parameters training stands at a saddle: eigenvalues go from -2.00 to 2.00."
    ]
    assert page.steps == ["batchwright escape two-weights --dtype float64 --at 0,0"]


def test_the_way_out_of_a_small_model_goes_on_from_its_end(saddle, read):
    found = escape_saddle(*saddle)
    page = read(escape_page(found, task="two-weights", action=AT_SADDLE))
    assert page.facts["loss before"] == "1.00"
    assert [float(v) for v in page.column("after", table=1)] == pytest.approx(
        found.parameters.tolist(), abs=1e-3
    )
    command, at = page.steps[0].rsplit(" ", 1)
    assert command == "batchwright curvature two-weights --dtype float64 --at"
    assert [float(v) for v in at.split(",")] == pytest.approx(found.parameters.tolist(), abs=1e-9)


def test_the_way_out_of_a_large_model_goes_on_at_the_point_that_was_left(point, read):
    found = escape_saddle(point.run.model, point.task, examples=64)
    page = read(escape_page(found, task="digits", action=ACTION))
    kept = "--set hidden=4 --examples 100 --steps 20 --lr 0.1"
    assert page.steps == [f"batchwright surface digits {kept} --plane --direction eigenvector"]
    stuck = found.model_copy(update={"escaped": False, "direction": None, "distance": 0.0})
    page = read(escape_page(stuck, task="digits", action=ACTION))
    assert page.steps == [f"batchwright curvature digits {kept}"]
