"""What the README and docs/ show can be run, and what they link to exists."""

import re
import shlex
from pathlib import Path

import pytest

from batchwright.cli.main import run_command as run

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(<!-- not run: [^>]+ -->\n)?```(bash|python)\n(.*?)```", re.DOTALL)


def blocks(language):
    for page in PAGES:
        for i, match in enumerate(BLOCK.finditer(page.read_text())):
            if match[2] == language:
                yield pytest.param(bool(match[1]), match[3], id=f"{page.name}-{i}")


@pytest.mark.parametrize(("costly", "code"), list(blocks("python")))
def test_python_examples_run(costly, code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "example", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(("costly", "commands"), list(blocks("bash")))
def test_commands_run(costly, commands, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for line in commands.strip().splitlines():
        program, command, *arguments = shlex.split(line, comments=True)
        assert program == "batchwright"
        if costly:
            # Only that the command and every option exist.
            assert run([command, "--help"]) == 0
            shown = capsys.readouterr().out
            missing = [word for word in arguments if word.startswith("--") and word not in shown]
            assert not missing, f"{command} has no {missing}"
        else:
            assert run([command, *arguments]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
