"""A store that lives and dies with its process, for a task that no later process could take up again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self

from batchwright.study.stores import contract
from batchwright.study.stores.contract import Kind, ListedStudy, RunRow, State, StudyRow
from batchwright.study.stores.lookup import Named, find
from batchwright.study.stores.rows import in_order, new_run, newest_first, now

if TYPE_CHECKING:
    from batchwright.core.action import Action
    from batchwright.core.remark import Remark
    from batchwright.study.key import RunKey
    from batchwright.training.record import RunResult


class MemoryStore(contract.Store):
    """Dictionaries. What it holds is gone with the process; everything else is as the contract says."""

    location = "memory"

    def __init__(self) -> None:
        self._studies: dict[str, StudyRow] = {}
        self._runs: dict[str, dict[RunKey, RunRow]] = {}
        self._places: dict[str, list[tuple[str, RunKey]]] = {}
        """Where runs of an identity were put; an identity takes longer to make than to look up."""
        self._measurements: dict[str, dict[str, str]] = {}

    @property
    def damage(self) -> tuple[Remark, ...]:
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        for study in self._studies.values():
            if study["status"] == "running":
                study["status"] = "interrupted"

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
        new: StudyRow = {
            "study_id": study_id, "kind": kind, "name": name, "task": task, "fingerprint": fingerprint,
            "request": {}, "action": None, "command": "", "created": now(), "status": "running",
            "seconds": 0.0, "spec": spec_json, "result": None,
        }  # fmt: skip
        study = self._studies.setdefault(study_id, new)
        study["name"] = name or study["name"]
        study["fingerprint"] = study["fingerprint"] or fingerprint
        study["status"] = "running"
        study["request"] = dict(request)
        if action is not None:
            study["action"] = action.model_dump(mode="json")

    def end_study(self, study_id: str, *, status: State, seconds: float) -> None:
        study = self._studies[study_id]
        study["status"] = status
        study["seconds"] += seconds

    def keep_result(self, study_id: str, result: str) -> None:
        self._studies[study_id]["result"] = result

    def studies(self) -> list[ListedStudy]:
        listed = []
        for study_id, study in self._studies.items():
            line: Any = {n: cell for n, cell in deepcopy(study).items() if n not in ("spec", "result")}
            listed.append(line | {"runs": len(self._runs.get(study_id, {}))})
        return newest_first(listed)

    def study(self, name: str) -> StudyRow:
        known = [Named(s["study_id"], s["name"], s["task"]) for s in self._studies.values()]
        return deepcopy(self._studies[find(name, known)])

    # --- runs and measurements --------------------------------------------------------------------

    def add_run(self, study_id: str, key: RunKey, result: RunResult) -> None:
        runs = self._runs.setdefault(study_id, {})
        there = runs.get(key)
        if there is None or contract.goes_further(
            result, than_status=there["status"], than_updates=there["updates"]
        ):
            runs[key] = {**new_run(study_id, key, result), "result": result}
            self._places.setdefault(result.spec.identity(), []).append((study_id, key))

    def known_run(self, identity: str, *, fingerprint: str | None, study_id: str) -> RunResult | None:
        shared = {
            name
            for name, study in self._studies.items()
            if name == study_id or (fingerprint is not None and study["fingerprint"] == fingerprint)
        }
        at = [place for place in self._places.get(identity, ()) if place[0] in shared]
        found = [self._runs[study][key]["result"] for study, key in at]
        found = [result for result in found if result.spec.identity() == identity]  # not replaced since
        return max(found, key=lambda run: (run.updates, run.status != "stopped"), default=None)

    def runs(self, study_id: str, *, curves: bool = False) -> list[RunRow]:
        rows: list[RunRow] = [{**row} for row in self._runs.get(study_id, {}).values()]
        if not curves:
            for row in rows:
                del row["result"]
        return in_order(rows)

    def put_measurement(self, study_id: str, name: str, value: Any) -> None:
        self._measurements.setdefault(study_id, {}).setdefault(name, json.dumps(value))

    def measurements(self, study_id: str) -> dict[str, Any]:
        kept = self._measurements.get(study_id, {})
        return {name: json.loads(text) for name, text in kept.items()}
