"""Every extra, installed one after the other into a fresh environment, leaves torch as it was.

    python tests/slow/extras.py /tmp/extras                         all of pyproject.toml: some minutes, with a network
    python tests/slow/extras.py /tmp/extras tensorboard optuna      these alone

Prints a table; exits with 1 where torch changed, or where an installation failed.
"""

import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = "import importlib.metadata as m; print(m.version('torch'))"
FORBIDDEN = {"2.6.2", "2.6.3"}
"""Releases of lightning that pyproject.toml excludes."""
LIGHTNING = (
    "import importlib.metadata as m\n"
    "print([d.version for d in m.distributions() if d.name in ('lightning', 'pytorch-lightning')])"
)


def said(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def installed(python, *what):
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return subprocess.run(
        [*pip, "--constraint", ROOT / "constraints.txt", *what], capture_output=True, text=True
    )


def main(folder, names):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    unknown = sorted(set(names) - set(extras))
    if unknown:
        sys.exit(f"no such extra: {', '.join(unknown)}; there are {', '.join(extras)}")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(Path(folder) / "bin" / "python")
    print(f"{'extra':<14}{'torch':<16}{'s':>6}  what happened", flush=True)
    before, failed = None, False
    for name in ["", *(names or extras)]:
        began = time.monotonic()
        done = installed(python, "torch") if not name else None
        done = (
            done if done and done.returncode else installed(python, f"{ROOT}[{name}]" if name else str(ROOT))
        )
        torch = said(python, "-c", VERSION) if before or not done.returncode else "none"
        before = before or torch
        wrong = []
        if done.returncode:
            wrong.append((done.stderr.strip().splitlines() or ["pip failed"])[-1])
        if torch != before:
            wrong.append(f"torch was {before}")
        if any(version in said(python, "-c", LIGHTNING) for version in FORBIDDEN):
            wrong.append("an excluded release of lightning")
        failed = failed or bool(wrong)
        seconds = time.monotonic() - began
        print(
            f"{name or '(none)':<14}{torch:<16}{seconds:>6.0f}  {'; '.join(wrong) or 'as before'}", flush=True
        )
        if torch == "none":
            break
    return int(failed)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
