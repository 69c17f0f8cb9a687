"""The scale by which an adaptive optimizer divides its gradients."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.optim.scaling import ADAM_BETAS, ADAM_EPS, ADAM_FAMILY
from batchwright.optim.spec import OptimizerSpec
from batchwright.optim.update import Updater
from batchwright.training.spec import RunSpec


def preconditioner(state: Mapping[str, Tensor], params: Mapping[str, Tensor], spec: OptimizerSpec) -> Tensor:
    """1/(sqrt(v) + eps) of Adam, AdamW, NAdam, RAdam (v bias corrected) or RMSprop, shape (P,).

    1 for parameters without a state: those that never had a gradient.

    Args:
        state: ``Updater.state_dict()`` of a run.
        params: name -> trainable parameter, in the model's order.
        spec: its optimizer.

    Raises:
        InputError: another optimizer, or one that has made no step.
    """
    key = "square_avg" if spec.name == "rmsprop" else "exp_avg_sq"
    stateless = not any(f"{key}/{name}" in state for name in params)
    if spec.name not in (*ADAM_FAMILY, "rmsprop") or stateless:
        raise InputError(
            "a preconditioned noise scale needs the state of adam, adamw, nadam, radam or rmsprop after a "
            f"step, got {spec.name}" + (" without one" if stateless else "")
        )
    eps = ADAM_EPS if spec.eps is None else spec.eps
    beta = (spec.betas or ADAM_BETAS)[1]
    pieces = []
    for name, parameter in params.items():
        second = state.get(f"{key}/{name}")
        if second is None:
            pieces.append(torch.ones_like(parameter).reshape(-1))
            continue
        if spec.name != "rmsprop":
            second = second / (1.0 - beta ** float(state[f"step/{name}"]))
        pieces.append(1.0 / (second.reshape(-1).sqrt() + eps))
    return torch.cat(pieces).detach()


def weights_of(updater: Updater, model: nn.Module, spec: RunSpec) -> Tensor | None:
    """The preconditioner of a run's optimizer; None where it has none or has made no step."""
    params = {name: p for name, p in model.named_parameters() if p.requires_grad}
    try:
        return preconditioner(updater.state_dict(), params, spec.optimizer)
    except InputError:
        return None
