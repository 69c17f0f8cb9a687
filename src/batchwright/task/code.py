"""A digest of what a function, class or object does: its bytecode, and everything that it refers to.

Two functions that compute alike have one digest, also when they were defined in another cell, file or
process; a changed constant, default, closure, global, helper or base class changes it. Comments and names of
files do not count. Bytecode belongs to a Python version: under another one all code counts as changed.

Libraries (whatever is installed, and this package) count by name, modules of the user's own by their text.
"""

from __future__ import annotations

import copyreg
import dis
import functools
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np
import torch
from torch import Tensor

from batchwright.core.errors import one_line

SAMPLED_ELEMENTS = 1_000_000
"""Elements of a tensor that are hashed, evenly strided: all of a small one, some of a large one."""

_PLAIN = (
    type(None), bool, int, float, complex, str, bytes, type(...),
    torch.dtype, torch.device, torch.Size,
)  # fmt: skip
_SLOTS_OF_A_CLASS = {
    "__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__static_attributes__",
    "__slotnames__", "__weakref__", "_abc_impl",
}  # fmt: skip
"""What a class holds beside its methods and values; pickling an instance adds ``__slotnames__``."""


class NoDigestError(Exception):
    """Something has no content that could be compared: an open file, a lock, a generator."""


def digest_of(*values: Any) -> bytes:
    """The digest of values and of all that they refer to.

    Raises:
        NoDigestError: one of them has no content to compare; the message says where it is held.

    >>> digest_of([1, 2.0]) == digest_of([1, 2.0]) != digest_of([1, 2])
    True
    """
    return _Walk().digest(values)


