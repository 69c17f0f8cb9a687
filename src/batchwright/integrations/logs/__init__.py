"""Training logs as people have them, whichever tool printed them, read into series."""
