"""The pages of what a store holds and of what is installed."""

from batchwright.core.action import Action
from batchwright.core.numbers import MISSING
from batchwright.report.pages.doctor import doctor_page
from batchwright.report.pages.studies import studies_page

STUDY = {
    "study_id": "3f9c2a71", "name": None, "task": "digits", "status": "complete", "runs": 204, "seconds": 41.3,
    "created": "2026-01-31T12:00:59+00:00",
}  # fmt: skip
DESCRIBED = {
    "examples": {"train": 1437, "validation": 360}, "data_bytes": 470_000, "parameters": 4810,
    "target": {"split": "validation", "metric": "loss", "value": 0.2},
}  # fmt: skip


def test_an_empty_store_is_told_how_to_fill(read):
    page = read(studies_page([], action=Action(command="studies", arguments={"store": "s.db"})))
    assert page.answers == ["No studies yet."]
    assert page.steps == ["batchwright study digits --store s.db"]


def test_finished_studies_are_shown_and_others_go_on(read):
    page = read(studies_page([STUDY]))
    assert page.answers == ["1 study, finished."]
    assert page.column("created") == ["2026-01-31 12:00"]
    assert page.steps == ["batchwright show 3f9c2a71"]
    rows = [STUDY, STUDY | {"study_id": "aa", "name": "mine", "status": "interrupted"}]
    page = read(studies_page(rows, action=Action(command="studies", arguments={"store": "s.db"})))
    assert page.answers == ["2 studies, 1 of them not finished."]
    assert page.column("name") == [MISSING, "mine"]
    assert page.steps == ["batchwright resume aa --store s.db"]
    assert read(studies_page([STUDY | {"status": "paused"}])).column("status") == ["paused"]


def test_a_store_that_is_not_there_yet_is_no_problem(read):
    report = {
        "Environment": {"torch": "2.13.0"}, "Libraries": {}, "Devices": {"cpu": ""}, "Tasks": {},
        "Store": {"path": "s.db"},
    }  # fmt: skip
    page = read(doctor_page(report))
    assert page.column("found", table=4) == ["none yet, the first study makes it", "s.db"]
    assert not page.caveats


def test_the_doctor_says_what_is_missing_once(read):
    report = {
        "Environment": {"torch": "2.13.0", "cores": 2},
        "Libraries": {"numpy": "2.4", "pyarrow": None},
        "Devices": {"cpu": "2 threads", "cuda:0": "H100"},
        "Tasks": {"digits": DESCRIBED, "plain": DESCRIBED | {"target": None}, "mnist": "no files found"},
        "Store": {"path": "s.db", "problem": "not a database"},
    }
    page = read(doctor_page(report))
    assert page.answers == ["Ready: torch 2.13.0 on cpu and cuda:0; 2 of 3 built-in tasks are there."]
    assert page.caveats == [
        "The task mnist is missing: no files found.",
        "The store cannot be read: not a database.",
    ]
    assert page.column("found", table=1) == ["2.4", "not installed"]
    assert page.column("training", table=3) == ["1,437", "1,437", MISSING]
    assert page.column("data", table=3)[2] == page.column("parameters", table=3)[2] == MISSING
    assert page.column("target", table=3) == ["validation loss 0.2", "none", "missing"]
    assert page.column("found", table=4) == ["s.db"]