def sampled_bytes(tensor: Tensor) -> bytes:
    """Up to :data:`SAMPLED_ELEMENTS` evenly strided elements."""
    flat = tensor.detach().reshape(-1)
    stride = -(-flat.numel() // SAMPLED_ELEMENTS)
    return flat[:: max(stride, 1)].contiguous().cpu().view(torch.uint8).numpy().tobytes()


def own_sources(module: ModuleType, folder: Path) -> list[bytes]:
    """Texts of the modules of ``folder`` that ``module`` refers to, directly or through one another."""
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        for other in _modules_of(waiting.pop()):
            file = getattr(other, "__file__", None)
            if file is None or file in found or other is module or not is_users(other):
                continue
            path = Path(file)
            if folder in path.resolve().parents and path.is_file():
                found[file] = path.read_bytes()
                waiting.append(other)
    return [found[file] for file in sorted(found)]


def is_users(module: ModuleType) -> bool:
    """Whether a module is somebody's own code: not installed, not Python's, not this package."""
    if module.__name__ == "__main__":
        return True
    file = getattr(module, "__file__", None)
    if not file or module.__name__.partition(".")[0] == "batchwright":
        return False
    path = str(Path(file).resolve())
    return "site-packages" not in path and "dist-packages" not in path and not path.startswith(_stdlib())


@cache
def _stdlib() -> tuple[str, ...]:
    return tuple(str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib"))


def _modules_of(module: ModuleType) -> Iterable[ModuleType]:
    """Modules that a module's names come from."""
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType):
            yield value
        elif isinstance(value, (FunctionType, type)) and value.__module__ in sys.modules:
            yield sys.modules[value.__module__]


class _Walk:
    """One pass over values: what was finished is not walked again, what is under way ends a circle."""

    def __init__(self) -> None:
        self._done: dict[int, tuple[Any, bytes]] = {}
        self._under_way: set[int] = set()

    def digest(self, value: Any) -> bytes:
        if isinstance(value, _PLAIN):
            return _hash(type(value).__name__, repr(value))
        if id(value) in self._done:
            return self._done[id(value)][1]
        if id(value) in self._under_way:
            return _hash("circle")
        self._under_way.add(id(value))
        try:
            result = _hash(type(value).__qualname__, *self._parts(value))
        finally:
            self._under_way.discard(id(value))
        self._done[id(value)] = (value, result)  # kept alive, so that no later object gets the same id
        return result

    def _parts(self, value: Any) -> Iterable[str | bytes]:
        """What tells a value from others of its type."""
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            return str(value.dtype), str(value.shape), np.ascontiguousarray(value).tobytes()
        if isinstance(value, (list, tuple)):
            return [self.digest(part) for part in value]
        if isinstance(value, (set, frozenset)):
            return sorted(self.digest(part) for part in value)
        if isinstance(value, Mapping) and type(value) in (dict, MappingProxyType):
            return [self.digest(part) for pair in value.items() for part in pair]
        if isinstance(value, ModuleType):
            return [value.__name__, *(_text_of(value) if is_users(value) else ())]
        if isinstance(value, CodeType):
            return self._code(value)
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        return self._object(value)

    def _tensor(self, value: Tensor) -> Iterable[str | bytes]:
        facts = f"{value.dtype}{tuple(value.shape)}{value.requires_grad}"
        return (facts,) if value.is_meta else (facts, sampled_bytes(value))

    def _code(self, code: CodeType) -> Iterable[str | bytes]:
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        constants = (None, *code.co_consts[1:]) if _has_docstring(code) else code.co_consts
        facts = code.co_code, code.co_exceptiontable, repr(names), repr(code.co_flags)
        return [*facts, *(self.digest(part) for part in constants)]

    def _function(self, function: FunctionType) -> Iterable[str | bytes]:
        if _is_library(function):
            return function.__module__ or "", function.__qualname__
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        referred = {name: function.__globals__[name] for name in _global_names(function.__code__)
                    if name in function.__globals__}  # fmt: skip
        wrapped = {name: part for name, part in vars(function).items() if name != "__wrapped__"}
        return [
            self._held("a function", name, part)
            for name, part in [
                ("code", function.__code__),
                ("defaults", (function.__defaults__, function.__kwdefaults__)),
                ("closure", cells),
                ("attributes", wrapped),
                *sorted(referred.items()),
            ]
        ]

    def _class(self, value: type) -> Iterable[str | bytes]:
        if _is_library(value):
            return value.__module__, value.__qualname__
        own = [(name, part) for name, part in sorted(vars(value).items()) if name not in _SLOTS_OF_A_CLASS]
        bases = [self.digest(base) for base in value.__bases__]
        return [value.__qualname__, *bases, *(self._held(value.__name__, *entry) for entry in own)]

    def _object(self, value: Any) -> Iterable[str | bytes]:
        """An object by what it would be made from again."""
        if isinstance(value, (staticmethod, classmethod)):
            return [self.digest(value.__func__)]
        if isinstance(value, property):
            return [self.digest((value.fget, value.fset, value.fdel))]
        if isinstance(value, functools.cached_property):  # holds a lock
            return [self.digest(value.func)]
        if isinstance(value, MethodType):
            return [self.digest(value.__func__), self.digest(value.__self__)]
        if isinstance(value, functools.partial):
            return [self.digest((value.func, value.args, value.keywords))]
        if isinstance(value, torch.Generator):
            return [self.digest(value.get_state())]
        if isinstance(value, BuiltinFunctionType) or _named_in_its_library(value):
            return str(value.__module__), value.__qualname__
        if isinstance(wrapped := getattr(value, "__wrapped__", None), FunctionType):  # cached, compiled
            return [self.digest(wrapped)]
        return self._reduced(value)

    def _reduced(self, value: Any) -> Iterable[str | bytes]:
        """What pickle would keep of an object."""
        kind = type(value).__name__
        try:
            registered = copyreg.dispatch_table.get(type(value))
            made = value.__reduce_ex__(4) if registered is None else registered(value)
        except Exception as error:
            raise NoDigestError(f"a {kind} has no content to compare ({one_line(error)})") from None
        if isinstance(made, str):
            return [made]
        make, arguments, *rest = made
        state = rest[0] if rest else None
        items = [list(part) if part is not None else None for part in rest[1:3]]
        attributes = sorted(state.items()) if isinstance(state, dict) else [("state", state)]
        parts = [("type", type(value)), ("maker", make), ("arguments", arguments), ("items", items)]
        return [self._held(f"a {kind}", *part) for part in [*parts, *attributes]]

    def _held(self, owner: str, name: Any, part: Any) -> bytes:
        """The digest of what is held under a name; an error says where it was."""
        try:
            return _hash(str(name), self.digest(part))
        except NoDigestError as error:
            raise NoDigestError(f"{name} of {owner}: {error}") from None


def _hash(*parts: str | bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()


def _text_of(module: ModuleType) -> Iterable[bytes]:
    path = Path(getattr(module, "__file__", None) or "")
    return (path.read_bytes(), *own_sources(module, path.resolve().parent)) if path.is_file() else ()


def _is_library(value: Any) -> bool:
    """Whether a function or class comes from an installed package."""
    module = sys.modules.get(value.__module__ or "")
    return module is not None and not is_users(module)


def _named_in_its_library(value: Any) -> bool:
    """Whether a library holds the value under its name, such as one of torch's operators."""
    name = getattr(value, "__qualname__", None)
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return isinstance(name, str) and module is not None and getattr(module, name, None) is value


def _has_docstring(code: CodeType) -> bool:
    # A function's first constant is its docstring, or None where it has none.
    return bool(code.co_consts) and isinstance(code.co_consts[0], str) and not code.co_name.startswith("<")


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _global_names(code: CodeType) -> set[str]:
    """Global names that a function reads, those of the functions inside it included."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names
