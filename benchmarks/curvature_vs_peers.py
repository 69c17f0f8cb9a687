"""How fast and how exact are our eigenvalues, trace and products beside PyHessian and curvlinops?

LeNet trained for 1000 updates on Fashion-MNIST, the Hessian over 4000 training examples, float32, torch's default
thread count. All take turns, round after round; every peer has the chunk size at which its product is fastest.
The residuals |H v - lambda v| are computed for everybody alike, in float64 with our products, relative to the
largest eigenvalue. Traces are judged against the exact one, in float64.

PyHessian runs with its defaults (power iteration with deflation, tol 1e-3, at most 100 iterations an eigenvalue),
curvlinops' operator under SciPy's eigsh at the residual tolerance that ours has. Ours also looks for further copies of
the eigenvalues, which the others do not.

    pip install --no-deps --target PEERS pyhessian curvlinops-for-pytorch backpack-for-pytorch einops einconv \\
        linear_operator tqdm
    python benchmarks/curvature_vs_peers.py --peers PEERS [--quick]
"""

from __future__ import annotations

import argparse
import copy
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from record import markdown, record
from scipy.sparse.linalg import eigsh
from torch import Tensor, nn

from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.density import spectral_density
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.hessian.trace import trace
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference, take_examples
from batchwright.training.loop import updates
from batchwright.training.spec import RunSpec

EXAMPLES, STEPS, TOP = 4000, 1000, 5
CHUNKS = (128, 256, 512, 1000, 2000)
TOLERANCES = (5e-3, 1e-3, 1e-4)
"""The first is still below what PyHessian reaches."""
LANCZOS_STEPS = 50
TRACE_PRODUCTS = 100
PARTS = ("eigenvalues", "trace", "density", "large")


def trained(task: Task, reference: TaskReference, steps: int) -> nn.Module:
    """LeNet after so many updates of plain SGD."""
    spec = RunSpec.model_validate(
        {
            "task": reference, "batch_size": 64, "optimizer": {"name": "sgd", "lr": 0.1},
            "budget": {"steps": steps}, "evaluation": {"at": "steps", "every": 10**9},
        }
    )  # fmt: skip
    for run in updates(spec, task):
        if run.status is not None:
            break
    return copy.deepcopy(run.model).eval()


class Problem:
    """The model, the examples, and the judge in float64."""

    def __init__(self, steps: int) -> None:
        reference = TaskReference(name="fashion-mnist", options={"model": "lenet"})
        whole = load_task(reference)
        self.whole = whole
        self.model = trained(whole, reference, steps)
        self.task = take_examples(whole, EXAMPLES, 0)
        self.inputs, self.targets = self.task.train.inputs, self.task.train.targets
        double = copy.deepcopy(self.model).double()
        self.judge = Curvature(double, self.task, chunk=128, memory_bytes=4 << 30)

    def batches(self, chunk: int) -> list[tuple[Tensor, Tensor]]:
        return list(zip(self.inputs.split(chunk), self.targets.split(chunk), strict=True))

    def judged(self, vectors: Tensor) -> tuple[list[float], float]:
        """Rayleigh quotients, largest first, and the largest residual relative to the largest of them."""
        rows = vectors.double()
        rows = rows / rows.norm(dim=1, keepdim=True)
        products = self.judge.hessian_products(rows)
        values = (rows * products).sum(dim=1)
        residuals = (products - values[:, None] * rows).norm(dim=1)
        return sorted(values.tolist(), reverse=True), float(residuals.max() / values.max())


