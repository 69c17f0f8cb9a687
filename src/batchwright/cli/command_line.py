"""Command lines as data: what was typed, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

_OF_THE_TASK = frozenset({"--set", "--data", "--examples"})
_ONCE = frozenset({"--json", "--dry-run", "--strict", "--name", "--budget"})
"""Not repeated in a next step: output, a name (it belongs to one study), and a budget (it was too small)."""
_SAME_OPTIONS = ("batchwright study ", "batchwright advise ")
_FLAGS = frozenset({"--json", "--dry-run", "--strict"})


def options_of(line: str) -> list[tuple[str, list[str]]]:
    """The options of a ``batchwright study`` line, each with its words; positional words are left out.

    >>> options_of("batchwright study digits --lr 0.1 --strict --seed=3")
    [('--lr', ['--lr', '0.1']), ('--strict', ['--strict']), ('--seed', ['--seed=3'])]
    """
    found, words = [], iter(shlex.split(line))
    for word in words:
        name, equals, _ = word.partition("=")
        if name.startswith("--"):
            alone = equals or name in _FLAGS
            found.append((name, [word] if alone else [word, *_one_more(words)]))
    return found


def option(line: str, name: str) -> str | None:
    """The value of one option in a command line, or None.

    >>> option("batchwright study digits --objective examples", "--objective")
    'examples'
    """
    for found, words in options_of(line):
        if found == name:
            return words[1] if len(words) > 1 else words[0].partition("=")[2]
    return None


def complete(step: str, typed: str) -> str:
    """A suggested ``batchwright study TASK ...`` with the options that were typed for this study.

    The suggestion names the task and what to change; everything else (target, optimizer, store, ...) must
    stay as it was, or it would ask another question. Where both name an option, the suggestion wins.

    >>> complete("batchwright study digits --batch-sizes 4,8",
    ...          "batchwright study digits --target loss=0.1 --batch-sizes 4 --json")
    'batchwright study digits --batch-sizes 4,8 --target loss=0.1'
    """
    if not step.startswith("batchwright study ") or not typed.startswith(_SAME_OPTIONS):
        return step
    said = {name for name, _ in options_of(step)}
    left_out = said | _OF_THE_TASK | _ONCE
    kept = [word for name, words in options_of(typed) if name not in left_out for word in words]
    return f"{step} {shlex.join(kept)}".strip()


def _one_more(words: Iterator[str]) -> list[str]:
    following = next(words, None)
    return [] if following is None else [following]
