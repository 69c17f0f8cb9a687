"""An optimizer carried over to another batch size, by the rule that fits it.

The rules keep what one pass over the data does: the mean and the noise of the steps of equally many examples. None
holds reliably (Shallue et al. 2019, arXiv 1811.03600), so each comes with where it breaks.

    family                      lr          betas                   eps         weight decay
    sgd, lars                   k lr        as they are             -           as it is (L2), lr wd grows by k
    adam, adamw, nadam, radam   sqrt(k) lr  1 - k (1 - beta)        / sqrt(k)   lr wd grows by k where decoupled
      where k (1 - beta) >= 1   sqrt(k) lr  beta_2^k, beta_1 stays  as it is    the same
    every other                 sqrt(k) lr  as they are             as it is    lr wd grows by k where decoupled
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.optim.catalogue import CATALOGUE, takers_of
from batchwright.optim.scaling import ScalingRule, scale_spec
from batchwright.optim.spec import OptimizerSpec

_LINEAR = frozenset({"sgd", "lars"})
_FULL_BATCH = frozenset({"rprop"})


class OptimizerValues(BaseModel):
    """What the user sets; None where the optimizer has no such value."""

    model_config = ConfigDict(frozen=True)

    lr: float
    betas: tuple[float, float] | None
    eps: float | None
    weight_decay: float


class CarriedOver(BaseModel):
    """An optimizer's values at one batch size and at another.

    Attributes:
        factor: k, the new batch size over the old.
        rule: that the values follow.
        decay_kept: whether the weight decay was changed so that it acts as strongly a pass as before.
    """

    model_config = ConfigDict(frozen=True)

    optimizer: str
    from_batch: int
    to_batch: int
    factor: float
    rule: ScalingRule
    before: OptimizerValues
    after: OptimizerValues
    decay_kept: bool


def carried_over(spec: OptimizerSpec, from_batch: int, to_batch: int) -> CarriedOver:
    """The optimizer's values for batches of ``to_batch`` examples, from those for ``from_batch``.

    Decoupled weight decay shrinks a weight by lr wd a step; for the same shrinking a pass, lr wd grows with the batch
    (Wang and Aitchison 2024, arXiv 2405.13698). L2 in the gradient follows the learning rate by itself.

    Raises:
        InputError: a batch size below 1, or an optimizer to which no rule applies.

    >>> found = carried_over(OptimizerSpec(name="adamw", lr=1e-3, weight_decay=0.1), 64, 256)
    >>> found.rule, found.after.lr, round(found.after.weight_decay, 12), [round(b, 3) for b in found.after.betas]
    ('adam', 0.002, 0.2, [0.6, 0.996])
    """
    for name, size in (("from_batch", from_batch), ("to_batch", to_batch)):
        if size < 1:
            raise InputError(
                f"an optimizer is carried over between batch sizes of 1 or more, got {name} {size}"
            )
    if spec.name in _FULL_BATCH:
        raise InputError(
            f"{spec.name} counts signs of whole gradients, so no rule carries it to another batch size: "
            "use the full batch, or rmsprop"
        )
    factor = to_batch / from_batch
    rule = _fitting_rule(spec, factor)
    scaled = with_decay_kept(scale_spec(spec, factor, rule), spec, factor)
    return CarriedOver(
        optimizer=spec.name, from_batch=from_batch, to_batch=to_batch, factor=factor, rule=rule,
        before=_values(spec), after=_values(scaled),
        decay_kept=spec.weight_decay > 0 and _decoupled(spec) and factor != 1,
    )  # fmt: skip


def with_decay_kept(scaled: OptimizerSpec, spec: OptimizerSpec, factor: float) -> OptimizerSpec:
    """The rescaled optimizer with a decoupled weight decay that acts as strongly a pass as ``spec``'s."""
    if not spec.weight_decay or not _decoupled(spec):
        return scaled
    return scaled.model_copy(update={"weight_decay": spec.weight_decay * factor * spec.lr / scaled.lr})


def _values(spec: OptimizerSpec) -> OptimizerValues:
    record = CATALOGUE[spec.name]
    return OptimizerValues(
        lr=spec.lr,
        betas=record.betas(spec) if record.adam_rule else spec.betas,
        eps=record.eps(spec) if record.adam_rule else spec.eps,
        weight_decay=spec.weight_decay,
    )


def _decoupled(spec: OptimizerSpec) -> bool:
    return (spec.decay_form or CATALOGUE[spec.name].default_decay) == "decoupled"


def _fitting_rule(spec: OptimizerSpec, factor: float) -> ScalingRule:
    if factor == 1:
        return "none"
    if spec.name in _LINEAR:
        return "linear"
    record = CATALOGUE[spec.name]
    if not record.adam_rule:
        return "sqrt"
    return "adam" if all(factor * (1 - beta) < 1 for beta in record.betas(spec)) else "half_life"


def spec_of(optimizer: Any) -> OptimizerSpec:
    """The specification of a name, of a ``torch.optim`` optimizer with one group of options, or of itself.

    Raises:
        InputError: an optimizer of an unknown class, or groups whose options differ.
    """
    if isinstance(optimizer, OptimizerSpec):
        return optimizer
    if isinstance(optimizer, str):
        return OptimizerSpec(
            name=optimizer, lr=CATALOGUE[optimizer].usual_lr if optimizer in CATALOGUE else 0.1
        )
    found = specs_of(optimizer)
    groups = [
        {key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups
    ]
    differing = sorted({key for o in groups for key in o if o[key] != groups[0].get(key)})
    if differing:
        raise InputError(
            f"the optimizer's groups differ in {', '.join(differing)}: rescale each with its own values by name"
        )
    return found[0]


def specs_of(optimizer: Any) -> list[OptimizerSpec]:
    """The specifications of the groups of options of a ``torch.optim`` optimizer.

    Raises:
        InputError: no optimizer, or one of an unknown class.
    """
    groups = getattr(optimizer, "param_groups", None)
    kind = type(optimizer).__name__
    if not groups:
        raise InputError(f"optimizer must be a name or a torch optimizer, got {kind}")
    found = [name for name, record in CATALOGUE.items() if _class_name(record.torch) == kind]
    if not found:
        raise InputError(f"no rule is known for {kind}: give one of {', '.join(CATALOGUE)} with its lr")
    return [_spec_of_group(found[0], group) for group in groups]


def _spec_of_group(name: str, given: dict[str, Any]) -> OptimizerSpec:
    changes: dict[str, Any] = {
        "lr": float(given["lr"]),
        "weight_decay": float(given.get("weight_decay") or 0.0),
    }
    if name in takers_of("betas"):
        changes["betas"] = tuple(map(float, given["betas"])) if "betas" in given else None
    if name in takers_of("eps") and isinstance(given.get("eps"), float):
        changes["eps"] = given["eps"]
    if given.get("decoupled_weight_decay"):
        changes["decay_form"] = "decoupled"
    return OptimizerSpec(name=name, **changes)


def _class_name(engine: Any) -> str:
    return str(getattr(engine, "name", None) or engine.__name__)
