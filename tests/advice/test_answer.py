"""A whole study in this process, on a task small enough to take seconds."""

import dataclasses
import json

import pytest
import torch
from torch import nn

from batchwright.advice.answer import answer_study
from batchwright.advice.conclude import TaskFacts, conclude, stored_curves
from batchwright.advice.result import StudyResult
from batchwright.core.action import Action
from batchwright.study import run as study_run
from batchwright.study.executors.in_process import InProcess
from batchwright.study.key import RunKey
from batchwright.study.run import run_study
from batchwright.study.spec import StudySpec
from batchwright.study.stores.sqlite import SQLiteStore as Store
from batchwright.task import ACCURACY, Target, Task, TaskReference
from batchwright.task.losses import cross_entropy
from batchwright.training.record import Status

pytestmark = pytest.mark.usefixtures("calm_machine")


ASKED = Action(command="study", subject="clusters", arguments={"seed": 0})


def clusters(count=96, seed=0):
    """Four Gaussian clusters in five dimensions that a linear model separates up to some overlap."""
    random = torch.Generator().manual_seed(seed)
    centres = 1.5 * torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(count) % 4
    return centres[labels] + torch.randn(count, 5, generator=random), labels


@pytest.fixture(scope="module")
def task():
    return Task(
        name="clusters",
        model=lambda: nn.Linear(5, 4),
        train=clusters(),
        validation=clusters(60, seed=2),
        test=clusters(60, seed=3),
        loss=cross_entropy,
        metrics={"accuracy": ACCURACY},
        target=Target(metric="loss", value=0.5),
        fingerprint="clusters",
    )


def spec(**fields):
    return StudySpec.model_validate(
        {
            "task": TaskReference(name="clusters"),
            "batch_sizes": (2, 8, 32, 96),
            "optimizer": {"lr": 0.2},
            "target": {"metric": "loss", "value": 0.5},
            "max_epochs": 40,
            "search": {"search_seeds": 2, "confirm_seeds": 3},
            **fields,
        }
    )


