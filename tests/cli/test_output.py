import os
import subprocess
import sys

import pytest


def test_an_encoding_without_the_characters(tmp_path):
    """A console in Shift-JIS, GBK or ASCII gets what is nearest, never a traceback."""
    for encoding in ("ascii", "gbk", "shift_jis"):
        done = subprocess.run(
            [sys.executable, "-m", "batchwright.cli.main", "noise", "least-squares", "--draws", "3", "--sample", "32"],
            capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr.decode(encoding)
        assert done.stdout.decode(encoding).startswith("The gradient noise scale")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from batchwright.cli.main import run_command as run; run(['--help']);"
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
