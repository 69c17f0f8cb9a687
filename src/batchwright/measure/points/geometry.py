"""Where training stands, in one measurement: eigenvalues, trace, class of the point, sharpness."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.examples import measured_task
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.density import Density, spectral_density
from batchwright.measure.hessian.spectrum import Eigenpairs, eigenpairs
from batchwright.measure.hessian.trace import Trace, trace
from batchwright.measure.points.critical import CriticalPoint, classify
from batchwright.measure.sharpness.definitions import Sharpness, measure_sharpness
from batchwright.task.task import Task
from batchwright.training.environment import environment


class Eigenvalue(BaseModel):
    """An eigenvalue of the Hessian with its true residual |H v - lambda v|, which bounds its error."""

    model_config = ConfigDict(frozen=True)
    value: float
    residual: float
    end: Literal["bottom", "top"]


class Geometry(BaseModel):
    """The training loss about a point.

    Attributes:
        loss, gradient_norm: of the mean loss over ``examples`` training examples.
        parameters: P.
        eigenvalues: of the Hessian, ascending; ``converged`` says whether the residuals met the tolerance.
        trace: of the Hessian, with its standard error.
        density: of its eigenvalues, if asked for.
        critical_point: minimum, saddle, ... or not critical, and why.
        sharpness: by Keskar's definition and SAM's; None where not asked for.
        hessian_products: vectors that the Hessian was multiplied with.
        environment: versions and machine.
    """

    model_config = ConfigDict(frozen=True)
    loss: float
    gradient_norm: float
    examples: int
    parameters: int
    eigenvalues: tuple[Eigenvalue, ...]
    converged: bool
    method: str
    trace: Trace | None
    density: Density | None = None
    critical_point: CriticalPoint
    sharpness: Sharpness | None
    hessian_products: int
    seconds: float
    environment: dict[str, str | int] = {}


def measure_geometry(
    model: nn.Module,
    task: Task,
    *,
    examples: int | None = None,
    top: int = 5,
    bottom: int = 5,
    tolerance: float = 1e-3,
    trace_error: float | None = 0.05,
    density: bool = False,
    sharpness: bool = True,
    gradient_tolerance: float | None = None,
    chunk: int = 128,
    memory_bytes: int = MEMORY_BYTES,
    seed: int = 0,
    remark: Callable[[str], None] = lambda text: None,
) -> Geometry:
    """Measure the curvature of the training loss at the model's present parameters; they are left alone.

    Args:
        model, task, chunk, memory_bytes: see :class:`~batchwright.measure.hessian.curvature.Curvature`.
        examples: a stratified subset of the training data; all by default.
        top, bottom: eigenvalues wanted at either end.
        tolerance: of their residuals, relative to the largest eigenvalue in magnitude.
        trace_error: standard error of the trace, relative to it; None leaves the trace out.
        density: also the density of the eigenvalues.
        sharpness: also Keskar's and SAM's sharpness.
        gradient_tolerance: gradient norm up to which a point counts as critical.
        seed: of everything drawn.
        remark: told what is being measured: gradient, eigenvalues, density, trace, sharpness.

    Raises:
        InputError: a loss that has no such Hessian (see :class:`~..hessian.curvature.Curvature`),
            or a loss or gradient at the point that is not finite.
    """
    began = time.perf_counter()
    if trace_error is not None and not 0 < trace_error < math.inf:
        raise InputError(f"trace_error must be a positive number, got {trace_error:g}")
    remark("gradient")
    task = measured_task(model, task, examples=examples, memory_bytes=memory_bytes, seed=seed)
    curvature = Curvature(model, task, chunk=chunk, memory_bytes=memory_bytes, seed=seed)
    norm = float(curvature.gradient().norm())
    if not (math.isfinite(curvature.loss()) and math.isfinite(norm)):
        raise InputError(
            f"curvature needs a finite loss and gradient, got a loss of {curvature.loss():.3g} and a "
            f"gradient norm of {norm:.3g}: the run has diverged, lower its learning rate"
        )
    remark("eigenvalues")
    pairs = eigenpairs(curvature, top=top, bottom=bottom, tolerance=tolerance, seed=seed)
    spread = None
    if density:
        remark("density")
        spread = spectral_density(curvature, seed=seed)
    total = None
    if trace_error is not None:
        remark("trace")
        total = _trace(curvature, pairs, trace_error, seed)
    point = classify(curvature, pairs, gradient_tolerance=gradient_tolerance, density=spread, seed=seed)
    sharp = None
    if sharpness:
        remark("sharpness")
        sharp = measure_sharpness(
            model, task, pairs=pairs, trace=None if total is None else total.value, chunk=chunk, seed=seed,
        )  # fmt: skip
    return Geometry(
        loss=curvature.loss(), gradient_norm=norm, examples=curvature.examples, parameters=curvature.count,
        eigenvalues=_listed(pairs), converged=pairs.converged, method=pairs.method, trace=total,
        density=spread, critical_point=point, sharpness=sharp, hessian_products=curvature.products,
        seconds=time.perf_counter() - began, environment=environment(curvature.device),
    )  # fmt: skip


def _trace(curvature: Curvature, pairs: Eigenpairs, error: float, seed: int) -> Trace:
    if pairs.all_values is not None:
        total = float(pairs.all_values.sum())
        return Trace(value=total, std_error=0.0, samples=0, products=0, method="exact", converged=True)
    return trace(curvature, relative_error=error, seed=seed)


def _listed(pairs: Eigenpairs) -> tuple[Eigenvalue, ...]:
    rows = zip(pairs.values.tolist(), pairs.residuals.tolist(), pairs.ends, strict=True)
    return tuple(
        Eigenvalue(value=value, residual=residual, end="top" if end == "top" else "bottom")
        for value, residual, end in rows
    )
