"""The driver of a study: turns searches into runs, keeps every result, resumes where it stopped.

One search a batch size, all advanced by the results of their own waves. A batch size starts once its
neighbour towards the middle has bracketed its best rate: that gives the rate to start from and the steps to
expect. Which result arrives first decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from batchwright.core.errors import BatchwrightError
from batchwright.optim.catalogue import CATALOGUE
from batchwright.study.executors.contract import Executor
from batchwright.study.key import RunKey
from batchwright.study.programs import AtOnce, one_by_one, programs
from batchwright.study.reach import came_near, met_at_start
from batchwright.study.search import Ask, Outcome, Search, Searched, find_rate
from batchwright.study.spec import RUNS_PER_BATCH_SIZE_ECONOMY, StudySpec
from batchwright.training.record import RunResult, Status
from batchwright.training.spec import RunSpec

Progress = Callable[[int, int], None]
"""Called with (runs finished, runs expected)."""

RUNS_PER_BATCH_SIZE = 18
"""What one batch size usually costs, in runs, with the default settings; for progress and estimates."""

_OVERHEAD_EXAMPLES = 32
"""Deterministic stand-in for the fixed cost of an update, in examples, when a budget is counted."""


class RunFailedError(BatchwrightError):
    """A run raised an error of its own: the study cannot go on."""


class RunBook(Protocol):
    """Where the driver looks a run up before it asks for it, and keeps it afterwards."""

    def find(self, key: RunKey, spec: RunSpec) -> tuple[RunResult, bool] | None:
        """A kept run that answers ``spec``, and whether this study had made it itself; None without one."""
        ...

    def keep(self, key: RunKey, result: RunResult) -> None:
        """Keep a finished run; it is durable when this returns."""
        ...


@dataclass
class StudyRuns:
    """What the runs of a study showed, and what they cost."""

    found: dict[int, Searched] = field(default_factory=dict)
    results: dict[RunKey, RunResult] = field(default_factory=dict)
    executed: int = 0
    reused: int = 0
    """Runs that this study had made before."""
    taken_over: int = 0
    """Runs that another study, or advice, had made."""
    not_run: tuple[int, ...] = ()
    """Batch sizes that were not searched: the budget did not cover them, or no run came near the target."""
    budget_needed: float | None = None
    """Trainings' worth that the next one would have taken the study to, as far as can be told."""


@dataclass
class _Active:
    search: Search
    found: Searched
    wave: list[Ask] = field(default_factory=list)
    outcomes: dict[RunKey, Outcome] = field(default_factory=dict)


