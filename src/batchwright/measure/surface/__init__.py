"""The loss along lines and over planes of parameter space."""
