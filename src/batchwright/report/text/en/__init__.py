"""The English catalogue, one module a subject."""
