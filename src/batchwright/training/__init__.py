"""One run: its spec, the loop, the record and the checkpoint."""

from batchwright.training.record import Evaluation, RunResult, Status, StepRecord
from batchwright.training.spec import Budget, EvaluationPlan, RunSpec

__all__ = ["Budget", "Evaluation", "EvaluationPlan", "RunResult", "RunSpec", "Status", "StepRecord"]
