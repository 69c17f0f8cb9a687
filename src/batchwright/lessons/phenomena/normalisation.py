"""``normalisation``: what inputs of mean 0 and deviation 1, and batch norm, do to gradients, curvature and speed.

Digits in three ways: pixels from 0 to 16 as they are stored (``raw``), standardised (``inputs``), and standardised
with batch norm in front of every ReLU (``batch_norm``). Each step is judged against the one before, at rates tuned
for each on seeds of their own. The Hessian is that of the whole training loss with the batch's own statistics,
dense, at the start; many of its directions are flat, so its condition is the largest eigenvalue over one at a stated
rank.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Panel, over_seeds, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import at_least, below, everywhere, geometric_mean, ratio, untold
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import tuned_rates

NETS: dict[str, dict[str, Any]] = {
    "raw": {"normalise": "none"},
    "inputs": {"normalise": "standard"},
    "batch_norm": {"normalise": "standard", "batch_norm": True},
}
BEFORE = {"inputs": "raw", "batch_norm": "inputs"}
"""What each is compared with."""
HIDDEN, BATCH, MOST_UPDATES, TARGET = (32, 32, 32), 64, 500, 0.3
START = {"raw": 0.01, "inputs": 0.1, "batch_norm": 0.1}
START_OF_SIZE = {2: 0.03, 8: 0.03}
"""Where tuning begins; small batches begin lower."""
FACTOR = 10**0.5
SCALES = (0.1, 1.0, 10.0)
DEPTHS = (2, 8)
RANKS = (30, 60, 150)
"""Of 610 eigenvalues: a twentieth, a tenth, a quarter."""
SIZES = (2, 8, 32, 256)
FASTER = 0.8
"""Of the updates to target: what counts as faster, at rates a factor of 3 apart."""
PASSES = 2
"""Epochs in which every batch size is compared: equal examples."""


def experiment(lab: Lab) -> Found:
    """Gradients and curvature at the start, then trainings."""
    seeds = lab.seeds(14 if lab.full else 8)
    gradients = lab.map(first_gradients, seeds)
    spectra = lab.map(spectrum, [(net, seed) for net in NETS for seed in seeds[:4]])
    by_net = {net: np.array(spectra[4 * i : 4 * i + 4]) for i, net in enumerate(NETS)}
    scaled = {(net, s): START[net] for net in NETS for s in SCALES if net != "raw" or s == 1.0}
    counted, scaled_inside = at_tuned_rates(lab, scaled, to_target, updates_to_target, seeds)
    # A run that did not get there counts its whole budget, which is too little: its ratios are bounds.
    short = {net for net, counts in counted.items() if math.inf in counts}
    steps = {net: [min(count, float(MOST_UPDATES)) for count in counts] for net, counts in counted.items()}
    sized = {(net, b): START_OF_SIZE.get(b, START[net]) for net in ("inputs", "batch_norm") for b in SIZES}
    ends, sized_inside = at_tuned_rates(lab, sized, passes, closing_loss, seeds)
    trained = [_faster(steps, short), _less_dependent(steps, short)]
    small = _small_batches(ends)
    return Found(
        parts=[
            _flow(gradients), _condition(by_net), *(trained if scaled_inside else map(untold, trained)),
            small if sized_inside else untold(small),
        ],
        panels=[_spectra(by_net), _scales(steps), _sizes(ends)],
    )  # fmt: skip


# --- gradients and curvature at the start ---


def first_gradients(seed: int) -> dict[tuple[str, int], float]:
    """Norm of the first layer's gradient over all training examples, by net and number of hidden layers."""
    found = {}
    for net, options in NETS.items():
        for depth in DEPTHS:
            task = bw.named_task("digits", hidden=[HIDDEN[0]] * depth, **options)
            model = task.build_model(seed).train()
            loss = task.loss(model(task.train.inputs), task.train.targets).mean()
            found[net, depth] = float(torch.autograd.grad(loss, [next(model.parameters())])[0].norm())
    return found


def spectrum(asked: tuple[str, int]) -> np.ndarray:
    """Eigenvalues of the Hessian at the start, falling; eight hidden units."""
    net, seed = asked
    task = bw.named_task("digits", hidden=8, examples=400, **NETS[net])
    model = task.build_model(seed).double().train()
    hessian = dense_hessian(model, task.train.inputs.double(), task.train.targets, task.loss)
    return np.linalg.eigvalsh(hessian.numpy())[::-1].copy()


