"""The front door: one module a question, from plain arguments to an ``Answer``."""
