"""Logs that were printed for people to read, one line a record: the tools of ``dialects``, and any other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from batchwright.integrations.logs.contract import LogFormat
from batchwright.integrations.logs.dialects import DIALECTS, Dialect, any_place
from batchwright.integrations.logs.printed_values import Printed, printed_values
from batchwright.integrations.logs.recorder import NAN, Recorder

_ANY = 0.3
"""What a line with a named loss says of the format where no tool is known."""
_LOOKS_LIKE_LOSS = ("loss", "Loss", "LOSS", "trl:", "tel:", "损失", "nll", "cost", "bpb")


def _has_loss(line: str) -> bool:
    return any(word in line for word in _LOOKS_LIKE_LOSS)


@lru_cache(maxsize=4096)
def _prints_loss(line: str) -> bool:
    """Whether a line has a loss with its number; every format asks it of the same lines."""
    return _has_loss(line) and any(printed_values(line))


def printed_format(dialect: Dialect) -> LogFormat:
    """The format of a tool's printed lines."""

    def recognise(lines: Sequence[str]) -> float:
        losses = [i for i, line in enumerate(lines) if _prints_loss(line)]
        marked = {i for i, line in enumerate(lines) if any(m.search(line) for m in dialect.markers)}
        if not losses or not marked:
            return 0.0
        hits = sum(i in marked or (dialect.carried and i - 1 in marked) for i in losses)
        return min(0.95, 0.5 + 0.5 * hits / len(losses)) if hits else 0.0

    def read(lines: Iterable[str], recorder: Recorder) -> None:
        _read_dialect(lines, recorder, dialect)

    return LogFormat(dialect.name, recognise, read, in_epoch=dialect.in_epoch, counts=dialect.counts)


def _read_dialect(lines: Iterable[str], recorder: Recorder, dialect: Dialect) -> None:
    epoch = step = of = NAN
    record: int | None = None
    for line in lines:
        for marker in dialect.markers:
            match = marker.search(line)
            if match is None:
                continue
            groups = match.groupdict()
            if groups.get("epoch") is not None:
                if float(groups["epoch"]) != epoch:
                    step = NAN
                epoch = float(groups["epoch"])
            if groups.get("evaluating") is None and groups.get("step") is not None:
                step = float(groups["step"])
                of = float(groups["of"]) if (groups.get("of") or "").isdigit() else NAN
            found = list(printed_values(line, match.start()))
            if dialect.carried or found:
                record = recorder.record(epoch=epoch, step=step, of=of)
                _put(recorder, record, found, dialect)
            elif _has_loss(line):
                recorder.unread += 1
            break
        else:
            if _has_loss(line):
                found = list(printed_values(line))
                if not dialect.carried:
                    found = [one for one in found if one[1] == "validation"]
                    record = recorder.record(epoch=epoch, step=step, of=of) if found else None
                if record is not None:
                    _put(recorder, record, found, dialect, named=line)


def _put(recorder: Recorder, record: int, found: list[Printed], dialect: Dialect, named: str = "") -> None:
    """Values of a record; Caffe's outputs of the net are not its smoothed loss."""
    for name, role, value, mean in found:
        if "net output" in named:
            name = f"net/{name}"
        is_mean = dialect.running_mean and role == "train"
        recorder.put(record, name, role, value, running_mean=is_mean)
        if mean is not None:
            recorder.put(record, f"{name} (mean)", role, mean, running_mean=True)


def _recognise_any(lines: Sequence[str]) -> float:
    return _ANY if any(map(_prints_loss, lines)) else 0.0


def _read_any(lines: Iterable[str], recorder: Recorder) -> None:
    for line in lines:
        if not _has_loss(line):
            continue
        place = any_place(line)
        found = list(printed_values(line))
        if not found:
            recorder.unread += any(letter.isdigit() for letter in line)
            continue
        groups = {} if place is None else {name: float(value) for name, value in place[0].items()}
        record = recorder.record(
            epoch=groups.get("epoch", NAN), step=groups.get("step", NAN), of=groups.get("of", NAN)
        )
        for name, role, value, mean in found:
            recorder.put(record, name, role, value)
            if mean is not None:
                recorder.put(record, f"{name} (mean)", role, mean, running_mean=True)


PRINTED = (*map(printed_format, DIALECTS), LogFormat("text", _recognise_any, _read_any))
