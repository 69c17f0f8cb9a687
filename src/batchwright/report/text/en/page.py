"""What every shown page says beside its own words: headings, prefixes, the foot."""

STRINGS = {
    "page.recommended": "Recommended",
    "page.inconclusive": "Inconclusive",
    "page.clock_in_doubt": "Clock in doubt",
    "page.caveat": "Note: {text}",
    "page.caveats": "What to know beside it",
    "page.next": "Next: {step}",
    "page.run_next": "Run this next",
    "page.report": "Report: {path}",
    "page.figure": "Figure: {path}",
    "page.measured": "What was measured",
    "page.behind": "The table behind it",
    "page.figure.label": "{title}. {takeaway}",
    "page.readings": "How to read it",
    "page.made": "How it was made",
    "page.foot": "Made by Batchwright {version}. This file is complete: it loads nothing from anywhere.",
}
