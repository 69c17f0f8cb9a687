"""Do the local critical batch by branches, the gradient noise scale and a study's critical batch agree?

Three problems: the dense net and LeNet on digits, and a small transformer on sequences of a random second-order chain.
For each, a study over batch sizes gives the critical batch from the start to the target; then a run at one batch size, with
the rate that the study found there, is branched at three points on the way to that target. The question is whether
the local critical batch grows along the run, whether the study's lies between its ends, and which side of it the noise
scale is on. The ratio is the local critical batch at the last resolved point over the study's.

    python benchmarks/branched_batch.py [--quick] [--device cuda]
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Any

import torch
from record import markdown, record
from torch import Tensor, nn

import batchwright as bw
from batchwright.core.streams import generator

SIZES = [8, 32, 128, 512]
TOKENS, LENGTH, SEQUENCES = 16, 24, 4096
WIDTH = 32


class Transformer(nn.Module):
    """Two causal layers over learnt tokens and positions."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(TOKENS, WIDTH)
        self.places = nn.Parameter(0.02 * torch.randn(LENGTH, WIDTH))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(2)
        )
        self.out = nn.Linear(WIDTH, TOKENS)
        self.register_buffer("mask", torch.full((LENGTH, LENGTH), -math.inf).triu(1), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.tokens(inputs) + self.places
        for layer in self.layers:
            hidden = layer(hidden, src_mask=self.mask)
        logits: Tensor = self.out(hidden)
        return logits


def next_token_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the tokens of a sequence: the sequence is the example."""
    return nn.functional.cross_entropy(outputs.transpose(1, 2), targets, reduction="none").mean(dim=1)


def transformer_task() -> bw.Task:
    random = generator(0, "branched-benchmark")
    chances = torch.softmax(2.5 * torch.randn(TOKENS, TOKENS, TOKENS, generator=random), dim=-1)
    drawn = [torch.randint(TOKENS, (SEQUENCES + 512,), generator=random) for _ in range(2)]
    for _ in range(LENGTH - 1):
        rows = chances[drawn[-2], drawn[-1]]
        drawn.append(torch.multinomial(rows, 1, generator=random)[:, 0])
    x = torch.stack(drawn, dim=1)
    inputs, targets = x[:, :-1], x[:, 1:]
    return bw.Task(
        model=Transformer, name="transformer", loss=next_token_loss, target="loss=2.4",
        train=(inputs[:SEQUENCES], targets[:SEQUENCES]), validation=(inputs[SEQUENCES:], targets[SEQUENCES:]),
        optimizer={"name": "adam", "lr": 1e-3}, max_epochs=15.0,
    )  # fmt: skip


def problems() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Name -> task and its options."""
    return {
        "digits": ("digits", {}),
        "digits, LeNet": ("digits", {"set": {"model": "lenet"}}),
        "transformer": (transformer_task(), {}),
    }


def measured(name: str, task: Any, options: dict[str, Any], quick: bool, device: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        study = bw.study(
            task, batch_sizes=SIZES[:2] if quick else SIZES, search_seeds=1, confirm_seeds=2 if quick else 3,
            workers=1, store=str(Path(folder) / "studies"), progress=False, device=device, **options,
        ).result  # fmt: skip
    row = next(r for r in study.batch_sizes if r.batch_size == 32)
    to_target = row.steps_to_target.median
    steps = max(120, 3 * round(to_target / 3)) if to_target else 300
    rate = row.lr
    run = bw.branched(
        task, batch_size=32, lr=rate, steps=steps, seeds=2 if quick else 4, progress=False, device=device,
        **options,
    ).result  # fmt: skip
    return {
        "problem": name, "lr": rate, "steps": steps,
        "study": study.critical_batch.model_dump(mode="json"), "branched": run.model_dump(mode="json"),
    }  # fmt: skip


def between(value: float | None, interval: Any) -> str:
    low, high = interval if interval is not None else (None, None)
    ends = f"{low:.3g}" if low is not None else "", f"{high:.3g}" if high is not None else ""
    return f"{'' if value is None else f'{value:.3g}'} ({ends[0]} to {ends[1]})"


def table_of(found: list[dict[str, Any]]) -> str:
    rows = []
    for one in found:
        for point in one["branched"]["points"]:
            critical, noise = point["critical_batch"], point["noise_scale"]
            within = next(w["largest"] for w in point["within"] if w["tolerance"] == 0.05)
            rows.append([
                one["problem"], f"{one['lr']:.3g}", point["step"], f"{point['loss']:.3g}",
                between(critical["value"], critical["interval"]), point["unresolved_because"] or "", within,
                between(noise["value"], noise["interval"]),
                between(one["study"]["value"], one["study"]["interval"]),
            ])  # fmt: skip
    columns = [
        "problem", "lr", "updates", "loss", "local critical batch (90%)", "unresolved because", "within 5%",
        "noise scale (90%)", "the study's (90%)",
    ]  # fmt: skip
    return markdown(columns, rows)


def ratio_of(found: list[dict[str, Any]]) -> float | None:
    """Geometric mean over the problems that resolve both."""
    logs = []
    for one in found:
        local = [
            p["critical_batch"]["value"] for p in one["branched"]["points"] if p["critical_batch"]["value"]
        ]
        if local and one["study"]["value"]:
            logs.append(math.log(local[-1] / one["study"]["value"]))
    return math.exp(sum(logs) / len(logs)) if logs else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two batch sizes, fewer seeds, nothing recorded")
    parser.add_argument("--only", help="one problem")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    found = [
        measured(name, task, options, asked.quick, asked.device)
        for name, (task, options) in problems().items()
        if asked.only in (None, name)
    ]
    table = table_of(found)
    if asked.quick or asked.only:
        print(table)
        return
    record(
        "branched_batch", question=(__doc__ or "").partition("\n")[0], ratio=ratio_of(found),
        measurements=found, table=table, device=asked.device,
    )  # fmt: skip


if __name__ == "__main__":
    main()
