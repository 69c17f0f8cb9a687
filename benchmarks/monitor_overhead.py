"""What does a noise monitor cost a training loop?

LeNet on 28 x 28 images, updates of 128 examples in 4 micro-batches of 32, SGD, one torch thread: the plain loop and the same
loop with a monitor that measures one step of 10. Both make 10 updates in turn, the first of a pair alternating; the ratio
of every pair, its median, and the 90% interval of the median by the order statistics of the pairs. Times are the
processor's, which on one thread are those of the clock where nobody else uses the machine.

    python benchmarks/monitor_overhead.py [--quick]
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
import torch.nn.functional as F
from record import markdown, record
from scipy import stats

from batchwright.app.monitor import NoiseMonitor
from batchwright.task.models import lenet

BATCH, MICRO, EVERY = 128, 32, 10
EXAMPLES = 4096


class Loop:
    """A loop with accumulation over tensors in memory."""

    def __init__(self, watched: bool) -> None:
        random = torch.Generator().manual_seed(0)
        self.inputs = torch.randn(EXAMPLES, 1, 28, 28, generator=random)
        self.targets = torch.randint(0, 10, (EXAMPLES,), generator=random)
        self.order = torch.randperm(EXAMPLES, generator=random)
        torch.manual_seed(0)
        self.model = lenet()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.monitor = None
        if watched:
            self.monitor = NoiseMonitor(
                self.model, batch_size=BATCH, micro_batch_size=MICRO, every=EVERY, optimizer=self.optimizer
            )
        self.made = 0

    def seconds(self, updates: int) -> float:
        began = time.process_time()
        for _ in range(updates):
            first = self.made * BATCH % EXAMPLES
            for index in self.order[first : first + BATCH].split(MICRO):
                loss = F.cross_entropy(self.model(self.inputs[index]), self.targets[index])
                (loss / (BATCH // MICRO)).backward()
            if self.monitor is not None:
                self.monitor.step()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.made += 1
        return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pairs; nothing is recorded")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    plain, watched = Loop(False), Loop(True)
    for loop in (plain, watched):
        loop.seconds(EVERY)
    pairs = []
    for number in range(9 if quick else 121):
        turns = (plain, watched) if number % 2 else (watched, plain)
        took = {loop: loop.seconds(EVERY) for loop in turns}
        pairs.append((took[plain], took[watched]))
    same = all(
        torch.equal(a, b) for a, b in zip(plain.model.parameters(), watched.model.parameters(), strict=True)
    )
    ratios = sorted(b / a for a, b in pairs)
    rank = int(stats.binom.ppf(0.05, len(ratios), 0.5))
    low, high = ratios[max(rank - 1, 0)], ratios[min(len(ratios) - rank, len(ratios) - 1)]
    medians = [statistics.median(side) / EVERY * 1e3 for side in zip(*pairs, strict=True)]
    row = [
        *(f"{m:.2f}" for m in medians), f"{statistics.median(ratios):.4f}", f"{low:.4f} to {high:.4f}", len(ratios),
        "bitwise" if same else "no",
    ]  # fmt: skip
    columns = ["plain (ms)", "with the monitor (ms)", "ratio", "90%", "pairs", "same weights"]
    text = (
        markdown(columns, [row])
        + "\n\nMedian processor milliseconds an update; medians of the pairs' ratios."
    )
    if quick:
        print(text)
        return
    record(
        "monitor_overhead", question=(__doc__ or "").splitlines()[0], ratio=statistics.median(ratios),
        measurements=[{"plain": a, "watched": b} for a, b in pairs], table=text,
    )  # fmt: skip


if __name__ == "__main__":
    main()
