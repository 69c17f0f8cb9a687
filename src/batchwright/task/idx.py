"""Reader of IDX files, the format of MNIST and Fashion-MNIST, gzipped or not.

Layout (LeCun, Cortes and Burges, "The MNIST database"): two zero bytes, a type code, the number of
dimensions; each dimension as a big-endian 32-bit integer; then the elements, big-endian, last index fastest.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from batchwright.core.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path, *, fix: str = "get a fresh copy of the file") -> Tensor:
    """The array in an IDX file, as a tensor of the file's type and shape.

    Args:
        path: the file; gzip is recognised by its content, not by its name.
        fix: how to get a sound file, put at the end of every message.

    Raises:
        DataError: missing, empty, truncated or damaged, with the file's name and ``fix``.
    """
    try:
        content = path.read_bytes()
        if content[:2] == GZIP_MAGIC:
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; {fix}") from None
    except EOFError:
        raise DataError(f"{path}: the gzip stream is truncated; {fix}") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip stream is damaged ({error}); {fix}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); {fix}") from None
    try:
        return _parse(content)
    except ValueError as error:
        raise DataError(f"{path}: {error}; {fix}") from None


def _parse(content: bytes) -> Tensor:
    if not content:
        raise ValueError("the file is empty")
    if len(content) < 4:
        raise ValueError(f"the header must have at least 4 bytes, got {len(content)}")
    code, dimensions = content[2], content[3]
    if content[:2] != b"\0\0" or code not in TYPES or dimensions == 0:
        raise ValueError(f"not an IDX file: it starts with the bytes {content[:4].hex(' ')}")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"the header of {dimensions} dimensions must have {start} bytes, got {len(content)}")
    shape = [int(size) for size in np.frombuffer(content, ">u4", count=dimensions, offset=4)]
    dtype = np.dtype(TYPES[code])
    # Python integers: a damaged header can promise more bytes than 64 bits count.
    expected, got = math.prod(shape) * dtype.itemsize, len(content) - start
    if got != expected:
        verdict = "is truncated" if got < expected else "has extra bytes"
        text = " x ".join(map(str, shape))
        raise ValueError(f"the file {verdict}: the header says {text} = {expected} bytes of data, got {got}")
    if expected == 0:
        raise ValueError("the file holds no items")
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return torch.from_numpy(array.astype(dtype.newbyteorder("=")))