class Driver:
    """Advances all the searches of one study.

    Args:
        spec: what is studied.
        examples: N, the number of training examples.
        higher_is_better: the direction of the target's metric.
        book: the runs kept so far.
        executor: where runs are executed.
        at_once: how many runs may share a program (``training.replicas``); it asks for each batch size once.
        progress: called after every run.
    """

    def __init__(
        self,
        spec: StudySpec,
        *,
        examples: int,
        higher_is_better: bool,
        book: RunBook,
        executor: Executor,
        at_once: AtOnce = one_by_one,
        progress: Progress | None = None,
    ) -> None:
        self.spec, self.examples, self.higher_is_better = spec, examples, higher_is_better
        self.book, self.executor, self.progress = book, executor, progress
        self._at_once = at_once
        self.sizes = sorted(spec.batch_sizes)
        self.anchor = self.sizes[(len(self.sizes) - 1) // 2]
        self.runs = StudyRuns()
        self._active: dict[int, _Active] = {}
        self._most: dict[int, int] = {}
        self._started = {self.anchor}
        self._waiting: list[tuple[int, int]] = []
        self._asked: dict[RunKey, Ask] = {}
        self._met_at_start = False
        self._spent = 0.0
        self._training_cost: float | None = None

    def run(self) -> StudyRuns:
        """Everything to the end.

        Raises:
            RunFailedError: the model or the data raised an error at the middle batch size. At any other one
                that is an outcome (batch norm with one example, say): the others go on.
        """
        self._start(self.anchor, 0, math.ceil(self.spec.max_epochs * self.examples / self.anchor))
        while self._active:
            for key, result in self.executor.next_done():
                self._keep(RunKey.parse(key), result)
        self.runs.not_run = tuple(b for b in self.sizes if b not in self.runs.found)
        return self.runs

    # --- searches ---------------------------------------------------------------------------------

    def _start(self, size: int, rate: int, budget_steps: int) -> None:
        found = Searched(size)
        search = find_rate(found, rate, max(budget_steps, 1), self.spec.search)
        self._active[size] = _Active(search, found)
        self._advance(size, None)

    def _advance(self, size: int, outcomes: list[Outcome] | None) -> None:
        """Send a wave's outcomes to its search and ask for the next wave."""
        active = self._active[size]
        try:
            wave = next(active.search) if outcomes is None else active.search.send(outcomes)
        except StopIteration:
            wave = []
        if wave and self._met_at_start:
            wave = []  # no further run can say more
        if not wave:
            self.runs.found[size] = active.found
            del self._active[size]
            self._count_cost(size, active.found)
        active.wave, active.outcomes = wave, {}
        # With a budget, batch sizes wait for one another: what was spent before each must not depend on
        # which worker was faster.
        if not wave or (active.found.bracketed and self.spec.budget_trainings is None):
            self._start_neighbours(size, active.found)
        for program in self._programs(size, wave):
            self._ask(program)
        self._answer_if_complete(size)

    def _hopeless(self) -> bool:
        """Whether the middle batch size was searched and no run came near the target at any rate."""
        if self.anchor not in self.runs.found or self.runs.found[self.anchor].best_search_steps() < math.inf:
            return False
        results = self.runs.results.values()
        return not any(came_near(r, self.spec.target, self.higher_is_better) for r in results)

    def _start_neighbours(self, size: int, found: Searched) -> None:
        """Start the next batch sizes outwards from the middle, from what this one found."""
        if self._met_at_start or self._hopeless():
            return
        position = self.sizes.index(size)
        outwards = []
        if size >= self.anchor and position + 1 < len(self.sizes):
            outwards.append(self.sizes[position + 1])
        if size <= self.anchor and position > 0:
            outwards.append(self.sizes[position - 1])
        for other in outwards:
            if other not in self._started:
                self._started.add(other)
                self._waiting.append((other, size))
        self._launch()

    def _launch(self) -> None:
        """Start the waiting batch sizes: all of them, or within a budget the next one it covers."""
        budget = self.spec.budget_trainings is not None
        while self._waiting and not (budget and self._active):
            other, neighbour = self._waiting.pop(0)
            found = self._found(neighbour)
            if self._affordable(other, neighbour, found):
                self._start(other, *self._prior(other, neighbour, found))

    def _found(self, size: int) -> Searched:
        return self._active[size].found if size in self._active else self.runs.found[size]

    def _prior(self, size: int, neighbour: int, found: Searched) -> tuple[int, int]:
        """Starting rate and first budget, from the neighbour's best rate and steps.

        Scaling rules are priors here, nothing more: towards small batches the rate falls in proportion
        for SGD and by the square root for adaptive methods; towards large ones by the square root.
        """
        best = found.best_search_steps()
        ratio = size / neighbour
        adaptive = CATALOGUE[self.spec.optimizer.name].adaptive
        exponent = 0.5 if ratio > 1 or adaptive else 1.0
        shift = round(2 * exponent * math.log2(ratio))
        if best == math.inf:
            epochs = 2 * self.spec.max_epochs
            return shift, math.ceil(epochs * self.examples / size)
        costs = {r: found.median(r) for r in found.tried()}
        rate = min(costs, key=lambda r: (costs[r], r))
        # From a neighbour, steps grow at most in proportion to 1/B and never shrink below a plateau.
        expected = best * max(1.0, 1.0 / ratio)
        return rate + shift, math.ceil(self.spec.search.first_budget * expected)

    # --- budget in trainings ----------------------------------------------------------------------

    def _cost(self, size: int, updates: float) -> float:
        return updates * (size + _OVERHEAD_EXAMPLES)

    def _count_cost(self, size: int, found: Searched) -> None:
        self._spent += sum(self._cost(size, o.updates) for o in found.outcomes)
        if size == self.anchor:
            steps = found.best_search_steps()
            longest = max((o.updates for o in found.outcomes), default=1)
            self._training_cost = self._cost(size, steps if steps < math.inf else longest)

    def _affordable(self, size: int, neighbour: int, found: Searched) -> bool:
        """Whether a budget leaves room for one more batch size; always without one.

        With a budget, batch sizes are searched one after the other, so that what was spent before each
        is the same whenever and wherever the study runs.
        """
        if self.spec.budget_trainings is None:
            return True
        needed = self._spent + self._expected_cost(size, neighbour, found)
        if self._training_cost is None or needed <= self.spec.budget_trainings * self._training_cost:
            return True
        self.runs.budget_needed = max(self.runs.budget_needed or 0.0, needed / self._training_cost)
        return False

    def _expected_cost(self, size: int, neighbour: int, found: Searched) -> float:
        """What a batch size will cost, if steps go as 1 + B_crit/B with B_crit at the neighbour."""
        steps = found.best_search_steps()
        if steps == math.inf:
            return 0.0
        return RUNS_PER_BATCH_SIZE_ECONOMY * self._cost(size, steps * (1 + neighbour / size) / 2)

    # --- runs -------------------------------------------------------------------------------------

    def _programs(self, size: int, wave: list[Ask]) -> list[list[Ask]]:
        if not wave:
            return []
        if size not in self._most:
            self._most[size] = self._at_once(self.spec.run(wave[0].key, wave[0].budget_steps))
        return programs(wave, self._most[size])

    def _ask(self, program: list[Ask]) -> None:
        """Ask for the runs of a program that are not kept; those that are come first."""
        specs = {ask.key: self.spec.run(ask.key, ask.budget_steps) for ask in program}
        for ask in program:
            kept = self.book.find(ask.key, specs[ask.key])
            if kept is None:
                self._asked[ask.key] = ask
            else:
                self._reuse(ask.key, *kept)
            self._report()
        if not any(key in self._asked for key in specs):
            return
        if len(specs) == 1:
            for key, spec in specs.items():
                self.executor.submit(str(key), spec)
        else:  # also those that are kept: rounding may depend on what shares the program
            self.executor.submit_together({str(key): spec for key, spec in specs.items()})

    def _reuse(self, key: RunKey, result: RunResult, own: bool) -> None:
        if own:
            self.runs.reused += 1
        else:
            self.runs.taken_over += 1
            self.book.keep(key, result)
        self._take(key, result)

    def _keep(self, key: RunKey, result: RunResult) -> None:
        """Record a finished run, then let its search go on; one that was kept before stays as it was."""
        if self._asked.pop(key, None) is None:
            return
        if result.status is Status.FAILED and key.batch_size == self.anchor:
            raise RunFailedError(f"a run at batch size {key.batch_size} failed: {result.message}")
        self.book.keep(key, result)
        self.runs.executed += 1
        self._take(key, result)
        self._answer_if_complete(key.batch_size)
        self._report()

    def _take(self, key: RunKey, result: RunResult) -> None:
        outcome = Outcome(key, result.steps_to_target, str(result.status), result.updates)
        self._active[key.batch_size].outcomes[key] = outcome
        self.runs.results[key] = result
        self._met_at_start |= met_at_start(result, self.spec.target, self.higher_is_better)

    def _answer_if_complete(self, size: int) -> None:
        active = self._active.get(size)
        if active is not None and active.wave and len(active.outcomes) == len(active.wave):
            self._advance(size, [active.outcomes[ask.key] for ask in active.wave])

    def _report(self) -> None:
        if self.progress is not None:
            done = self.runs.executed + self.runs.reused + self.runs.taken_over
            economy = self.spec.budget_trainings is not None
            per_size = RUNS_PER_BATCH_SIZE_ECONOMY if economy else RUNS_PER_BATCH_SIZE
            finished = sum(len(f.outcomes) for f in self.runs.found.values())
            expected = finished + per_size * (len(self.sizes) - len(self.runs.found))
            self.progress(done, max(expected, done + len(self._asked)))
