"""What to do next, as data: a verb of the front door, what it is about, and its arguments.

Whoever proposes a step knows neither a command line nor a notebook: the terminal writes an action as a
command, a notebook as a call (see ``report.render.actions``).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Action(BaseModel):
    """One step that can be taken: ``command`` on ``subject`` with ``arguments``.

    Attributes:
        command: a verb of the front door: ``study``, ``advise``, ``surface``, ...
        subject: what it is about, as the front door takes it first: a task's name, a table's path, a stored
            study's id. None where the caller holds it only as a live object.
        arguments: keyword arguments of that verb by their own names, JSON values only. None is left
            out when it is written.

    >>> Action(command="study", subject="digits", arguments={"batch_sizes": [4, 8]}).arguments
    {'batch_sizes': [4, 8]}
    """

    model_config = ConfigDict(frozen=True)

    command: str
    subject: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)

    def with_arguments(self, **arguments: Any) -> Action:
        """The same step with these arguments added or replaced.

        >>> Action(command="study", arguments={"seed": 1}).with_arguments(seed=2).arguments
        {'seed': 2}
        """
        return self.model_copy(update={"arguments": {**self.arguments, **arguments}})