def dense_hessian(model: nn.Module, inputs: Tensor, targets: Tensor, loss: Any) -> Tensor:
    """Second derivatives of the mean loss by all parameters in a row; batch norm takes the batch's statistics."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.track_running_stats, layer.num_batches_tracked = False, None
            layer.running_mean = layer.running_var = None
    named = {name: p.detach() for name, p in model.named_parameters()}
    shapes = {name: (p.shape, p.numel()) for name, p in named.items()}

    def mean_loss(vector: Tensor) -> Tensor:
        pieces = vector.split([count for _, count in shapes.values()])
        own = {
            name: piece.view(shape) for piece, (name, (shape, _)) in zip(pieces, shapes.items(), strict=True)
        }
        outputs = torch.func.functional_call(model, own, (inputs,))
        return loss(outputs, targets).mean()

    vector = torch.cat([p.reshape(-1) for p in named.values()])
    return torch.func.hessian(mean_loss)(vector).detach()


# --- trainings ---


def to_target(net: str, scale: float, lr: float, seed: int) -> dict[str, Any]:
    """One run to the training loss that all are to reach."""
    return {
        "task": "digits", "set": {"hidden": list(HIDDEN), "init_scale": scale, **NETS[net]},
        "batch_size": BATCH, "last_batch": "run_on", "lr": lr, "steps": MOST_UPDATES, "seed": seed,
        "target": f"train.loss={TARGET}", "evaluate": "5", "train_metrics": True,
    }  # fmt: skip


def passes(net: str, size: int, lr: float, seed: int) -> dict[str, Any]:
    """One run over so many epochs with a batch size."""
    return {
        "task": "digits", "set": {"hidden": list(HIDDEN), **NETS[net]}, "batch_size": size,
        "last_batch": "run_on", "lr": lr, "epochs": PASSES, "seed": seed, "evaluate": str(10**6),
    }  # fmt: skip


def updates_to_target(run: Any) -> float:
    """Infinite where the target was not reached."""
    return float(run.steps_to_target) if run.steps_to_target is not None else math.inf


def closing_loss(run: Any) -> float:
    """Validation loss at the end; infinite where it diverged."""
    loss = run.evaluations[-1].loss
    return float(loss) if run.status == "budget_exhausted" and loss is not None else math.inf


Net = tuple[str, Any]
"""A net with its initial scale, or with its batch size."""
Values = Mapping[Net, Sequence[float]]
"""One value a seed."""


def at_tuned_rates(
    lab: Lab, start: Mapping[Net, float], setting: Any, cost: Any, seeds: Sequence[int]
) -> tuple[Values, bool]:
    """The cost of runs at rates tuned on the first two seeds, and whether all rates lie inside the ranges tried."""
    best = tuned_rates(
        lab, start, lambda net, lr, seed: setting(*net, lr, seed), lambda _, run: cost(run), seeds[:2],
        factor=FACTOR, statistic=max,
    )  # fmt: skip
    asked = [(net, rate.lr or start[net], seed) for net, rate in best.items() for seed in seeds[2:]]
    values: dict[Net, list[float]] = {net: [] for net in start}
    for (net, _, _), run in zip(
        asked, lab.runs([setting(*net, lr, seed) for net, lr, seed in asked]), strict=True
    ):
        values[net].append(cost(run))
    return values, all(rate.inside for rate in best.values())


# --- what follows ---


def _flow(gradients: Sequence[Mapping[tuple[str, int], float]]) -> Part:
    """How far the first layer's gradient changes from 2 to 8 hidden layers, up or down, against the net before."""
    shallow, deep = DEPTHS
    change = {
        net: [math.exp(abs(math.log(found[net, deep] / found[net, shallow]))) for found in gradients]
        for net in NETS
    }
    numbers = [ratio("change_with_depth", change[net], change[old], net=net) for net, old in BEFORE.items()]
    sizes = [geometric_mean("gradient_change", values, unit="1", net=net) for net, values in change.items()]
    return _by_net("gradient_flow", {str(m.at["net"]): below(m, 1.0) for m in numbers}, [*numbers, *sizes])


