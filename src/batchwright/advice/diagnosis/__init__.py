"""Patterns in a training log: found with numbers, told apart, or left open where the log cannot tell."""
