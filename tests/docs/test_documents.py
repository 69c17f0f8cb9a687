"""What the README and docs/ show can be run, and what they link to exists.

A page is run as a person reads it: from top to bottom, in one folder, with one Python session. A block marked
``<!-- not run: reason -->`` costs too much; its commands, options, calls and arguments still have to exist.
"""

import ast
import inspect
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

import batchwright as bw
from batchwright.cli.main import run_command as run
from batchwright.report.text.catalogue import templates

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
GLOSSARY = ROOT / "docs/zh/glossary.md"
TRANSLATED = ROOT / "README.zh-CN.md"
"""Shows the code of README.md, which is not run twice."""
BLOCK = re.compile(r"(<!-- not run: [^>]+ -->\n)?^```(bash|python)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
FIELDS = re.compile(r"\s*[^`]*?Its JSON:(.*?)(?:\n\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A piece of code of a page; ``fields`` are those of the JSON that the text behind it names."""

    where: str
    language: str
    text: str
    costly: bool
    fields: frozenset[str]


def in_the_clone(page):
    """A page's place in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page):
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        named = FIELDS.match(text[match.end() :].partition("\n```")[0])
        yield Block(
            where=f"{in_the_clone(page)}, line {text.count(chr(10), 0, match.start()) + 1}",
            language=match[2],
            text=match[3],
            costly=bool(match[1]),
            fields=frozenset(re.findall(r"`(\w+)`", named[1])) if named else frozenset(),
        )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that looks like a clone to who reads in it, and where nothing of the clone is written to."""
    for name in ("examples", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)


LESSONS = [page for page in PAGES if page.parent.name == "lessons"]
"""Generated; their examples take up to a minute each, and are functions of the package that mypy reads."""


@pytest.mark.parametrize("page", LESSONS, ids=in_the_clone)
def test_the_code_of_a_lesson_stands_as_it_is_printed(page):
    for block in blocks(page):
        if block.language == "python":
            compile(block.text, block.where, "exec")
            assert "import batchwright as bw" in block.text


@pytest.mark.parametrize(
    "page", [p for p in PAGES if any(blocks(p)) and p != TRANSLATED and p not in LESSONS], ids=in_the_clone
)
def test_everything_shown_runs(page, folder, capsys):
    session = {"__name__": "example"}
    for block in blocks(page):
        if block.language == "bash":
            for line in block.text.strip().splitlines():
                command(block, shlex.split(line, comments=True), capsys)
        elif block.costly:
            calls_exist(block)
        else:
            exec(compile(block.text, block.where, "exec"), session)
            assert capsys.readouterr().out.strip(), f"{block.where} prints nothing"


def command(block, words, capsys):
    assert words[0] == "batchwright", block.where
    if block.costly:
        assert run([words[1], "--help"]) == 0, block.where
        shown = capsys.readouterr().out
        missing = [word for word in words if word.startswith("--") and word not in shown]
        assert not missing, f"{block.where}: {words[1]} has no {missing}"
        return
    as_json = ["--json"] if block.fields and "--json" not in words else []
    code = run([*words[1:], *as_json])
    out, err = capsys.readouterr()
    assert code == 0, f"{block.where}: {err}"
    assert out.strip(), f"{block.where} prints nothing"
    if block.fields:
        missing = block.fields - set(keys(json.loads(out)))
        assert not missing, f"{block.where}: the JSON of {words[1]} has no {sorted(missing)}"


def keys(document):
    """Every name in a JSON document, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from keys(value)
    elif isinstance(document, list):
        for value in document:
            yield from keys(value)


def calls_exist(block):
    """Every call of the front door has the arguments that it is given."""
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("bw."):
            named = {keyword.arg: None for keyword in node.keywords}
            found = getattr(bw, ast.unparse(node.func).removeprefix("bw."))
            inspect.signature(found).bind(*node.args, **named)  # a TypeError says which it has not


def test_the_chinese_readme_shows_the_same_code():
    def shown(page):
        return [(b.language, b.costly, re.sub(r"\s+#.*", "", b.text)) for b in blocks(page)]

    assert shown(TRANSLATED) == shown(ROOT / "README.md")


def test_the_chinese_glossary_says_what_pages_say():
    """Where a term is a whole entry of the catalogue, its translation is part of the glossary's or the reverse."""
    english, chinese = templates("en"), templates("zh")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    said = [
        (term, translated, chinese[key])
        for term, translated in rows
        for key, template in english.items()
        if template.lower() == term.lower()
    ]
    assert len(rows) > 60
    assert len(said) > 30
    assert [pair for pair in said if pair[2] not in pair[1] and pair[1] not in pair[2]] == []


@pytest.mark.parametrize("page", PAGES, ids=in_the_clone)
def test_links_and_pictures_exist(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{in_the_clone(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=in_the_clone)
def test_headings_that_are_linked_to_exist(page):
    for target, heading in re.findall(r"\]\(([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        text = (page.parent / target if target else page).read_text(encoding="utf-8")
        slugs = {
            re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.M)
        }
        assert heading in slugs, f"{in_the_clone(page)} links to {target}#{heading}"