def _condition(by_net: Mapping[str, np.ndarray]) -> Part:
    """Largest eigenvalue over the one at a rank, against the net before, at every rank."""
    numbers = []
    for net, old in BEFORE.items():
        for rank in RANKS:
            conditions = [by_net[n][:, 0] / by_net[n][:, rank - 1] for n in (net, old)]
            numbers.append(ratio("condition_ratio", *conditions, net=net, rank=rank))
    verdict, by = everywhere({f"{m.at['net']}_{m.at['rank']}": below(m, 1.0) for m in numbers})
    condition = remark("lesson.normalisation.ranks", **by) if verdict == "holds_when" else None
    return Part(name="better_condition", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _faster(steps: Values, short: Collection[Net]) -> Part:
    numbers = [
        ratio("updates_ratio", steps[net, 1.0], steps[old, 1.0], net=net) for net, old in BEFORE.items()
    ]
    verdicts = {
        net: at_least(below(m, FASTER), (old, 1.0), (net, 1.0), short)
        for m, (net, old) in zip(numbers, BEFORE.items(), strict=True)
    }
    sizes = [geometric_mean("updates_to_target", steps[net, 1.0], unit="updates", net=net) for net in NETS]
    return _by_net("faster", verdicts, [*numbers, *sizes])


def _less_dependent(steps: Values, short: Collection[Net]) -> Part:
    """Most over fewest updates of the three initial scales, with and without batch norm."""
    spread = {
        net: [max(row) / min(row) for row in zip(*(steps[net, s] for s in SCALES), strict=True)]
        for net in ("inputs", "batch_norm")
    }
    found = ratio("spread_ratio", spread["batch_norm"], spread["inputs"])
    sizes = [geometric_mean("spread_over_scales", spread[net], unit="1", net=net) for net in spread]
    verdict = at_least(below(found, 1.0), "inputs", "batch_norm", {net for net, _ in short})
    return Part(name="less_dependent_on_the_start", verdict=verdict, measurements=(found, *sizes))


def _small_batches(ends: Values) -> Part:
    numbers = [
        ratio("loss_ratio", ends["batch_norm", size], ends["inputs", size], batch_size=size) for size in SIZES
    ]
    verdict, by = everywhere({m.at["batch_size"]: below(m, 1.0) for m in numbers})
    condition = remark("lesson.normalisation.sizes", **by) if verdict == "holds_when" else None
    return Part(
        name="batch_norm_at_every_size", verdict=verdict, condition=condition, measurements=tuple(numbers)
    )


def _by_net(name: str, verdicts: Mapping[str, Verdict], numbers: Sequence[Measured]) -> Part:
    verdict, by = everywhere(verdicts)
    condition = remark("lesson.normalisation.nets", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


# --- pictures ---


def _spectra(by_net: Mapping[str, np.ndarray]) -> Panel:
    lines = []
    for net, values in by_net.items():
        middle = np.exp(np.log(np.maximum(values[:, :200], 1e-9)).mean(axis=0))
        lines.append(series(range(1, 201), middle / middle[0], remark(f"lesson.choice.{net}"), look="line"))
    return Panel(
        name="spectra",
        title=remark("lesson.normalisation.spectra.title"),
        takeaway=remark("lesson.normalisation.spectra.takeaway"),
        x=remark("lesson.normalisation.axis.rank"),
        y=remark("lesson.normalisation.axis.eigenvalue"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _scales(steps: Values) -> Panel:
    lines = [
        over_seeds(SCALES, [steps[net, scale] for scale in SCALES], remark(f"lesson.choice.{net}"))
        for net in ("inputs", "batch_norm")
    ]
    return Panel(
        name="scales",
        title=remark("lesson.normalisation.scales.title", most=MOST_UPDATES),
        takeaway=remark("lesson.normalisation.scales.takeaway"),
        x=remark("lesson.normalisation.axis.scale"),
        y=remark("lesson.normalisation.axis.updates"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _sizes(ends: Values) -> Panel:
    lines = [
        over_seeds(SIZES, [ends[net, size] for size in SIZES], remark(f"lesson.choice.{net}"))
        for net in ("inputs", "batch_norm")
    ]
    return Panel(
        name="sizes",
        title=remark("lesson.normalisation.sizes_panel.title", epochs=PASSES),
        takeaway=remark("lesson.normalisation.sizes_panel.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.axis.validation_loss"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for options, lr in (
        ({"normalise": "none"}, 0.01),
        ({"normalise": "standard"}, 0.3),
        ({"normalise": "standard", "batch_norm": True}, 0.3),
        ({"normalise": "standard", "batch_norm": True, "init_scale": 10.0}, 0.3),
    ):
        task = bw.named_task("digits", hidden=[32, 32, 32], **options)
        run = bw.train(
            task, batch_size=64, lr=lr, steps=300, target="train.loss=0.3", evaluate="5", train_metrics=True
        )
        print(options, run.answer().result.steps_to_target)
