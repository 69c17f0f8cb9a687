"""What a reader of a log format promises.

A format is a :class:`LogFormat`: ``recognise`` looks at the first lines and says how surely they are of this
format, between 0 and 1, without reading further; ``read`` takes all lines once, in order, puts what they hold
into the recorder and keeps nothing else. A line that looks like a record and cannot be read is counted in
``recorder.unread``, any other is passed over. Neither raises for what a line holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from batchwright.integrations.logs.recorder import Recorder


@dataclass(frozen=True)
class LogFormat:
    """One shape of log.

    Attributes:
        name: as the result calls it.
        recognise: how surely the first lines are of this format, 0 to 1.
        read: all lines into the recorder.
        in_epoch: whether a count that starts anew is the next epoch of the same run.
        counts: what steps count.
    """

    name: str
    recognise: Callable[[Sequence[str]], float]
    read: Callable[[Iterable[str], Recorder], None]
    in_epoch: bool = False
    counts: str = "updates"
