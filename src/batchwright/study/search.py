"""The learning-rate search at one batch size, as a coroutine that decides on results alone.

The search asks for waves of runs and is sent their outcomes. It never sees a clock or the order in which
workers finish, so the same study again, or resumed, makes the same decisions (METHODS: Shallue et al. 2019,
arXiv 1811.03600, with a guard against the cliff beside the best rate).

Rates lie on the grid lr_k = lr_0 sqrt(2)^k, shared by all batch sizes.

1. *Bracket* at factors of 2 with the first search seed, outwards from the neighbour's best rate, until the
   best rate is inside the tried range.
2. *Refine* to factors of sqrt(2) about the best.
3. *Replicate* the best rate and the tried rates within 25% of it on the other search seeds, failures counted
   as infinite, and go on outwards, on all seeds, while the best median lies on the edge.
4. *Confirm*: the lowest rate within 5% of the best median whose every confirmation seed reaches the target.
   A rate that fails is passed over, and the next one is judged on fresh seeds of its own.

Runs are dropped early by one rule: a search run ends after ``patience`` (2; 3 where seeds are compared) times
the fewest steps to target this search has seen so far, since it can then not be the best; it is
right-censored there.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from batchwright.study.key import Purpose, RunKey
from batchwright.study.spec import SearchSettings

BROKEN = ("failed", "out_of_memory")
"""Statuses that no other learning rate would change."""

_NEAR_BEST = 1.25
_FLAT = 1.20
_PATIENCE_ACROSS_SEEDS = 1.5
_FAILED_AFTER = 1.5
_CONFIRM_BUDGET = 4.0
_MAX_CONFIRM_ATTEMPTS = 6


@dataclass(frozen=True)
class Ask:
    """A run that the search wants, and its budget in steps."""

    key: RunKey
    budget_steps: int


@dataclass(frozen=True)
class Outcome:
    """How it ended: steps to target, or None where it was censored or failed."""

    key: RunKey
    steps: float | None
    status: str
    updates: int

    @property
    def cost(self) -> float:
        """Steps to target, infinite where it was not reached."""
        return math.inf if self.steps is None else self.steps


@dataclass
class Searched:
    """What the search at one batch size found, and every run it saw."""

    batch_size: int
    outcomes: list[Outcome] = field(default_factory=list)
    rate: int | None = None
    confirmed: list[Outcome] = field(default_factory=list)
    on_edge: bool = False
    out_of_rates: bool = False
    bracketed: bool = False

    def tried(self) -> list[int]:
        """Grid indices of the rates on which the search spent a run, ascending."""
        return sorted({o.key.rate_index for o in self.outcomes})

    def best_search_steps(self) -> float:
        """Fewest steps to target among the search runs (infinite if none reached it)."""
        return min((o.cost for o in self.outcomes if o.key.purpose == "search"), default=math.inf)

    def median(self, rate: int) -> float:
        """Median cost of a rate over its search seeds; failures count as infinite."""
        costs = [o.cost for o in self.outcomes if o.key.rate_index == rate and o.key.purpose == "search"]
        return statistics.median(costs) if costs else math.inf

    def replicated_medians(self) -> dict[int, float]:
        """Medians of the rates that were run on the most search seeds."""
        seeds = {
            rate: sum(o.key.rate_index == rate and o.key.purpose == "search" for o in self.outcomes)
            for rate in self.tried()
        }
        most = max(seeds.values())
        return {rate: self.median(rate) for rate, count in seeds.items() if count == most}

    def flat_rates(self) -> list[int]:
        """Rates below any failure whose median is within 20% of the best; the chosen one is among them."""
        medians = {rate: self.median(rate) for rate in self.tried()}
        best = min(medians.values(), default=math.inf)
        flat = {rate for rate, value in medians.items() if value <= _FLAT * best < math.inf}
        fails_at = self.fails_at()
        if fails_at is not None:
            flat = {rate for rate in flat if rate < fails_at}
        return sorted(flat if self.rate is None else flat | {self.rate})

    def fails_at(self) -> int | None:
        """Lowest tried rate above the chosen one at which some seed failed.

        A run fails when it diverges, or is still short of the target after 1.5 times the chosen rate's
        median; one that was dropped earlier says nothing.
        """
        usual = statistics.median([o.cost for o in self.confirmed]) if self.confirmed else math.inf
        return min((o.key.rate_index for o in self.outcomes if self._fails(o, usual)), default=None)

    def _fails(self, outcome: Outcome, usual: float) -> bool:
        above = self.rate is not None and outcome.key.rate_index > self.rate and outcome.steps is None
        cut_short = outcome.status == "budget_exhausted" and outcome.updates < _FAILED_AFTER * usual
        return above and not cut_short


Wave = list[Ask]
Search = Generator[Wave, list[Outcome], None]


def find_rate(found: Searched, start_rate: int, first_budget_steps: int, settings: SearchSettings) -> Search:
    """Search and confirm the learning rate at one batch size.

    Args:
        found: filled in as outcomes arrive; ``rate`` stays None if no rate was confirmed.
        start_rate: grid index to start from (the neighbour's best, moved by a scaling rule).
        first_budget_steps: budget of runs before any has reached the target.
        settings: seeds, tie, patience, cap on rates.

    Yields:
        Waves of runs that may be executed in any order; send back their outcomes.

    """
    yield from _bracket(found, start_rate, first_budget_steps, settings)
    if found.best_search_steps() < math.inf:
        yield from _refine(found, first_budget_steps, settings)
        yield from _replicate(found, first_budget_steps, settings)
        yield from _confirm(found, settings)


def _trials(
    found: Searched, rates: Sequence[int], seeds: Sequence[int], first: int, patience: float
) -> Search:
    """One wave of search runs on every (rate, seed) pair not tried yet."""
    best = found.best_search_steps()
    budget = first if best == math.inf else max(1, math.ceil(patience * best))
    done = {(o.key.rate_index, o.key.seed) for o in found.outcomes if o.key.purpose == "search"}
    wave = [_ask(found, r, "search", s, budget) for s in seeds for r in rates if (r, s) not in done]
    if wave:
        found.outcomes += yield wave


def _ask(found: Searched, rate: int, purpose: Purpose, seed: int, budget_steps: int) -> Ask:
    return Ask(RunKey(found.batch_size, rate, purpose, seed), budget_steps)


def _first_seed_costs(found: Searched) -> dict[int, float]:
    return {o.key.rate_index: o.cost for o in found.outcomes if o.key.purpose == "search" and o.key.seed == 0}


def _bracket(found: Searched, start: int, first: int, settings: SearchSettings) -> Search:
    """Factors of 2 outwards from ``start`` until the best rate has a worse one on both sides."""
    room = settings.max_rates - 2  # two are kept for the refinement
    yield from _trials(found, [start], [0], first, settings.patience)
    while wanted := _outwards(found):
        if len(_first_seed_costs(found)) + len(wanted) > room:
            found.out_of_rates = True
            break
        yield from _trials(found, wanted, [0], first, settings.patience)
    found.bracketed = True


def _outwards(found: Searched) -> list[int]:
    """The rates to try next: past the edge that the best rate sits on; none if it is inside."""
    costs = _first_seed_costs(found)
    low, high = min(costs), max(costs)
    if any(o.status in BROKEN for o in found.outcomes):
        return []  # no learning rate repairs a model that raises or does not fit in memory
    if all(cost == math.inf for cost in costs.values()):
        # Nothing reached the target. A rate that diverged says: lower. Otherwise both sides are open.
        diverged = any(o.status == "diverged" for o in found.outcomes)
        return [low - 2] if diverged else [low - 2, high + 2]
    best = _best(costs)
    return ([low - 2] if best == low else []) + ([high + 2] if best == high else [])


def _best(costs: dict[int, float]) -> int:
    """The rate with the fewest steps; the lower one of equals."""
    return min(costs, key=lambda rate: (costs[rate], rate))


def _refine(found: Searched, first: int, settings: SearchSettings) -> Search:
    best = _best(_first_seed_costs(found))
    yield from _trials(found, [best - 1, best + 1], [0], first, settings.patience)


def _replicate(found: Searched, first: int, settings: SearchSettings) -> Search:
    """The three best rates, if within 25% of the best, on all search seeds; outwards while the edge is best.

    The first seed may have been lucky at a rate that fails on the others, so the range that was bracketed
    with it is extended until the best *median* has a worse rate on both sides.
    """
    costs = _first_seed_costs(found)
    best = min(costs.values())
    wanted = [r for _, r in sorted((c, r) for r, c in costs.items() if c <= _NEAR_BEST * best)[:3]]
    seeds = range(settings.search_seeds)
    # Seeds differ, and the fewest steps so far may be one seed's luck: more patience than within one seed.
    patience = _PATIENCE_ACROSS_SEEDS * settings.patience
    while wanted:
        if len({*found.tried(), *wanted}) > settings.max_rates:
            found.out_of_rates = True
            break
        yield from _trials(found, sorted(wanted), list(seeds), first, patience)
        wanted = _past_the_edge(found)
    found.on_edge = bool(_past_the_edge(found))


def _past_the_edge(found: Searched) -> list[int]:
    """The next rates if the best median over all seeds has no tried rate beyond it on one side."""
    medians = found.replicated_medians()
    low, high = min(found.tried()), max(found.tried())
    best = _best(medians)
    if medians[best] == math.inf or best == low:
        return [low - 2, low - 1]
    return [high + 1, high + 2] if best == high else []


def _confirm(found: Searched, settings: SearchSettings) -> Search:
    """Judge candidates on fresh seeds, the lowest tied rate first, then upwards, then below the tie."""
    for attempt, rate in enumerate(_candidates(found, settings)[:_MAX_CONFIRM_ATTEMPTS]):
        reference = found.median(rate)
        if reference == math.inf:
            reference = _CONFIRM_BUDGET * found.best_search_steps()
        budget = max(1, math.ceil(_CONFIRM_BUDGET * reference))
        first_seed = attempt * settings.confirm_seeds
        seeds = range(first_seed, first_seed + settings.confirm_seeds)
        wave = [_ask(found, rate, "confirm", seed, budget) for seed in seeds]
        outcomes = yield wave
        found.outcomes += outcomes
        reached = sum(o.steps is not None for o in outcomes)
        if found.rate is None or reached > sum(o.steps is not None for o in found.confirmed):
            found.rate, found.confirmed = rate, outcomes
        if reached == len(outcomes):
            break
    searched = [o.key.rate_index for o in found.outcomes if o.key.purpose == "search"]
    found.on_edge = found.on_edge or (found.rate is not None and found.rate < min(searched))


def _candidates(found: Searched, settings: SearchSettings) -> list[int]:
    """Fully replicated rates within the tie, ascending; then the next lower rates, nearest first."""
    medians = found.replicated_medians()
    best = min(medians.values())
    if best == math.inf:
        medians = {r: found.median(r) for r in found.tried()}
        best = min(medians.values())
    tied = sorted(r for r, value in medians.items() if value <= settings.tie * best)
    below = [tied[0] - 1, tied[0] - 2, tied[0] - 3, tied[0] - 4]
    return tied + below
