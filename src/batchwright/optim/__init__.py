"""How parameters move: optimizers as data, schedules, scaling rules, and the update itself."""

from __future__ import annotations

from batchwright.optim.build import UpdatePlan, build_optimizers, plan_update
from batchwright.optim.catalogue import CATALOGUE, OptimizerRecord
from batchwright.optim.flat import FlatParameters
from batchwright.optim.proximal import soft_threshold_
from batchwright.optim.scaling import (
    ScalingRule,
    scale_adam,
    scale_beta2_half_life,
    scale_linear,
    scale_spec,
    scale_sqrt,
)
from batchwright.optim.schedules import schedule_factor
from batchwright.optim.spec import (
    Horizon,
    OptimizerName,
    OptimizerSpec,
    ScheduleName,
    ScheduleSpec,
)
from batchwright.optim.update import Updater

__all__ = [
    "CATALOGUE",
    "FlatParameters",
    "Horizon",
    "OptimizerName",
    "OptimizerRecord",
    "OptimizerSpec",
    "ScalingRule",
    "ScheduleName",
    "ScheduleSpec",
    "UpdatePlan",
    "Updater",
    "build_optimizers",
    "plan_update",
    "scale_adam",
    "scale_beta2_half_life",
    "scale_linear",
    "scale_spec",
    "scale_sqrt",
    "schedule_factor",
    "soft_threshold_",
]
