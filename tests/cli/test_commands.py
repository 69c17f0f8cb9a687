"""Commands are made from the signatures of the front door: the same names, both ways."""

import inspect
import subprocess
import sys

import pytest
import typer
from typer.main import get_command

import batchwright
from batchwright.app.signature import arguments_of
from batchwright.app.verbs import VERBS, verb
from batchwright.cli.main import app
from batchwright.cli.values import as_typed
from batchwright.cli.words import option_name
from batchwright.core.errors import InputError

COMMANDS = get_command(app).commands


def options(name):
    return {
        option
        for parameter in COMMANDS[name].params
        if parameter.param_type_name == "option"
        for option in parameter.opts
        if option.startswith("--")
    }


@pytest.mark.parametrize("name", sorted(VERBS))
def test_options_are_arguments_and_arguments_are_options(name):
    named = {option_name(a.name) for a in arguments_of(verb(name)) if not a.positional}
    assert options(name) == named | {"--json", "--language", "--help"} - (
        {"--help"} if "--help" not in options(name) else set()
    )


def test_the_options_of_study_are_its_arguments():
    """By hand for the main job: nothing but the document and the language is the command's alone."""
    from batchwright import study

    arguments = {name for name in inspect.signature(study).parameters if name != "task"}
    assert {option.removeprefix("--").replace("-", "_") for option in options("study")} - {
        "json",
        "language",
        "help",
    } == arguments


def test_options_that_were_there_before():
    """The options of every command before commands were generated."""
    shared = "--set --data --optimizer --momentum --seed --device --json"
    point = "--checkpoint --steps --batch-size --lr"
    optimizer = (
        "--optimizer --momentum --momentum-form --weight-decay --decay-form --l1 --clip-norm --optimizer-option "
        "--schedule --warmup-steps --horizon"
    )
    runs = "--order --micro-batch-size --average-half-life --seed --device --dtype --autocast"
    task = "--set --data --examples"
    before = {
        "study": f"{optimizer} {runs} {task} --batch-sizes --target --objective --lr --search-seeds --confirm-seeds "
        "--budget --max-epochs --workers --name --store --strict --measure --growth --dry-run --json",
        "advise": f"{optimizer} {runs} {task} --budget --batch-sizes --target --objective --lr --max-epochs --store "
        "--strict --json",
        "train": f"{optimizer} {runs} {task} --batch-size --lr --epochs --steps --budget-examples --seconds --target "
        "--last-batch --drop-last --full-divisor --grow-factor --grow-every --grow-to --grow-lr-power --evaluate --train-metrics --checkpoint "
        "--resume --json",
        "compare": "--methods --optimizers --batch-size --align --epochs --lr --examples --set --data --seed --device --json",
        "probe": f"{shared} --examples --dtype --autocast --batch-sizes --memory-budget --seconds --lr --figure --report",
        "noise": f"{shared} {point} --examples --dtype --along --sample --curvature --draws --memory-budget --figure "
        "--report",
        "curvature": f"{shared} {point} --examples --dtype --at --along --top --bottom --tolerance --gradient-tolerance "
        "--trace-error --density --sharpness --layers --mode --chunk --memory-budget --figure --report",
        "escape": f"{shared} {point} --examples --dtype --at --chunk --memory-budget",
        "surface": f"{shared} {point} --examples --dtype --at --plane --direction --between --between-checkpoints "
        "--trajectory --epochs --points --range --recalibrate --figure --report",
        "fit": "--predict --far --workload --figure --report --json",
        "studies": "--store --json",
        "show": "--store --json",
        "resume": "--workers --store --json",
        "export": "--output --to --store --json",
        "report": "--output --figures --figure-format --store --json",
        "doctor": "--target --set --data --store --strict --json",
    }  # fmt: skip
    for name, names in before.items():
        assert set(names.split()) <= options(name), name
    flags = {option for p in COMMANDS["surface"].params for option in p.secondary_opts}
    assert {"--line", "--no-recalibrate"} <= flags
    assert any("-o" in p.opts for p in COMMANDS["export"].params)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_argument_can_be_written(name):
    for argument in arguments_of(verb(name)):
        seen, parse = as_typed(argument.kind)
        assert seen in (str, int, float, bool, list[str], tuple[str, str])
        assert callable(parse)


@pytest.mark.parametrize(
    ("name", "argument", "typed", "value"),
    [
        ("study", "batch_sizes", "4,8", [4, 8]),
        ("study", "budget", "5min", "5min"),
        ("study", "measure", ["sharpness"], ["sharpness"]),
        ("study", "set", ["a=1", "b=x=y"], {"a": "1", "b": "x=y"}),
        ("compare", "lr", "0.1", 0.1),
        ("compare", "lr", "0.1,1e-3", [0.1, 0.001]),
        ("compare", "examples", "100,200", [100, 200]),
        ("compare", "methods", ["gd,sgd"], ["gd", "sgd"]),
        ("noise", "sample", "512", 512),
        ("noise", "sample", "all", "all"),
        ("noise", "at", "0,-1e-3", [0.0, -0.001]),
        ("surface", "between_checkpoints", ("a", "b"), ("a", "b")),
        ("fit", "predict", "512,1e3", [512.0, 1000.0]),
    ],
)
def test_how_a_value_is_written(name, argument, typed, value):
    (found,) = [a for a in arguments_of(verb(name)) if a.name == argument]
    assert as_typed(found.kind)[1](typed, argument) == value


@pytest.mark.parametrize(
    ("name", "argument", "typed", "message"),
    [
        ("study", "batch_sizes", "4,²", "batch_sizes must be whole numbers separated by commas, got '4,²'"),
        ("study", "batch_sizes", "9" * 5000, "batch_sizes must be whole numbers"),
        ("compare", "lr", "fast", "lr must be numbers separated by commas, got 'fast'"),
        ("study", "set", ["x" * 300], "set must be NAME=VALUE, got 'xxx"),
    ],
)
def test_what_cannot_be_a_value(name, argument, typed, message):
    (found,) = [a for a in arguments_of(verb(name)) if a.name == argument]
    with pytest.raises(InputError, match=message) as caught:
        as_typed(found.kind)[1](typed, argument)
    assert len(str(caught.value)) < 160


def test_defaults_are_shown_and_not_passed_on(cli):
    shown = cli("surface", "--help").out
    assert "[default: 25]" in shown
    assert "--plane" in shown
    assert "--line" in shown
    assert typer.__name__ == "typer"


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "batchwright", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith(batchwright.__version__)
