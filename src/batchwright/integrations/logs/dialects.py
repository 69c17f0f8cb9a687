"""How each tool marks the place of a printed line: patterns with the groups epoch, step and of."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """The lines of one tool.

    Attributes:
        name: of the tool.
        markers: patterns that find where a line belongs. ``step`` counts within the epoch where it starts anew
            with it; ``of`` is what it counts to. A line that matches ``evaluating`` belongs to the last place.
        carried: whether lines without a marker have values of the last place.
        in_epoch: whether a count that starts anew, without an epoch beside it, is the next epoch.
        running_mean: whether its losses are means over the epoch so far.
        counts: what ``step`` counts.
    """

    name: str
    markers: tuple[re.Pattern[str], ...]
    carried: bool = False
    in_epoch: bool = False
    running_mean: bool = False
    counts: str = "updates"


def _dialect(name: str, *markers: str, **options: bool | str) -> Dialect:
    return Dialect(name, tuple(re.compile(marker) for marker in markers), **options)  # type: ignore[arg-type]


_COUNT = r"\s*(?P<step>\d+)\s*/\s*(?P<of>\d+)"

DIALECTS = (
    _dialect(
        "timm",
        rf"\bTrain:\s*(?P<epoch>\d+)\s*\[{_COUNT}\s*\(\s*\d+%\)\s*\]",
        r"\bTest:\s*\[(?P<evaluating>\s*\d+)/",
    ),
    _dialect(
        "pytorch-mnist",
        rf"Train Epoch:\s*(?P<epoch>\d+)\s*\[{_COUNT}\s*\(\s*[\d.]+%\)\s*\]",
        counts="examples",
    ),
    _dialect(
        "pytorch-imagenet",
        rf"Epoch:\s*\[(?P<epoch>\d+)\]\s*\[{_COUNT}\]",
        r"\bTest:\s*\[(?P<evaluating>\s*\d+)/",
    ),
    _dialect(
        "pytorch-word-lm",
        rf"\|\s*epoch\s+(?P<epoch>\d+)\s*\|{_COUNT} batches",
        r"end of epoch\s+(?P<epoch>\d+)",
    ),
    _dialect("epoch-iter", rf"\bepoch\s+(?P<epoch>\d+)\s*\|\s*iter\s+{_COUNT}"),
    _dialect(
        "nanochat", r"^\s*step\s+(?P<step>\d+)/(?P<of>\d+)\s+\(\s*[\d.]+%\)", r"^\s*Step\s+(?P<step>\d+)\s*\|"
    ),
    _dialect("llm.c", rf"^\s*step\s+{_COUNT}\s*\|", r"^\s*s:(?P<step>\d+)\s+\w+:"),
    _dialect("nanogpt", r"^\s*(?:step|iter)\s+(?P<step>\d+):\s"),
    _dialect("modded-nanogpt", r"^\s*step:(?P<step>\d+)/(?P<of>\d+)\s"),
    _dialect(
        "gpt-neox",
        rf"samples/sec:.*\biteration\s+{_COUNT}\s*\|",
        r"validation loss at iteration\s+(?P<step>\d+)",
    ),
    _dialect("megatron", rf"\biteration\s+{_COUNT}\s*\|", r"validation loss at iteration\s+(?P<step>\d+)"),
    _dialect("nanotron", rf"\biteration:{_COUNT}\b"),
    _dialect("torchtitan", r"\bstep:\s*(?P<step>\d+)\s+(?:loss|\w*_loss):"),
    _dialect(
        "mmengine",
        rf"\bEpoch\(train\)\s*\[(?P<epoch>\d+)\]\[{_COUNT}\]",
        rf"\bIter\(train\)\s*\[{_COUNT}\]",
        r"\bEpoch\((?:val|test)\)\s*\[(?P<epoch>\d+)\]\[(?P<evaluating>\s*\d+)/",
        r"\bIter\((?:val|test)\)\s*\[(?P<evaluating>\s*\d+)/",
        rf"\bEpoch\s*\[(?P<epoch>\d+)\]\[{_COUNT}\]",
    ),
    _dialect("scikit-learn", r"^\s*Iteration (?P<epoch>\d+), loss = "),
    _dialect("caffe", r"\bIteration (?P<step>\d+)(?: \(| *, (?:lr|Testing|loss))", carried=True),
    _dialect(
        "composer", r"\[epoch=(?P<epoch>\d+)(?:/\d+)?\]\[batch=(?P<step>\d+)(?:/(?P<of>\d+))?\]", carried=True
    ),
    _dialect("fairseq-simple", rf"\bepoch\s+(?P<epoch>\d+):{_COUNT}\b"),
    _dialect(
        "keras",
        r"^\s*Epoch (?P<epoch>\d+)/\d+\s*$",
        r"^\s*(?P<step>\d+)/(?P<of>\d+|Unknown)\s+(?:\[[=>.]*\]|[━╸╺ ]*)?\s*-?\s*(?:ETA|\d+:\d+|\d+m?s|\d+us)",
        in_epoch=True,
        running_mean=True,
    ),
    _dialect(
        "tqdm",
        r"^\D{0,40}?(?:[Ee]poch|EPOCH)\s*:?\s*\[?(?P<epoch>\d+).*?\|\s*(?P<step>\d+)/(?P<of>\d+)\s*\[",
        r"(?:\||\d%)\s*(?P<step>\d+)/(?P<of>\d+)\s*\[\d+:\d+",
        in_epoch=True,
    ),
)

_ANY_EPOCH = re.compile(
    r"(?<![A-Za-z])(?:epochs?|ep|轮次?|第)['\"]?[\s:\uff1a=\[#(]*(?P<epoch>\d+(?:\.\d+)?)", re.IGNORECASE
)
_STEP_WORDS = (
    "step", "global step", "global_step", "iter", "iteration", "itr", "batch", "batche", "update",
    "步", "步数", "迭代",
)  # fmt: skip
_ANY_STEP = re.compile(
    rf"(?<![A-Za-z])(?:{'|'.join(_STEP_WORDS)})s?['\"]?"
    r"[\s:\uff1a=\[#(]*(?P<step>\d+)(?:\s*/\s*(?P<of>\d+))?",
    re.IGNORECASE,
)
_ANY_COUNT = re.compile(r"[\[(|]\s*(?P<step>\d+)\s*/\s*(?P<of>\d+)(?:\s*\(\s*[\d.]+%\s*\))?\s*[\])|]")


def any_place(line: str) -> tuple[dict[str, str], int] | None:
    """Where a line of no known tool belongs, by the words epoch, step, iteration or batch, and where they end.

    >>> any_place("Epoch 3, step 20/90, loss=0.5")
    ({'epoch': '3', 'step': '20', 'of': '90'}, 19)
    """
    epoch = _ANY_EPOCH.search(line)
    step = _ANY_STEP.search(line) or _ANY_COUNT.search(line)
    found = {name: value for m in (epoch, step) if m for name, value in m.groupdict().items() if value}
    return (found, max(m.end() for m in (epoch, step) if m)) if found else None
