"""A drawn SVG file made fit for the inside of a page: its colours, small, with ids of its own."""

from __future__ import annotations

import re
from html import escape

from batchwright.report.draw.palette import INK, PAGE


def inline(document: str, *, name: str, label: str) -> str:
    """The ``<svg>`` element of a drawing for use inside HTML.

    Sentinel colours become those of the page, fonts are inherited, coordinates keep two decimals, unused ids
    go and used ones get the prefix ``name``: several drawings in one page would otherwise share them.
    """
    text = document[document.index("<svg") :]
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", lambda tag: _shorter(tag[0]), text)
    text = text.replace(INK, "currentColor").replace(PAGE, "var(--page, #fff)")
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = re.sub(r"(font: [^;\"]*?px) [^;\"]*", r"\1 inherit", text)
    text = text.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{name}-", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub(r"\n\s*", "\n", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    # Instead of matplotlib's own style element, whose rule for * would reach the rest of the page.
    opening = (
        f'<svg role="img" aria-label="{escape(label)}" style="stroke-linejoin:round;stroke-linecap:butt"'
    )
    return text.replace("<svg", opening, 1).strip()


def _shorter(tag: str) -> str:
    return re.sub(r"-?\d+\.\d{3,}(?![\d.]*e)", lambda number: f"{float(number[0]):.2f}", tag)
