import io
import subprocess
import sys

import pytest
from rich.console import Console

from batchwright.cli import output


def test_a_table_drops_its_optional_columns_in_order_until_it_fits():
    columns, rows = ["size", "steps", "note"], [["1", "123456", "best"], ["32", "7", ""]]

    def lines(width):
        shown = output.table(columns, rows, optional=["note", "steps"], width=width)
        console = Console(width=200, file=io.StringIO())
        console.print(shown)
        return [line.rstrip() for line in console.file.getvalue().splitlines()]

    assert lines(20) == ["size   steps  note", "   1  123456  best", "  32       7"]
    assert lines(17) == ["size   steps", "   1  123456", "  32       7"]
    assert lines(5) == ["size", "   1", "  32"]


def test_brackets_in_a_cell_are_text(capsys):
    output.show_table(["a"], [["[bold]x"]])
    output.say("[1, 2] stays")
    assert capsys.readouterr().out.split("\n")[1:3] == ["[bold]x", "[1, 2] stays"]


def test_a_long_paragraph_is_one_line(capsys):
    output.say("word " * 60)
    assert capsys.readouterr().out.count("\n") == 1


def test_progress_without_a_terminal_is_plain_lines_on_stderr(capsys):
    progress = output.ProgressLine("runs", quiet_seconds=0.0)
    progress(0, 10)
    progress(5, 10)
    progress.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "runs: 5 of about 10, about 1 s left\n"


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from batchwright.cli.main import run; run(['--help']);"
        "heavy = {'torch', 'pydantic', 'matplotlib', 'sqlalchemy', 'sklearn', 'loky', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Usage: batchwright" in done.stdout
    assert done.stderr == "[]\n"


def test_version(cli):
    from batchwright import __version__

    answer = cli("--version")
    assert (answer.code, answer.out) == (0, f"batchwright {__version__}\n")


@pytest.mark.parametrize(
    "command", ["study", "train", "compare", "studies", "show", "resume", "export", "report", "doctor"]
)
def test_every_command_explains_itself_and_takes_json(cli, command):
    answer = cli(command, "--help")
    assert answer.code == 0
    assert f"batchwright {command}" in answer.out
    assert "--json" in answer.out
