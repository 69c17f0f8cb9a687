"""Advice at the cost of a few trainings."""
