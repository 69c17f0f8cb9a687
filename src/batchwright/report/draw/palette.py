"""The colours of every figure.

Text and axes are drawn in two sentinel colours, ink and page, which inside HTML become those of the page
around the drawing. Data colours are mid-tones that stand out at 3:1 or more from a light and from a dark
page; words are always in ink, since no one colour reaches the 4.5:1 that text needs on both.
"""

from __future__ import annotations

INK = "#010203"
"""Text and axes; becomes ``currentColor``."""
PAGE = "#fdfefd"
"""What lies behind; becomes ``var(--page)``."""

RUN, FIT, SET, MISSED, QUIET = "#3d7bd9", "#d0622a", "#27936a", "#d64550", "#7d858d"
"""What was run, what was fitted to it, what is recommended, what failed, and what only helps to read."""

_RAMP = ((46, 134, 222), (142, 99, 206), (214, 74, 122), (214, 108, 32))


def colour_ramp(count: int) -> list[str]:
    """Colours from blue over violet to orange, all mid-tones.

    >>> colour_ramp(2)
    ['#2e86de', '#d66c20']
    """
    colours = []
    for i in range(count):
        place = i / max(count - 1, 1) * (len(_RAMP) - 1)
        k = min(int(place), len(_RAMP) - 2)
        mixed = (a + (b - a) * (place - k) for a, b in zip(_RAMP[k], _RAMP[k + 1], strict=True))
        colours.append("#" + "".join(f"{round(v):02x}" for v in mixed))
    return colours
