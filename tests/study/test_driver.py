import statistics

import pytest

from batchwright.study.driver import Driver, RunFailedError
from batchwright.study.key import RunKey
from batchwright.study.run import answers
from batchwright.study.summary import batch_size_results
from batchwright.training import Evaluation, RunResult, Status


class Book:
    """The runs kept so far, by their identity; ``others`` belong to another study."""

    def __init__(self, others=()):
        self.own, self.others = {}, {r.spec.identity(): r for r in others}

    def find(self, key, spec):
        identity = spec.identity()
        for runs, own in ((self.own, True), (self.others, False)):
            if identity in runs and answers(runs[identity], spec):
                return runs[identity], own
        return None

    def keep(self, key, result):
        self.own[result.spec.identity()] = result


def drive(spec, executor, book=None):
    book = Book() if book is None else book
    return Driver(spec, examples=1000, higher_is_better=False, book=book, executor=executor).run()


def decisions(runs):
    return {
        size: (f.rate, [o.steps for o in f.confirmed], sorted(o.key for o in f.outcomes))
        for size, f in runs.found.items()
    }


def test_rates_and_steps_follow_the_law(study_spec, law):
    spec = study_spec()
    runs = drive(spec, law())
    assert sorted(runs.found) == list(spec.batch_sizes)
    for size, found in runs.found.items():
        lr = 0.1 * 2 ** (found.rate / 2)
        best = 0.8 * size / (size + 60)
        assert best / 2 < lr < 1.5 * best
        assert statistics.median(o.steps for o in found.confirmed) == pytest.approx(
            50 * (1 + 60 / size), rel=0.25
        )


def test_completion_order_decides_nothing(study_spec, law):
    reference = decisions(drive(study_spec(), law()))
    for seed in range(5):
        shuffled = drive(study_spec(), law(shuffle=seed))
        assert decisions(shuffled) == reference


@pytest.mark.parametrize("budget", [20, 400])
def test_with_a_budget_too_completion_order_decides_nothing(study_spec, law, tmp_path, budget):
    spec = study_spec(budget_trainings=budget, search={"search_seeds": 1, "confirm_seeds": 3})
    reference = drive(spec, law())
    shuffled = drive(spec, law(shuffle=3))
    assert decisions(shuffled) == decisions(reference)
    assert shuffled.not_run == reference.not_run
    assert bool(reference.not_run) == (budget == 20)


def test_a_finished_study_runs_nothing_again(study_spec, law):
    book = Book()
    first = drive(study_spec(), law(), book)
    executor = law()
    again = drive(study_spec(), executor, book)
    assert executor.executed == []
    assert (again.executed, again.reused) == (0, first.executed)
    assert decisions(again) == decisions(first)


class Stops(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 7, 40])
def test_an_interrupted_study_repeats_no_finished_run(study_spec, law, tmp_path, after):
    reference = decisions(drive(study_spec(), law()))

    class Interrupted(law):
        def next_done(self):
            if len(self.executed) == after:
                raise Stops
            return super().next_done()

    first = Interrupted(shuffle=1)
    with pytest.raises(Stops):
        drive(study_spec(), first, book := Book())
    second = law()
    resumed = drive(study_spec(), second, book)
    assert not set(first.executed) & set(second.executed)
    assert len(first.executed) == after
    assert decisions(resumed) == reference


def test_a_run_that_raises_stops_the_study_and_is_not_kept(study_spec, law):
    class Broken(law):
        def next_done(self):
            key, spec = self.queue.pop(0)
            return [
                (
                    key,
                    RunResult(spec=spec, status=Status.FAILED, message="KeyError: x", updates=0, examples=0),
                )
            ]

    book = Book()
    with pytest.raises(RunFailedError, match="KeyError: x"):
        drive(study_spec(), Broken(), book)
    assert book.own == {}


