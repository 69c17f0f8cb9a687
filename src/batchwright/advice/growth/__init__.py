"""Batches that grow while training goes on: when they may, and whether that beats the best fixed batch."""
