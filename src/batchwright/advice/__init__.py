"""What follows from a study: the steps-to-target curve, the recommendation, and how sure both are."""

from batchwright.advice.curve.fit import CurveFit, Prediction, fit_curve
from batchwright.advice.curve.runs import Point
from batchwright.advice.decide.recommend import recommend
from batchwright.advice.decide.targets import easier_targets
from batchwright.advice.result import CriticalBatch, EasierTarget, Recommendation, StudyResult

__all__ = [
    "CriticalBatch",
    "CurveFit",
    "EasierTarget",
    "Point",
    "Prediction",
    "Recommendation",
    "StudyResult",
    "easier_targets",
    "fit_curve",
    "recommend",
]
