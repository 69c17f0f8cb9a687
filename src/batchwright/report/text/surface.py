"""Loss surfaces in words: what was found first, then what it does not say."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.numbers import measured, number
from batchwright.measure.surface.interpolation import Interpolation
from batchwright.measure.surface.lines import LineValues, SurfaceLine, SurfacePlane
from batchwright.report.text.catalogue import say

CAVEAT = (
    "Widths depend on how the weights are scaled: a network that computes the same with rescaled weights can "
    "look sharper or flatter (Dinh et al. 2017)."
)
_UNEQUAL = 1.5
"""Ends whose training losses differ by more than this factor are not equally trained."""
Found = SurfaceLine | SurfacePlane | Interpolation


def sentence(found: Found) -> str:
    """The answer."""
    if isinstance(found, Interpolation):
        return _between(found)
    return _plane(found) if isinstance(found, SurfacePlane) else _line(found)


def lines(found: Found) -> list[str]:
    """What else must be known: points that are not finite, batch norm, the examples, the caveat."""
    said = []
    if found.not_finite:
        points = len(found.alpha) * (len(found.beta) if isinstance(found, SurfacePlane) else 1)
        said.append(f"At {found.not_finite} of {points} points the loss is not finite.")
    if isinstance(found, SurfacePlane) and found.trajectory is None and abs(found.cosine) > 0.01:
        said.append(f"The two directions are not at a right angle: their cosine is {found.cosine:.2f}.")
    if isinstance(found, Interpolation):
        said += _unequal(found)
    if found.recalibrated:
        said.append(
            "Batch norm's running statistics were recomputed from the training examples at every point."
        )
    if isinstance(found, SurfacePlane) and found.trajectory is not None:
        said.append(
            "Two components explain most of any smooth or random walk in many dimensions: the share alone "
            "says little."
        )
    else:
        said.append(CAVEAT)
    return said


def columns(found: Found, rows: int = 9) -> tuple[list[str], list[list[str]]]:
    """A small table: points of a line, or the models and extremes of a plane."""
    if isinstance(found, SurfacePlane):
        return _plane_table(found)
    metrics = list(found.train.metrics)[:1]
    heads = ["alpha", "training loss", *metrics, "validation loss", *(f"{m} " for m in metrics)]
    table = []
    for place in _places(found.alpha, rows, keep=[mark.at[0] for mark in found.marks]):
        cells = [number(found.alpha[place])]
        for values in (found.train, found.validation):
            cells += [_shown(values.loss[place]), *(_shown(values.metrics[m][place]) for m in metrics)]
        table.append(cells)
    return heads, table


def _between(found: Interpolation) -> str:
    first, second = found.between
    barrier = found.barrier["train"]
    if barrier.value is None:
        wall = f"is a stretch without finite training loss, from alpha {number(barrier.alpha)} on"
    elif not barrier.above_both_ends:
        wall = "is no barrier in training loss"
    else:
        wall = f"is a barrier of {measured(barrier.value)} in training loss at alpha {number(barrier.alpha)}"
    shared = "batch size "
    if first.startswith(shared) and second.startswith(shared):
        first, second = f"batch sizes {first.removeprefix(shared)}", second.removeprefix(shared)
    return f"Between {first} and {second} there {wall}; {_sharper(found)}."


def _sharper(found: Interpolation) -> str:
    first, second = found.curvature
    if first is None or second is None:
        return "the loss about an end is not finite"
    if min(first, second) <= 0:
        return "along this line the training loss does not curve upwards at both ends"
    ratio = max(first, second) / min(first, second)
    if ratio < 1.1:
        return "both ends are equally sharp along this line"
    sharper = found.between[int(second > first)]
    return f"the {sharper} end is {measured(ratio, 2)} times sharper along this line"


def _unequal(found: Interpolation) -> list[str]:
    """Sharpness changes along training: ends that are not trained equally far compare two things at once."""
    first, second = (mark.values.train.loss for mark in found.marks)
    if first is None or second is None or max(first, second) <= _UNEQUAL * min(first, second):
        return []
    return [
        f"The ends are not trained equally far (training loss {measured(first)} and {measured(second)}): "
        "sharpness and barrier compare that too. Train both for as many --steps, or give each its own --lr."
    ]


def _line(found: SurfaceLine) -> str:
    here = found.marks[0].values.train.loss
    finite = [(loss, a) for a, loss in zip(found.alpha, found.train.loss, strict=True) if loss is not None]
    along = say(found.direction.description)
    if here is None or not finite:
        return f"Along {along} the training loss is not finite at the weights."
    low, at = min(finite)
    high = " and ".join(_end(found.train, found.alpha, k) for k in (0, -1))
    if low == here:
        return f"Along {along} the training loss is lowest at the weights, {measured(here)}; it is {high}."
    return (
        f"Along {along} the training loss is {measured(here)} at the weights and lowest, {measured(low)}, at "
        f"alpha {number(at)}; it is {high}."
    )


def _end(values: LineValues, alpha: Sequence[float], place: int) -> str:
    loss = values.loss[place]
    shown = "not finite" if loss is None else measured(loss)
    return f"{shown} at alpha {number(alpha[place])}"


def _plane(found: SurfacePlane) -> str:
    if found.trajectory is not None:
        shares = found.trajectory.explained_variance
        pairs = [(s.real_loss, s.projected_loss) for s in found.trajectory.snapshots]
        off = [abs(q / r - 1) for r, q in pairs if r and q is not None]
        worst = f"{max(off):.0%}" if off else "an unknown share"
        return (
            f"Two directions explain {sum(shares):.1%} of the way that training took ({shares[0]:.1%} and "
            f"{shares[1]:.1%}); the loss at a snapshot's projection is off by up to {worst}."
        )
    low, at = min(_finite(found), default=(None, (0.0, 0.0)))
    if low is None:
        return "Over this plane the training loss is finite nowhere."
    if len(found.marks) > 1:
        models = ", ".join(f"{m.name}: {_shown(m.values.train.loss)}" for m in found.marks)
        best = min((m.values.train.loss for m in found.marks if m.values.train.loss is not None), default=low)
        if best <= low:
            return f"No point of the plane through the three has a lower training loss than they ({models})."
        return (
            f"Over the plane through the three ({models}) the training loss is lowest in between or beyond: "
            f"{measured(low)} at alpha {number(at[0])}, beta {number(at[1])}."
        )
    here = found.marks[0].values.train.loss
    if here is None:
        return "Over this plane the training loss at the weights is not finite."
    high = max(loss for loss, _ in _finite(found))
    if here <= low:
        return (
            f"Over this plane the training loss is lowest at the weights, {measured(here)}; it rises to "
            f"{measured(high)}."
        )
    return (
        f"Over this plane the training loss, {measured(here)} at the weights, falls to {measured(low)} at "
        f"alpha {number(at[0])}, beta {number(at[1])}, and rises to {measured(high)}."
    )


def _finite(found: SurfacePlane) -> list[tuple[float, tuple[float, float]]]:
    return [
        (loss, (a, b))
        for b, row in zip(found.beta, found.train.loss, strict=True)
        for a, loss in zip(found.alpha, row, strict=True)
        if loss is not None
    ]


def _plane_table(found: SurfacePlane) -> tuple[list[str], list[list[str]]]:
    if found.trajectory is not None:
        heads = ["updates", "real loss", "projected loss", "distance from the plane"]
        rows = found.trajectory.snapshots
        kept = [rows[k] for k in _places([float(k) for k in range(len(rows))], 9)]
        return heads, [
            [f"{s.step:,}", _shown(s.real_loss), _shown(s.projected_loss), measured(s.distance)] for s in kept
        ]
    table = [
        [
            m.name,
            number(m.at[0]),
            number(m.at[1]),
            *(_shown(v.loss) for v in (m.values.train, m.values.validation)),
        ]
        for m in found.marks
    ]
    finite = _finite(found)
    for name, extreme in (("lowest", min), ("highest", max)):
        if finite:
            loss, (a, b) = extreme(finite)
            validation = found.validation.loss[found.beta.index(b)][found.alpha.index(a)]
            table.append([f"{name} on the grid", number(a), number(b), _shown(loss), _shown(validation)])
    return ["point", "alpha", "beta", "training loss", "validation loss"], table


def _places(values: Sequence[float], count: int, keep: Sequence[float] = ()) -> list[int]:
    """Positions of so many values, equally spaced, the ends and those of ``keep`` among them."""
    last = len(values) - 1
    chosen = {round(k * last / (count - 1)) for k in range(count)} | {values.index(v) for v in keep}
    return sorted(chosen)


def _shown(value: float | None) -> str:
    return "not finite" if value is None else measured(value)
