"""load_task: files, modules, built-in names, and everything that can go wrong with them."""

import importlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from batchwright.core.errors import InputError
from batchwright.task import ItemSplit, Task, TaskReference, load_task

USER_FILE = """
from __future__ import annotations
import torch
from torch import nn
from batchwright.task import Task, cross_entropy

class Net(nn.Linear):
    pass

def task(width: int = 3, shift: float = 0.0, data_dir: str | None = None) -> Task:
    x = torch.arange(40.0).reshape(20, 2) + shift
    y = torch.arange(20) % 2
    return Task(name="mine", model=lambda: Net(2, width), train=(x, y), validation=(x[:4], y[:4]),
                loss=cross_entropy, description=str(data_dir))

def raises():
    raise ValueError("first line\\nsecond line")

def leaves():
    raise SystemExit("bye")

def wrong():
    return 3

def broken_task():
    return Task(name="b", model=nn.Identity, train=(torch.zeros(2), torch.zeros(3)), validation=None,
                loss=cross_entropy)

number = 3
"""


@pytest.fixture
def user_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(USER_FILE)
    return path


def load(name, **fields):
    return load_task(TaskReference(name=str(name), **fields))


def error_of(name, **fields):
    with pytest.raises(InputError) as error:
        load(name, **fields)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_and_a_function(user_file, monkeypatch):
    monkeypatch.chdir(user_file.parent)
    path_before = list(sys.path)
    task = load("mine.py:task", options={"width": "5"})
    assert task.build_model(0).out_features == 5
    assert task.reference == TaskReference(name=f"{user_file}:task", options={"width": 5})
    assert sys.path == path_before
    again = load_task(TaskReference.model_validate_json(task.reference.model_dump_json()))
    assert again.fingerprint == task.fingerprint


def test_objects_of_the_file_pickle(user_file):
    net = load(f"{user_file}:task").build_model(0)
    copy = pickle.loads(pickle.dumps(net))
    assert type(copy) is type(net)
    assert torch.equal(copy.weight, net.weight)


def test_two_files_of_one_name_stay_apart(user_file, tmp_path):
    other = tmp_path / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(USER_FILE.replace('name="mine"', 'name="other"'))
    assert [load(f"{p}:task").name for p in (user_file, other, user_file)] == ["mine", "other", "mine"]


def test_an_edited_file_is_read_again(user_file):
    assert load(f"{user_file}:task").name == "mine"
    user_file.write_text(USER_FILE.replace('name="mine"', 'name="edited"'))
    assert load(f"{user_file}:task").name == "edited"


def test_a_file_imports_its_neighbours_also_while_it_runs(tmp_path):
    (tmp_path / "neighbour_early.py").write_text("WIDTH = 4\n")
    (tmp_path / "neighbour_late.py").write_text("NAME = 'late'\n")
    text = "from neighbour_early import WIDTH\n" + USER_FILE.replace(
        "from __future__ import annotations\n", ""
    )
    text = text.replace("    x = torch", "    from neighbour_late import NAME\n    x = torch").replace(
        'name="mine"', "name=NAME + str(WIDTH)"
    )
    (tmp_path / "uses.py").write_text(text.replace("str | None", "object"))
    assert load(tmp_path / "uses.py:task").name == "late4"


def test_a_module_and_a_function(tmp_path, monkeypatch):
    package = tmp_path / "some_package_of_mine"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tasks.py").write_text(USER_FILE)
    monkeypatch.chdir(tmp_path)
    importlib.invalidate_caches()
    task = load("some_package_of_mine.tasks:task", options={"width": 4})
    assert task.build_model(0).out_features == 4
    assert task.reference.name == "some_package_of_mine.tasks:task"


def test_data_dir_is_handed_on_where_it_is_wanted(user_file, tmp_path):
    task = load(f"{user_file}:task", data_dir=str(tmp_path / "a" / ".." / "data"))
    assert task.description == task.reference.data_dir == str(tmp_path / "data")
    message = error_of(f"{user_file}:raises", data_dir="x")
    assert message.endswith("takes no data_dir, got 'x'; drop data= or add the parameter")


def test_examples_take_a_stratified_subset(user_file):
    task = load(f"{user_file}:task", examples=6)
    assert task.train.targets.bincount().tolist() == [3, 3]
    assert len(task.validation) == 4
    assert error_of("digits", examples=1438) == (
        "examples must be between 1 and 1437 (the training examples), got 1438"
    )


