"""The scale by which an adaptive optimizer divides its gradients."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams
from batchwright.optim.catalogue import CATALOGUE
from batchwright.optim.spec import OptimizerSpec
from batchwright.optim.update import Updater
from batchwright.training.spec import RunSpec


def preconditioner(
    state: Mapping[str, Tensor], params: Mapping[str, Tensor], spec: OptimizerSpec
) -> FlatParams:
    """1/(sqrt(v) + eps) of an optimizer with a second moment v (see ``optim.catalogue``), shape (P,).

    1 for parameters without a state: those that never had a gradient.

    Args:
        state: ``Updater.state_dict()`` of a run.
        params: name -> trainable parameter, in the model's order.
        spec: its optimizer.

    Raises:
        InputError: another optimizer, or one that has made no step.
    """
    record = CATALOGUE[spec.name]
    states: dict[str, dict[str, Tensor]] = {}
    for full, value in state.items():
        key, _, name = full.partition("/")
        if name in params:
            states.setdefault(name, {})[key] = value
    stateless = not states
    if record.second_moment is None or stateless:
        takers = [name for name, other in CATALOGUE.items() if other.second_moment is not None]
        raise InputError(
            f"a preconditioned noise scale needs the state of {', '.join(takers[:-1])} or {takers[-1]} "
            f"after a step, got {spec.name}" + (" without one" if stateless else "")
        )
    pieces = []
    for name, parameter in params.items():
        if name not in states:
            pieces.append(torch.ones_like(parameter).reshape(-1))
            continue
        second = record.second_moment(states[name], spec)
        pieces.append(1.0 / (second.reshape(-1).sqrt() + record.eps(spec)))
    return torch.cat(pieces).detach()


def weights_of(updater: Updater, model: nn.Module, spec: RunSpec) -> FlatParams | None:
    """The preconditioner of a run's optimizer; None where it has none or has made no step."""
    params = {name: p for name, p in model.named_parameters() if p.requires_grad}
    try:
        return preconditioner(updater.state_dict(), params, spec.optimizer)
    except InputError:
        return None
