"""What every lesson must have, checked on a result."""

import ast
import json
from pathlib import Path

import batchwright
from batchwright.advice.lesson import LessonResult
from batchwright.lessons.catalogue import LESSONS, lesson_named
from batchwright.lessons.lab import Lab
from batchwright.report.draw.chart import draw_panel
from batchwright.report.pages.lesson import lesson_document, lesson_page
from batchwright.report.render.terminal import page_text
from batchwright.report.text.language import speaking

PHENOMENA = Path(batchwright.__file__).parent / "lessons" / "phenomena"
WRITTEN = [name for name in LESSONS if (PHENOMENA / f"{name.replace('-', '_')}.py").exists()]


def run_short(name: str, *, seed: int = 0, workers: int = 1) -> LessonResult:
    """A lesson in its short form."""
    with Lab(seed=seed, workers=workers) as lab:
        result = lab.lesson(name)
    check(result)
    return result


def check(result: LessonResult) -> None:
    """Words in both languages, pictures that draw, numbers that serialise."""
    example = lesson_named(result.name).example
    assert LessonResult.model_validate_json(result.model_dump_json()) == result
    for language in ("en", "zh"):
        with speaking(language):
            document = lesson_document(result)
            json.dumps(document, allow_nan=False)
            shown = page_text(lesson_page(result, example))
            assert document["claim"] in shown
            for panel in result.panels:
                draw_panel(panel)
    for part in result.parts:
        assert part.measurements[0].value is not None or part.verdict == "cannot_tell", part.name


def imports(name: str) -> set[str]:
    """Modules of the package that a lesson imports, outside its example."""
    tree = ast.parse((PHENOMENA / f"{name.replace('-', '_')}.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("batchwright"):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("batchwright")}
    return found
