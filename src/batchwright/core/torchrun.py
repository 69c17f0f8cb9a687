"""What torchrun told this process: its place among the ranks that it started."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

from batchwright.core.errors import InputError


class RankPlace(NamedTuple):
    """A rank's number, how many there are, and its number on its machine."""

    rank: int
    world_size: int
    local_rank: int


def place_in_torchrun() -> RankPlace | None:
    """The place of this process; None where torchrun did not start it."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return None
    return RankPlace(*(int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))


def refuse_ranks(verb: str) -> None:
    """Refuse a verb that several ranks would each do by themselves.

    Raises:
        InputError: torchrun started this process beside others.
    """
    place = place_in_torchrun()
    if place is not None and place.world_size > 1:
        raise InputError(
            f"torchrun is for train, and {verb} would be done once on each of {place.world_size} ranks: start it "
            "without torchrun"
        )


def speaks() -> bool:
    """Whether this process is to say what went wrong: of several ranks the first that fails."""
    place = place_in_torchrun()
    if place is None or place.world_size == 1:
        return True
    with suppress(Exception):
        from datetime import timedelta

        import torch.distributed as dist

        host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        store = dist.TCPStore(host, port, is_master=False, timeout=timedelta(seconds=5))  # type: ignore[attr-defined]
        told = store.add(f"batchwright/told/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", 1)
        return bool(told == 1)
    return place.rank == 0
