"""Next steps that keep the arguments of the step before: the task, its options, the point, the optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batchwright.core.action import Action
from batchwright.report.text.catalogue import text

TASK = ("set", "data")
OPTIMIZER = (
    "optimizer", "momentum", "momentum_form", "weight_decay", "decay_form", "l1", "clip_norm",
    "optimizer_option", "schedule", "warmup_steps", "horizon",
)  # fmt: skip
RUN = ("seed", "device", "dtype", "autocast")
POINT = ("checkpoint", "at", "steps", "batch_size", "lr")
"""Where a measurement stands in parameter space, and the run that led there."""
_SHOWING = ("report", "figure", "json", "progress", "strict")
"""Arguments that say how a result is shown, not what is measured."""


def following(
    made_by: Action | None, command: str, subject: str, keep: Sequence[str], **arguments: Any
) -> Action:
    """The step ``command`` on the same subject, with those arguments of the last step that it shares.

    Args:
        made_by: what made the page; its subject is the one that was typed. None where it is not known.
        command: a verb of the front door.
        subject: taken where ``made_by`` is None.
        keep: names of the arguments that mean the same to ``command``.
        arguments: its own, over those kept; None drops one.

    >>> last = Action(command="noise", subject="digits", arguments={"steps": 20, "seed": 1, "draws": 4})
    >>> following(last, "curvature", "digits", (*POINT, *RUN), steps=80).arguments
    {'steps': 80, 'seed': 1}
    """
    given = {} if made_by is None else made_by.arguments
    kept = {name: given[name] for name in keep if name in given} | arguments
    return Action(
        command=command,
        subject=subject if made_by is None else made_by.subject,
        arguments={name: value for name, value in kept.items() if value is not None},
    )


def again(made_by: Action | None, command: str, subject: str, **arguments: Any) -> Action:
    """The same step with some arguments changed, and without those that say how it is shown.

    >>> last = Action(command="surface", subject="digits", arguments={"steps": 20, "report": "page.html"})
    >>> again(last, "surface", "digits", plane=True).arguments
    {'steps': 20, 'plane': True}
    """
    keep = [] if made_by is None else [name for name in made_by.arguments if name not in _SHOWING]
    return following(made_by, command, subject, keep, **arguments)


def given(made_by: Action | None, name: str) -> Any:
    """An argument of the step that made the page; None where it was not given."""
    return None if made_by is None else made_by.arguments.get(name)


def where(step: int, made_by: Action | None) -> str:
    """The point of a measurement in words.

    >>> where(0, None), where(1, None), where(1200, None)
    ('at the initial weights', 'after 1 update', 'after 1,200 updates')
    >>> where(0, Action(command="curvature", arguments={"at": [0.0, 0.0]}))
    'at the given parameters'
    """
    if given(made_by, "at") is not None:
        return text("point.given")
    return text("point.after", count=step) if step else text("point.start")