def test_every_failure_of_a_users_file_is_one_line(user_file, monkeypatch):
    monkeypatch.chdir(user_file.parent)  # a longer name would be cut where an echo ends
    place = user_file.name
    assert error_of(f"{place}:raises") == f"{place}:raises raised ValueError: first line second line"
    assert error_of(f"{place}:leaves") == f"{place}:leaves raised SystemExit: bye"
    assert error_of(f"{place}:wrong") == f"{place}:wrong must return a batchwright Task, got int"
    assert error_of(f"{place}:number") == f"{place}:number must be a function that returns a Task, got int"
    assert error_of(f"{place}:taks").startswith(f"unknown function in {place}: 'taks': did you mean 'task'?")
    assert "raised InputError: task 'b', train data: inputs and targets must have" in error_of(
        f"{place}:broken_task"
    )
    assert error_of(f"{place}:task", options={"widht": "3"}).startswith(
        f"unknown {place}:task option 'widht': did you mean 'width'?"
    )
    assert error_of(f"{place}:task", options={"width": "wide"}) == (
        f"{place}:task option 'width' must be an integer, got 'wide'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import no_such_package_anywhere",
            "ModuleNotFoundError: No module named 'no_such_package_anywhere'",
        ),
        ("def task(:", "SyntaxError: "),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_file_that_does_not_import(tmp_path, text, message):
    path = tmp_path / "bad.py"
    path.write_text(text)
    modules, path_before = set(sys.modules), list(sys.path)
    assert error_of(f"{path}:task").startswith(f"cannot import {path}: {message}")
    assert not [m for m in set(sys.modules) - modules if "bad" in m]
    assert sys.path == path_before


def test_missing_files_and_modules(user_file, tmp_path):
    assert error_of(tmp_path / "none.py:task") == f"there is no task file {tmp_path}/none.py"
    assert error_of(f"{tmp_path}/mine:task").endswith(f"/mine; did you mean {tmp_path}/mine.py?")
    assert error_of(f"{tmp_path}/:task").startswith("cannot read the task file")
    assert error_of("no_such_package_anywhere:task").startswith(
        "cannot import no_such_package_anywhere: ModuleNotFoundError"
    )


def test_names_that_lack_a_part(user_file):
    assert error_of(user_file).endswith(f"; try {user_file}:task")
    assert error_of("mine.py:").startswith("a task must be named file.py:function")
    assert error_of(":task").startswith("a task must be named file.py:function")


def test_a_misspelt_built_in_name():
    assert error_of("digit").startswith(
        "unknown task 'digit': did you mean 'digits'? Known: digits, fashion-mnist"
    )
    assert error_of("fashion_mnist").startswith("unknown task 'fashion_mnist': did you mean 'fashion-mnist'?")
    assert error_of("digits", options={"hiden": "3"}) == (
        "unknown digits option 'hiden': did you mean 'hidden'? Known: batch_norm, data_seed, hidden, init_scale, label_noise, loss, "
        "model, normalise"
    )


def fingerprints(*cases):
    return [load(name, **fields).fingerprint for name, fields in cases]


def test_the_fingerprint_knows_options_subset_and_data(user_file):
    name = f"{user_file}:task"
    prints = fingerprints(
        (name, {}),
        (name, {"options": {"width": 4}}),
        (name, {"options": {"shift": 0.5}}),
        (name, {"examples": 6}),
        (name, {"examples": 6, "subset_seed": 1}),
    )
    assert len(set(prints)) == len(prints)
    assert prints[0] == fingerprints((name, {}))[0]


def test_the_fingerprint_knows_the_source_but_not_the_folder(user_file, tmp_path):
    before = load(f"{user_file}:task").fingerprint
    moved = tmp_path / "elsewhere" / "mine.py"
    moved.parent.mkdir()
    moved.write_text(USER_FILE)
    assert load(f"{moved}:task").fingerprint == before
    moved.write_text(USER_FILE + "# changed\n")
    assert load(f"{moved}:task").fingerprint != before


