import pytest

THREE = ["compare", "digits", "--methods", "gd,sgd,minibatch", "--examples", "100,100,200", "--batch-size", 2]


@pytest.fixture(scope="module")
def three_methods():
    """The three methods of the article: B = 100 and 1 on 100 digits, B = 2 on 200, four epochs each."""
    import contextlib
    import io
    import json

    from batchwright.cli.main import run_command as run

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run([str(word) for word in [*THREE, "--epochs", 4, "--json"]]) == 0
    return {row["method"]: row for row in json.loads(out.getvalue())["methods"]}


def training(row, quantity):
    return [e[quantity] for e in row["evaluations"] if e["split"] == "train"]


def test_the_three_methods(three_methods):
    assert [row["batch_size"] for row in three_methods.values()] == [100, 1, 2]
    assert [row["updates"] for row in three_methods.values()] == [4, 400, 400]
    for row in three_methods.values():
        assert [e["epoch"] for e in row["evaluations"] if e["split"] == "train"] == [0, 1, 2, 3, 4]
    accuracy = {name: training(row, "accuracy")[-1] for name, row in three_methods.items()}
    assert accuracy["gd"] < 0.5
    assert accuracy["sgd"] >= 0.85
    assert accuracy["minibatch"] >= 0.9
    loss = {name: training(row, "loss") for name, row in three_methods.items()}
    assert loss["gd"] == sorted(loss["gd"], reverse=True)
    assert loss["gd"][-1] > 2
    assert max(loss["sgd"][-1], loss["minibatch"][-1]) < 0.6


def test_an_epoch_of_gradient_descent_is_the_fastest(three_methods):
    """One update against a hundred: far beyond what a busy machine could turn round."""
    assert three_methods["gd"]["seconds_per_epoch"] * 3 < three_methods["sgd"]["seconds_per_epoch"]
    assert three_methods["gd"]["seconds_per_epoch"] * 3 < three_methods["minibatch"]["seconds_per_epoch"]


def test_the_table_fits_a_hundred_columns(cli, terminal):
    terminal(100)
    lines = cli(*THREE, "--epochs", 4).out.splitlines()
    assert lines[0].startswith("With equal epochs, mini-batch ends with the lowest validation loss, ")
    assert all(len(line.rstrip()) <= 100 and "…" not in line for line in lines if "Next: " not in line)
    heads = [line for line in lines if line.startswith("method")]
    assert len(heads) == 2
    assert "accuracy" in heads[0]
    column = [line[:17].strip() for line in lines]
    for method in ("gradient descent", "SGD", "mini-batch"):
        assert method in column


def test_optimizers(cli, task_file):
    words = ["compare", f"{task_file}:task", "--optimizers", "sgd,adam,rmsprop", "--batch-size", 8]
    rows = cli(*words, "--lr", "0.1,0.01,0.02", "--epochs", 2, "--json").json()["methods"]
    assert [row["method"] for row in rows] == ["sgd", "adam", "rmsprop"]
    assert [row["spec"]["optimizer"]["lr"] for row in rows] == [0.1, 0.01, 0.02]
    assert {row["batch_size"] for row in rows} == {8}
    assert {row["updates"] for row in rows} == {10}


def test_a_method_that_fails(cli, task_file):
    answer = cli("compare", f"{task_file}:task", "--set", "kind=broken", "--batch-size", 8)
    assert answer.code == 1
    assert answer.out == ""
    assert "RuntimeError: shapes do not fit second line" in answer.err


def test_divergence_is_named(cli, task_file):
    words = ["compare", f"{task_file}:task", "--methods", "sgd,minibatch", "--batch-size", 8]
    answer = cli(*words, "--lr", "1e6,0.1", "--epochs", 5)
    assert answer.code == 0
    assert "diverged" in answer.out
    assert "SGD diverged: lower its learning rate" in answer.out
