"""``rescale``: a rule's values, a study's in their place, and what is refused."""

import math

import pytest

import batchwright as bw
from batchwright.core.errors import InputError


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("rescale") / "studies.sqlite")
    bw.study(
        "digits", batch_sizes=[16, 64, 256], examples=320, target="loss=0.6", search_seeds=1, confirm_seeds=2,
        store=path, progress=False,
    )  # fmt: skip
    return path


def test_the_rule_and_where_it_breaks():
    answer = bw.rescale("adamw", 256, 1024, lr=3e-4, weight_decay=0.1)
    shown = str(answer)
    assert "learning rate 0.0006 at batch size 1024" in shown
    assert "arXiv 2205.10287" in shown
    assert "It breaks where" in shown
    assert answer.document["carried"]["after"]["weight_decay"] == pytest.approx(0.2)
    assert answer.to_frame()["lr"].tolist() == pytest.approx([3e-4, 6e-4])
    assert "adamw" in str(bw.rescale("adamw", 256, 256))


def test_a_study_takes_the_rules_place(store):
    found = bw.show("digits", store=store).result
    rates = {row.batch_size: row.lr for row in found.batch_sizes}
    answer = bw.rescale("sgd", 16, 64, lr=0.1, study="digits", store=store)
    assert answer.result.lr == rates[64]
    assert answer.result.carried.after.lr == pytest.approx(0.4)
    assert "measured it" in str(answer)
    between = bw.rescale("sgd", 16, 128, lr=0.1, study="digits", store=store).result
    assert between.measured.between == (64, 256)
    assert between.lr == pytest.approx(math.sqrt(rates[64] * rates[256]))
    with pytest.raises(InputError, match=r"at batch sizes 16, 64, 256, which do not reach 512"):
        bw.rescale("sgd", 16, 512, study="digits", store=store)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("lion", 1, 2), "optimizer must be one of"),
        (("adam", 0, 2), "batch sizes of 1 or more, got from_batch 0"),
        (("rprop", 1, 2), "no rule carries it"),
    ],
)
def test_bad_input(given, message):
    with pytest.raises(InputError, match=message):
        bw.rescale(*given)
    with pytest.raises(InputError, match="lr"):
        bw.rescale("sgd", 1, 2, lr=-1.0)
