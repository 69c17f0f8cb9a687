"""The page of several lessons: how many claims, and things that they say, hold."""

from batchwright.advice.lesson import LessonResult, Measured, Part
from batchwright.core.remark import remark
from batchwright.report.page import Sentence, Table
from batchwright.report.pages.lessons import lessons_page


def part(name, verdict):
    condition = remark("lesson.cache.nets", holds=["LeNet"], does_not_hold=["dense_net"], cannot_tell=[])
    return Part(
        name=name, verdict=verdict, condition=condition if verdict == "holds_when" else None,
        measurements=(Measured(name=f"{name}_ratio", value=2.0, interval=(1.0, 3.0), n=4),),
    )  # fmt: skip


def test_claims_and_what_they_say_are_counted():
    mixed = LessonResult(
        name="cache",
        parts=(part("alone", "holds"), part("filling", "does_not_hold"), part("exceeding", "holds_when")),
    )
    refuted = LessonResult(name="cache", parts=(part("alone", "does_not_hold"),))
    page = lessons_page([mixed, refuted], {})
    claims, parts = (block.text for block in page.all(Sentence) if block.role == "answer")
    assert "one holds in part" in claims
    assert "one does not hold" in claims
    assert "4 things" in parts
    assert "2 do not hold" in parts
    verdicts = next(column for column in page.all(Table)[0].columns if column.heading == "verdict")
    assert list(verdicts.values) == ["holds in part: 1 of 3 in full", "does not hold"]
