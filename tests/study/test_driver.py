import statistics

import pytest

from batchwright.study.driver import Driver, RunFailedError
from batchwright.study.stores.sqlite import Store
from batchwright.study.summary import batch_size_results
from batchwright.training import RunResult, Status


def drive(spec, executor, path, study="study"):
    with Store(path) as store:
        store.begin_study(
            study, name=None, task="law", spec_json="{}", fingerprint=None, request={}, action=None
        )
        return Driver(spec, study, 1000, store, executor).run()


def decisions(runs):
    return {
        size: (f.rate, [o.steps for o in f.confirmed], sorted((o.ask.rate, o.ask.seed) for o in f.outcomes))
        for size, f in runs.found.items()
    }


def test_rates_and_steps_follow_the_law(study_spec, law, tmp_path):
    spec = study_spec()
    runs = drive(spec, law(), tmp_path / "s.sqlite")
    assert sorted(runs.found) == list(spec.batch_sizes)
    for size, found in runs.found.items():
        lr = 0.1 * 2 ** (found.rate / 2)
        best = 0.8 * size / (size + 60)
        assert best / 2 < lr < 1.5 * best
        assert statistics.median(o.steps for o in found.confirmed) == pytest.approx(
            50 * (1 + 60 / size), rel=0.25
        )


def test_completion_order_decides_nothing(study_spec, law, tmp_path):
    reference = decisions(drive(study_spec(), law(), tmp_path / "a.sqlite"))
    for seed in range(5):
        shuffled = drive(study_spec(), law(shuffle=seed), tmp_path / f"{seed}.sqlite")
        assert decisions(shuffled) == reference


@pytest.mark.parametrize("budget", [20, 400])
def test_with_a_budget_too_completion_order_decides_nothing(study_spec, law, tmp_path, budget):
    spec = study_spec(budget_trainings=budget, search={"search_seeds": 1, "confirm_seeds": 3})
    reference = drive(spec, law(), tmp_path / "a.sqlite")
    shuffled = drive(spec, law(shuffle=3), tmp_path / "b.sqlite")
    assert decisions(shuffled) == decisions(reference)
    assert shuffled.not_run == reference.not_run
    assert bool(reference.not_run) == (budget == 20)


def test_a_finished_study_runs_nothing_again(study_spec, law, tmp_path):
    first = drive(study_spec(), law(), tmp_path / "s.sqlite")
    executor = law()
    again = drive(study_spec(), executor, tmp_path / "s.sqlite")
    assert executor.executed == []
    assert (again.executed, again.reused) == (0, first.executed)
    assert decisions(again) == decisions(first)


class Stops(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 7, 40])
def test_an_interrupted_study_repeats_no_finished_run(study_spec, law, tmp_path, after):
    reference = decisions(drive(study_spec(), law(), tmp_path / "whole.sqlite"))

    class Interrupted(law):
        def next_done(self):
            if len(self.executed) == after:
                raise Stops
            return super().next_done()

    first = Interrupted(shuffle=1)
    with pytest.raises(Stops):
        drive(study_spec(), first, tmp_path / "s.sqlite")
    second = law()
    resumed = drive(study_spec(), second, tmp_path / "s.sqlite")
    assert not set(first.executed) & set(second.executed)
    assert len(first.executed) == after
    assert decisions(resumed) == reference


def test_a_run_that_raises_stops_the_study_and_is_not_kept(study_spec, law, tmp_path):
    class Broken(law):
        def next_done(self):
            key, spec = self.queue.pop(0)
            return [
                (
                    key,
                    RunResult(spec=spec, status=Status.FAILED, message="KeyError: x", updates=0, examples=0),
                )
            ]

    with pytest.raises(RunFailedError, match="KeyError: x"):
        drive(study_spec(), Broken(), tmp_path / "s.sqlite")
    with Store(tmp_path / "s.sqlite") as store:
        assert store.runs("study") == []


def test_a_batch_size_at_which_the_model_raises_is_an_outcome(study_spec, law, tmp_path):
    class BreaksAtOne(law):
        @staticmethod
        def run(spec):
            if spec.batch_size == 1:
                message = "ValueError: Expected more than 1 value per channel"
                return RunResult(spec=spec, status=Status.FAILED, message=message, updates=0, examples=0)
            return law.run(spec)

    spec = study_spec()
    runs = drive(spec, BreaksAtOne(), tmp_path / "s.sqlite")
    rows = {row.batch_size: row for row in batch_size_results(spec, runs, {})}
    assert rows[1].lr is None
    assert rows[1].runs == 1
    assert "more than 1 value per channel" in rows[1].note
    assert all(rows[size].steps_to_target.median for size in (4, 16, 64, 256, 1000))


def test_the_same_seeds_at_every_batch_size(study_spec, law, tmp_path):
    runs = drive(study_spec(), law(), tmp_path / "s.sqlite")
    seeds = {}
    for (size, ask), result in runs.results.items():
        seeds.setdefault((ask.purpose, ask.seed), {})[size] = result.spec.seed
    assert all(len(set(by_size.values())) == 1 for by_size in seeds.values())
    search = {s for (p, _), by in seeds.items() if p == "search" for s in by.values()}
    confirm = {s for (p, _), by in seeds.items() if p == "confirm" for s in by.values()}
    assert not search & confirm
