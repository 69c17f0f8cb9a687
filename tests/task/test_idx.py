"""IDX files: every type, and every way in which one can be broken."""

import gzip
import struct

import numpy as np
import pytest
import torch

from batchwright.core.errors import DataError
from batchwright.task.idx import read_idx

FIX = "apt-get install it"


def idx(array, code=0x08):
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


IMAGES = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
GOOD = idx(IMAGES)


def test_bytes_plain_and_gzipped(tmp_path):
    for name, content in [
        ("plain", GOOD),
        ("images.gz", gzip.compress(GOOD)),
        ("no-suffix", gzip.compress(GOOD)),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        tensor = read_idx(path)
        assert tensor.dtype == torch.uint8
        assert tensor.tolist() == IMAGES.tolist()


@pytest.mark.parametrize(
    ("code", "stored", "dtype", "values"),
    [
        (0x08, ">u1", torch.uint8, [0, 255]),
        (0x09, ">i1", torch.int8, [-128, 127]),
        (0x0B, ">i2", torch.int16, [-2, 30000]),
        (0x0C, ">i4", torch.int32, [-2, 2_000_000_000]),
        (0x0D, ">f4", torch.float32, [-0.5, 3.25]),
        (0x0E, ">f8", torch.float64, [-0.1, 1e300]),
    ],
)
def test_every_type_is_big_endian(tmp_path, code, stored, dtype, values):
    path = tmp_path / "values"
    path.write_bytes(idx(np.array(values, dtype=stored), code))
    tensor = read_idx(path)
    assert tensor.dtype == dtype
    assert tensor.tolist() == values


HUGE = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"123"
ZIPPED = gzip.compress(GOOD)
BROKEN = {
    "empty": (b"", "the file is empty"),
    "empty-gz": (gzip.compress(b""), "the file is empty"),
    "two-bytes": (b"\0\0", "the header must have at least 4 bytes, got 2"),
    "short-header": (GOOD[:9], "the header of 3 dimensions must have 16 bytes, got 9"),
    "truncated": (GOOD[:-5], "is truncated: the header says 4 x 3 x 2 = 24 bytes of data, got 19"),
    "too-long": (GOOD + b"abc", "has extra bytes: the header says 4 x 3 x 2 = 24 bytes of data, got 27"),
    "huge": (HUGE, "is truncated: the header says .* got 3"),
    "magic": (b"\1" + GOOD[1:], "not an IDX file: it starts with the bytes 01 00 08 03"),
    "type": (b"\0\0\x0a" + GOOD[3:], "not an IDX file: it starts with the bytes 00 00 0a 03"),
    "no-dimensions": (b"\0\0\x08\0a", "not an IDX file: it starts with the bytes 00 00 08 00"),
    "html": (b"<!DOCTYPE html><html>", "not an IDX file: it starts with the bytes 3c 21 44 4f"),
    "no-items": (idx(np.zeros((0, 28, 28), np.uint8)), "the file holds no items"),
    "gzip-truncated": (ZIPPED[:-12], "the gzip stream is truncated"),
    "gzip-header-only": (ZIPPED[:5], "the gzip stream is truncated"),
    "gzip-checksum": (ZIPPED[:-8] + bytes(4) + ZIPPED[-4:], r"the gzip stream is damaged \(CRC check failed"),
    "gzip-garbage": (ZIPPED[:10] + b"\xff" * 20, "the gzip stream is damaged"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_line_with_its_name_and_the_fix(tmp_path, case):
    content, message = BROKEN[case]
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=rf"train-images-idx3-ubyte: .*{message}.*; apt-get install it$"
    ) as error:
        read_idx(path, fix=FIX)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: there is no such file; apt-get install it$"):
        read_idx(tmp_path / "nowhere", fix=FIX)
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\); apt-get install it$"):
        read_idx(tmp_path, fix=FIX)
