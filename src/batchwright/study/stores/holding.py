"""What it is to hold a study: who does, and what is said to whoever wants it too."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from batchwright.core.errors import StoreError


class Holder(NamedTuple):
    """A process that holds a study.

    Attributes:
        process: its number on its host; 0 where it is not known.
        since: UTC in ISO format; empty where it is not known.
        lapses_in: seconds until its hold lapses unless it gives a sign of life; None where the system tells at
            once that a process is gone.
    """

    host: str
    process: int
    since: str
    lapses_in: float | None = None


class Holding(Protocol):
    """The studies of one store that this process holds, and those that any process holds."""

    def take(self, study_id: str, connection: sa.Connection) -> None:
        """Hold a study; in the transaction that marks it as running.

        Raises:
            StoreError: another process holds it.
        """
        ...

    def check(self, study_id: str, connection: sa.Connection) -> None:
        """Make sure, in a transaction that writes to a study, that nobody else has taken it meanwhile.

        Raises:
            StoreError: somebody has.
        """
        ...

    def give_up(self, study_id: str, connection: sa.Connection) -> bool:
        """End the hold in the transaction that ends the study.

        Returns:
            False where this process held it and holds it no longer: the study is somebody else's now, or this
            very transaction was made before and only its acknowledgement was lost.
        """
        ...

    def let_go(self, study_id: str) -> None:
        """Let go of what this process still has of it, outside any transaction."""
        ...

    def let_all_go(self) -> None:
        """Hold nothing."""
        ...

    def held(self, study_ids: Iterable[str]) -> set[str]:
        """Those of the studies that any process holds now, this one included."""
        ...


def this_process() -> tuple[str, int]:
    """The host's name and the process's number."""
    return socket.gethostname(), os.getpid()


def held_elsewhere(study_id: str, holder: Holder | None) -> StoreError:
    """The error of a study that another process holds."""
    who = (
        "another process"
        if holder is None
        else f"process {holder.process} on {holder.host} since {holder.since}"
    )
    if holder is None or holder.lapses_in is None:
        return StoreError(f"study {study_id} is being run by {who}: wait for it, or stop it there")
    return StoreError(
        f"study {study_id} is being run by {who}: wait for it, or stop it there; if it is dead, the study is "
        f"free in {max(holder.lapses_in, 0):.0f} s"
    )


def lost_to(study_id: str, holder: Holder | None) -> StoreError:
    """The error of a process that gave no sign of life for so long that another one took its study over."""
    who = "another process" if holder is None else f"process {holder.process} on {holder.host}"
    return StoreError(
        f"study {study_id} was taken over by {who}, after this process gave no sign of life: what was "
        "recorded is safe, and goes on there"
    )
