"""Fashion-MNIST and MNIST from small IDX files, and the installed data where there are any."""

import gzip
import struct

import numpy as np
import pytest
import torch

from batchwright.core.errors import DataError, InputError
from batchwright.task import TaskReference, describe, load_task
from batchwright.task.builtin.fashion_mnist import SOURCE
from batchwright.task.catalogue import catalogue

FILES = {
    "train-images-idx3-ubyte": (7, 28, 28),
    "train-labels-idx1-ubyte": (7,),
    "t10k-images-idx3-ubyte": (6, 28, 28),
    "t10k-labels-idx1-ubyte": (6,),
}


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def contents():
    random = np.random.default_rng(0)
    return {n: random.integers(0, 256 if len(s) == 3 else 10, s, dtype=np.uint8) for n, s in FILES.items()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("BATCHWRIGHT_DATA", raising=False)
    for i, (name, array) in enumerate(contents().items()):
        # Two of the four gzipped.
        path, data = (
            (tmp_path / f"{name}.gz", gzip.compress(idx(array))) if i % 2 else (tmp_path / name, idx(array))
        )
        path.write_bytes(data)
    return tmp_path


def load(folder, name="fashion-mnist", **options):
    return load_task(TaskReference(name=name, data_dir=folder and str(folder), options=options))


@pytest.mark.parametrize(
    ("name", "mean", "std"), [("fashion-mnist", 0.2860, 0.3530), ("mnist", 0.1307, 0.3081)]
)
@pytest.mark.parametrize(("model", "shape"), [("mlp", (784,)), ("lenet", (1, 28, 28))])
def test_pixels_labels_and_halves_of_the_test_file(folder, name, mean, std, model, shape):
    task, arrays = load(folder, name, model=model), contents()
    images = (arrays["train-images-idx3-ubyte"].reshape(7, *shape) / 255 - mean) / std
    np.testing.assert_allclose(task.train.inputs.numpy(), images, rtol=1e-5, atol=1e-5)
    assert task.train.inputs.dtype == torch.float32
    assert task.train.targets.tolist() == arrays["train-labels-idx1-ubyte"].tolist()
    assert task.validation.targets.tolist() == arrays["t10k-labels-idx1-ubyte"][:3].tolist()
    assert task.test.targets.tolist() == arrays["t10k-labels-idx1-ubyte"][3:].tolist()
    assert task.build_model(0)(task.train.inputs).shape == (7, 10)


def test_parameters_of_the_models(folder):
    assert describe(load(folder))["parameters"] == 784 * 128 + 128 + 128 * 10 + 10
    assert describe(load(folder, hidden="32,16"))["parameters"] == 784 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10
    assert describe(load(folder, model="lenet"))["parameters"] == 61706


def test_options_are_checked(folder):
    with pytest.raises(
        InputError, match=r"^unknown fashion-mnist option 'model' 'lnet': did you mean 'lenet'\?"
    ):
        load(folder, model="lnet")
    with pytest.raises(InputError, match=r"^hidden must be at least 1 unit a layer, got 0$"):
        load(folder, hidden="0")


def one_line_error(folder, name="fashion-mnist"):
    with pytest.raises(DataError) as error:
        load(folder, name)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("missing", FILES)
def test_any_missing_file_is_named_with_how_to_get_it(folder, missing):
    (folder / missing).unlink(missing_ok=True)
    (folder / f"{missing}.gz").unlink(missing_ok=True)
    message = one_line_error(folder)
    assert f"{missing}: there is no such file" in message
    assert "`apt-get install dataset-fashion-mnist`, or name a folder with data= that has" in message


def test_an_empty_folder_and_no_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("BATCHWRIGHT_DATA", raising=False)
    assert f"not found in {tmp_path}" in one_line_error(tmp_path)
    assert one_line_error(None, "mnist").startswith(
        "mnist: train-images-idx3-ubyte not found anywhere; name a folder with data= that has train-images-idx3-ubyte, "
    )
    rows = {row["name"]: row for row in catalogue()}
    assert rows["mnist"]["available"] is False
    assert rows["digits"]["data"] == "included"


def test_labels_must_match_the_images(folder):
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(idx(np.zeros(6, np.uint8)))
    assert (
        "train-labels-idx1-ubyte.gz: has 6 labels for the 7 images of train-images-idx3-ubyte"
        in one_line_error(folder)
    )


def test_labels_and_images_must_be_what_they_say(folder):
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(idx(np.full(7, 10, np.uint8)))
    assert "train-labels-idx1-ubyte.gz: must hold one label from 0 to 9" in one_line_error(folder)
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((7, 32, 32), np.uint8)))
    assert "must hold images of 28 x 28 bytes, got (7, 32, 32)" in one_line_error(folder)


def test_a_truncated_file_is_named(folder):
    path = folder / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:1000])
    message = one_line_error(folder)
    assert (
        f"{path}: the file is truncated: the header says 6 x 28 x 28 = 4704 bytes of data, got 984" in message
    )


@pytest.mark.parametrize("inner", ["", "mnist"])
def test_the_environment_variable_names_the_folder(folder, tmp_path, monkeypatch, inner):
    root = folder
    if inner:
        root = tmp_path / "root"
        root.mkdir()
        (root / inner).symlink_to(folder)
    monkeypatch.setenv("BATCHWRIGHT_DATA", str(root))
    assert len(load(None, "mnist").train) == 7


@pytest.mark.skipif(not SOURCE.installed.exists(), reason="dataset-fashion-mnist is not installed")
def test_the_installed_data(monkeypatch):
    monkeypatch.delenv("BATCHWRIGHT_DATA", raising=False)
    task = load(None)
    assert describe(task)["examples"] == {"train": 60000, "validation": 5000, "test": 5000}
    assert task.train.labels().bincount().tolist() == [6000] * 10
    # The constants are those of the training images, to the digits given.
    assert abs(task.train.inputs.mean().item()) < 3e-4
    assert abs(task.train.inputs.std().item() - 1) < 3e-4


@pytest.mark.parametrize("name", ["x" * 300, "a" * 5000])
def test_a_folder_whose_name_no_file_can_have_is_not_there(name):
    with pytest.raises(
        DataError, match=r"^fashion-mnist: train-images-idx3-ubyte not found in [^;]*; "
    ) as error:
        find_files_of(name)
    assert len(str(error.value)) < 500


def find_files_of(folder):
    from batchwright.task.builtin.fashion_mnist import find_data

    return find_data(folder)
