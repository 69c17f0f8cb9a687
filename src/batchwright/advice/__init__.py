"""What follows from a study: the steps-to-target curve, the recommendation, and how sure both are."""

from batchwright.advice.curve import CurveFit, Prediction, fit_curve
from batchwright.advice.recommend import recommend
from batchwright.advice.result import CriticalBatch, EasierTarget, Recommendation, StudyResult
from batchwright.advice.runs import Point
from batchwright.advice.targets import easier_targets

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
