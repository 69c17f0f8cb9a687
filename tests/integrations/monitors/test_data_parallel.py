"""Two ranks under torchrun; the checks are in ``data_parallel.py``, and the example runs behind them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_two_ranks_measure_what_autograd_gives_and_the_example_reads_it():
    """One launch for both, since starting two processes is most of its time."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            str(Path(__file__).with_name("data_parallel.py")),
            str(ROOT / "examples/ddp_with_monitor.py"),
        ],
        capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert {"agreed 0", "agreed 1"} <= set(done.stdout.splitlines())
    assert done.stdout.count("over 56 measured steps") == 1, done.stdout
