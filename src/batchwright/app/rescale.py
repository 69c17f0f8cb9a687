"""An optimizer's values for another batch size: by the rule that fits it, or as a study has measured them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door

if TYPE_CHECKING:
    from batchwright.advice.rescaled import RescaleResult
    from batchwright.app.answer import Answer
    from batchwright.optim.spec import OptimizerSpec


@front_door
def rescale(
    optimizer: Annotated[
        Any,
        Option(
            "A name, such as adamw; in Python also a torch optimizer, whose values are read.", metavar="NAME"
        ),
    ],
    from_batch: Annotated[int, Option("Batch size at which its values are known.", metavar="BATCH")],
    to_batch: Annotated[int, Option("Batch size for which they are wanted.", metavar="BATCH")],
    *,
    lr: Annotated[float | None, Option("Its learning rate; default the optimizer's usual one.")] = None,
    betas: Annotated[
        tuple[float, float] | None, Option("Its betas; default torch's.", metavar="B1,B2")
    ] = None,
    eps: Annotated[float | None, Option("Its eps; default torch's.")] = None,
    weight_decay: Annotated[float | None, Option("Its weight decay.")] = None,
    study: Annotated[
        str | None,
        Option("A stored study: the rate that it measured there takes the rule's place.", metavar="STUDY"),
    ] = None,
    store: o.StorePath = None,
    asked: Asked,
) -> Answer:
    """Carry an optimizer's learning rate, betas, eps and weight decay over to another batch size."""
    from batchwright.advice.rescaled import RescaleResult, measured_rate
    from batchwright.app.answer import Answer
    from batchwright.app.stored import opened, result_of
    from batchwright.optim.rescale import carried_over
    from batchwright.report.pages.rescale import rescale_page

    given = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
    spec = _given(optimizer, {name: value for name, value in given.items() if value is not None})
    result = RescaleResult(carried=carried_over(spec, from_batch, to_batch))
    if study is not None:
        with opened(store) as kept:
            found = result_of(kept.study(study), kept)
        result = RescaleResult(
            carried=result.carried,
            measured=measured_rate(found, to_batch),
            measured_before=measured_rate(found, from_batch),
        )
    page = rescale_page(result, action=asked.action(spec.name))
    document = {**result.model_dump(mode="json"), "lr": result.lr}
    return Answer(result=result, page=page, document=document, rows=lambda: _rows(result))


def _given(optimizer: Any, changes: dict[str, Any]) -> OptimizerSpec:
    """The optimizer with what was said beside it."""
    from batchwright.optim.rescale import spec_of
    from batchwright.optim.spec import OptimizerSpec

    return OptimizerSpec.model_validate(spec_of(optimizer).model_dump() | changes)


def _rows(result: RescaleResult) -> list[dict[str, Any]]:
    carried = result.carried
    after = carried.after.model_copy(update={"lr": result.lr})
    return [
        {"batch_size": size, **values.model_dump(mode="json")}
        for size, values in ((carried.from_batch, carried.before), (carried.to_batch, after))
    ]
