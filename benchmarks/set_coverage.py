"""How often does the set of batch sizes hold the truly best one, when seeds scatter and the machine drifts?

Steps follow S(B) = 60 (1 + 50/B) with noise between seeds, seconds t(B) = 0.3 ms + 8 us B on a simulated machine whose
speed drifts by 20% with a correlation time between 20 ms and 10 s. Turns are taken, timed and compared by the code that a study
uses, with a fake clock. `blocks` are worse than that: every size drifts by 20% on its own, in three blocks of three turns.
Outside is how often the truly best size is not in the set; width the set's largest size over its smallest.

    python benchmarks/set_coverage.py [--trials 300]
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from record import markdown, record

from batchwright.advice.curve.fit import fit_curve
from batchwright.advice.curve.runs import Point
from batchwright.advice.decide.ties import as_good, compare_costs
from batchwright.measure.hardware.alone import STUDY_PACE, SecondsPerStep
from batchwright.measure.hardware.turns import Contender, Instruments, Turns, take_turns, warm_up
from batchwright.study.result import BatchSizeResult, StepsToTarget

SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
DRIFT = 0.2


def steps(b: int) -> float:
    return 60 * (1 + 50 / b)


def seconds(b: int) -> float:
    return 3e-4 + 8e-6 * b


BEST = min(SIZES, key=lambda b: steps(b) * seconds(b))


class Machine:
    """A clock that runs by the work done: seconds times a factor that follows an Ornstein-Uhlenbeck process."""

    def __init__(self, random: np.random.Generator, drift: float, time: float) -> None:
        self.now, self.random, self.drift, self.time = 0.0, random, drift, time
        self.log = random.standard_normal() * drift

    def work(self, amount: float) -> None:
        while amount > 1e-12:
            part = min(amount, max(self.time / 10, 1e-3))
            took = part * math.exp(self.log)
            self.now, amount = self.now + took, amount - part
            kept = math.exp(-took / self.time)
            self.log = kept * self.log + self.drift * math.sqrt(1 - kept**2) * self.random.standard_normal()


class Calm:
    """Nobody else uses the machine."""

    def share(self) -> float:
        return 0.0


def timed(random: np.random.Generator, drift: float, time: float) -> list[Turns]:
    machine = Machine(random, drift, time)
    contenders = [Contender(batch_size=b, update=partial(machine.work, seconds(b))) for b in SIZES]
    clock = Instruments(clock=lambda: machine.now, meter=Calm)  # type: ignore[arg-type]
    warm = [warm_up(contender, clock.clock, STUDY_PACE.turn_seconds) for contender in contenders]
    return take_turns(contenders, warm, STUDY_PACE, clock)


def in_blocks(random: np.random.Generator) -> list[Turns]:
    found = []
    for b in SIZES:
        logs = np.repeat(DRIFT * random.standard_normal(3), 3) + 0.01 * random.standard_normal(9)
        found.append(Turns(tuple(float(v) for v in seconds(b) * np.exp(logs)), 0.0))
    return found


def rows_of(
    random: np.random.Generator, turns: Sequence[Turns], seeds: int, noise: float
) -> list[BatchSizeResult]:
    rows = []
    for b, turn in zip(SIZES, turns, strict=True):
        values = tuple(steps(b) * math.exp(noise * random.standard_normal()) for _ in range(seeds))
        median = statistics.median(values)
        timing = SecondsPerStep.of(turn)
        rows.append(
            BatchSizeResult(
                batch_size=b, lr=0.1, lr_interval=None, lr_fails_at=None, lr_on_edge=False, runs=seeds, seeds=seeds,
                seeds_reached=seeds, steps_to_target=StepsToTarget(median=median, low=None, high=None, values=values),
                seconds_per_step=turn.median, seconds_to_target=turn.median * median, examples_to_target=b * median,
                timing=timing,
            )
        )  # fmt: skip
    return rows


@dataclass(frozen=True)
class Case:
    """Seeds with their noise, and what the machine does: drifts with a correlation time, in blocks, or not at all."""

    name: str
    seeds: int = 5
    noise: float = 0.05
    time: float | None = None
    blocks: bool = False

    def members(self, trial: int) -> tuple[int, ...]:
        random = np.random.default_rng([trial, self.seeds, round(1000 * (self.time or 0)), self.blocks])
        drift = 0.0 if self.time is None else DRIFT
        turns = in_blocks(random) if self.blocks else timed(random, drift, self.time or 1.0)
        rows = rows_of(random, turns, self.seeds, self.noise)
        points = [
            Point(float(row.batch_size), tuple(v for v in row.steps_to_target.values if v is not None))
            for row in rows
        ]
        return as_good(compare_costs(rows, "time", fit_curve(points).plain_misfit_sd), "time")


CASES = (
    Case("no drift"),
    *(Case(f"drift over {time:g} s", time=time) for time in (0.02, 0.1, 0.4, 2.0, 10.0)),
    Case("each size drifts, in blocks", blocks=True),
    Case("one seed, 20% noise", seeds=1, noise=0.2),
    Case("one seed, 10% noise", seeds=1, noise=0.1),
    Case("three seeds, 20% noise", seeds=3, noise=0.2),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=300)
    trials = parser.parse_args().trials
    rows, found = [], {}
    for case in CASES:
        sets = [case.members(trial) for trial in range(trials)]
        outside = float(np.mean([BEST not in members for members in sets]))
        widths = [members[-1] / members[0] for members in sets]
        found[case.name] = {
            "outside": outside,
            "width": float(np.median(widths)),
            "mean_width": float(np.mean(widths)),
        }
        rows.append([case.name, f"{outside:.3f}", f"{np.median(widths):.1f}", f"{np.mean(widths):.2f}"])
    table = markdown(["case", "best outside the set", "median width", "mean width"], rows)
    table += f"\n\n{trials} trials a case, best batch size {BEST}."
    record(
        "set_coverage", question=(__doc__ or "").splitlines()[0],
        ratio=max(case["outside"] for case in found.values()), measurements={"cases": found, "trials": trials},
        table=table,
    )  # fmt: skip


if __name__ == "__main__":
    main()
