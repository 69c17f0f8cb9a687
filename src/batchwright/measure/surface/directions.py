"""Directions in parameter space: random ones scaled filter by filter, given ones, principal components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.params import ParamDict, parameters_of, unflatten
from batchwright.core.remark import Remark, remark
from batchwright.core.shapes import FlatParams
from batchwright.core.streams import generator

_FLAT = 1e-12
"""A second principal variance below this share of the first is rounding: the trajectory is straight."""


Normalisation = Literal["filter", "vector", "unit"]


class DirectionFacts(BaseModel):
    """What a direction is, without its numbers.

    ``normalisation`` is ``filter`` (each filter as long as the weights' own), ``vector`` (as long as all the
    weights together) or ``unit`` (of length 1). ``left_out`` names the parameters that it does not move.
    """

    model_config = ConfigDict(frozen=True)
    description: Remark
    norm: float
    normalisation: Normalisation
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Direction:
    """One tensor a trainable parameter, by name."""

    values: ParamDict
    description: Remark
    normalisation: Normalisation

    def facts(self) -> DirectionFacts:
        """The direction as data."""
        still = tuple(name for name, value in self.values.items() if not bool(value.any()))
        length = inner_product(self.values, self.values) ** 0.5
        return DirectionFacts(
            description=self.description, norm=length, normalisation=self.normalisation, left_out=still
        )


def wide(dtype: torch.dtype) -> torch.dtype:
    """The precision to compute a point in: float64 for float64, else float32."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def inner_product(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """<a, b> over all parameters, summed in float64."""
    return float(sum(float((a[name].double() * b[name].double()).sum()) for name in a))


def random_directions(model: nn.Module, count: int = 1, *, seed: int = 0) -> tuple[Direction, ...]:
    """Gaussian directions, orthogonal to one another, scaled filter by filter.

    d_i <- d_i/|d_i| * |w_i| for every filter i, a slice along the first dimension of a parameter with two
    dimensions or more: a row of a linear layer, an output channel of a convolution (Li et al. 2018, arXiv
    1712.09913). Parameters with fewer dimensions, biases and the scales and shifts of norm layers, stay where
    they are, as in the paper's figures. The directions are made orthogonal within each filter, so that the
    norms hold for all of them; where a filter has fewer numbers than there are directions, its whole tensor
    counts as one filter.

    A model without such parameters gets directions as long as all its weights together (of length 1 where
    these are zero), and one with no more parameters than ``count`` the axes themselves.

    Args:
        model: read only.
        count: how many directions.
        seed: of the stream ``probe``; a direction does not depend on how many follow it.

    Raises:
        InputError: fewer trainable parameters than directions.
    """
    params = parameters_of(model)
    total = sum(p.numel() for p in params.values())
    if total < count or total == 0:
        raise InputError(f"{count} directions need as many trainable parameters, the model has {total}")
    if total == count:
        return _axes(params)
    randoms = [generator(seed, "probe", "surface", k) for k in range(count)]
    shaped = {name: _filters(p, count) for name, p in params.items()}
    if not any(rows is not None and bool(rows.any()) for rows in shaped.values()):
        return _along_vector(params, randoms)
    values: list[ParamDict] = [{} for _ in range(count)]
    for name, parameter in params.items():
        rows = shaped[name]
        if rows is None:
            for direction in values:
                direction[name] = torch.zeros_like(parameter, dtype=wide(parameter.dtype))
            continue
        lengths = rows.norm(dim=1, keepdim=True)
        for direction, unit in zip(values, _orthonormal(rows.shape, randoms), strict=True):
            direction[name] = (
                (unit * lengths).view(parameter.shape).to(parameter.device, wide(parameter.dtype))
            )
    return tuple(Direction(v, remark("direction.random"), "filter") for v in values)


def unit_direction(model: nn.Module, vector: FlatParams, description: Remark) -> Direction:
    """A given vector, in the order of the trainable parameters, scaled to length 1.

    Raises:
        InputError: another length than P, or a vector that is zero or not finite.
    """
    length = float(vector.double().norm())
    if not 0 < length < float("inf"):
        raise InputError(f"a direction must be a finite vector that is not zero, got a norm of {length:g}")
    params = parameters_of(model)
    scaled = unflatten(vector.detach().double() / length, params)
    values = {n: v.to(params[n].device, wide(params[n].dtype)) for n, v in scaled.items()}
    return Direction(values, description, "unit")


def principal_directions(
    snapshots: Sequence[Mapping[str, Tensor]], *, seed: int = 0
) -> tuple[tuple[Direction, Direction], tuple[float, float]]:
    """The two principal components of a trajectory's snapshots, of length 1, and the variance each explains.

    Principal component analysis of the snapshots about their mean, by the eigenvectors of their T x T inner
    products (Li et al. 2018, section 7). A random walk in high dimension explains most of its variance by two
    components too (Antognini and Sohl-Dickstein 2018, arXiv 1806.08805).

    Raises:
        InputError: fewer than three snapshots, or snapshots that are all the same or not finite.
    """
    if len(snapshots) < 3:
        raise InputError(f"a trajectory's plane needs three snapshots or more, got {len(snapshots)}")
    names = list(snapshots[0])
    gram = torch.zeros(len(snapshots), len(snapshots), dtype=torch.float64)
    for name in names:
        rows = _centred(snapshots, name)
        gram += rows @ rows.T
    if not bool(gram.isfinite().all()):
        raise InputError("the trajectory is not finite: the run has diverged, lower its learning rate")
    variances, weights = torch.linalg.eigh(gram)
    total = float(variances.clamp(min=0).sum())
    if total == 0:
        raise InputError(
            "a trajectory's plane needs snapshots that differ, got all the same: train more steps"
        )
    directions: list[ParamDict] = []
    for k in (-1, -2):
        if variances[k] > _FLAT * variances[-1]:
            weight = weights[:, k] / variances[k].sqrt()
            directions.append({n: (weight @ _centred(snapshots, n)) for n in names})
    if len(directions) == 1:
        directions.append(_orthogonal_to(directions[0], generator(seed, "probe", "surface", "second")))
    shares = (float(variances[-1]) / total, max(float(variances[-2]), 0.0) / total)
    last = snapshots[-1]
    named = []
    for k, direction in enumerate(directions):
        values = {
            n: d.view(last[n].shape).to(last[n].device, wide(last[n].dtype)) for n, d in direction.items()
        }
        named.append(Direction(values, remark("direction.component", number=k + 1), "unit"))
    return (named[0], named[1]), shares


def _filters(parameter: Tensor, count: int) -> Tensor | None:
    """The filters as rows, in float64 on the host; None for what is left out."""
    if parameter.ndim < 2 or parameter.numel() < count:
        return None
    rows = parameter.detach().to("cpu", torch.float64).flatten(1)
    return rows if rows.shape[1] >= count else rows.reshape(1, -1)


def _orthonormal(shape: torch.Size, randoms: Sequence[torch.Generator]) -> list[Tensor]:
    """Random matrices whose rows have length 1 and are orthogonal to the same row of all the others."""
    units: list[Tensor] = []
    for random in randoms:
        drawn = torch.randn(shape, generator=random, dtype=torch.float64)
        for other in [*units, *units]:  # twice is enough against rounding
            drawn = drawn - (drawn * other).sum(dim=1, keepdim=True) * other
        units.append(drawn / drawn.norm(dim=1, keepdim=True))
    return units


def _along_vector(params: ParamDict, randoms: Sequence[torch.Generator]) -> tuple[Direction, ...]:
    total = sum(p.numel() for p in params.values())
    length = inner_product(params, params) ** 0.5 or 1.0
    result = []
    for unit in _orthonormal(torch.Size((1, total)), randoms):
        values = unflatten(unit[0] * length, params)
        moved = {n: v.to(params[n].device, wide(params[n].dtype)) for n, v in values.items()}
        result.append(Direction(moved, remark("direction.random"), "vector"))
    return tuple(result)


def _axes(params: ParamDict) -> tuple[Direction, ...]:
    total = sum(p.numel() for p in params.values())
    names = [f"{n}[{i}]" if p.numel() > 1 else n for n, p in params.items() for i in range(p.numel())]
    result = []
    for name, axis in zip(names, torch.eye(total, dtype=torch.float64), strict=True):
        values = {
            n: v.to(params[n].device, wide(params[n].dtype)) for n, v in unflatten(axis, params).items()
        }
        result.append(Direction(values, remark("direction.parameter", name=name), "unit"))
    return tuple(result)


def _centred(snapshots: Sequence[Mapping[str, Tensor]], name: str) -> Tensor:
    rows = torch.stack([s[name].detach().to("cpu", torch.float64).flatten() for s in snapshots])
    return rows - rows.mean(dim=0)


def _orthogonal_to(first: ParamDict, random: torch.Generator) -> ParamDict:
    """A direction across a straight line, where the trajectory itself has no second one."""
    drawn = {n: torch.randn(v.shape, generator=random, dtype=torch.float64) for n, v in first.items()}
    overlap = sum(float((drawn[n] * first[n]).sum()) for n in first)
    rest = {n: drawn[n] - overlap * first[n] for n in first}
    length = sum(float(v.square().sum()) for v in rest.values()) ** 0.5
    if length == 0:
        raise InputError("a plane needs two parameters or more, the model has 1")
    return {n: v / length for n, v in rest.items()}
