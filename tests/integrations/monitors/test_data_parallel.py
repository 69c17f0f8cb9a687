"""Two ranks under torchrun: the checks are in ``data_parallel.py``; and the example.

Each is a launch of its own: processes that leave a group and form another through the same rendezvous can wait for
each other for ever.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def printed_by_two_ranks(program):
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(program)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_two_ranks_measure_what_autograd_gives():
    found = printed_by_two_ranks(Path(__file__).with_name("data_parallel.py"))
    assert {"agreed 0", "agreed 1"} <= set(found.splitlines())


def test_the_example_reads_it():
    assert printed_by_two_ranks(ROOT / "examples/ddp_with_monitor.py").count("over 56 measured steps") == 1
