"""Seeded random command lines: options that exist with values that nobody meant, on tasks that take a moment."""

import contextlib
import io
import json
import random
import signal
import time

from batchwright.app.signature import arguments_of
from batchwright.app.verbs import verb
from batchwright.cli.main import run_command
from batchwright.cli.values import as_typed
from batchwright.cli.words import option_name

COMMANDS = {
    "train": 6, "noise": 3, "curvature": 3, "escape": 2, "surface": 3, "fit": 4, "diagnose": 3, "study": 4, "advise": 1, "probe": 1,
    "compare": 2, "studies": 1, "show": 1, "resume": 1, "export": 1, "report": 1, "doctor": 1,
}  # fmt: skip
TASKS = ["two-weights"] * 6 + ["least-squares"] * 4
BAD_TASKS = [
    "digts", "", "x" * 300, "builtins:x", "sys:x", "sys:exit", "os:getcwd", "no/such.py:task", "no.py",
    ":", ":task", "a:", "\x00", "²", "file.py:" + "f" * 300, "/:x", ".:x", "..", "http://x:y", "-", "json:dumps",
]  # fmt: skip
NUMBERS = [
    "-1", "0", "1", "2", "3", "-9223372036854775808", "9223372036854775808", "1" * 40, "1.5", "-0.0", "nan", "inf",
    "-inf", "1e40", "1e-400", "1e400", "²", "", " ", "x", "0x10", "1_000", "½", "1,000", "1;2", "--", "\x00", "９",
]  # fmt: skip
TEXTS = [
    "", " ", "x", "²", "x" * 300, "a=1", "a", "=", "a=", "=b", "loss=0.1", "loss=nan", "loss=-1", "los=1", "accuracy=95",
    "train.loss=0.5", "hidden=3", "betas=1", "betas=0.9,0.99", "eps=-1", "epoch", "log", "cosine", "step", "adam", "sgd",
    "cpu", "cuda", "cuda:99", "float64", "float32", "bfloat16", "shuffled", "fixed", "20epochs", "5steps", "0steps",
    "1e400steps", "random", "gradient", "evaluation", "training", "all", "keep", "drop", "1,2", "1,2,3", "1,1", "512MiB",
    "2GB", "0B", "5min", "30trainings", "-1s", "time", "examples", "sharpness", "gd,sgd", "gd,,sgd", "\n", "naïve", "批次",
    "[1]", "{'a': 1}", "None", "True", "a" * 79 + "\n" + "b" * 79, "%s", "{x}", "$(x)", "\ud800",
]  # fmt: skip
SHORT = {"train": ["--steps", "2"], "compare": ["--epochs", "1"], "surface": ["--points", "3"], "study": ["--dry-run"],
         "advise": ["--budget", "1s"], "probe": ["--seconds", "0.2"], "noise": ["--draws", "3"]}  # fmt: skip
NEVER = {
    "--workers",
    "--checkpoint",
    "--output",
    "--figures",
    "--dry-run",
    "--name",
    "--measure",
    "--progress",
}
"""Left out: what starts processes, and what writes where the random text says."""
LONGEST_SECONDS = 60


def command_line(random_choice, folder):
    """One random command line, as words."""
    name = random_choice.choices(list(COMMANDS), weights=COMMANDS.values())[0]
    words = [name]
    arguments = arguments_of(verb(name))
    for argument in arguments:
        if argument.positional:
            words.append(subject(name, random_choice, folder))
    words += SHORT.get(name, [])
    options = [a for a in arguments if not a.positional and option_name(a.name) not in NEVER]
    for argument in random_choice.sample(options, k=min(len(options), random_choice.choice([0, 1, 1, 2, 3]))):
        words += option(argument, random_choice, folder)
    if any(a.name == "store" for a in arguments):
        words += [
            "--store",
            random_choice.choice([str(folder / "store"), str(folder / "none"), "x" * 300, "\x00", ""]),
        ]
    return [*words, "--json"] if random_choice.random() < 0.3 else words


def subject(name, random_choice, folder):
    """What the command is about."""
    if name == "fit":
        return str(
            random_choice.choice([*sorted(folder.glob("*.csv")), folder, folder / "none.csv", "", "x" * 300])
        )
    if name == "diagnose":
        return str(
            random_choice.choice([*sorted(folder.glob("*.*")), folder, folder / "none.log", "", "x" * 300])
        )
    if name in ("show", "resume", "export", "report"):
        return random_choice.choice(["first", "study", "x" * 300, "", "²", "%"])
    return random_choice.choice(BAD_TASKS if random_choice.random() < 0.2 else TASKS)


def option(argument, random_choice, folder):
    """One option with a value of its type, or of any other."""
    seen, _ = as_typed(argument.kind)
    name = option_name(argument.name)
    if seen is bool:
        return [name]
    if seen == tuple[str, str]:
        return [name, random_choice.choice(TEXTS), random_choice.choice(TEXTS)]
    if argument.name in ("figure", "report"):
        return [name, str(folder / random_choice.choice(["f.svg", "f.html", "f.gif", "no/f.png", ""]))]
    numeric = seen in (int, float) or random_choice.random() < 0.3
    return [name, random_choice.choice(NUMBERS if numeric and random_choice.random() < 0.9 else TEXTS)]


class TookTooLongError(Exception):
    """A call that ran on and on."""


def _alarm(*_):
    raise TookTooLongError


def call(words):
    """The exit code, stdout and stderr of one command line, and the seconds that it took."""
    out, err = io.StringIO(), io.StringIO()
    began = time.perf_counter()
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(LONGEST_SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_command(words)
    finally:
        signal.alarm(0)
    return code, out.getvalue(), err.getvalue(), time.perf_counter() - began


def check(words):
    """What must hold of every call whatever its words."""
    try:
        code, out, err, _ = call(words)
    except BaseException as error:
        raise AssertionError(f"{words}: {type(error).__name__}: {error}") from error
    said = [line for line in err.splitlines() if line.startswith("batchwright: ")]
    assert code in (0, 1, 2, 3), (words, code, err)
    assert "Traceback" not in err + out, (words, err)
    assert len(said) == (1 if code in (1, 2) else 0), (words, code, err)
    assert all(len(line) < 400 for line in said), (words, said)
    if code == 2:
        assert out == "", (words, out)
        assert err.splitlines()[-1:] == said, (words, err)
    if code == 0 and "--json" in words:
        json.loads(out)


def calls(seed, count, folder):
    """``count`` random command lines."""
    (folder / "good.csv").write_text("batch_size,steps_to_target\n8,800\n32,300\n128,150\n512,120\n")
    (folder / "bad.csv").write_text("batch_size,steps_to_target\n8,x\n")
    (folder / "empty.csv").write_text("")
    (folder / "binary.csv").write_bytes(bytes(range(256)))
    random_choice = random.Random(seed)
    for _ in range(count):
        yield command_line(random_choice, folder)
