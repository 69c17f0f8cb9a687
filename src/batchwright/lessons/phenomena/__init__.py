"""One module a lesson, named like it. Each has ``experiment(lab)`` and ``example()``; see ``lessons.catalogue``."""