def test_the_fingerprint_sees_one_changed_pixel(user_file):
    text = USER_FILE.replace("    y = torch", "    x[13, 1] += 1e-3\n    y = torch")
    before = load(f"{user_file}:task")
    user_file.write_text(text)
    after = load(f"{user_file}:task")
    assert (before.train.inputs != after.train.inputs).sum() == 1
    assert before.fingerprint != after.fingerprint


def test_a_default_written_out_is_the_same_task():
    prints = fingerprints(
        ("digits", {}), ("digits", {"options": {"hidden": "64"}}), ("digits", {"options": {"hidden": 65}})
    )
    assert prints[0] == prints[1] != prints[2]


def test_the_fingerprint_is_the_same_in_another_process():
    code = (
        "from batchwright.task import TaskReference, load_task;"
        "print(load_task(TaskReference(name='least-squares', examples=50)).fingerprint)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert there == load("least-squares", examples=50).fingerprint


def test_the_example_of_ones_own_task():
    task = load(Path(__file__).parents[2] / "examples" / "own_task.py:task", options={"width": "4"})
    assert isinstance(task, Task)
    assert isinstance(task.train, ItemSplit)
    assert (len(task.train), len(task.validation)) == (1437, 360)
    first, again, other = (task.train.gather(torch.arange(8), seed=s)[0] for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    inputs, targets = task.validation.gather(torch.arange(8), seed=1)
    assert torch.equal(inputs, task.validation.gather(torch.arange(8), seed=2)[0])
    assert task.loss(task.build_model(0)(inputs), targets).shape == (8,)


LONG = "x" * 300


@pytest.mark.parametrize(
    "name",
    [
        LONG, f"{LONG}:task", f"{LONG}/{LONG}.py:task", f"{LONG}.py:task", f"/tmp/{LONG}:task", f"{LONG}.{LONG}:x",
        "builtins:x", "builtins:len", "builtins:int", "sys:x", "sys:path", "sys:exit", "os:getcwd", "math:²", "²", "²:²",
        "a\0b", "a\0b.py:task", "a.py:b\0", "mine.py:task\n", "\ud800.py:task", "~nobody_at_all/x.py:task", "/:x", ".:x", "..:x",
        "/tmp:task", "/tmp/:task", "mine.py:", "mine.py:1", "mine.py:a b", "mine.py:a.b", ":", "::", ":task", "", " ", "-", "--",
        "torch:tensor", "torch.nn:Linear", "importlib:import_module", "__main__:x", "json:tool", "digits:", "mine.py::task",
        "mine.py:task:", ".py", ".py:task", "C:\\tasks\\x.py:task", "mine.txt:task", "http://example.com/x.py:task",
    ],
)  # fmt: skip
def test_absurd_names_get_one_short_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(USER_FILE)
    message = error_of(name)
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize("value", ["²", "1²", "x" * 500, "1e400", "a\0b", "9" * 5000, "-", "", "1_0_", "inf"])
def test_absurd_options_get_one_short_line(user_file, value):
    message = error_of(f"{user_file}:task", options={"width": value})
    assert "option 'width' must be an integer, got" in message
    assert len(message) < 400
    assert len(error_of("digits", options={value or " ": "1"})) < 400


def test_a_data_folder_that_cannot_be(user_file):
    assert error_of(f"{user_file}:task", data_dir="~nobody_at_all/x").startswith(
        "~nobody_at_all/x cannot be a path"
    )
    assert "cannot be a path" in error_of(f"{user_file}:task", data_dir="a\0b")


def test_the_fingerprint_knows_helpers_of_the_same_folder(tmp_path):
    (tmp_path / "helper_of_it.py").write_text("WIDTH = 3\n")
    text = USER_FILE.replace("import torch\n", "import torch\nimport helper_of_it\n", 1)
    (tmp_path / "uses_it.py").write_text(text.replace("nn.Linear", "nn.Linear"))
    before = load(tmp_path / "uses_it.py:task").fingerprint
    assert load(tmp_path / "uses_it.py:task").fingerprint == before
    (tmp_path / "helper_of_it.py").write_text("WIDTH = 4\n")
    assert load(tmp_path / "uses_it.py:task").fingerprint != before
    sys.modules.pop("helper_of_it")


def test_a_users_task_may_be_called_otherwise_than_its_function(user_file):
    task = load(f"{user_file}:task")
    assert (task.name, task.reference.name.rpartition(":")[2]) == ("mine", "task")
