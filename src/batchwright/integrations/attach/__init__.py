"""Measuring somebody's own training step, and leaving no trace of it."""
