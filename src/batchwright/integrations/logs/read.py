"""Any log that anybody has: files, text, standard input or numbers, by whichever format suits best."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from batchwright.advice.diagnosis.log import TrainingLog
from batchwright.core.errors import InputError, shown
from batchwright.integrations.logs.assemble import as_one_log, assembled
from batchwright.integrations.logs.contract import LogFormat
from batchwright.integrations.logs.dictionaries import DICTIONARIES
from batchwright.integrations.logs.document import DOCUMENT
from batchwright.integrations.logs.events import is_event_file, read_events
from batchwright.integrations.logs.lines import StreamFrom, cleaned, text_lines
from batchwright.integrations.logs.objects import put_object
from batchwright.integrations.logs.plain import PLAIN
from batchwright.integrations.logs.printed import PRINTED
from batchwright.integrations.logs.recorder import Recorder
from batchwright.integrations.logs.tables import TABLE

FORMATS: tuple[LogFormat, ...] = (DOCUMENT, *DICTIONARIES, TABLE, PLAIN, *PRINTED)
"""Of equally sure ones the first is taken."""
_HEAD = 2000
_LOOKED_AT = 300
"""Lines by which the format is chosen: from the first one with a digit and a loss on, of the head."""
_SURE = 0.25
_LOSS = re.compile(r"(?i:loss)\W{0,6}\d|损失")
_NO_LOSS = "it has no number named loss: give lines such as `step 10 loss 2.31`, a CSV file or plain numbers"


def read_log(given: Any) -> TrainingLog:
    """Read a log, whoever wrote it.

    Args:
        given: a path or several, ``-`` for standard input, or text with line feeds; a list of losses, a mapping
            of names to lists (Keras' ``History.history``), a pandas data frame.

    Raises:
        InputError: no such file, nothing in it, no text, or no loss.

    >>> log = read_log("step 1: loss 2.5, time 4ms\\nstep 2: loss 2.25, time 4ms\\n")
    >>> log.format, log.runs[0].training_loss.values.tolist(), log.runs[0].training_loss.step.tolist()
    ('nanogpt', [2.5, 2.25], [1.0, 2.0])
    """
    if isinstance(given, str) and ("\n" in given or "\r" in given or given.lstrip()[:1] in ("[", "{")):
        return _from_lines(cleaned(io.StringIO(given, newline=None)), "the text")
    if isinstance(given, str) and given.strip() == "-":
        return _from_bytes(_standard_input(), "standard input")
    if isinstance(given, (str, PathLike)):
        return _from_file(Path(given))
    if isinstance(given, (list, tuple)) and given and all(_is_path(one) for one in given):
        logs = [read_log(path) for path in given]
        return logs[0] if len(logs) == 1 else as_one_log(logs)
    if callable(getattr(given, "read", None)):
        content = given.read()
        if isinstance(content, str):
            return _from_lines(cleaned(io.StringIO(content, newline=None)), "the stream")
        return _from_bytes(io.BytesIO(content), "the stream")
    recorder = Recorder()
    name = put_object(recorder, given)
    return _finished(recorder, "the numbers" if name == "numbers" else "the log", name, len(recorder))


def _is_path(one: Any) -> bool:
    """Whether one of a list is a file's name: a list of numbers as text is none."""
    if isinstance(one, PathLike):
        return True
    if not isinstance(one, str) or not one.strip():
        return False
    try:
        float(one)
    except ValueError:
        return True
    return False


def _standard_input() -> BinaryIO:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("a log named - must come through a pipe, standard input is a terminal")
    stream = getattr(sys.stdin, "buffer", None)
    return io.BytesIO(sys.stdin.read().encode()) if stream is None else stream


def _from_file(path: Path) -> TrainingLog:
    try:
        if not path.exists():
            raise InputError(
                f"there is no file {shown(str(path))}: give a log's path, or - for standard input"
            )
        if path.is_dir():
            raise InputError(f"{shown(str(path))} must be a file, it is a folder: name the log in it")
        with path.open("rb") as stream:
            return _from_bytes(stream, path.name)
    except (OSError, ValueError) as error:  # a name that is too long, or holds a null character
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{shown(str(path))} cannot be read: {reason}") from None


def _from_bytes(stream: BinaryIO, source: str) -> TrainingLog:
    head = stream.read(12)
    joined = io.BufferedReader(StreamFrom(head, stream))
    if is_event_file(head):
        recorder = Recorder()
        records = read_events(joined, recorder)
        return _finished(recorder, source, "tensorboard", records)
    return _from_lines(text_lines(joined, source), source)


class _Counted:
    """Lines, counted as they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.count += 1
            yield line


def _from_lines(lines: Iterator[str], source: str) -> TrainingLog:
    head = list(islice(lines, _HEAD))
    if not any(line.strip() for line in head):
        raise InputError(f"{source} is empty: a log needs lines with a loss")
    chosen = _best(_telling(head), source)
    recorder = Recorder(in_epoch=chosen.in_epoch, counts=chosen.counts)
    counted = _Counted(chain(head, lines))
    chosen.read(counted, recorder)
    return _finished(recorder, source, chosen.name, counted.count)


def _telling(head: Sequence[str]) -> Sequence[str]:
    """The lines about the first loss: a log may begin with pages of configuration."""
    first = next((i for i, line in enumerate(head) if _LOSS.search(line)), 0)
    begin = max(first - 20, 0) if first > _LOOKED_AT // 2 else 0
    return head[begin : begin + _LOOKED_AT]


def _best(head: Sequence[str], source: str) -> LogFormat:
    scores = [(chosen.recognise(head), -i) for i, chosen in enumerate(FORMATS)]
    score, place = max(scores)
    if score < _SURE:
        raise InputError(f"{source} cannot be diagnosed, {_NO_LOSS}")
    return FORMATS[-place]


def _finished(recorder: Recorder, source: str, format_name: str, lines: int) -> TrainingLog:
    log = assembled(recorder, source=source, format_name=format_name, lines=lines)
    if not any(run.of_role("train") or run.of_role("validation") for run in log.runs):
        raise InputError(f"{source} cannot be diagnosed, {_NO_LOSS}")
    return log
