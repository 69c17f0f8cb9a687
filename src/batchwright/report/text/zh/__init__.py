"""The catalogue in Simplified Chinese, one module a subject."""
