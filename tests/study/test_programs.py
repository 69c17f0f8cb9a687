"""Which runs of a wave share a program, and that it decides nothing."""

import math
import sys

import pytest

from batchwright.study.driver import Driver
from batchwright.study.executors.in_process import InProcess
from batchwright.study.key import RunKey
from batchwright.study.programs import programs
from batchwright.study.run import run_study
from batchwright.study.search import Ask
from batchwright.study.spec import StudySpec
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference
from batchwright.training.replicas import replicas_at_once

from .test_driver import Book, decisions, drive


@pytest.mark.parametrize("runs", [1, 2, 5, 6, 9, 17])
@pytest.mark.parametrize("most", [1, 2, 4, 8])
def test_a_wave_is_cut_into_programs_of_nearly_equal_size(runs, most):
    wave = [Ask(RunKey(8, 0, "confirm", seed), 100) for seed in range(runs)]
    cut = programs(wave, most)
    sizes = [len(program) for program in cut]
    assert [ask for program in cut for ask in program] == wave
    assert len(cut) == math.ceil(runs / most)
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert programs([], most) == []


@pytest.fixture
def together(law):
    """The law, with programs whose runs come back one after the other."""

    class Together(law):
        def __init__(self, **options):
            super().__init__(**options)
            self.programs = []

        def submit(self, key, spec):
            self.programs.append({key})
            super().submit(key, spec)

        def submit_together(self, runs):
            self.programs.append(set(runs))
            for key, spec in runs.items():
                super().submit(key, spec)

    return Together


def drive_together(spec, executor, book=None):
    book = Book() if book is None else book
    return Driver(
        spec, examples=1000, higher_is_better=False, book=book, executor=executor, at_once=lambda run: 4
    ).run()


def test_programs_are_the_same_in_any_order_of_completion_and_change_no_decision(study_spec, together, law):
    first = together()
    reference = drive_together(study_spec(), first)
    assert decisions(reference) == decisions(drive(study_spec(), law()))
    assert 2 < max(map(len, first.programs)) <= 4
    assert all(len({key.split("/")[0] for key in program}) == 1 for program in first.programs)
    for seed in range(3):
        other = together(shuffle=seed)
        assert decisions(drive_together(study_spec(), other)) == decisions(reference)
        assert sorted(map(sorted, other.programs)) == sorted(map(sorted, first.programs))


class Stops(Exception):
    pass


@pytest.mark.parametrize("after", [4, 7, 40])
def test_a_program_left_in_the_middle_is_made_whole_and_kept_where_it_was_missing(
    study_spec, together, after
):
    spec, whole = study_spec(), together()
    reference = drive_together(spec, whole)

    class Interrupted(together):
        def next_done(self):
            if len(self.executed) == after:
                raise Stops
            return super().next_done()

    with pytest.raises(Stops):
        drive_together(spec, Interrupted(shuffle=1), book := Book())
    kept = dict(book.own)
    second = together()
    resumed = drive_together(spec, second, book)
    assert decisions(resumed) == decisions(reference)
    assert {frozenset(p) for p in second.programs} <= {frozenset(p) for p in whole.programs}
    assert all(book.own[identity] is result for identity, result in kept.items())
    assert resumed.executed + resumed.reused == reference.executed


def test_a_study_decides_the_same_with_and_without_programs(monkeypatch):
    task = load_task(TaskReference(name="digits"))
    spec = StudySpec(
        task=task.reference, batch_sizes=(32, 1437), optimizer={"lr": 0.1}, target=task.target,
        max_epochs=task.max_epochs, search={"confirm_seeds": 3},
    )  # fmt: skip
    calls = []

    class Counting(InProcess):
        def submit_together(self, runs):
            calls.append(len(runs))
            super().submit_together(runs)

    with Counting(task) as executor:
        together = run_study(spec, task, MemoryStore(), executor).runs
    assert sum(calls) > 8
    monkeypatch.setattr(sys.modules[run_study.__module__], "replicas_at_once", lambda run, task: 1)
    with InProcess(task) as executor:
        alone = run_study(spec, task, MemoryStore(), executor).runs
    assert together.results.keys() == alone.results.keys()
    for key, one in alone.results.items():
        other = together.results[key]
        assert (other.status, other.updates) == (one.status, one.updates)
        assert (other.steps_to_target or 0) == pytest.approx(one.steps_to_target or 0, rel=1e-3)
    assert {b: f.rate for b, f in together.found.items()} == {b: f.rate for b, f in alone.found.items()}
    assert replicas_at_once(spec.run(next(iter(alone.results)), 10), task) > 1
