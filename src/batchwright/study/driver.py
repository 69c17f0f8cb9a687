"""The driver of a study: turns searches into runs, keeps every result, resumes where it stopped.

One search a batch size, all advanced by the results of their own waves. A batch size starts once its
neighbour towards the middle has bracketed its best rate: that gives the rate to start from and the steps to
expect. Which result arrives first decides nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from batchwright.core.errors import BatchwrightError
from batchwright.study.executors.execute import Executor
from batchwright.study.key import RunKey
from batchwright.study.search import Ask, Found, Outcome, Search, find_rate
from batchwright.study.spec import RUNS_PER_BATCH_SIZE_ECONOMY, StudySpec
from batchwright.study.stores.sqlite import Store
from batchwright.training.record import RunResult, Status
from batchwright.training.spec import RunSpec

Progress = Callable[[int, int], None]
"""Called with (runs finished, runs expected)."""

RUNS_PER_BATCH_SIZE = 18
"""What one batch size usually costs, in runs, with the default settings; for progress and estimates."""

_OVERHEAD_EXAMPLES = 32
"""Deterministic stand-in for the fixed cost of an update, in examples, when a budget is counted."""

_ADAPTIVE = frozenset(
    {"adam", "adamw", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "adafactor", "muon"}
)


class RunFailedError(BatchwrightError):
    """A run raised an error of its own: the study cannot go on."""


@dataclass
class StudyRuns:
    """What the runs of a study showed, and what they cost."""

    found: dict[int, Found] = field(default_factory=dict)
    results: dict[tuple[int, Ask], RunResult] = field(default_factory=dict)
    executed: int = 0
    reused: int = 0
    not_run: tuple[int, ...] = ()
    """Batch sizes that the budget did not cover."""
    budget_needed: float | None = None
    """Trainings' worth that the next one would have taken the study to, as far as can be told."""


@dataclass
class _Active:
    search: Search
    found: Found
    wave: list[Ask] = field(default_factory=list)
    outcomes: dict[Ask, Outcome] = field(default_factory=dict)


