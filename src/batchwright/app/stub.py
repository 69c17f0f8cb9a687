"""The front door for editors and type checkers, which read no signature that is made at run time.

python -m batchwright.app.stub > src/batchwright/__init__.pyi
"""

from __future__ import annotations

import inspect
from typing import Any

import batchwright
from batchwright.app.signature import REQUIRED, Argument, arguments_of

_HEAD = '''"""Made by ``python -m batchwright.app.stub``; the tests compare the two."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
'''


def stub() -> str:
    """The text of ``__init__.pyi``: every verb with its arguments, and what else the package exports."""
    exported: dict[str, str] = vars(batchwright)["HOMES"]
    verbs = [name for name in exported if hasattr(getattr(batchwright, name), "__arguments__")]
    homes = {name: f"batchwright.{home}" for name, home in exported.items() if name not in verbs}
    homes["Training"] = "batchwright.app.train"
    imports = [f"from {home} import {name} as {name}" for name, home in homes.items()]
    imports += [f"import batchwright.{name} as {name}" for name in vars(batchwright)["CALLBACKS"]]
    return "\n".join([_HEAD, *sorted(imports), "", "__version__: str", "", *map(_verb, verbs)])


def _verb(name: str) -> str:
    verb = getattr(batchwright, name)
    arguments = arguments_of(verb)
    parts = [_argument(a) for a in arguments if a.positional]
    keywords = [_argument(a) for a in arguments if not a.positional]
    lines = [*parts, *(["*", *keywords] if keywords else [])]
    returns = str(inspect.signature(verb).return_annotation)
    body = "".join(f"    {line},\n" for line in lines)
    first = (verb.__doc__ or "").partition("\n")[0]
    return f'def {name}(\n{body}) -> {returns}:\n    """{first}"""\n'


def _argument(argument: Argument) -> str:
    default = "" if argument.default is REQUIRED else f" = {argument.default!r}"
    return f"{argument.name}: {_written(argument.kind)}{default}"


def _written(kind: Any) -> str:
    """A type as source code."""
    text = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else repr(kind)
    return text.replace("collections.abc.", "").replace("typing.", "")


if __name__ == "__main__":
    print(stub(), end="")
