"""Nets trained by mini-batches in the form of scikit-learn's estimators; lazily, as all of ``integrations``."""
