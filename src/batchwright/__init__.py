"""Which batch size, with which learning rate, and how sure: measured on your model and hardware.

    import batchwright as bw

    task = bw.Task(model=Net, train=train_set, validation=val_set, loss="cross_entropy", target="accuracy=0.95")
    answer = bw.study(task)
    answer.batch_size, answer.lr

Every name below is imported when it is first used, so that this import takes no time.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from batchwright.core.version import __version__ as __version__

if TYPE_CHECKING:
    from batchwright.app.advise import advise as advise
    from batchwright.app.answer import Answer as Answer
    from batchwright.app.answer import Inconclusive as Inconclusive
    from batchwright.app.branched import branched as branched
    from batchwright.app.compare import compare as compare
    from batchwright.app.curvature import curvature as curvature
    from batchwright.app.diagnose import diagnose as diagnose
    from batchwright.app.doctor import doctor as doctor
    from batchwright.app.escape import escape as escape
    from batchwright.app.export import export as export
    from batchwright.app.fit import fit as fit
    from batchwright.app.monitor import NoiseMonitor as NoiseMonitor
    from batchwright.app.noise import noise as noise
    from batchwright.app.point import after as after
    from batchwright.app.point import initial as initial
    from batchwright.app.probe import probe as probe
    from batchwright.app.rescale import rescale as rescale
    from batchwright.app.researcher import named_task as named_task
    from batchwright.app.researcher import per_example_gradients as per_example_gradients
    from batchwright.app.resume import resume as resume
    from batchwright.app.stored import show as show
    from batchwright.app.stored import studies as studies
    from batchwright.app.study import study as study
    from batchwright.app.surface import surface as surface
    from batchwright.app.train import train as train
    from batchwright.app.train_many import train_many as train_many
    from batchwright.core.averages import exponential_average as exponential_average
    from batchwright.core.errors import BatchwrightError as BatchwrightError
    from batchwright.core.errors import InputError as InputError
    from batchwright.integrations.attach.attach import attach as attach
    from batchwright.integrations.estimators.mini_batch import MiniBatchClassifier as MiniBatchClassifier
    from batchwright.integrations.estimators.mini_batch import MiniBatchRegressor as MiniBatchRegressor
    from batchwright.lessons.ask import lesson as lesson
    from batchwright.lessons.ask import lessons as lessons
    from batchwright.measure.gradients.attribution import attribution as attribution
    from batchwright.measure.hessian.curvature import Curvature as Curvature
    from batchwright.measure.points.stationary import find_critical_point as find_critical_point
    from batchwright.measure.sharpness.definitions import measure_sharpness as measure_sharpness
    from batchwright.optim.penalised import lasso_path as lasso_path
    from batchwright.optim.penalised import ridge_path as ridge_path
    from batchwright.report.text.language import language as language
    from batchwright.task.task import Metric as Metric
    from batchwright.task.task import Target as Target
    from batchwright.task.task import Task as Task

HOMES = {
    "Answer": "app.answer",
    "Inconclusive": "app.answer",
    "NoiseMonitor": "app.monitor",
    "advise": "app.advise",
    "attach": "integrations.attach.attach",
    "after": "app.point",
    "branched": "app.branched",
    "compare": "app.compare",
    "curvature": "app.curvature",
    "diagnose": "app.diagnose",
    "doctor": "app.doctor",
    "escape": "app.escape",
    "export": "app.export",
    "fit": "app.fit",
    "initial": "app.point",
    "language": "report.text.language",
    "lasso_path": "optim.penalised",
    "lesson": "lessons.ask",
    "lessons": "lessons.ask",
    "named_task": "app.researcher",
    "noise": "app.noise",
    "per_example_gradients": "app.researcher",
    "probe": "app.probe",
    "rescale": "app.rescale",
    "resume": "app.resume",
    "ridge_path": "optim.penalised",
    "show": "app.stored",
    "studies": "app.stored",
    "study": "app.study",
    "surface": "app.surface",
    "train": "app.train",
    "train_many": "app.train_many",
    "exponential_average": "core.averages",
    "BatchwrightError": "core.errors",
    "InputError": "core.errors",
    "MiniBatchClassifier": "integrations.estimators.mini_batch",
    "MiniBatchRegressor": "integrations.estimators.mini_batch",
    "attribution": "measure.gradients.attribution",
    "Curvature": "measure.hessian.curvature",
    "find_critical_point": "measure.points.stationary",
    "measure_sharpness": "measure.sharpness.definitions",
    "Metric": "task.task",
    "Target": "task.task",
    "Task": "task.task",
}
"""Name -> the module that has it."""
CALLBACKS = ("lightning", "transformers")
"""Modules of callbacks for these libraries, each of which imports its library."""

__all__ = [*HOMES, "__version__"]


class _FrontDoor(ModuleType):
    """The package as a module whose verbs stay verbs.

    ``study`` is also a folder, and importing a module out of it would put the folder in the verb's place. The
    folder stays reachable by import: ``from batchwright.study.spec import StudySpec``.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in HOMES and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    if name in CALLBACKS:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *CALLBACKS})


sys.modules[__name__].__class__ = _FrontDoor
