"""How each run of a table ended: with the target, cut short before it, or broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.curve.runs import Vector
from batchwright.advice.table.cell import in_words, is_blank
from batchwright.advice.table.columns import Columns
from batchwright.advice.table.numbers import NumberColumn
from batchwright.advice.table.source import Grid, first_true
from batchwright.core.errors import DataError, unknown_name

REACHED, CENSORED, FAILED, LOST = range(4)
"""``LOST``: it did not reach the target, and nothing says how far it came."""

_STATUS: dict[str, int] = {
    **dict.fromkeys(("target reached", "reached", "success", "succeeded", "converged"), REACHED),
    **dict.fromkeys(("done", "ok", "completed", "complete", "finished", "observed"), REACHED),
    **dict.fromkeys(("达到", "达到目标", "达标", "成功", "完成", "收敛", "已收敛", "已完成"), REACHED),
    **dict.fromkeys(("budget exhausted", "censored", "right censored", "cut short"), CENSORED),
    **dict.fromkeys(("timeout", "timed out", "truncated", "not reached", "stopped"), CENSORED),
    **dict.fromkeys(("interrupted", "dnf", "did not finish", "did not converge"), CENSORED),
    **dict.fromkeys(("not converged", "未达到", "未达标", "未收敛", "超时", "中断", "未完成"), CENSORED),
    **dict.fromkeys(("diverged", "divergence", "failed", "failure", "fail", "error", "nan"), FAILED),
    **dict.fromkeys(("crashed", "crash", "out of memory", "oom"), FAILED),
    **dict.fromkeys(("发散", "失败", "报错", "内存不足", "显存不足", "爆显存"), FAILED),
}
_NO_STEPS = ("-", "--", "\u2013", "\u2014", "/", "n/a", "na", "nan", "无", "\u2717")
"""What stands in a column of steps for "none": the run did not reach the target."""
_YES = ("true", "1", "1.0", "yes", "y", "t", "x", "是", "真", "\u2713", "\u2714")
_NO = ("false", "0", "0.0", "no", "n", "f", "", "否", "假", "\u2717", "\u2718")


@dataclass(frozen=True)
class HowEnded:
    """How each run ended, and its cost or how far it came; nan where it failed or was lost."""

    how: NDArray[np.int_]
    value: Vector


def ends_of(grid: Grid, columns: Columns, cost: NumberColumn, made: NumberColumn | None) -> HowEnded:
    """How each row's run ended.

    A column ``status``, ``censored`` or ``reached`` says so; without one every run reached the target that
    has a cost. Words in the cost's own column say so too (``DNF``, ``diverged``), and ``>5000`` is a bound.
    Where a run was cut short and has no cost, a second column of steps says how far it came.

    Raises:
        DataError: a cell that says none of these, or a cost that is missing or not positive.
    """
    how = _said(grid, columns)
    value = cost.values.copy()
    place = columns.places[columns.cost]
    heading = grid.headings[place]
    how[(how == REACHED) & cost.above] = CENSORED
    for row, word in cost.words.items():
        how[row] = _by_word(word, int(how[row]), grid, row, place)
    if made is not None:
        use = ((how == CENSORED) | (how == LOST)) & np.isnan(value) & ~np.isnan(made.values)
        value[use], how[use] = made.values[use], CENSORED
    if (empty := first_true((how == CENSORED) & np.isnan(value))) is not None:
        raise DataError(
            f"{grid.where(empty)}: {heading!r} must be a number, got an empty cell: write the steps that the "
            "run had made"
        )
    counted = (how == REACHED) | (how == CENSORED)
    if (bad := first_true(counted & ~((value > 0) & (value < np.inf)))) is not None:
        raise DataError(f"{grid.where(bad)}: {heading!r} must be positive and finite, got {value[bad]:g}")
    value[~counted] = np.nan
    return HowEnded(how, value)


def _by_word(word: str, said: int, grid: Grid, row: int, place: int) -> int:
    """How a run ended that has a word, or nothing, where its steps should stand."""
    heading = grid.headings[place]
    if said == FAILED:
        return FAILED
    if not word:
        if said == CENSORED:
            return CENSORED
        raise DataError(
            f"{grid.where(row)}: {heading!r} must be a number, got an empty cell: write diverged, or DNF "
            "where the target was not reached"
        )
    if word in _NO_STEPS:
        return LOST
    by_word = _STATUS.get(_plain(word))
    if by_word in (None, REACHED):
        cell = in_words(grid.columns[place][row])
        raise DataError(f"{grid.where(row)}: {heading!r} must be a number, got {cell}")
    return LOST if by_word == CENSORED else FAILED


def _plain(text: str) -> str:
    return text.rpartition(".")[2].replace("_", " ").replace("-", " ").strip()


def _said(grid: Grid, columns: Columns) -> NDArray[np.int_]:
    """By whichever column says so; each different cell is judged once."""
    for meaning in ("status", "censored", "reached"):
        if meaning in columns.places:
            place = columns.places[meaning]
            break
    else:
        return np.full(len(grid), REACHED)
    judged: dict[Any, int] = {}
    how = np.empty(len(grid), dtype=int)
    for row, cell in enumerate(grid.columns[place]):
        text = "" if is_blank(cell) else str(cell).strip().lower()
        if text not in judged:
            judged[text] = _judge(text, meaning, grid.headings[place], grid.where(row))
        how[row] = judged[text]
    return how


def _judge(text: str, meaning: str, heading: str, where: str) -> int:
    if meaning == "status":
        if _plain(text) not in _STATUS:
            raise DataError(f"{where}: {unknown_name(heading, _plain(text)[:80], _STATUS)}")
        return _STATUS[_plain(text)]
    if text in _STATUS:
        return _STATUS[text]
    if text not in _YES + _NO or (meaning == "reached" and not text):
        raise DataError(f"{where}: {heading!r} must be true or false, got {in_words(text)}")
    return CENSORED if (text in _YES) == (meaning == "censored") else REACHED
