"""Optimizers worth trying at another batch size: no rule of rescaling holds reliably, so there are several.

Which power of the batch size the learning rate should grow with depends on what limits it: the noise (linear for
SGD, the square root for Adam), or the curvature (not at all: beyond 2/lambda_max every rate diverges).
"""

from __future__ import annotations

from batchwright.optim.rescale import carried_over, with_decay_kept
from batchwright.optim.scaling import ScalingRule, scale_spec
from batchwright.optim.spec import OptimizerSpec


def rescaled_candidates(
    spec: OptimizerSpec, from_batch: int, to_batch: int
) -> dict[ScalingRule, OptimizerSpec]:
    """The optimizer for batches of ``to_batch`` examples under each rule that may fit; the fitting one first.

    The other power of the learning rate (linear where the fitting rule takes the root, the root where it is linear)
    goes with the fitting rule's betas and eps; ``none`` leaves the learning rate as it is. A decoupled weight decay
    acts as strongly a pass under each.

    Raises:
        InputError: an optimizer to which no rule applies.

    >>> found = rescaled_candidates(OptimizerSpec(name="sgd", lr=0.1), 32, 128)
    >>> {rule: round(spec.lr, 3) for rule, spec in found.items()}
    {'linear': 0.4, 'sqrt': 0.2, 'none': 0.1}
    >>> list(rescaled_candidates(OptimizerSpec(name="adam", lr=0.001), 32, 32))
    ['none']
    """
    carried = carried_over(spec, from_batch, to_batch)
    factor, rule = carried.factor, carried.rule
    if rule == "none":
        return {"none": spec}
    fitting = scale_spec(spec, factor, rule)
    other: ScalingRule = "sqrt" if rule == "linear" else "linear"
    found: dict[ScalingRule, OptimizerSpec] = {
        rule: fitting,
        other: fitting.model_copy(update={"lr": scale_spec(spec, factor, other).lr}),
        "none": spec,
    }
    return {name: with_decay_kept(scaled, spec, factor) for name, scaled in found.items()}
