"""What it costs to walk in: nothing heavy is imported before it is needed."""

import subprocess
import sys
import time

HEAVY = {"torch", "pydantic", "matplotlib", "sqlalchemy", "sklearn", "loky", "numpy", "scipy", "pandas"}


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_heavy():
    found = python("import sys, batchwright, batchwright as bw; bw.study; print(*sys.modules)")
    assert not HEAVY & set(found.split())


def test_importing_the_package_takes_a_moment():
    """Under 0.3 s; the best of several, since the machine has other things to do."""
    timed = "import time; began = time.perf_counter(); import batchwright; print(time.perf_counter() - began)"
    assert min(float(python(timed)) for _ in range(5)) < 0.3


def test_listing_studies_does_not_wait_for_torch(tmp_path):
    began = time.perf_counter()
    code = (
        "import sys; from batchwright.study.stores.sqlite import SQLiteStore;"
        "from pathlib import Path; SQLiteStore(Path(sys.argv[1])).close()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "studies.sqlite")], check=True)
    listed = python(
        "import sys; from batchwright.cli.main import run_command;"
        f"code = run_command(['studies', '--store', {str(tmp_path)!r}]);"
        "print(code, *sys.modules)"
    )
    assert began
    assert "torch" not in listed.split()
