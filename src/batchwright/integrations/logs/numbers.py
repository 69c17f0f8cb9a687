"""One number as logs print it, and names of what is logged."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from batchwright.advice.diagnosis.log import SeriesRole

NUMBER = (
    r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
    r"|[+-]?(?:nan|NaN|NAN|inf|Inf|INF|Infinity|infinity)\b"
)
"""A number, by itself; thousands may be grouped by commas."""
_SUFFIXES = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_WITH_SUFFIX = re.compile(rf"\s*({NUMBER})\s*([KkMmBbGgTt%])?\s*", re.ASCII)
MISSING = frozenset({"", "na", "n/a", "none", "null", "-", "--"})

Place = str
"""What a field says of where its record is: ``step``, ``epoch``, ``count``, ``of``."""

_STEPS = frozenset({
    "step", "steps", "global_step", "_step", "iter", "iters", "iteration", "iterations", "it", "num_updates",
    "updates", "n_updates", "update", "current_steps", "global_steps", "num_steps",
    "trainer/global_step", "train/global_step", "batch", "batches", "batch_idx", "itr", "s",
    "步", "步数", "迭代", "迭代次数",
})  # fmt: skip
_EPOCHS = frozenset({"epoch", "epochs", "ep", "train/epoch", "轮", "轮次", "训练轮数", "世代"})
_TOTALS = frozenset({"total_steps", "max_steps", "total_iters", "max_iters"})
_NOT_LOSSES = frozenset({
    "scale", "scaler", "time", "weight", "weights", "lr", "coef", "ratio", "epoch",
    "step", "steps", "iteration", "ppl", "perplexity",
})  # fmt: skip
_VALIDATION = frozenset({
    "val", "valid", "validation", "eval", "evaluation", "test", "dev", "heldout", "holdout", "tel",
})  # fmt: skip
_LOSSES = frozenset({"trl", "tel", "nll", "cost", "bpb", "mse"})
_RATES = frozenset({"lr", "lrm", "学习率"})
_QUALITIES = frozenset({"acc", "accuracy", "acc1", "acc@1", "grad_norm", "gradnorm", "norm", "准确率"})


def number_of(cell: Any) -> float | None:
    """A cell as a number; nan for one that says it is missing, None for anything else.

    >>> number_of("1.2M"), number_of(" 0.5 "), number_of("'9.1'"), number_of("x"), number_of("NA")
    (1200000.0, 0.5, 9.1, None, nan)
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, (int, float)):
        return float(cell)
    if cell is None:
        return math.nan
    if not isinstance(cell, str):
        return _as_float(cell)
    text = cell.strip().strip("'\"").strip()
    try:
        return float(text)
    except ValueError:
        pass
    match = _WITH_SUFFIX.fullmatch(text)
    if match:
        return float(match[1].replace(",", "")) * _SUFFIXES.get((match[2] or "").lower(), 1.0)
    return math.nan if text.lower() in MISSING else None


def _as_float(cell: Any) -> float | None:
    """A tensor's or an array's single value."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


@lru_cache(maxsize=4096)
def place_kind(name: str) -> Place | None:
    """Whether a field says where a record is.

    >>> place_kind("Epoch"), place_kind("num_updates"), place_kind("total_steps"), place_kind("loss")
    ('epoch', 'step', 'of', None)
    """
    plain = name.strip().strip("\"'").lower().replace(" ", "_")
    if plain in _EPOCHS:
        return "epoch"
    if plain in _STEPS:
        return "step"
    return "of" if plain in _TOTALS else None


@lru_cache(maxsize=4096)
def series_role(name: str) -> SeriesRole | None:
    """What a field holds: a loss of training or validation, a learning rate, a quality; None for the rest.

    >>> [series_role(n) for n in ("loss", "val_loss", "Learning Rate", "loss scale", "train/box_loss", "eval_loss")]
    ['train', 'validation', 'lr', None, 'train', 'validation']
    """
    plain = name.strip().strip("\"'").lower()
    words = re.split(r"[\s_/.\-:#]+", plain)
    if (
        "learning_rate" in plain
        or "learning rate" in plain
        or "learning-rate" in plain
        or _RATES & set(words)
    ):
        return "lr"
    is_loss = any(word.endswith(("loss", "损失")) or word in _LOSSES for word in words)
    if is_loss and not _NOT_LOSSES & set(words):
        evaluating = _VALIDATION & set(words) or "验证" in plain or "测试" in plain
        return "validation" if evaluating else "train"
    if plain in _QUALITIES or _QUALITIES & set(words):
        return "other"
    return None
