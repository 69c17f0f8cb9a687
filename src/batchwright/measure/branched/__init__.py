"""The local critical batch size, by branches of a run with other batch sizes."""
