"""Errors, random streams, shape aliases and parameter algebra: what every layer stands on."""

from batchwright.core.errors import BatchwrightError, DataError, InputError, StoreError

__all__ = ["BatchwrightError", "DataError", "InputError", "StoreError"]
