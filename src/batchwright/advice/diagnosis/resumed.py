"""Steps that go back: the run was continued from an earlier checkpoint into the same log."""

from __future__ import annotations

from batchwright.advice.diagnosis.finding import Finding, new_finding
from batchwright.advice.diagnosis.log import LoggedRun


def find_resumed(run: LoggedRun) -> Finding | None:
    """Where the steps of one run go back and then on; the repeated lines were left out of all other tests."""
    if not run.went_back:
        return None
    first = run.went_back[0]
    return new_finding(
        "resumed",
        run.training_loss.name if run.training_loss is not None else "",
        {
            "count": len(run.went_back),
            "reached": first.reached,
            "continued_at": first.continued_at,
            "repeated": sum(back.repeated for back in run.went_back),
            "x": run.step_unit,
            "record": first.record + 1,
        },
        confidence=0.95,
    )