@pytest.fixture(scope="module")
def answered(task, tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "s.sqlite"
    with Store(path) as store:
        return answer_study(spec(), task, store, InProcess(task), action=ASKED), path


def test_every_batch_size_is_tuned_confirmed_and_timed(answered):
    result, _ = answered
    assert [row.batch_size for row in result.batch_sizes] == [2, 8, 32, 96]
    for row in result.batch_sizes:
        assert row.seeds_reached == row.seeds == 3
        low, high = row.lr_interval
        assert low <= row.lr <= high
        assert row.seconds_to_target == pytest.approx(row.seconds_per_step * row.steps_to_target.median)
        assert row.examples_to_target == pytest.approx(row.batch_size * row.steps_to_target.median)
        assert set(row.test_metrics) == {"loss", "accuracy"}
    steps = [row.steps_to_target.median for row in result.batch_sizes]
    assert steps == sorted(steps, reverse=True)


def test_the_answer_is_json_and_comes_back_equal(answered):
    result, path = answered
    assert StudyResult.model_validate_json(result.model_dump_json()) == result
    document = json.loads(result.model_dump_json())
    wanted = {"verdict", "objective", "batch_size", "lr", "batch_sizes", "interval", "at_easier_targets",
              "doubts", "caveats", "next"}  # fmt: skip
    assert wanted <= set(document["recommendation"])
    assert {"definition", "value", "interval", "identifiable", "valid_range"} <= set(
        document["critical_batch"]
    )
    with Store(path) as store:
        assert store.study(result.study_id)["status"] == "complete"
        curves = stored_curves(result, store.runs(result.study_id, curves=True))
    assert len(curves) == sum(row.seeds for row in result.batch_sizes)


def test_easier_targets_take_fewer_steps(answered):
    result, _ = answered
    values = [easier.value for easier in result.recommendation.at_easier_targets]
    assert values == pytest.approx([0.5 * 1.25, 0.5 * 1.5])


def test_again_runs_nothing_and_says_the_same(answered, task):
    result, path = answered
    with Store(path) as store:
        again = answer_study(spec(), task, store, InProcess(task), action=ASKED)
    assert (again.runs_executed, again.runs_reused) == (0, result.runs_executed)
    assert again.recommendation == result.recommendation
    assert again.critical_batch == result.critical_batch


def test_another_seed_or_other_data_is_another_study(task):
    names = {
        spec().identity(task.fingerprint),
        spec(seed=1).identity(task.fingerprint),
        spec().identity("other data"),
        spec(batch_sizes=(2, 8)).identity(task.fingerprint),
    }
    assert len(names) == 4


def test_a_target_out_of_reach_is_inconclusive_not_an_error(task, tmp_path):
    goal = {"metric": "accuracy", "value": 1.0}
    with Store(tmp_path / "s.sqlite") as store:
        result = answer_study(
            spec(target=goal, max_epochs=3, batch_sizes=(8, 32)), task, store, InProcess(task)
        )
    assert result.recommendation.verdict == "inconclusive"
    assert result.recommendation.batch_size is None
    assert result.critical_batch.value is None
    assert result.recommendation.next
    assert result.recommendation.doubts[0].values["best"] is not None
    assert all(row.lr is None for row in result.batch_sizes)


def test_an_interrupted_study_is_marked_and_keeps_its_runs(task, tmp_path):
    class Interrupted(InProcess):
        done = 0

        def next_done(self):
            if self.done == 5:
                raise KeyboardInterrupt
            self.done += 1
            return super().next_done()

    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(KeyboardInterrupt):
            answer_study(spec(), task, store, Interrupted(task))
        (row,) = store.studies()
        assert row["status"] == "interrupted"
        assert row["runs"] >= 5  # several at a time, where they share a program


def test_objectives_differ(answered, task):
    result, path = answered
    chosen = {}
    for objective in ("examples", "steps"):
        with Store(path) as store:
            again = answer_study(spec(), task, store, InProcess(task), objective=objective)
        chosen[objective] = again.recommendation.batch_size
        assert again.runs_executed == 0
    assert chosen["examples"] < chosen["steps"]


def test_steps_timed_on_a_busy_machine_support_no_answer_and_are_timed_again(
    answered, task, monkeypatch, tmp_path
):
    calm = study_run.seconds_per_step

    def busy(specs, task):
        return [row.model_copy(update={"others_load": 0.5}) for row in calm(specs, task)]

    with Store(tmp_path / "s.sqlite") as store:
        monkeypatch.setattr(study_run, "seconds_per_step", busy)
        first = answer_study(spec(), task, store, InProcess(task), action=ASKED)
        monkeypatch.setattr(study_run, "seconds_per_step", calm_of(calm))
        second = answer_study(spec(), task, store, InProcess(task), action=ASKED)
        kept = StudyResult.model_validate_json(store.study(second.study_id)["result"])
    assert first.recommendation.verdict == "inconclusive"
    assert first.recommendation.doubts[-1].code == "study.clock_in_doubt"
    assert first.recommendation.next[-1] == ASKED
    assert first.critical_batch == second.critical_batch  # steps are untouched by load
    assert [row.lr for row in first.batch_sizes] == [row.lr for row in second.batch_sizes]
    assert second.runs_executed == 0
    assert all(doubt.code != "study.clock_in_doubt" for doubt in second.recommendation.doubts)
    assert kept.recommendation == second.recommendation


def calm_of(measure):
    """The timings as if nobody else had used the machine, whatever this one is doing."""

    def calm(specs, task):
        return [row.model_copy(update={"others_load": 0.0, "suspect": False}) for row in measure(specs, task)]

    return calm


def test_concluding_is_pure(task, tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        findings = run_study(spec(batch_sizes=(8, 32)), task, store, InProcess(task))
    facts = TaskFacts.of(task, spec())
    answers = [conclude(spec(batch_sizes=(8, 32)), facts, findings, action=ASKED) for _ in range(2)]
    assert answers[0] == answers[1]
    steps = conclude(spec(batch_sizes=(8, 32)), facts, findings, objective="steps", action=ASKED)
    assert steps.recommendation.objective == "steps"
    assert steps.batch_sizes == answers[0].batch_sizes


def test_a_larger_study_takes_over_the_runs_of_a_smaller_one(task, tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        small = answer_study(spec(batch_sizes=(2, 8, 32)), task, store, InProcess(task))
        large = answer_study(spec(batch_sizes=(2, 4, 8, 16, 32)), task, store, InProcess(task))
        rows = store.runs(large.study_id)
    assert large.runs_taken_over > small.runs_executed / 3
    assert large.study_id != small.study_id
    assert len(rows) == len(large.trials)  # runs that were taken over are listed with it


def test_ends_are_those_of_the_seeds_that_reached_the_target(task, tmp_path):
    """The first candidate rate fails on a seed, so the winner's seeds do not begin at 0."""
    fails = RunKey(8, 0, "confirm", 0)

    class Fails(InProcess):
        def next_done(self):
            done = []
            for key, result in super().next_done():
                parsed = RunKey.parse(key)
                first_attempt = parsed.purpose == "confirm" and parsed.seed < 3
                if parsed.batch_size == fails.batch_size and first_attempt:
                    result = result.model_copy(update={"status": Status.DIVERGED, "steps_to_target": None})
                done.append((key, result))
            return done

    study = spec(batch_sizes=(8, 32))
    with Store(tmp_path / "s.sqlite") as store:
        findings = run_study(study, task, store, Fails(task), measures=["sharpness"])
    confirmed = findings.runs.found[8].confirmed
    seeds = [study.run_seed("confirm", outcome.key.seed) for outcome in confirmed]
    assert min(outcome.key.seed for outcome in confirmed) == 3
    assert [end.seed for end in findings.ends if end.batch_size == 8] == seeds
    by_seed = {findings.runs.results[o.key].spec.seed: o.steps for o in confirmed}
    for end in findings.ends:
        if end.batch_size == 8:
            assert end.steps >= by_seed[end.seed]
            assert end.steps <= by_seed[end.seed] * 1.06 + 1


def test_a_task_without_the_split_is_refused(task, tmp_path):
    from batchwright.core.errors import InputError

    untested = dataclasses.replace(task, test=None)
    bad = spec(batch_sizes=(8, 97))
    with Store(tmp_path / "s.sqlite") as store, pytest.raises(InputError, match="between 1 and 96"):
        answer_study(bad, untested, store, InProcess(untested))


def test_a_budget_that_covers_too_little_is_answered_with_a_larger_one(task, tmp_path):
    small = spec(budget_trainings=8, search={"search_seeds": 1, "confirm_seeds": 3})
    asked = ASKED.with_arguments(budget=8, target="loss=0.5")
    with Store(tmp_path / "s.sqlite") as store:
        result = answer_study(small, task, store, InProcess(task), action=asked)
    answer = result.recommendation
    assert result.not_run
    assert not result.complete
    assert answer.doubts[0].code == "study.few_answers"
    assert answer.next[0] == asked.with_arguments(budget=40)
    assert answer.best_guess == (answer.batch_size, answer.lr)
    assert answer.best_guess.batch_size in spec().batch_sizes


def test_what_was_read_in_another_way_than_its_author_may_think_is_said(tmp_path):
    inputs, labels = clusters(120)
    held_out = Task(
        model=lambda: nn.Linear(5, 4),
        train=(inputs, labels),
        validation=0.25,
        loss="cross_entropy",
        target="loss=0.6",
    )
    with Store(tmp_path / "s.sqlite") as store:
        result = answer_study(
            spec(batch_sizes=(8, 32), target={"metric": "loss", "value": 0.6}),
            held_out,
            store,
            InProcess(held_out),
        )
    assert "task.held_out" in [caveat.code for caveat in result.recommendation.caveats]
