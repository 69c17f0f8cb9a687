"""The examples of monitors run as they stand; that of two ranks is in ``test_data_parallel.py``."""

import runpy
import warnings
from pathlib import Path

import pytest
import torch

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize(
    ("name", "needs", "steps"),
    [
        ("loop_with_monitor", "sklearn", "over 56 measured steps (one of 2) up to update 112"),
        ("lightning_monitor", "lightning", "over 42 measured steps (one of 2) up to update 90"),
        ("transformers_monitor", "transformers", "over 32 measured steps (one of 2) up to update 64"),
        ("accelerate_monitor", "accelerate", "over 42 measured steps (one of 2) up to update 90"),
    ],
)
def test_an_example_reads_its_noise_scale(name, needs, steps, capsys):
    pytest.importorskip(needs)
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    shown = capsys.readouterr().out
    assert steps in shown
    assert "Noise scale " in shown
    assert "of the steps to the same progress" in shown
    if name in ("lightning_monitor", "transformers_monitor"):
        assert "'batchwright/noise_scale_high': " in shown
