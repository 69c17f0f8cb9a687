"""Estimates with their intervals, points in parameter space, and facts of a measurement."""

STRINGS = {
    "estimate.with_interval": "{value} (90%: {interval})",
    "point.start": "at the initial weights",
    "point.given": "at the given parameters",
    "point.after": "after {count:count} updates",
    "point.after.one": "after {count} update",
    "about.took": "took",
    "about.parameters": "parameters",
    "about.mode": "measured in",
    "about.products": "Hessian products",
    "about.environment.system": "system",
    "about.environment.processor": "processor",
    "about.environment.cores": "cores",
    "about.environment.threads": "threads",
    "about.environment.device": "device",
    "about.environment.runs_on": "runs on",
    "about.environment.timed_on": "steps timed on",
    "about.environment.ranks": "ranks",
}
