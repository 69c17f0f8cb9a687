"""Recorded columns into runs: where each record is, where a run begins anew, where it was resumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.diagnosis.log import (
    Floats,
    Integers,
    LoggedRun,
    LoggedSeries,
    StepUnit,
    TrainingLog,
    WentBack,
)
from batchwright.core.remark import Remark, remark
from batchwright.integrations.logs.places import Places, places_of
from batchwright.integrations.logs.recorder import RecordedValues, Recorder

_Mask = NDArray[np.bool_]


def assembled(recorder: Recorder, *, source: str, format_name: str, lines: int) -> TrainingLog:
    """The log of everything that was recorded.

    Args:
        recorder: after reading.
        source: what the log is called.
        format_name: how it was read.
        lines: that were looked at.
    """
    labels = np.frombuffer(recorder.run, dtype=np.int64)
    runs: list[LoggedRun] = []
    for number, name in enumerate(recorder.run_names):
        columns = {n: c for (run, n), c in recorder.columns.items() if run == number}
        records = np.flatnonzero(labels == number)
        if columns and len(records):
            runs += _runs_of(recorder, columns, records, name)
    remarks: list[Remark] = []
    if recorder.unread:
        remarks.append(remark("diagnose.note.unread", count=recorder.unread, lines=lines))
    if recorder.left_out:
        remarks.append(remark("diagnose.note.left_out", count=len(recorder.left_out)))
    return TrainingLog(source, format_name, tuple(runs), lines, recorder.unread, tuple(remarks))


def _runs_of(
    recorder: Recorder, columns: dict[str, RecordedValues], records: Integers, name: str
) -> list[LoggedRun]:
    """The runs under one name: several where the steps begin anew."""
    epoch, step, of = (
        np.frombuffer(column, dtype=np.float64)[records]
        for column in (recorder.epoch, recorder.step, recorder.of)
    )
    train = np.zeros(len(records), dtype=bool)
    for column in columns.values():
        if column.role == "train":
            train[np.searchsorted(records, np.frombuffer(column.records, dtype=np.int64))] = True
    places = places_of(epoch, step, of, in_epoch=recorder.in_epoch)
    parts = _parts(places.time, train if train.any() else np.ones(len(records), dtype=bool))
    runs = []
    for number, (begin, end) in enumerate(parts):
        window = slice(begin, end)
        time = None if places.time is None else places.time[window]
        kept, went_back = _without_repeats(time, train[window])
        chosen = np.flatnonzero(kept) + begin
        title = name if len(parts) == 1 else f"{name or 'run'} {number + 1}".strip()
        within = places_of(epoch[chosen], step[chosen], of[chosen], in_epoch=recorder.in_epoch)
        unit: StepUnit = "lines" if within.step is None else recorder.counts  # type: ignore[assignment]
        if within.step is None and within.epoch is not None:
            unit = "epochs"
        series = [
            one
            for title_, column in columns.items()
            if (one := _series(title_, column, records[chosen], within, recorder.in_epoch)) is not None
        ]
        if series:
            runs.append(LoggedRun(title, tuple(series), unit, within.steps_per_epoch, went_back))
    return runs


def _series(
    name: str, column: RecordedValues, records: Integers, places: Places, bars: bool
) -> LoggedSeries | None:
    """A column's values at the records of one run."""
    own = np.frombuffer(column.records, dtype=np.int64)
    _, at, mine = np.intersect1d(records, own, assume_unique=True, return_indices=True)
    values = np.frombuffer(column.values, dtype=np.float64)[mine]
    if len(values) == 0:
        return None
    if places.step is not None and (bars or column.role == "validation") and len(at) > 1:
        # A bar that was drawn again, an evaluation that printed on its way: the last one counts.
        again = np.append(places.step[at][1:] == places.step[at][:-1], False)
        at, values = at[~again], values[~again]
    step = None if places.step is None else places.step[at]
    if step is not None and not np.all(np.isfinite(step)):
        step = None
    return LoggedSeries(
        name=name,
        role=column.role,  # type: ignore[arg-type]
        values=values.copy(),
        place=at.astype(np.int64),
        step=step,
        epoch=None if places.epoch is None else places.epoch[at],
        phase=None if places.phase is None else places.phase[at],
        running_mean=column.running_mean,
    )


def _parts(time: Floats | None, counts: _Mask) -> list[tuple[int, int]]:
    """Begin and end of each run: a new one where time goes back to where the run began."""
    if time is None:
        return [(0, len(counts))]
    at = np.flatnonzero(counts & np.isfinite(time))
    if len(at) < 2:
        return [(0, len(counts))]
    moves = np.diff(time[at])
    spacing = float(np.median(moves[moves > 0])) if np.any(moves > 0) else 0.0
    begins, first = [0], float(time[at[0]])
    for i in np.flatnonzero(moves < 0):
        if time[at[i + 1]] <= first + 0.5 * spacing:
            begins.append(int(at[i] + 1))
            first = float(time[at[i + 1]])
    return list(zip(begins, [*begins[1:], len(counts)], strict=True))


def _without_repeats(time: Floats | None, counts: _Mask) -> tuple[_Mask, tuple[WentBack, ...]]:
    """Which records stay where a run was resumed from an earlier step, and where that was."""
    kept = np.ones(len(counts), dtype=bool)
    if time is None:
        return kept, ()
    at = np.flatnonzero(counts & np.isfinite(time))
    went_back = []
    for i in np.flatnonzero(np.diff(time[at]) < 0):
        back = at[i + 1]
        repeated = kept.copy()
        repeated[at[i] + 1 :] = False
        repeated &= np.nan_to_num(time, nan=-np.inf) >= time[back]
        went_back.append(
            WentBack(
                record=int(back),
                reached=float(time[at[i]]),
                continued_at=float(time[back]),
                repeated=int(np.sum(repeated & counts)),
            )
        )
        kept &= ~repeated
    return kept, tuple(went_back)


def as_one_log(logs: Sequence[TrainingLog]) -> TrainingLog:
    """Several files as one log whose runs carry the files' names."""
    runs = [
        LoggedRun(
            f"{log.source} {run.name}".strip(), run.series, run.step_unit, run.steps_per_epoch, run.went_back
        )
        for log in logs
        for run in log.runs
    ]
    formats = list(dict.fromkeys(log.format for log in logs))
    return TrainingLog(
        source=", ".join(log.source for log in logs),
        format=", ".join(formats),
        runs=tuple(runs),
        lines=sum(log.lines for log in logs),
        unread=sum(log.unread for log in logs),
        remarks=tuple(one for log in logs for one in log.remarks),
    )
