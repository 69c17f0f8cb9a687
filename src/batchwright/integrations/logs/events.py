"""TensorBoard's event files: records with masked CRCs, each a protocol buffer; read without TensorFlow.

A record is its length (8 bytes, little endian), a CRC of the length (4), the data, a CRC of the data (4). The
data is an ``Event`` {1: wall_time, 2: step, 5: summary}, a ``Summary`` {1: value*}, a ``Value`` {1: tag,
2: simple_value, 8: tensor}, a ``TensorProto`` {1: dtype, 4: tensor_content, 5: float_val*, 6: double_val*}.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from batchwright.integrations.logs.numbers import series_role
from batchwright.integrations.logs.recorder import Recorder

_MASK = 0xA282EAD8
_LONGEST_RECORD = 1 << 28
_FLOAT, _DOUBLE, _HALF, _BFLOAT16 = 1, 2, 19, 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def _crc_table() -> list[int]:
    """Castagnoli's polynomial, reflected."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _crc_table()


def masked_crc(data: bytes) -> int:
    """CRC-32C, rotated and offset as TensorFlow's records have it.

    >>> hex(masked_crc(b"123456789"))
    '0xc78ab0e5'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def is_event_file(head: bytes) -> bool:
    """Whether a file begins with a record whose length has the right CRC."""
    return len(head) >= 12 and struct.unpack_from("<I", head, 8)[0] == masked_crc(head[:8])


def read_events(stream: BinaryIO, recorder: Recorder) -> int:
    """The scalars of an event file; a record that is damaged or cut ends it and is counted.

    Returns:
        Records read.
    """
    count = 0
    while True:
        head = stream.read(12)
        if not head:
            return count
        length = struct.unpack("<Q", head[:8])[0] if is_event_file(head) else _LONGEST_RECORD + 1
        data = stream.read(length) if length <= _LONGEST_RECORD else b""
        tail = stream.read(4)
        if len(data) < length or len(tail) < 4 or struct.unpack("<I", tail)[0] != masked_crc(data):
            recorder.unread += 1
            return count
        count += 1
        _put_event(data, recorder)


def _put_event(data: bytes, recorder: Recorder) -> None:
    step, summaries = 0, []
    for field, kind, number, content in _fields(data):
        if field == 2 and kind == _VARINT:
            step = number
        elif field == 5 and kind == _BYTES:
            summaries.append(content)
    for summary in summaries:
        for field, kind, _, content in _fields(summary):
            if field == 1 and kind == _BYTES:
                _put_value(content, step, recorder)


def _put_value(data: bytes, step: int, recorder: Recorder) -> None:
    tag, scalar = "", None
    for field, kind, _, content in _fields(data):
        if field == 1 and kind == _BYTES:
            tag = content.decode("utf-8", "replace")
        elif field == 2 and kind == _FIXED32 and len(content) == 4:
            scalar = struct.unpack("<f", content)[0]
        elif field == 8 and kind == _BYTES:
            scalar = _tensor(content)
    role = series_role(tag)
    if scalar is not None and role is not None:
        recorder.put(recorder.record(step=float(step)), tag, role, scalar)


def _tensor(data: bytes) -> float | None:
    """The value of a tensor that holds one number."""
    dtype, content, scalar = 0, b"", None
    for field, kind, number, value in _fields(data):
        if field == 1 and kind == _VARINT:
            dtype = number
        elif field == 4 and kind == _BYTES:
            content = value
        elif field == 5:
            scalar = struct.unpack("<f", value[:4])[0] if len(value) >= 4 else None
        elif field == 6:
            scalar = struct.unpack("<d", value[:8])[0] if len(value) >= 8 else None
    form = {_FLOAT: "<f", _DOUBLE: "<d", _HALF: "<e"}.get(dtype)
    if content and form and len(content) == struct.calcsize(form):
        return float(struct.unpack(form, content)[0])
    if dtype == _BFLOAT16 and len(content) == 2:
        return float(struct.unpack("<f", b"\0\0" + content)[0])
    return scalar if dtype in (_FLOAT, _DOUBLE) else None


def _fields(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Each field of a protocol buffer: its place, wire type, and its number or its content; damage ends it."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield field, kind, value, b""
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            return
        yield field, kind, 0, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            break
    return value, at
