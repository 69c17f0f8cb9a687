"""Errors in Simplified Chinese."""
