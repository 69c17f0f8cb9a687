"""Whether this is a notebook, and that figures show themselves in it."""

from __future__ import annotations

import sys
from typing import Any


def kernel_shell() -> Any:
    """IPython's shell where a notebook's kernel runs it, else None."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell if hasattr(shell, "kernel") else None


def show_figures() -> None:
    """Let a notebook display matplotlib figures as pictures, which it does only once pyplot was imported."""
    shell = kernel_shell()
    if shell is not None and "matplotlib.pyplot" not in sys.modules:
        from IPython.core.pylabtools import select_figure_formats

        select_figure_formats(shell, {"png"})
