"""Event files for TensorBoard, without TensorFlow: a folder a run, with its curves, and its place in the table of
hyperparameters.

    DIR/STUDY/                        the answer, and what the table of hyperparameters shows
    DIR/STUDY/b32/lr0.1/search-0/     one run

An export writes each folder's one file anew, so that a second one replaces the first and doubles nothing. Scalars
have single precision, as TensorBoard's own.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from batchwright.integrations.export.study import (
    FAILURES,
    ExportedRun,
    ExportedStudy,
    Written,
    folder_of,
    needs,
)

FILE = "events.out.tfevents.0.batchwright"
_METRICS = ("outcome/steps_to_target", "outcome/examples_to_target", "outcome/updates", "outcome/seconds")


def to_tensorboard(study: ExportedStudy, place: str) -> Written:
    """Write a study below the folder ``place``.

    Raises:
        InputError: tensorboard is not installed.
    """
    try:
        import tensorboard.compat.proto.event_pb2  # noqa: F401
    except ImportError:
        raise needs("TensorBoard", "tensorboard") from None
    folder = folder_of(place) / study.study_id
    replaced = 0
    _write(folder, _study_events(study))
    for run in study.runs:
        replaced += _write(folder / run.name, list(_run_events(run)))
    return Written(str(folder), new=len(study.runs) - replaced, replaced=replaced)


def _write(folder: Path, events: Sequence[Any]) -> bool:
    """One event file, whole or not at all. Whether it took the place of another."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    content = io.BytesIO()
    writer = RecordWriter(content)
    for event in events:
        writer.write(event.SerializeToString())
    folder.mkdir(parents=True, exist_ok=True)
    path, part = folder / FILE, folder / f".{FILE}.part"
    there = path.exists()
    part.write_bytes(content.getvalue())
    os.replace(part, path)
    return there


def _study_events(study: ExportedStudy) -> list[Any]:
    from tensorboard.plugins.hparams import summary_v2

    began = min((run.began for run in study.runs), default=0.0)
    events = [_version(began)]
    names = dict.fromkeys(name for run in study.runs for name in run.parameters())
    config = summary_v2.hparams_config_pb(
        hparams=[summary_v2.HParam(name) for name in names],
        metrics=[summary_v2.Metric(tag, display_name=tag.partition("/")[2]) for tag in _METRICS],
        time_created_secs=began,
    )
    events.append(_event(began, 0, config))
    answer = study.answer()
    numbers = {f"answer/{n}": float(v) for n, v in answer.items() if isinstance(v, (int, float))}
    events.append(_event(began, 0, _scalars(numbers)))
    if study.text:
        events.append(_event(began, 0, _text("answer", study.text)))
    return events


def _run_events(run: ExportedRun) -> Iterator[Any]:
    from tensorboard.plugins.hparams import summary_v2

    began = run.began
    yield _version(began)
    yield _event(began, 0, summary_v2.hparams_pb(run.parameters(), trial_id=run.name, start_time_secs=began))
    last = began
    for row in run.curves():
        last = began + row.seconds
        yield _event(last, row.step, _scalars(row.values))
    outcome = {f"outcome/{name}": value for name, value in run.outcome().items()}
    yield _event(last, run.row["updates"], _scalars(outcome))
    yield _event(last, run.row["updates"], _text("status", run.status))
    yield _event(last, 0, _session_end(run.status, last))


def _session_end(status: str, when: float) -> Any:
    """What TensorBoard's own ``session_end_pb`` makes, which cannot be had without TensorFlow."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    ending = api_pb2.STATUS_UNKNOWN if status == "stopped" else api_pb2.STATUS_SUCCESS
    if status in FAILURES:
        ending = api_pb2.STATUS_FAILURE
    info = plugin_data_pb2.SessionEndInfo(status=ending, end_time_secs=when)
    described = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=info))
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=described, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])


def _version(when: float) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=when, file_version="brain.Event:2")


def _event(when: float, step: int, summary: Any) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=when, step=step, summary=summary)


def _scalars(values: Mapping[str, float]) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])


def _text(tag: str, text: str) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.text import metadata

    one = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode()], tensor_shape=one)
    described = metadata.create_summary_metadata(display_name=tag, description="")
    return Summary(value=[Summary.Value(tag=f"{tag}/text_summary", metadata=described, tensor=tensor)])
