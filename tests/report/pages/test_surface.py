"""The pages of loss surfaces: their headline in the words of the axes, their next steps at the same point."""

import pytest

from batchwright.core.action import Action
from batchwright.core.params import parameters_of
from batchwright.measure.surface.interpolation import interpolate
from batchwright.measure.surface.lines import surface_line, surface_plane
from batchwright.measure.surface.planes import plane_of_trajectory, plane_through
from batchwright.report.draw.surface import draw_plane
from batchwright.report.pages.surface import surface_page
from batchwright.report.text.axes import axis_labels
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference
from batchwright.training.loop import Run

SIZES = (16, 128, 512)


def action(**arguments):
    return Action(command="surface", subject="digits", arguments=arguments)


@pytest.fixture(scope="module")
def models(point):
    return [point.after(10, batch_size=size).model for size in SIZES]


def test_a_plane_is_told_in_the_names_of_its_axes(read):
    task = load_task(TaskReference(name="two-weights"))
    model = task.build_model(0).double()
    for parameter in model.parameters():
        parameter.data.zero_()
    found = surface_plane(model, task, points=5)
    made = Action(command="surface", subject="two-weights", arguments={"at": [0, 0], "plane": True})
    page = read(surface_page(found, task="two-weights", action=made))
    assert page.answers == [
        "Over this plane the training loss, 1.00 at the weights, falls to 0 at -1 along w1 and -1 along w2, and "
        "rises to 4.00."
    ]
    axes = draw_plane(found).axes[0]
    assert (
        (axes.get_xlabel(), axes.get_ylabel()) == axis_labels(found) == ("alpha, along w1", "beta, along w2")
    )
    assert page.column("training loss") == ["1.00", "0.00", "4.00"]
    assert page.steps == ["batchwright curvature two-weights --at 0,0"]


def test_a_line_goes_on_to_its_plane_without_what_only_shows_it(point, read):
    found = surface_line(point.run.model, point.task, points=12, examples=200)
    made = action(set={"hidden": 4}, steps=20, points=12, figure="line.svg", report="line.html")
    page = read(surface_page(found, task="digits", action=made))
    assert page.answers[0].startswith("Along a random direction the training loss is ")
    assert "0.000" in page.column("alpha")
    assert len(page.column("alpha")) == 9
    assert page.steps == ["batchwright surface digits --set hidden=4 --steps 20 --points 12 --plane"]


def test_a_loss_that_is_hardly_lower_is_told_in_enough_digits(point, read):
    found = surface_line(point.run.model, point.task, points=5)
    here = found.marks[0].values.train.loss
    losses = [here * (1 - 1e-4) if k == 1 else loss for k, loss in enumerate(found.train.loss)]
    hardly = found.model_copy(update={"train": found.train.model_copy(update={"loss": tuple(losses)})})
    answer = read(surface_page(hardly, task="digits")).answers[0]
    low = float(answer.partition("lowest, ")[2].partition(",")[0])
    assert low < here


def test_between_two_sizes_the_study_proposed_has_the_sizes_between(models, point, read):
    names = ("batch size 16", "batch size 128")
    found = interpolate(models[0], models[1], point.task, names=names, points=5)
    page = read(
        surface_page(found, task="digits", action=action(set={"hidden": 4}, between=[16, 128], epochs=2))
    )
    assert page.answers[0].startswith("Between batch size 16 and batch size 128 there is ")
    assert page.steps == ["batchwright study digits --set hidden=4 --batch-sizes 16,32,64,128"]
    assert [float(alpha) for alpha in page.column("alpha")] == [-1, -0.25, 0, 0.5, 1, 1.25, 2]


def test_between_two_checkpoints_the_sharper_one_is_looked_at(models, point, read):
    found = interpolate(models[0], models[1], point.task, names=("a", "b"), points=3)
    sharper = found.model_copy(update={"curvature": (1.0, 3.0)})
    page = read(surface_page(sharper, task="digits", action=action(between_checkpoints=["runs/a", "runs/b"])))
    assert "the b end is 3.0 times sharper along this line" in page.answers[0]
    assert page.steps == ["batchwright curvature digits --checkpoint runs/b"]


def test_barriers_and_unequal_ends(models, point, read):
    found = interpolate(models[0], models[1], point.task, names=("a", "b"), points=5)
    wall = found.barrier["train"].model_copy(update={"value": 0.5, "alpha": 0.4, "above_both_ends": True})
    walled = found.model_copy(update={"barrier": {"train": wall, "validation": wall}})
    assert (
        "a barrier of 0.500 in training loss, 40% of the way"
        in read(surface_page(walled, task="digits")).answers[0]
    )
    first, second = found.marks
    low = second.values.train.model_copy(update={"loss": first.values.train.loss / 10})
    unequal = second.model_copy(update={"values": second.values.model_copy(update={"train": low})})
    page = read(surface_page(found.model_copy(update={"marks": (first, unequal)}), task="digits"))
    assert page.caveats[0].startswith("The ends are not trained equally far")


def test_a_plane_through_three_models_names_them(models, point, read):
    names = [f"batch size {size}" for size in SIZES]
    found = plane_through(models, point.task, names=names, points=4)
    page = read(surface_page(found, task="digits", action=action(between=list(SIZES))))
    assert all(name in page.answers[0] for name in names)
    assert axis_labels(found) == (
        "alpha, from batch size 16 to batch size 128",
        "beta, from that line to batch size 512",
    )
    assert page.column("point")[:3] == names
    assert page.steps == ["batchwright study digits --batch-sizes 16,32,64,128,256,512"]


def test_a_trajectory_goes_on_to_the_curvature_along_it(point, read):
    run = Run(point.spec, point.task)
    snapshots = [parameters_of(run.model)]
    while run.step < 9:
        run.update()
        snapshots.append(parameters_of(run.model))
    found = plane_of_trajectory(run.model, point.task, snapshots, points=4)
    page = read(surface_page(found, task="digits", action=action(steps=9, trajectory=True, lr=0.1)))
    assert page.answers[0].startswith("Two directions explain ")
    assert page.column("updates")[0] == "0"
    assert page.column("updates")[-1] == "9"
    assert float(page.column("distance from the plane")[-1]) == 0
    assert page.steps == ["batchwright curvature digits --steps 9 --lr 0.1 --along 1"]


def test_points_that_are_not_finite_are_counted(point, read):
    found = surface_plane(point.run.model, point.task, points=3, examples=100)
    page = read(surface_page(found.model_copy(update={"not_finite": 2}), task="digits"))
    assert page.caveats == ["At 2 of 9 points the loss is not finite."]
