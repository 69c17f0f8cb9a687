import pytest


def test_updates_of_an_epoch(cli):
    """1437 digits: 47 batches of 30 and a short one."""
    for options, updates in (
        (["--batch-size", 30], 48),
        (["--batch-size", 30, "--drop-last"], 47),
        (["--batch-size", 1437], 1),
    ):
        document = cli("train", "digits", "--epochs", 1, "--json", *options).json()
        assert document["updates"] == updates
        assert document["evaluations"][-1]["step"] == updates


def test_the_json_of_a_run(cli, task_file):
    answer = cli("train", f"{task_file}:task", "--batch-size", 16, "--epochs", 2, "--json", "--train-metrics")
    document = answer.json()
    assert answer.code == 0
    assert document["status"] == "budget_exhausted"
    assert document["updates"] == 6
    assert document["examples"] == 80
    assert document["spec"]["optimizer"]["lr"] == 0.1
    assert [e["step"] for e in document["evaluations"] if e["split"] == "validation"] == [0, 3, 6]
    assert {e["split"] for e in document["evaluations"]} == {"train", "validation"}
    assert set(document["evaluations"][0]) >= {"step", "epoch", "split", "loss", "near"}
    assert document["examples_per_second"] == pytest.approx(80 / document["seconds"])
    assert "validation loss" in answer.err  # the log goes to stderr


def test_what_a_person_sees(cli, task_file):
    answer = cli("train", f"{task_file}:task", "--batch-size", 16, "--epochs", 2)
    lines = answer.out.splitlines()
    assert lines[0].startswith("epoch   0.00  step      0  validation loss ")
    assert lines[2].startswith("epoch   2.00  step      6  validation loss ")
    assert lines[3] == ""
    assert lines[4].startswith("After 6 updates and 80 examples: ")
    assert answer.err == ""


def test_a_target_ends_the_run(cli, task_file):
    words = ["train", f"{task_file}:task", "--batch-size", 8, "--target", "loss=0.2", "--evaluate", "log"]
    document = cli(*words, "--json").json()
    assert document["status"] == "target_reached"
    assert 0 < document["steps_to_target"] <= document["updates"]
    assert "target" in cli(*words).out.partition("\n\n")[2].splitlines()[0]


def test_options_reach_the_spec(cli, task_file):
    spec = cli(
        "train", f"{task_file}:task", "--batch-size", 8, "--steps", 2, "--json", "--optimizer", "adam",
        "--optimizer-option", "betas=0.8,0.95", "--optimizer-option", "amsgrad=true", "--weight-decay", 0.01,
        "--schedule", "cosine", "--horizon", "20epochs", "--decay", 0.5, "--warmup-steps", 3, "--micro-batch-size", 3,
        "--order", "with_replacement", "--seed", 5, "--dtype", "float64", "--grow-factor", 2,
        "--target", "train.near=0.5",
    ).json()["spec"]  # fmt: skip
    optimizer = spec["optimizer"]
    assert (optimizer["name"], optimizer["lr"]) == ("adam", 0.001)
    assert optimizer["betas"] == [0.8, 0.95]
    assert optimizer["options"] == {"amsgrad": True}
    assert optimizer["weight_decay"] == 0.01
    assert optimizer["schedule"]["name"] == "cosine"
    assert optimizer["schedule"]["warmup_steps"] == 3
    assert optimizer["schedule"]["horizon"] == {"value": 20.0, "unit": "epochs"}
    assert optimizer["schedule"]["decay"] == 0.5
    assert spec["micro_batch_size"] == 3
    assert spec["sampling"]["order"] == "with_replacement"
    assert (spec["seed"], spec["dtype"]) == (5, "float64")
    assert spec["batch_growth"]["factor"] == 2
    assert spec["target"] == {"metric": "near", "value": 0.5, "split": "train"}


def test_a_resumed_run_is_the_uninterrupted_one(cli, task_file, tmp_path):
    words = ["train", f"{task_file}:task", "--batch-size", 16, "--momentum", 0.9, "--json"]
    whole = cli(*words, "--epochs", 4).json()
    cli(*words, "--epochs", 2, "--checkpoint", tmp_path / "c")
    resumed = cli(*words, "--epochs", 4, "--resume", tmp_path / "c").json()
    strip = [{k: v for k, v in e.items() if k != "seconds"} for e in whole["evaluations"]]
    assert strip == [{k: v for k, v in e.items() if k != "seconds"} for e in resumed["evaluations"]]
    shown = cli(*words[:-1], "--epochs", 4, "--resume", tmp_path / "c").out
    assert "step      6" not in shown  # what was shown before is not shown again
    assert "step     12" in shown


def test_a_model_that_raises(cli, task_file):
    words = ["train", f"{task_file}:task", "--set", "kind=broken"]
    answer = cli(*words)
    assert answer.code == 1
    assert answer.err == "batchwright: the run failed: RuntimeError: shapes do not fit second line\n"
    answer = cli(*words, "--json")
    assert answer.code == 1
    assert answer.json()["status"] == "failed"


def test_divergence_is_an_outcome(cli, task_file):
    answer = cli("train", f"{task_file}:task", "--lr", 1e6, "--epochs", 50, "--batch-size", 8)
    assert answer.code == 0
    assert "The loss diverged after " in answer.out
    assert "Next: batchwright train " in answer.out
