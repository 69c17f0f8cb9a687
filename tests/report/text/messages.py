"""Every message of an error in the source, as a template with ``{}`` for each value: read from the syntax tree."""

import ast
import re
from pathlib import Path

import batchwright

SOURCE = Path(batchwright.__file__).parent
ERRORS = ("Error", "unknown_name", "Inconclusive")
"""How the names of what makes an error end."""
NOT_SHOWN = {"AttributeError", "KeyError", "TypeError", "PydanticCustomError"}
"""Defects of ours or of a caller's program; and one whose words ``core.errors`` puts into others."""
NOT_SAID = {
    "at least",
    "at most",
    "cannot import {}:",  # has the reason behind it
    "unknown {} {} Known: {}",  # known by its kinds
    "forward=lambda model, inputs: model(inputs)['NAME']",
    "forward=lambda model, inputs: model(inputs)[0]",
    "forward=lambda model, inputs: model(inputs).NAME",
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte",
    "hold out",  # a random stream
    "PRAGMA journal_mode=WAL",
    "A worker was restarted",  # of a warning that is not shown
    "SELECT name FROM sqlite_master WHERE type = 'table'",
}
"""What looks like words and is code, or is part of what another template has."""
ERRORS_ARE_MADE = {
    "app/compare.py",
    "app/study_run.py",
    "app/task_given.py",
    "cli/output.py",
    "cli/present.py",
    "cli/words.py",
}
"""Above ``advice``, modules whose functions make messages that others raise or show."""
PATTERNS = {"integrations/logs/dialects.py"}
"""Modules of regular expressions, which look like words and are said to nobody."""
WORD = re.compile(r"[A-Za-z][a-z]+")


def templates_of_errors():
    """Template -> places where it is written."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        where = path.relative_to(SOURCE)
        if where.parts[:2] == ("report", "text") or where.name == "stub.py" or str(where) in PATTERNS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for template, line in messages(
            tree,
            phrases=where.parts[0] not in ("app", "cli", "lessons", "report")
            or str(where) in ERRORS_ARE_MADE,
        ):
            if template not in NOT_SAID:
                found.setdefault(template, []).append(f"{where}:{line}")
    return found


def messages(tree, phrases):
    """Messages in the calls that make errors; with ``phrases`` also what else reads like words for people."""
    for node, inside in strings(tree):
        template = template_of(node)
        kind = kind_of_unknown(node, inside)
        if kind is not None:
            yield f"unknown {template} {{}}", node.lineno
        elif is_message(template, inside) or (phrases and reads_like_words(template, inside)):
            yield template, node.lineno


def strings(tree):
    """Text nodes, f-strings whole, apart from docstrings; each with the nodes that it stands in."""

    def visit(node, inside):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield node, inside
            return
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and is_text(node.left):
            yield node, inside
            children = [part for part in (node.left, node.right) if not is_text(part)]
            children += [
                v.value
                for part in (node.left, node.right)
                for v in getattr(part, "values", ())
                if not is_text(v)
            ]
        elif isinstance(node, ast.JoinedStr):
            yield node, inside
            children = [v.value for v in node.values if isinstance(v, ast.FormattedValue)]
        elif is_apart(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return
        else:
            children = ast.iter_child_nodes(node)
        for child in children:
            yield from visit(child, [*inside, node])

    yield from visit(tree, [])


def is_text(node):
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_apart(node):
    """Shapes of tensors, what a text is compared with, keys, descriptions: words that no error says."""
    if isinstance(node, ast.Subscript):
        return getattr(node.value, "id", "") in ("Float", "Int", "Bool", "Literal")
    if isinstance(node, ast.keyword):
        return node.arg == "description"
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") in ("fromkeys", "removeprefix", "replace", "startswith")
    return isinstance(node, ast.Compare)


def template_of(node):
    """``{}`` for every value, one for neighbours."""
    if isinstance(node, ast.BinOp):
        right = template_of(node.right) if is_text(node.right) else "{}"
        return re.sub(r"(\{\}){2,}", "{}", template_of(node.left) + right)
    if isinstance(node, ast.Constant):
        return node.value
    parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
    return re.sub(r"(\{\}){2,}", "{}", "".join(parts))


def calls(inside):
    for node in inside:
        if isinstance(node, ast.Call):
            yield node, getattr(node.func, "id", None) or getattr(node.func, "attr", "")


def kind_of_unknown(node, inside):
    """Whether this is what ``unknown_name`` does not know a name of."""
    return next(
        (name for call, name in calls(inside) if name == "unknown_name" and call.args[0] is node), None
    )


def is_message(template, inside):
    """Whether the text is the message of an error that is made around it."""
    made = any(name.endswith(ERRORS) and name not in NOT_SHOWN for _, name in calls(inside))
    return made and len(WORD.findall(template)) >= 1 and " " in template


def reads_like_words(template, inside):
    """Two words or more that no remark, regular expression or database has."""
    if any(
        name in {"text", "remark", "Remark", "Option", "compile", "match", *NOT_SHOWN}
        for _, name in calls(inside)
    ):
        return False
    if any(isinstance(node, ast.Raise) for node in inside) and WORD.search(template) and " " in template:
        return True
    return len(WORD.findall(template)) >= 2 and " " in template.strip()
