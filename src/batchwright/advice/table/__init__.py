"""Anybody's table: read, checked, fitted."""
