"""The table follows the verdicts of the lessons that it is made of, whatever they are."""

import pytest

from batchwright.advice.lesson import LessonResult, Measured, Part
from batchwright.core.remark import remark
from batchwright.lessons.phenomena import small_or_large as lesson

from .cases import check


class OtherLessons:
    """Lessons whose parts all have one verdict."""

    def __init__(self, verdict):
        self.verdict = verdict

    def lesson(self, name):
        condition = remark(
            "lesson.gradient_noise.points", holds=["early"], does_not_hold=["late"], cannot_tell=[]
        )
        parts = [
            Part(
                name=row.part, verdict=self.verdict, condition=condition if self.verdict == "holds_when" else None,
                measurements=(Measured(name="other_name", value=1.5, interval=(1.0, 2.0), n=4),),
            )
            for row in lesson.ROWS
            if row.lesson == name
        ]  # fmt: skip
        return LessonResult(name=name, parts=tuple(parts))


@pytest.mark.parametrize(
    ("verdict", "better", "worse"),
    [("holds", 1, 0), ("holds_when", 0.75, 0.25), ("does_not_hold", 0.5, 0.5), ("cannot_tell", None, None)],
)
def test_the_table_is_what_the_lessons_found(verdict, better, worse):
    found = lesson.experiment(OtherLessons(verdict))
    assert {part.verdict for part in found.parts} == {verdict}
    assert all(part.measurements[0].value == 1.5 for part in found.parts)
    for row, cells in zip(lesson.ROWS, found.panels[0].field.values, strict=True):
        by = dict(zip(lesson.SIDES, cells, strict=True))
        assert by.pop(row.favours) == better
        assert by.popitem()[1] == worse
    check(LessonResult(name="small-or-large", parts=tuple(found.parts), panels=tuple(found.panels)))
