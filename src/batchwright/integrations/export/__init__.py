"""A stored study for other tools, one module a tool; each imports its library when it is asked for."""
