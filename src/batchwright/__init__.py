"""Batchwright: which batch size, with which learning rate, and how sure."""

from __future__ import annotations

__version__ = "0.1.0"
