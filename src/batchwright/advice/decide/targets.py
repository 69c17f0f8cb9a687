"""Easier targets: the critical batch size grows with the target, so the answer is also asked at these."""

from __future__ import annotations


def easier_targets(
    metric: str, value: float, *, higher_is_better: bool, initial_value: float | None = None
) -> tuple[float, ...]:
    """Two easier targets for the same curves, the nearer first.

    A loss or error (lower is better, above zero): 1.25 and 1.5 times the value. An accuracy (higher is
    better, from 0 to 1): 1.5 and 2 times the shortfall from 1, where that is above 0. Otherwise 10% and 20%
    of the way back to the value before training.

    Args:
        metric: its name, for the record; the rule goes by direction and value.
        value: the main target.
        higher_is_better: the direction of the metric.
        initial_value: the metric before training; targets that it meets already are left out.

    Returns:
        None, one or two values.

    >>> easier_targets("loss", 0.2, higher_is_better=False)
    (0.25, 0.3)
    >>> easier_targets("accuracy", 0.95, higher_is_better=True)
    (0.925, 0.9)
    >>> easier_targets("reward", 200.0, higher_is_better=True, initial_value=0.0)
    (180.0, 160.0)
    """
    if not higher_is_better and value > 0:
        values = [value * 1.25, value * 1.5]
    elif higher_is_better and 0 <= value <= 1:
        values = [v for v in (1 - (1 - value) * 1.5, 1 - (1 - value) * 2) if v > 0]
    elif initial_value is not None:
        values = [value + share * (initial_value - value) for share in (0.1, 0.2)]
    else:
        return ()
    # Rounded so that 1 - 0.05 x 1.5 is 0.925 and not 0.9249999999999999.
    values = [float(f"{v:.9g}") for v in values]
    return tuple(v for v in values if v != value and not _met(initial_value, v, higher_is_better))


def _met(initial_value: float | None, value: float, higher_is_better: bool) -> bool:
    if initial_value is None:
        return False
    return initial_value >= value if higher_is_better else initial_value <= value
