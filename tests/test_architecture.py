"""The house as DESIGN.md draws it: sizes, names, circles, and words that stay where words are made.

Each rule has a list of what breaks it still; a line leaves the list when the code is mended, and a line that
breaks nothing any more fails the test.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "batchwright"
MODULES = {
    ".".join(["batchwright", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(
        ".__init__"
    ): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

MOST_LINES, SCREEN = 400, 60
ABOVE = ("batchwright.app", "batchwright.cli", "batchwright.lessons")
CALLBACKS = ("batchwright.lightning", "batchwright.transformers")
WORDS_ARE_MADE = (*ABOVE, "batchwright.report")

TOO_LONG: set[str] = set()
OVER_A_SCREEN: set[str] = set()
SAME_NAME: set[str] = set()
OPTIONS: set[str] = set()
SENTENCES: set[str] = set()

ERRORS_ARE_MADE = {
    "batchwright.advice.table.cell",
    "batchwright.advice.table.decode",
    "batchwright.advice.table.headings",
    "batchwright.advice.table.source",
    "batchwright.integrations.logs.objects",
    "batchwright.integrations.logs.read",
    "batchwright.measure.hessian.mean_loss",
    "batchwright.task.given.calling",
    "batchwright.task.given.model",
    "batchwright.task.given.trial",
    "batchwright.task.idx",
    "batchwright.task.idx_images",
    "batchwright.task.task",
    "batchwright.training.checkpoint",
    "batchwright.training.snapshot",
}
"""Modules whose texts are the ends of errors: what the fix is, by the mistake. Their results hold none."""


def settled(found, listed):
    """What breaks a rule is what the list says, no more and no less."""
    found = set(found)
    assert not found - listed, f"broken: {sorted(found - listed)}"
    assert not listed - found, f"mended, take it off the list: {sorted(listed - found)}"


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


def body_lines(function):
    """Lines of a function below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_module_is_longer_than_400_lines():
    long = {name for name, path in MODULES.items() if len(path.read_text("utf-8").splitlines()) > MOST_LINES}
    settled(long, TOO_LONG)


def test_a_function_fits_a_screen():
    long = {
        f"{module}.{function.name}"
        for module, tree in TREES.items()
        for function in functions(tree)
        if body_lines(function) > SCREEN
    }
    settled(long, OVER_A_SCREEN)


def test_a_command_has_at_most_60_lines():
    """What presents a command, signature and docstring included; commands themselves are generated."""
    for module, tree in TREES.items():
        if module.startswith("batchwright.cli"):
            for function in functions(tree):
                assert (function.end_lineno or 0) - function.lineno < 60, f"{module}.{function.name}"


def test_one_word_is_one_thing():
    """No two public classes or functions of one name; a verb and what it carries out count as two.

    Hooks are called by their name: a migration's ``upgrade`` by Alembic, a built-in task's ``find_data`` and a
    lesson's ``experiment`` and ``example`` by their catalogues. Callbacks are one thing for several libraries.
    """
    homes = defaultdict(list)
    for module, tree in TREES.items():
        for node in [] if ".migrations.versions." in module else tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                if ".task.builtin." in module and node.name == "find_data":
                    continue
                if ".lessons.phenomena." in module and node.name in ("experiment", "example"):
                    continue
                if module in CALLBACKS:
                    continue
                homes[node.name].append(module.removeprefix("batchwright."))
    twice = {f"{name}: {', '.join(sorted(where))}" for name, where in homes.items() if len(where) > 1}
    settled(twice, SAME_NAME)


def literals(tree):
    """Every text in the code apart from docstrings, with the nodes that it stands in."""

    def visit(node, inside):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno, inside
        elif isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
            yield "".join(map(str, parts)), node.lineno, inside
        else:
            for child in ast.iter_child_nodes(node):
                if not (isinstance(node, ast.Expr) and isinstance(child, ast.Constant)):
                    yield from visit(child, [*inside, node])

    yield from visit(tree, [])


def is_error(inside):
    """Whether a text is the message of an error or a warning, in a ``raise`` or in a call that makes one."""
    for node in inside:
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if name.endswith(("Error", "Warning", "unknown_name")):
                return True
    return False


def test_no_layer_below_app_knows_an_option():
    """Only the renderer of actions writes options at all, by a rule; ``var(--page)`` is a style's.

    What errors say in other languages repeats what ``app`` and ``cli`` say in English.
    """
    found = set()
    for module, tree in TREES.items():
        if not module.startswith(
            (*ABOVE, "batchwright.report.render.actions", "batchwright.report.text.errors.")
        ):
            for value, line, _ in literals(tree):
                if re.search(r"(?<![\w(-])--[a-z]{2}", value):
                    found.add(f"{module}: {' '.join(value.split())[:60]}")
                    assert line
    settled(found, OPTIONS)


def test_results_hold_no_sentences():
    """Below ``report`` no text of six words or more, apart from docstrings, errors, SQL and tasks' own descriptions."""
    found = set()
    for module, tree in TREES.items():
        if module.startswith((*WORDS_ARE_MADE, "batchwright.task.builtin.")) or module in ERRORS_ARE_MADE:
            continue
        for value, _, inside in literals(tree):
            words = re.findall(r"[A-Za-z]{2,}", value)
            if len(words) >= 6 and " " in value.strip() and not is_error(inside) and "SELECT" not in value:
                found.add(f"{module}: {' '.join(value.split())[:60]}")
    settled(found, SENTENCES)


def imported(module, tree):
    """Modules of the package that this one imports when it runs, at its top or inside a function."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name in MODULES and name != module and name != package:
                yield name


def test_no_two_modules_import_each_other():
    """Tarjan's strongly connected components of the imports, those inside functions included."""
    graph = {
        module: set(imported(module, ast.parse(MODULES[module].read_text("utf-8"))))
        for module in MODULES
        if MODULES[module].name != "__init__.py"
    }
    index, low, stack, circles = {}, {}, [], []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph.get(module, ()):
            if other not in graph:
                continue
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            circle = []
            while not circle or circle[-1] != module:
                circle.append(stack.pop())
            if len(circle) > 1:
                circles.append(sorted(circle))

    for module in graph:
        if module not in index:
            visit(module)
    assert circles == []


@pytest.mark.parametrize(
    "layer",
    ["core", "task", "batches", "optim", "training", "measure", "study", "advice", "report", "lessons"],
)
def test_every_layer_of_the_design_is_there(layer):
    assert f"batchwright.{layer}" in MODULES
