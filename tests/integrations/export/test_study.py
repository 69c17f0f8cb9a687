"""What every tool gets of a run."""

import math


def test_parameters_are_what_it_was_run_with(study):
    run = study.runs[0]
    assert run.parameters() == {
        "batch_size": 4, "lr": run.row["lr"], "purpose": run.row["purpose"], "seed": run.row["seed"],
        "dtype": "float32", "device": "cpu", "optimizer.name": "sgd", "optimizer.momentum": 0.5,
    }  # fmt: skip
    assert run.name == f"b4/lr{run.row['lr']:g}/{run.row['purpose']}-{run.row['seed_index']}"


def test_curves_hold_every_record_and_evaluation(study):
    run = study.runs[0]
    rows = {row.step: row for row in run.curves()}
    assert (
        sorted(rows) == list(rows) == sorted({r.step for r in [*run.result.steps, *run.result.evaluations]})
    )
    for record in run.result.steps:
        values = rows[record.step].values
        assert (values["train/loss"], values["train/lr"]) == (record.loss, record.lr)
        assert (values["examples_seen"], rows[record.step].seconds) == (record.examples_seen, record.seconds)
    for evaluation in run.result.evaluations:
        values = rows[evaluation.step].values
        assert values["validation/loss"] == evaluation.loss
        assert values["validation/accuracy"] == evaluation.metrics["accuracy"]
    diverged = next(run for run in study.runs if run.status == "diverged")
    assert math.isnan(diverged.curves()[-1].values["train/loss"])


def test_an_outcome_has_steps_to_target_only_where_it_was_reached(study):
    for run in study.runs:
        assert run.outcome().get("steps_to_target") == run.row["steps_to_target"]
        assert run.outcome()["updates"] == run.row["updates"]


def test_the_answer_is_the_recommendations(study):
    advice, answer = study.result.recommendation, study.answer()
    assert (answer["batch_size"], answer["lr"], answer["verdict"]) == (
        advice.batch_size,
        advice.lr,
        advice.verdict,
    )
    assert (answer["batch_size_low"], answer["batch_size_high"]) == advice.interval