def seconds_of(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def fastest(call: Callable[[int], Callable[[], Any]], name: str) -> int:
    """The chunk size at which a product is fastest."""
    found = {}
    for chunk in CHUNKS:
        product = call(chunk)
        product()
        found[chunk] = min(seconds_of(product)[0] for _ in range(2))
    best = min(found, key=found.__getitem__)
    print(f"{name}: {', '.join(f'{c}: {s:.3f} s' for c, s in found.items())}; best {best}", file=sys.stderr)
    return best


def our_products(problem: Problem, chunk: int) -> Callable[[], Any]:
    curvature = Curvature(problem.model, problem.task, chunk=chunk)
    vector = torch.randn(1, curvature.count, generator=torch.Generator().manual_seed(0))
    return lambda: curvature.hessian_products(vector)


def pyhessian_of(problem: Problem, chunk: int) -> Any:
    from pyhessian import hessian

    model = copy.deepcopy(problem.model)
    return hessian(model, nn.CrossEntropyLoss(), dataloader=problem.batches(chunk), cuda=False)


def pyhessian_product(problem: Problem, chunk: int) -> Callable[[], Any]:
    found = pyhessian_of(problem, chunk)
    vector = [torch.randn(p.shape, generator=torch.Generator().manual_seed(0)) for p in found.params]
    return lambda: found.dataloader_hv_product(vector)


def curvlinops_of(problem: Problem, chunk: int) -> Any:
    from curvlinops import HessianLinearOperator

    model = copy.deepcopy(problem.model)
    params = [p for p in model.parameters() if p.requires_grad]
    return HessianLinearOperator(
        model, nn.CrossEntropyLoss(), params, problem.batches(chunk), check_deterministic=False
    )


def curvlinops_product(problem: Problem, chunk: int) -> Callable[[], Any]:
    operator = curvlinops_of(problem, chunk)
    vector = torch.randn(operator.shape[1], generator=torch.Generator().manual_seed(0))
    return lambda: operator @ vector


def gradient_of(problem: Problem, chunk: int) -> Callable[[], Any]:
    """One plain gradient over the examples: the yardstick of a product."""
    params = list(problem.model.parameters())

    def call() -> None:
        for inputs, targets in problem.batches(chunk):
            torch.autograd.grad(F.cross_entropy(problem.model(inputs), targets), params)

    return call


def eigenvalue_runs(
    problem: Problem, chunks: dict[str, int], tolerances: tuple[float, ...], seed: int
) -> list:
    """One round: everybody's top eigenvalues, in turn."""
    rows = []
    for tolerance in tolerances:

        def ours(tolerance: float = tolerance) -> Any:
            curvature = Curvature(problem.model, problem.task, chunk=chunks["batchwright"])
            return eigenpairs(curvature, top=TOP, bottom=0, tolerance=tolerance, seed=seed)

        spent, pairs = seconds_of(ours)
        rows.append(("batchwright", tolerance, spent, pairs.products, *problem.judged(pairs.vectors.flip(0))))

        def peer(tolerance: float = tolerance) -> Any:
            operator = curvlinops_of(problem, chunks["curvlinops"]).to_scipy()
            start = np.random.default_rng(seed).standard_normal(operator.shape[0]).astype(np.float32)
            counted = Counted(operator)
            _, vectors = eigsh(counted.linear(), k=TOP, which="LA", tol=tolerance, v0=start)
            return counted.products, torch.from_numpy(vectors.T.copy())

        spent, (products, vectors) = seconds_of(peer)
        rows.append(("curvlinops", tolerance, spent, products, *problem.judged(vectors)))

    def power_iteration() -> Any:
        torch.manual_seed(seed)
        found = pyhessian_of(problem, chunks["pyhessian"])
        count = 0
        plain = found.dataloader_hv_product

        def counted(vector: Any) -> Any:
            nonlocal count
            count += 1
            return plain(vector)

        found.dataloader_hv_product = counted
        _, vectors = found.eigenvalues(top_n=TOP)
        return count, torch.stack([torch.cat([p.reshape(-1) for p in v]) for v in vectors])

    spent, (products, vectors) = seconds_of(power_iteration)
    rows.append(("pyhessian", None, spent, products, *problem.judged(vectors.detach())))
    return rows


class Counted:
    """A SciPy operator that counts its products."""

    def __init__(self, operator: Any) -> None:
        self._operator, self.products = operator, 0

    def linear(self) -> Any:
        from scipy.sparse.linalg import LinearOperator

        def product(vector: Any) -> Any:
            self.products += 1
            return self._operator @ np.asarray(vector).reshape(-1)

        return LinearOperator(self._operator.shape, matvec=product, dtype=np.float32)


class ByProducts:
    """Our products alone, as for models whose trace is not known exactly."""

    def __init__(self, curvature: Curvature) -> None:
        self._curvature = curvature
        self.count, self.dtype, self.device, self.products = (
            curvature.count,
            curvature.dtype,
            curvature.device,
            0,
        )

    def hessian_products(self, vectors: Tensor) -> Tensor:
        self.products += len(vectors)
        return self._curvature.hessian_products(vectors)


def trace_runs(problem: Problem, chunks: dict[str, int], truth: float, seed: int) -> list:
    """One round: the exact trace, both XTraces from as many products, PyHessian with its defaults."""
    rows = []

    def ours() -> Curvature:
        return Curvature(problem.model, problem.task, chunk=chunks["batchwright"])

    spent, found = seconds_of(lambda: trace(ours(), seed=seed))
    rows.append(("batchwright, exact", spent, found.products, abs(found.value / truth - 1)))
    few = {"relative_error": 1e-6, "max_products": TRACE_PRODUCTS}
    spent, found = seconds_of(lambda: trace(ByProducts(ours()), seed=seed, **few))
    rows.append(("batchwright, XTrace", spent, found.products, abs(found.value / truth - 1)))

    def peer() -> Any:
        from curvlinops import xtrace

        torch.manual_seed(seed)
        return float(xtrace(curvlinops_of(problem, chunks["curvlinops"]), TRACE_PRODUCTS))

    spent, value = seconds_of(peer)
    rows.append(("curvlinops, xtrace", spent, TRACE_PRODUCTS, abs(value / truth - 1)))

    def hutchinson() -> Any:
        torch.manual_seed(seed)
        return pyhessian_of(problem, chunks["pyhessian"]).trace()

    spent, samples = seconds_of(hutchinson)
    rows.append(("pyhessian", spent, len(samples), abs(float(np.mean(samples)) / truth - 1)))
    return rows


def density_runs(problem: Problem, chunks: dict[str, int], seed: int) -> list:
    """Stochastic Lanczos quadrature with one probe. PyHessian's calls torch.eig, which torch 2 has not."""
    curvature = Curvature(problem.model, problem.task, chunk=chunks["batchwright"])
    call = lambda: spectral_density(curvature, probes=1, steps=LANCZOS_STEPS, seed=seed)  # noqa: E731
    return [("batchwright", seconds_of(call)[0])]


def large(problem: Problem) -> dict[str, float]:
    """All 60,000 examples within the stated budget: seconds, and how much the process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent, pairs = seconds_of(
        lambda: eigenpairs(
            Curvature(problem.model, problem.whole, memory_bytes=512 << 20), top=1, bottom=0, tolerance=1e-3
        )
    )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": spent, "products": pairs.products, "peak_before_MiB": before, "peak_after_MiB": after,
        "largest": float(pairs.values[-1]), "residual": float(pairs.residuals[-1]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--parts", default=",".join(PARTS), help="of: " + ", ".join(PARTS))
    arguments = parser.parse_args()
    sys.path.append(arguments.peers)
    rounds = 1 if arguments.quick else arguments.rounds
    parts = arguments.parts.split(",")
    first = large(Problem(100)) if "large" in parts and not arguments.quick else {}
    problem = Problem(100 if arguments.quick else STEPS)
    products = {"batchwright": our_products, "curvlinops": curvlinops_product, "pyhessian": pyhessian_product}
    chunks = {name: fastest(lambda c, call=call: call(problem, c), name) for name, call in products.items()}
    gradient_chunk = fastest(lambda c: gradient_of(problem, c), "gradient")
    calls = {name: call(problem, chunks[name]) for name, call in products.items()}
    calls["gradient"] = gradient_of(problem, gradient_chunk)
    single: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(3 + 4 * rounds):
        for name, call in calls.items():
            single[name].append(seconds_of(call)[0])
    found: dict[str, Any] = {"large": first, "eigen": [], "densities": [], "traces": [], "truth": None}

    def so_far() -> None:
        report(problem, chunks, single, gradient_chunk, **found)

    for seed in range(rounds if "eigenvalues" in parts else 0):
        print(f"eigenvalues, round {seed + 1} of {rounds}", file=sys.stderr)
        found["eigen"] += eigenvalue_runs(problem, chunks, TOLERANCES, seed)
        so_far()
    for seed in range(rounds if "density" in parts else 0):
        found["densities"] += density_runs(problem, chunks, seed)
        so_far()
    if "trace" in parts:
        print("the true trace, in float64", file=sys.stderr)
        found["truth"] = trace(problem.judge)
    for seed in range(rounds if "trace" in parts else 0):
        print(f"trace, round {seed + 1}", file=sys.stderr)
        found["traces"] += trace_runs(problem, chunks, found["truth"].value, seed)
        so_far()


def report(
    problem: Problem, chunks: dict, single: dict, gradient_chunk: int, *,
    large: dict, eigen: list, densities: list, traces: list, truth: Any,
) -> None:  # fmt: skip
    """Medians over the rounds, as tables."""
    unit = statistics.median(single["gradient"])
    table = [["one product", "chunk", "seconds", "in gradients"]]
    for name, values in single.items():
        middle = statistics.median(values)
        chunk = chunks.get(name, gradient_chunk)
        table.append([name, str(chunk), f"{middle:.3f}", f"{middle / unit:.2f}"])
    text = markdown(table[0], table[1:])
    base = {}
    rows = []
    for name, tolerance in dict.fromkeys((row[0], row[1]) for row in eigen):
        own = [row for row in eigen if row[:2] == (name, tolerance)]
        spent = statistics.median(row[2] for row in own)
        base.setdefault(("batchwright", tolerance), spent)
        worst = max(row[5] for row in own)
        count = statistics.median(row[3] for row in own)
        shown = "defaults" if tolerance is None else f"{tolerance:g}"
        rows.append([name, shown, f"{spent:.1f}", f"{count:.0f}", f"{worst:.1e}", f"{own[0][4][0]:.4g}"])
    columns = [f"top {TOP} eigenvalues", "tolerance", "seconds", "products", "worst true residual / largest"]
    text += "\n\n" + markdown([*columns, "largest"], rows)
    rows = []
    for name in dict.fromkeys(row[0] for row in traces):
        own = [row for row in traces if row[0] == name]
        spent, count = (statistics.median(row[k] for row in own) for k in (1, 2))
        rows.append([name, f"{spent:.1f}", f"{count:.0f}", f"{max(row[3] for row in own):.2%}"])
    if rows:
        text += "\n\n" + markdown(["trace", "seconds", "products", "worst error"], rows)
    if truth is not None:
        text += f"\n\nTrue trace {truth.value:.6g}: exact, in float64."
    rows = [
        [name, f"{statistics.median(row[1] for row in densities if row[0] == name):.1f}"]
        for name in dict.fromkeys(row[0] for row in densities)
    ]
    if rows:
        text += "\n\n" + markdown([f"density, one probe, {LANCZOS_STEPS} steps", "seconds"], rows)
    if large:
        text += (
            f"\n\nAll 60,000 examples, largest eigenvalue to 1e-3, 512 MiB for graphs: {large['seconds']:.0f} "
            f"s, {large['products']:.0f} products, peak memory {large['peak_before_MiB']:.0f} MiB before "
            f"and {large['peak_after_MiB']:.0f} MiB after."
        )
    ours = {row[1]: [] for row in eigen if row[0] == "batchwright"}
    for row in eigen:
        if row[0] == "batchwright":
            ours[row[1]].append(row[2])
    peers = statistics.median([row[2] for row in eigen if row[0] == "pyhessian"] or [math.nan])
    record(
        "curvature_vs_peers",
        question=__doc__.splitlines()[0],
        ratio=peers / statistics.median(ours[1e-3]) if 1e-3 in ours else math.nan,
        measurements={
            "chunks": chunks, "single": single, "eigenvalues": eigen, "trace": traces, "density": densities,
            "true_trace": None if truth is None else truth.model_dump(mode="json"), "large": large,
            "parameters": problem.judge.count,
        },
        table=text,
    )  # fmt: skip


if __name__ == "__main__":
    main()
