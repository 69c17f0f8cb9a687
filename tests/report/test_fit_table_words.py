"""Every remark on a table and its fit has a sentence, and its values fill it."""

import re
from pathlib import Path

import pytest

import batchwright.advice.curve.fit
from batchwright.advice.table.fit import fit_table
from batchwright.advice.table.read import read_table
from batchwright.report.text.catalogue import say
from batchwright.report.text.en.fit_table import STRINGS

ADVICE = Path(batchwright.advice.curve.fit.__file__).parents[1]


def test_every_code_has_a_sentence_and_every_sentence_a_code():
    source = "".join(p.read_text() for folder in ("curve", "table") for p in (ADVICE / folder).glob("*.py"))
    used = set(re.findall(r'"((?:fit_table|curve)\.[a-z_.]+)"', source))
    units = {key for key in STRINGS if key.startswith("fit_table.unit.")}
    assert used == {key.removesuffix(".one") for key in STRINGS} - units


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ("bs,steps,updates,steps_to_target\n8,9,9,9\n16,5,5,5\n", {}, None),
        ("bs,epochs\n8,9\n16,5\n", {"dataset_size": 4000}, "'epochs' counts epochs: examples are epochs times the 4,000"),
        ("per gpu batch,steps\n8,9\n16,5\n", {"devices": 4}, "counts the examples of one device: it was multiplied by 4."),
        ("bs,steps (k)\n8,9\n16,5\n", {"devices": 4}, "Every cell of 'steps (k)' was multiplied by 1,000"),
        ("bs,steps\n8,9\n16,5\n", {"devices": 4}, "devices was not needed: 'bs' says it."),
        ("bs;steps\n8;1.250\n16;700\n", {}, "In 'steps' 1.250 was read as 1250 (row 2)"),
        ("bs,steps,samples,colour\n8,9,72,red\n16,5,80,red\n", {}, "Fitted 'steps'; samples was not needed."),
        ("bs,steps,colour\n8,9,red\n16,5,red\n", {}, "Column colour was passed over"),
        ("bs,lr,steps\n8,1,9\n8,2,8\n16,1,5\n", {}, "At one batch size several learning rates were tried"),
        ("bs,seed,steps\n8,1,9\n8,1,8\n16,1,5\n", {}, "1 row repeats a seed at its batch size"),
        ("bs,purpose,steps\n8,search,9\n8,confirm,8\n16,confirm,5\n32,search,4\n", {}, "The 2 runs that confirm a learning rate count, those of the search for it do not (left out: 2)."),
    ],
)  # fmt: skip
def test_how_a_table_was_read(table, options, words):
    said = " ".join(say(remark) for remark in read_table(table, **options).remarks)
    assert words is None or words in said


def test_what_limits_a_fit_and_what_to_train():
    (fit,) = fit_table("bs;steps\n8;9000\n16;5000\n16;diverged\n16;DNF\n32;>1\n").workloads
    said = " ".join(say(remark) for remark in (*fit.notes, *fit.next_steps, fit.definitions.branched_reason))
    for words in (
        "Two batch sizes fit the curve exactly: the interval rests on an assumed misfit of 5%",
        "At one batch size too many runs were cut short",
        "1 failed run at batch size 16 was left out",
        "1 run at batch size 16 missed the target and was left out",
        "Train at batch sizes",
        "branch runs from a checkpoint",
    ):
        assert words in said
