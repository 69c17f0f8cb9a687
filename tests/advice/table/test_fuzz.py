"""Mutated tables give a result or one line that says what is wrong, never another exception."""

import random

import pytest

from batchwright.advice.table.fit import fit_table
from batchwright.core.errors import InputError

SEEDS = [
    "batch_size,steps_to_target\n8,8250\n32,2250\n128,750\n512,375\n",
    "批次；目标步数；状态\n8；8.250；达到\n32；2.250；达到\n128；750；超时\n",
    "| model | bs | steps (k) | lr |\n|---|--:|---|---|\n| a | 8 | 1.5 | 0.1 |\n| a | 16 | DNF | 0.2 |\n| a | 32 | 0.5 | 0.1 |\n",
    "study_id,run_key,batch_size,lr,seed,purpose,status,steps_to_target,updates\ns,0,8,.1,0,search,diverged,,9\n"
    "s,1,8,.1,1,confirm,target_reached,90.5,95\ns,2,16,.1,1,confirm,budget_exhausted,,70\ns,3,32,.1,1,confirm,ok,50,50\n",
    '[{"batch_size": 8, "epochs": 1.5}, {"batch_size": 16, "epochs": 2}]',
]
PIECES = [
    "", ",", ";", "\t", "|", "\n", "\r", '"', "\0", "\ufeff", "\ud800", "，", "-", "0", "-1", "nan", "inf", "1e400", "1e-400", "1.000",
    "1,000", "0,5", "9" * 400, "DNF", "diverged", "x" * 500, "²", "１２", "e", "+", ">", "true", "#", "(k)", "[tokens]",
    "batch", "steps", "lr", "seed", "status", "[" * 60, "{", "}", "é", " " * 50, "\u2028",
]  # fmt: skip


def mutated(rng):
    text = rng.choice(SEEDS)
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice([0, 0, 1, 2, 8, 40]))
        text = text[:start] + rng.choice(PIECES) + text[end:]
    return text


@pytest.mark.parametrize("text", SEEDS)
def test_the_tables_as_they_are(text):
    assert len(fit_table(text, dataset_size=1000).workloads) == 1


@pytest.mark.parametrize("seed", range(4))
def test_mutated_tables(seed, tmp_path):
    rng = random.Random(seed)
    fitted = refused = 0
    for _ in range(120):
        text = mutated(rng)
        encoding = rng.choice(["utf-8", "utf-8", "gb18030", "utf-16", "cp1252"])
        path = tmp_path / "runs.csv"
        path.write_bytes(text.encode(encoding, errors="replace"))
        options = rng.choice([{}, {"dataset_size": 1000}, {"devices": 2}, {"workload_column": "none"}])
        message = refusal(path, options)
        fitted, refused = fitted + (message is None), refused + (message is not None)
        if message is not None:
            assert "\n" not in message, text
            assert len(message) < 2500, text
    assert fitted > 2
    assert refused > 2


def refusal(path, options):
    """The line with which a table is refused; None where it is fitted."""
    try:
        fit_table(path, predict=[64], far=True, **options)
    except InputError as error:
        return str(error)
    return None