def test_a_batch_size_at_which_the_model_raises_is_an_outcome(study_spec, law):
    class BreaksAtOne(law):
        @staticmethod
        def run(spec):
            if spec.batch_size == 1:
                message = "ValueError: Expected more than 1 value per channel"
                return RunResult(spec=spec, status=Status.FAILED, message=message, updates=0, examples=0)
            return law.run(spec)

    spec = study_spec()
    runs = drive(spec, BreaksAtOne())
    rows = {row.batch_size: row for row in batch_size_results(spec, runs, {})}
    assert rows[1].lr is None
    assert rows[1].runs == 1
    assert rows[1].note.code == "study.run_failed"
    assert "more than 1 value per channel" in rows[1].note.values["message"]
    assert all(rows[size].steps_to_target.median for size in (4, 16, 64, 256, 1000))


def test_the_same_seeds_at_every_batch_size(study_spec, law):
    runs = drive(study_spec(), law())
    seeds = {}
    for key, result in runs.results.items():
        seeds.setdefault((key.purpose, key.seed), {})[key.batch_size] = result.spec.seed
    assert all(len(set(by_size.values())) == 1 for by_size in seeds.values())
    search = {s for (p, _), by in seeds.items() if p == "search" for s in by.values()}
    confirm = {s for (p, _), by in seeds.items() if p == "confirm" for s in by.values()}
    assert not search & confirm


def test_runs_of_another_study_are_taken_over_and_change_no_decision(study_spec, law):
    alone = Book()
    reference = decisions(drive(study_spec(), law(), alone))
    others = list(alone.own.values())[::2]
    executor, book = law(), Book(others)
    runs = drive(study_spec(), executor, book)
    assert decisions(runs) == reference
    assert (runs.taken_over, runs.executed) == (len(others), len(alone.own) - len(others))
    assert len(book.own) == len(alone.own)  # what was taken over belongs to this study too


def test_a_run_that_ended_with_another_budget_is_not_taken_for_the_one_asked(study_spec, law):
    spec = study_spec()
    key = RunKey(64, 0, "search", 0)
    short = RunResult(spec=spec.run(key, 10), status=Status.BUDGET_EXHAUSTED, updates=10, examples=640)
    assert answers(short, spec.run(key, 10))
    assert not answers(short, spec.run(key, 11))
    assert not answers(short, spec.run(key, 9))
    reached = short.model_copy(update={"status": Status.TARGET_REACHED, "steps_to_target": 8.0})
    assert answers(reached, spec.run(key, 500))
    assert not answers(reached, spec.run(key, 9))
    stopped = short.model_copy(update={"status": Status.STOPPED})
    assert not answers(stopped, spec.run(key, 10))


def with_curve(result, values):
    """The result with these values of the loss at steps 0, 1, 2, ..."""
    rows = [
        Evaluation(step=i, examples_seen=i, epoch=0.0, split="validation", loss=value)
        for i, value in enumerate(values)
    ]
    return result.model_copy(update={"evaluations": tuple(rows)})


def test_a_target_that_is_met_before_training_ends_the_study_at_once(study_spec, law):
    class Met(law):
        @staticmethod
        def run(spec):
            return with_curve(law.run(spec), [0.1, 0.1])

    executor = Met()
    runs = drive(study_spec(), executor)
    assert len(executor.executed) == 1
    assert runs.not_run == tuple(b for b in study_spec().batch_sizes if b != 16)


@pytest.mark.parametrize(("level", "goes_on"), [(0.9, False), (0.3, True)])
def test_a_target_that_no_run_comes_near_at_the_middle_size_is_not_tried_at_every_other(
    study_spec, law, level, goes_on
):
    class Short(law):
        @staticmethod
        def run(spec):
            limit = spec.budget.steps
            result = RunResult(
                spec=spec, status=Status.BUDGET_EXHAUSTED, updates=limit, examples=limit * spec.batch_size
            )
            return with_curve(result, [1.0, level, level])

    runs = drive(study_spec(), Short())
    assert (set(runs.found) != {16}) == goes_on
