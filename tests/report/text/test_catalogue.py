"""Every key that the code uses exists and gets its values; every key is used; every template is well formed."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import batchwright
from batchwright.core.remark import remark
from batchwright.report.text.catalogue import FORMATS, between, has, listed, say, templates, text

SOURCE = Path(batchwright.__file__).parent
STRINGS = templates("en")
MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
TEMPLATES = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.j2"))


def calls():
    """Every call of ``text`` and ``remark`` and every ``Remark(code=...)``: (place, key node, keywords)."""
    for path, tree in MODULES.items():
        if path.parent.parent.name == "text":
            continue
        ours = imported(tree)
        for node in ast.walk(tree):
            # ``axes.text(x, y, words)`` is matplotlib's, and an attribute.
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in ours:
                continue
            place = f"{path.relative_to(SOURCE)}:{node.lineno}"
            if node.func.id == "Remark":
                yield from ((place, k.value, None) for k in node.keywords if k.arg == "code")
            elif node.args:
                yield place, node.args[0], node.keywords


def imported(tree):
    """Which of the three names are ours in this module."""
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in ("batchwright.report.text.catalogue", "batchwright.core.remark")
        for alias in node.names
    } & {"text", "remark", "Remark"}


def patterns(node):
    """The keys that an expression can be: constants, both sides of a choice, f-strings with anything inside."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.escape(node.value)]
    if isinstance(node, ast.IfExp):
        return patterns(node.body) + patterns(node.orelse)
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(v.value) if isinstance(v, ast.Constant) else r"[\w.]*" for v in node.values]
        return ["".join(parts)]
    return []


def fields(template):
    """Names and formats of a template's placeholders."""
    return [(name, spec) for _, name, spec, _ in Formatter().parse(template) if name is not None]


CALLS = list(calls())


def test_the_scan_sees_the_code():
    assert len(CALLS) > 200
    assert sum(len(patterns(key)) for _, key, _ in CALLS) > 200


def test_every_key_that_is_used_exists():
    missing = [
        (place, pattern)
        for place, key, _ in CALLS
        for pattern in patterns(key)
        if not any(re.fullmatch(pattern, known) for known in STRINGS)
    ]
    assert missing == []


def test_every_key_is_used():
    literal = {
        node.value
        for path, tree in MODULES.items()
        if path.parent.parent.name != "text"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    made = [node for tree in MODULES.values() for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    wild = [p for node in made for p in patterns(node) if re.match(r"[a-z_]+\\\.", p)]

    def used(key):
        """By itself, as the plural, as what an f-string can be, or as a code with a further word behind it."""
        plain = key.removesuffix(".one")
        names = (key, plain, plain.rpartition(".")[0]) if plain.count(".") > 1 else (key, plain)
        return any(n in literal or f'"{n}"' in TEMPLATES for n in names) or any(
            re.fullmatch(p, n) for p in wild for n in (key, plain)
        )

    # The badge's key is made of a page's verdict in the template.
    verdicts = {"page.recommended", "page.inconclusive", "page.clock_in_doubt"}
    assert sorted(key for key in STRINGS if not used(key) and key not in verdicts) == []


def test_every_call_gives_the_values_that_its_sentence_needs():
    wrong = []
    for place, key, keywords in CALLS:
        if keywords is None or any(k.arg is None for k in keywords):
            continue  # values given as a mapping
        given = {k.arg for k in keywords}
        for pattern in patterns(key):
            for known in STRINGS:
                if re.fullmatch(pattern, known) and r"[\w.]*" not in pattern:
                    needed = {name for name, _ in fields(STRINGS[known])}
                    wrong += [(place, known, needed - given)] if needed - given else []
    assert wrong == []


@pytest.mark.parametrize("key", sorted(STRINGS))
def test_a_template_is_well_formed(key):
    for name, spec in fields(STRINGS[key]):
        assert re.fullmatch(r"[a-z_]+", name), name
        # Python's own formats try themselves on a number; {x} alone takes any value.
        if spec and spec not in FORMATS:
            format(1 if spec.endswith("d") else 1.5, spec)
    assert STRINGS[key] == STRINGS[key].strip() or STRINGS[key].startswith((", ", "; "))


def test_plurals_have_their_plain_form():
    assert [k for k in STRINGS if k.endswith(".one") and k.removesuffix(".one") not in STRINGS] == []


def test_one_takes_its_own_sentence():
    assert "Batch size 8 lies" in text("study.holes_in_set", count=1, batch_sizes=[8])
    assert "Batch sizes 8 and 16 lie" in text("study.holes_in_set", count=2, batch_sizes=[8, 16])


def test_a_missing_value_is_a_defect_and_not_a_gap():
    with pytest.raises(KeyError):
        text("study.seeds_missed", batch_size=4)
    with pytest.raises(KeyError):
        text("no.such.key")
    assert not has("no.such.key")


def test_what_an_older_version_stored_as_words_is_shown_as_it_is():
    assert say(remark("common.as_stored", text="{odd} 100%")) == "{odd} 100%"


def test_words_about_numbers():
    assert listed([16, 32, 65_536]) == "16, 32 and 65,536"
    assert between(3.0, None) == "above 3"
