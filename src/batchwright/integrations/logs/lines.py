"""Bytes of a log to its lines: encodings, colours of terminals, progress bars that overwrite themselves."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from batchwright.advice.table.decode import encoding_of, known_binary
from batchwright.core.errors import InputError

SAMPLE_BYTES = 1 << 16
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_CONTROL = bytes({*range(32)} - set(b"\t\n\r\f\v\b\x1b\x07"))
_MOST_CONTROL = 0.01
_LONGEST_LINE = 20_000
"""Characters of a line that are looked at; a longer one is cut."""


def text_lines(stream: BinaryIO, source: str) -> Iterator[str]:
    """The lines of a text, one after the other, without line feeds, escapes and what was overwritten.

    Raises:
        InputError: it is empty, or no text.
    """
    sample = stream.read(SAMPLE_BYTES)
    if not sample.strip():
        raise InputError(f"{source} is empty: a log needs lines with a loss")
    encoding, mark = _encoding(sample, source)
    rest = io.BufferedReader(StreamFrom(sample[mark:], stream), 1 << 20)
    yield from cleaned(io.TextIOWrapper(rest, encoding=encoding, errors="replace", newline=None))


def _encoding(sample: bytes, source: str) -> tuple[str, int]:
    what = known_binary(sample)
    if what is not None:
        raise InputError(f"{source} must be a log in text, it is {what}")
    encoding, mark = encoding_of(sample, whole=len(sample) < SAMPLE_BYTES)
    if not encoding.startswith(("utf-16", "utf-32")):
        odd = len(sample) - len(sample.translate(None, _CONTROL))
        if odd > _MOST_CONTROL * len(sample):
            raise InputError(f"{source} must be a log in text, it holds binary data: save what was printed")
    return encoding, mark


def cleaned(lines: Iterable[str]) -> Iterator[str]:
    """Lines without ANSI escapes; a carriage return or backspaces begin a new line, as bars redraw themselves.

    >>> list(cleaned(["\\x1b[31mloss: 1\\x1b[0m\\n", "a\\b\\b\\bb\\n"]))
    ['loss: 1', 'a', 'b']
    """
    for line in lines:
        line = line.rstrip("\n")[:_LONGEST_LINE]
        if "\x1b" in line:
            line = _ESCAPES.sub("", line)
        if "\b" in line or "\r" in line:
            yield from (part for part in re.split(r"[\b\r]+", line) if part.strip())
        else:
            yield line


class StreamFrom(io.RawIOBase):
    """Bytes that were read already, and then the rest of their stream."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head if self._head else self._stream.read(len(buffer))
        data, self._head = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
