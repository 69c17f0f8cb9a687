"""The page of an optimizer at another batch size: its values before and after, the rule, and where that breaks."""

from __future__ import annotations

from batchwright.advice.rescaled import MeasuredRate, RescaleResult
from batchwright.core.action import Action
from batchwright.core.numbers import number, rate
from batchwright.report.page import Block, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.text.catalogue import text


def rescale_page(result: RescaleResult, *, action: Action | None = None) -> Page:
    """The new values, by which rule or study, and what may be wrong with them.

    Args:
        result: the optimizer at both batch sizes.
        action: what made it.
    """
    carried = result.carried
    blocks: list[Block] = [
        Sentence(text=_headline(result), role="answer"),
        _values(result),
        Note(text=text(f"rescale.rule.{carried.rule}")),
        *([Note(text=text("rescale.decay"))] if carried.decay_kept else []),
        *(Note(text=words) for words in _measured(result)),
        *(Note(text=words, role="caveat") for words in _breaks(result)),
        NextStep(
            action=Action(command="study", subject="TASK", arguments=_wanted(result)),
            why=text("rescale.next"),
        ),
    ]
    title = text("rescale.title", optimizer=carried.optimizer, size=carried.to_batch)
    return Page(
        title=title,
        eyebrow=text("rescale.eyebrow", optimizer=carried.optimizer),
        blocks=blocks,
        action=action,
    )


def _headline(result: RescaleResult) -> str:
    carried = result.carried
    said = {
        "optimizer": carried.optimizer, "lr": rate(result.lr), "size": carried.to_batch,
        "before": rate(carried.before.lr), "from_size": carried.from_batch,
    }  # fmt: skip
    if result.measured is not None:
        return text("rescale.measured", study=result.measured.study_id, **said)
    return text("rescale.by_rule", **said)


def _values(result: RescaleResult) -> Table:
    """One row a value, before and after."""
    carried = result.carried
    before, after = carried.before, carried.after
    rows = [("lr", rate(before.lr), rate(result.lr))]
    if result.measured is not None:
        rows.append((text("rescale.lr_by_rule"), rate(before.lr), rate(after.lr)))
    if before.betas and after.betas:
        rows += [
            (f"beta{place + 1}", number(before.betas[place], 6), number(after.betas[place], 6))
            for place in (0, 1)
        ]
    if before.eps is not None and after.eps is not None:
        rows.append(("eps", number(before.eps), number(after.eps)))
    if before.weight_decay:
        rows.append(("weight_decay", number(before.weight_decay), number(after.weight_decay)))
    return Table(
        caption=text("rescale.caption"),
        columns=[
            column(text("rescale.column.value"), [name for name, _, _ in rows]),
            column(text("rescale.column.at", size=carried.from_batch), [old for _, old, _ in rows]),
            column(text("rescale.column.at", size=carried.to_batch), [new for _, _, new in rows]),
        ],
    )


def _measured(result: RescaleResult) -> list[str]:
    """Where the study's rates come from, and how they compare with the rule."""
    now, before = result.measured, result.measured_before
    if now is None or before is None:
        return []
    factor = result.carried.after.lr / result.carried.before.lr
    compared = text("rescale.factors", measured=number(now.lr / before.lr), rule=number(factor))
    return [_where(now), _where(before), compared]


def _breaks(result: RescaleResult) -> list[str]:
    """Where the rule breaks, unless a study measured the rate or nothing changes."""
    rule = result.carried.rule
    return [text(f"rescale.breaks.{rule}")] if rule != "none" and result.measured is None else []


def _where(found: MeasuredRate) -> str:
    if found.between is not None:
        low, high = found.between
        return text("rescale.between", size=found.batch_size, lr=rate(found.lr), low=low, high=high)
    if found.interval is None:
        return text("rescale.at", size=found.batch_size, lr=rate(found.lr))
    low_rate, high_rate = map(rate, found.interval)
    return text(
        "rescale.at_with_range", size=found.batch_size, lr=rate(found.lr), low=low_rate, high=high_rate
    )


def _wanted(result: RescaleResult) -> dict[str, list[int]]:
    return {"batch_sizes": sorted({result.carried.from_batch, result.carried.to_batch})}
