"""Gradients as estimates: example by example, their mean, their scatter, and the noise scale."""
