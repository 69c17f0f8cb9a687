"""What a store promises, whatever it is made of; ``tests/study/stores/test_conformance.py`` holds each to it.

**Who writes.** The driver of a study, and nobody else; worker processes return results. Any number of
readers may look on, and none of them ever blocks the writer.

**Durability.** When a method that writes returns, what it wrote survives a kill of the process. It is
written whole or not at all.

**Nothing recorded is lost.** A finished run is never overwritten, nor is a measurement. A run with status
``stopped`` was paused by its caller: one that went further takes its place. A run or a measurement whose
stored text is damaged counts as not there, so doing it again repairs the store.

**Identity.** A study has a ``study_id``, a run in it a :class:`~batchwright.study.key.RunKey`. Across
studies a run is known by what determines its trajectory, ``RunSpec.identity()``, together with the
fingerprint of the task it ran on; where a fingerprint is missing, runs are shared within their own study
only.

**State.** ``running`` means that a process holds the study at this moment. A study whose process is gone
without a word reads ``interrupted``: at once where the system tells (a file), otherwise when its lease has
lapsed (a server).

**One driver.** A study is held by one process at a time. Another that wants it is refused, and told who holds
it; different studies of one store are run side by side. A process whose study was taken over, since it gave
no sign of life for too long, writes nothing to it any more.

**Lost connections** are made anew, and what was under way is done again, for a bounded time. Done twice, a
write gives what it gives once.

**Versions.** A store of an older schema is brought up to date when it is opened, in one transaction, and
loses nothing by it. One of a newer schema is refused, never guessed at.

**Damage.** What cannot be read raises a :class:`~batchwright.core.errors.StoreError` of one line: which
store, what is wrong with it, what can still be used. Listings leave out what they cannot read and say so
in :attr:`Store.damage`.

Stored are values, codes and the JSON of pydantic models: no sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from typing_extensions import TypedDict  # the one that pydantic reads before Python 3.12

if TYPE_CHECKING:  # a list of studies must not wait for torch
    from batchwright.core.action import Action
    from batchwright.core.remark import Remark
    from batchwright.study.key import RunKey
    from batchwright.training.record import RunResult

Kind = Literal["study", "advice"]
State = Literal["running", "complete", "interrupted"]


class StudyFacts(TypedDict):
    """What is known of a study without its spec and its answer.

    ``task`` is the task's own name. ``fingerprint`` is the task's, None where none could be had. ``request``
    holds what was asked for but is no part of the study's identity: ``objective``, ``measures``, ...
    ``command`` is the command line that older versions kept where ``action`` is now. ``seconds`` sums up all
    sittings; ``created`` is UTC in ISO format.
    """

    study_id: str
    kind: Kind
    name: str | None
    task: str
    fingerprint: str | None
    request: dict[str, Any]
    action: dict[str, Any] | None
    command: str
    created: str
    status: State
    seconds: float


class StudyRow(StudyFacts):
    """A study as stored; ``spec`` and ``result`` are JSON texts (see ``stores.reading.parse``)."""

    spec: str
    result: str | None


class ListedStudy(StudyFacts):
    """A line in the list of studies, with the number of its runs (None where they cannot be read)."""

    runs: int | None


class RunFacts(TypedDict):
    """What is known of a run without its curves.

    ``run_key`` is ``str(RunKey)``. Rows of the first schema whose place in the study cannot be told keep the
    key they had, and their ``rate_index`` and ``seed_index`` are None. ``seed`` is the seed itself,
    ``seed_index`` its position among those of its purpose.
    """

    study_id: str
    run_key: str
    batch_size: int
    lr: float
    rate_index: int | None
    seed: int
    seed_index: int | None
    purpose: str
    status: str
    steps_to_target: float | None
    updates: int
    seconds: float
    created: str


class RunRow(RunFacts, total=False):
    """A run as stored; ``result`` is there if curves were asked for."""

    result: RunResult


class Store(Protocol):
    """A place where studies live; a context manager. See the module's text for what it promises.

    Attributes:
        location: where it is, for people.
    """

    location: str

    @property
    def damage(self) -> tuple[Remark, ...]:
        """What could not be read so far."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def close(self) -> None:
        """Let go of everything: files, connections, and studies that this process still holds."""
        ...

    # --- studies ----------------------------------------------------------------------------------

    def begin_study(
        self,
        study_id: str,
        *,
        kind: Kind = "study",
        name: str | None,
        task: str,
        spec_json: str,
        fingerprint: str | None,
        request: Mapping[str, Any],
        action: Action | None,
    ) -> None:
        """Register a study, or take one up again, and hold it until :meth:`end_study` or :meth:`close`.

        Of a study that is there already, the status becomes ``running`` and ``request`` the new one; name
        and action are replaced where new ones are given, a missing fingerprint by one that is known. The
        rest stays.

        Raises:
            StoreError: another process holds it.
        """
        ...

    def end_study(self, study_id: str, *, status: State, seconds: float) -> None:
        """Set the status, add the seconds of this sitting, and let the study go."""
        ...

    def keep_result(self, study_id: str, result: str) -> None:
        """Keep the study's answer, a JSON text; it takes the place of an earlier one."""
        ...

    def studies(self) -> list[ListedStudy]:
        """All studies, newest first."""
        ...

    def study(self, name: str) -> StudyRow:
        """One study by its id, its name, the beginning of its id, or its task's name, in this order.

        Raises:
            StoreError: nothing is called so, or more than one study is.
        """
        ...

    # --- runs and measurements --------------------------------------------------------------------

    def add_run(self, study_id: str, key: RunKey, result: RunResult) -> None:
        """Keep a run. One that is there stays, unless it was ``stopped`` and this one went further."""
        ...

    def known_run(self, identity: str, *, fingerprint: str | None, study_id: str) -> RunResult | None:
        """The stored run of this identity that went furthest, or None.

        Searched are the study itself and all studies of the same fingerprint. Budgets are no part of the
        identity: the caller decides whether the run went far enough (and see ``RunResult.up_to``).
        """
        ...

    def runs(self, study_id: str, *, curves: bool = False) -> list[RunRow]:
        """The runs of a study by batch size, learning rate, purpose and seed; results too if ``curves``."""
        ...

    def put_measurement(self, study_id: str, name: str, value: Any) -> None:
        """Keep a measurement (JSON data) under a name; the first one stays."""
        ...

    def measurements(self, study_id: str) -> dict[str, Any]:
        """All measurements of a study by name."""
        ...


def goes_further(run: RunResult, *, than_status: str, than_updates: int) -> bool:
    """Whether ``run`` takes the place of a stored one that has this status and so many updates."""
    if than_status != "stopped":
        return False
    return run.updates > than_updates or (run.updates == than_updates and run.status != "stopped")
