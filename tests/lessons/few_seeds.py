"""A lab that gives out fewer seeds: the reduced form of a lesson."""

from batchwright.advice.lesson import LessonResult
from batchwright.lessons.lab import Lab

from .cases import check


class FewSeeds(Lab):
    """At most so many seeds, whatever is asked for."""

    most = 2

    def seeds(self, count: int) -> list[int]:
        return super().seeds(min(count, self.most))


def run_reduced(name: str, seeds: int = 2) -> LessonResult:
    """A lesson with few seeds, and what every lesson must have."""
    with FewSeeds(workers=1) as lab:
        lab.most = seeds
        result = lab.lesson(name)
    check(result)
    return result
