"""No batch size has an answer: which of the reasons it is, and what would give one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.advice.decide.doubts import Doubt
from batchwright.advice.decide.question import Question
from batchwright.core.remark import Remark, remark
from batchwright.study.reach import best_value, extreme, initial_value
from batchwright.study.result import BatchSizeResult
from batchwright.study.spec import StudySpec
from batchwright.training.record import RunResult

NEAR = 0.9
"""Share of the way to the target from which on more training is likely to reach it."""


@dataclass(frozen=True)
class Reach:
    """How far the runs came: the metric's target, its value before training, and the best value of any run.

    ``smoothed`` over evaluations, as the target is judged; None where nothing was evaluated.
    """

    metric: str
    split: str
    target: float
    initial: float | None
    best: float | None
    higher_is_better: bool
    max_epochs: float

    @staticmethod
    def of(results: Sequence[RunResult], spec: StudySpec, higher_is_better: bool) -> Reach:
        """How far these runs of a study came."""
        starts = (initial_value(result, spec.target) for result in results)
        levels = (best_value(result, spec.target, higher_is_better) for result in results)
        return Reach(
            metric=spec.target.metric,
            split=spec.target.split,
            target=spec.target.value,
            initial=next((value for value in starts if value is not None), None),
            best=extreme(levels, higher_is_better),
            higher_is_better=higher_is_better,
            max_epochs=spec.max_epochs,
        )

    @property
    def met_at_start(self) -> bool:
        """Whether the target holds before any update."""
        if self.initial is None:
            return False
        return self.initial >= self.target if self.higher_is_better else self.initial <= self.target

    @property
    def share(self) -> float | None:
        """Share of the way from the first value to the target that the best run went."""
        if self.initial is None or self.best is None or self.initial == self.target:
            return None
        return (self.best - self.initial) / (self.target - self.initial)

    def named(self, value: float) -> str:
        """A value as a target in text."""
        start = "" if self.split == "validation" else f"{self.split}."
        return f"{start}{self.metric}={value:.4g}"

    def easier(self) -> float | None:
        """A target that the best run reached with some room: nine tenths of the way it went."""
        if self.initial is None or self.best is None:
            return None
        value = self.initial + 0.9 * (self.best - self.initial)
        return float(f"{value:.3g}")

    def harder(self) -> float | None:
        """A target beyond the first value: half of what is left to a perfect score, or half the loss."""
        if self.initial is None:
            return None
        if not self.higher_is_better:
            return float(f"{self.initial / 2:.3g}") if self.initial > 0 else None
        return float(f"{(1 + self.initial) / 2:.3g}") if 0 <= self.initial < 1 else None


def no_answer(rows: Sequence[BatchSizeResult], question: Question, reach: Reach | None) -> Doubt:
    """Why no batch size reached the target, with the step that most likely gives an answer."""
    tried = [row.batch_size for row in rows]
    if any(row.steps_to_target.median is not None for row in rows):
        return Doubt(remark("study.not_timed"), question.study())
    broken = [row.note for row in rows if row.note is not None and row.note.code == "study.run_failed"]
    if broken and len(broken) == len(rows):
        return Doubt(broken[0], question.study(tried))
    if reach is None:
        return Doubt(remark("study.nothing_reached"), question.study(tried))
    values = {"metric": reach.metric, "split": reach.split, "target": reach.target}
    if reach.met_at_start:
        why = remark("study.target_met_at_start", **values, initial=reach.initial)
        harder = reach.harder()
        changed = {} if harder is None else {"target": reach.named(harder)}
        return Doubt(why, question.study(tried, **changed))
    values |= {"best": reach.best, "initial": reach.initial, "max_epochs": reach.max_epochs}
    easier, share = reach.easier(), reach.share
    if share is None or share <= 0 or easier is None:
        return Doubt(remark("study.nothing_learned", **values), question.study(tried, lr=_lower(question)))
    if share >= NEAR:
        epochs = float(f"{4 * reach.max_epochs:.3g}")
        return Doubt(
            remark("study.target_nearly_reached", **values), question.study(tried, max_epochs=epochs)
        )
    why = remark("study.target_out_of_reach", **values, easier=easier)
    return Doubt(why, question.study(tried, target=reach.named(easier)))


def _lower(question: Question) -> float:
    """A learning rate a hundred times below the one that was asked for, or below the usual 0.1."""
    return float(f"{float(question.asked.arguments.get('lr', 0.1)) / 100:.3g}")


def run_failed(status: str, message: str) -> Remark:
    """A batch size whose runs cannot be made: out of memory, or an error of the model."""
    return remark("study.run_failed", status=status, message=message)