class Driver:
    """Advances all the searches of one study."""

    def __init__(
        self, spec: StudySpec, study_id: str, examples: int, store: Store, executor: Executor,
        progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.spec, self.study_id, self.examples = spec, study_id, examples
        self.store, self.executor, self.progress = store, executor, progress
        self.sizes = sorted(spec.batch_sizes)
        self.anchor = self.sizes[(len(self.sizes) - 1) // 2]
        self.runs = StudyRuns()
        self._active: dict[int, _Active] = {}
        self._started = {self.anchor}
        self._waiting: list[tuple[int, int]] = []
        self._asked: dict[str, list[tuple[int, Ask]]] = {}
        self._known = {
            run_key(row["result"].spec): row["result"] for row in store.runs(study_id, curves=True)
        }
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
                self._keep(key, result)
        self.runs.not_run = tuple(b for b in self.sizes if b not in self.runs.found)
        return self.runs

    # --- searches ---------------------------------------------------------------------------------

    def _start(self, size: int, rate: int, budget_steps: int) -> None:
        found = Found()
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
            self.runs.found[size] = active.found
            del self._active[size]
            self._count_cost(size, active.found)
        active.wave, active.outcomes = wave, {}
        # With a budget, batch sizes wait for one another: what was spent before each must not depend on
        # which worker was faster.
        if not wave or (active.found.bracketed and self.spec.budget_trainings is None):
            self._start_neighbours(size, active.found)
        for ask in wave:
            self._ask(size, ask)
        self._answer_if_complete(size)

    def _start_neighbours(self, size: int, found: Found) -> None:
        """Start the next batch sizes outwards from the middle, from what this one found."""
        position = self.sizes.index(size)
        order = self.sizes
        outwards = []
        if size >= self.anchor and position + 1 < len(order):
            outwards.append(order[position + 1])
        if size <= self.anchor and position > 0:
            outwards.append(order[position - 1])
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

    def _found(self, size: int) -> Found:
        return self._active[size].found if size in self._active else self.runs.found[size]

    def _prior(self, size: int, neighbour: int, found: Found) -> tuple[int, int]:
        """Starting rate and first budget, from the neighbour's best rate and steps.

        Scaling rules are priors here, nothing more: towards small batches the rate falls in proportion
        for SGD and by the square root for adaptive methods; towards large ones by the square root.
        """
        best = found.best_search_steps()
        ratio = size / neighbour
        exponent = 0.5 if ratio > 1 or self.spec.optimizer.name in _ADAPTIVE else 1.0
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

    def _count_cost(self, size: int, found: Found) -> None:
        self._spent += sum(self._cost(size, o.updates) for o in found.outcomes)
        if size == self.anchor:
            steps = found.best_search_steps()
            longest = max((o.updates for o in found.outcomes), default=1)
            self._training_cost = self._cost(size, steps if steps < math.inf else longest)

    def _affordable(self, size: int, neighbour: int, found: Found) -> bool:
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

    def _expected_cost(self, size: int, neighbour: int, found: Found) -> float:
        """What a batch size will cost, if steps go as 1 + B_crit/B with B_crit at the neighbour."""
        steps = found.best_search_steps()
        if steps == math.inf:
            return 0.0
        return RUNS_PER_BATCH_SIZE_ECONOMY * self._cost(size, steps * (1 + neighbour / size) / 2)

    # --- runs -------------------------------------------------------------------------------------

    def _ask(self, size: int, ask: Ask) -> None:
        spec = self._run_spec(size, ask)
        key = run_key(spec)
        if key in self._known:
            self.runs.reused += 1
            self._take(size, ask, self._known[key])
        else:
            if key not in self._asked:
                self.executor.submit(key, spec)
            self._asked.setdefault(key, []).append((size, ask))
        self._report()

    def _run_spec(self, size: int, ask: Ask) -> RunSpec:
        seed = self.spec.run_seed(ask.purpose, ask.seed)
        lr = rate_value(self.spec.optimizer.lr, ask.rate)
        # The test split is for reporting: nothing may be chosen by it, so only confirmation runs look at it.
        test_at_end = ask.purpose == "confirm"
        return self.spec.run(size, lr, seed, ask.budget_steps, test_at_end=test_at_end)

    def _keep(self, key: str, result: RunResult) -> None:
        """Record a finished run, then let its search go on."""
        waiting = self._asked.pop(key)
        if result.status is Status.FAILED and result.spec.batch_size == self.anchor:
            raise RunFailedError(f"a run at batch size {result.spec.batch_size} failed: {result.message}")
        size, ask = waiting[0]
        self.store.add_run(self.study_id, RunKey(size, ask.rate, ask.purpose, ask.seed), result)
        self._known[key] = result
        self.runs.executed += 1
        for size, ask in waiting:
            self._take(size, ask, result)
            self._answer_if_complete(size)
        self._report()

    def _take(self, size: int, ask: Ask, result: RunResult) -> None:
        outcome = Outcome(ask, result.steps_to_target, str(result.status), result.updates)
        self._active[size].outcomes[ask] = outcome
        self.runs.results[size, ask] = result

    def _answer_if_complete(self, size: int) -> None:
        active = self._active.get(size)
        if active is not None and active.wave and len(active.outcomes) == len(active.wave):
            outcomes = [active.outcomes[ask] for ask in active.wave]
            self._advance(size, outcomes)

    def _report(self) -> None:
        if self.progress is not None:
            done = self.runs.executed + self.runs.reused
            per_size = (
                RUNS_PER_BATCH_SIZE if self.spec.budget_trainings is None else RUNS_PER_BATCH_SIZE_ECONOMY
            )
            finished = sum(len(f.outcomes) for f in self.runs.found.values())
            expected = finished + per_size * (len(self.sizes) - len(self.runs.found))
            self.progress(done, max(expected, done + len(self._asked)))


def rate_value(start: float, index: int) -> float:
    """The learning rate at a grid index, start * sqrt(2)^index, rounded to four digits.

    >>> rate_value(0.1, 2), rate_value(0.1, 1)
    (0.2, 0.1414)
    """
    return float(f"{start * 2 ** (index / 2):.4g}")


def run_key(spec: RunSpec) -> str:
    """The identity of a run inside a study."""
    return hashlib.blake2b(spec.model_dump_json().encode(), digest_size=10).hexdigest()
