"""From a name to a task: a built-in one, ``path/to/file.py:function`` or ``package.module:function``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from batchwright.core.errors import LONGEST_ECHO, InputError, one_line, shown, unknown_name
from batchwright.task.catalogue import builder, built_in_names
from batchwright.task.code import own_sources
from batchwright.task.fingerprint import task_fingerprint
from batchwright.task.options import builder_parameters, coerce_options
from batchwright.task.subset import take_examples
from batchwright.task.task import Task, TaskReference

_LONGEST_MESSAGE = 200
"""Characters of somebody else's error that are repeated."""


def load_task(reference: TaskReference) -> Task:
    """Build the task that ``reference`` names.

    A user's function is called with the options as keywords, converted to the types it declares, and
    with ``data_dir`` where it has such a parameter. Its file is imported under a name of its own, the
    same in every process, with the file's folder on ``sys.path``.

    Returns:
        The task with ``reference`` (absolute path, converted options) and ``fingerprint`` set, so that a
        worker process can load the same one; ``reference.examples`` takes a stratified subset.

    Raises:
        InputError: an unknown name or option, a file or function that is missing, fails or returns something
            else, always on one line that names the function and the original error.
        DataError: a built-in task's data are missing or damaged.
    """
    name = reference.name
    if reference.live:
        raise InputError(
            f"task {shown(name)} lives in the program that made it: pass the Task itself, or put it into a "
            "file and name it file.py:function"
        )
    if not name.isprintable():
        raise InputError(f"a task's name must be printable, got {shown(name)}")
    task, reference, sources = (_load_users_task if ":" in name else _load_built_in)(reference)
    if reference.examples is not None:
        task = take_examples(task, reference.examples, reference.subset_seed)
    return task.with_fields(reference=reference, fingerprint=task_fingerprint(task, reference, sources))


def _load_built_in(reference: TaskReference) -> tuple[Task, TaskReference, list[bytes]]:
    name = reference.name
    if name.endswith(".py"):
        raise InputError(
            f"a task in a file must be named file.py:function, got {shown(name)}; try {_short(name)}:task"
        )
    if name not in built_in_names():
        raise unknown_name("task", name, built_in_names())
    function = builder(name)
    reference = _resolve(reference, function, name, name)
    return function(data_dir=reference.data_dir, **reference.options), reference, []


def _load_users_task(reference: TaskReference) -> tuple[Task, TaskReference, list[bytes]]:
    place, _, function_name = reference.name.rpartition(":")
    if not place or not function_name.isidentifier():
        raise InputError(
            f"a task must be named file.py:function or module:function, got {shown(reference.name)}"
        )
    if _is_file(place):
        path = _path_of(place)
        source = _read_source(path, place)
        with _on_path(path.parent):
            module = _import_file(path, source, place, path)
            task, reference = _call(module, function_name, reference, f"{path}:{function_name}")
        return task, reference, [source, *own_sources(module, path.parent)]
    with _on_path(Path.cwd()):
        module = _import_module(place)
        task, reference = _call(module, function_name, reference, reference.name)
    file = Path(getattr(module, "__file__", None) or "")
    sources = [file.read_bytes(), *own_sources(module, file.resolve().parent)] if file.is_file() else []
    return task, reference, sources


def import_code(name: str, folder: Path | None = None) -> list[bytes]:
    """Import the code of a user's task, for a process that gets the task itself from elsewhere.

    Args:
        name: of a reference that :func:`load_task` made. Its modules keep the names that they have where the task
            was loaded, so that a pickled class is found.
        folder: where the files lie in this process, if it is another place; it stays on ``sys.path``.

    Returns:
        The texts of the task's file and of its own helpers; none of a built-in task, or of a module without a file.

    Raises:
        InputError: the file or module is missing, or cannot be imported.
    """
    place, _, _ = name.rpartition(":")
    if not place:
        return []
    if _is_file(place):
        known_as = Path(place)
        path = known_as if folder is None else folder / known_as.name
        source = _read_source(path, str(path))
        _keep_on_path(path.parent)
        module = _import_file(path, source, str(path), known_as)
        return [source, *own_sources(module, path.parent.resolve())]
    _keep_on_path(folder or Path.cwd())
    module = _import_module(place)
    file = Path(getattr(module, "__file__", None) or "")
    return [file.read_bytes(), *own_sources(module, file.resolve().parent)] if file.is_file() else []


def folder_of_code(name: str) -> Path | None:
    """The folder whose files a task needs where it is imported; None for a built-in task or an installed module."""
    place, _, _ = name.rpartition(":")
    if not place:
        return None
    if _is_file(place):
        return _path_of(place).parent
    here = Path.cwd()
    first = place.partition(".")[0]
    return here if (here / f"{first}.py").exists() or (here / first).is_dir() else None


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


def _keep_on_path(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _call(
    module: ModuleType, function_name: str, reference: TaskReference, absolute_name: str
) -> tuple[Task, TaskReference]:
    """Call the user's function; every way in which it can fail becomes one line."""
    label = _short(reference.name)
    function = getattr(module, function_name, None)
    if function is None:
        own = [
            n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__
        ]
        raise unknown_name(f"function in {label.rpartition(':')[0]}:", function_name, own)
    if not callable(function):
        raise InputError(f"{label} must be a function that returns a Task, got {type(function).__name__}")
    reference = _resolve(reference, function, label, absolute_name)
    keywords = dict(reference.options)
    if reference.data_dir is not None:
        keywords["data_dir"] = reference.data_dir
    with _user_errors(f"{label} raised"):
        task = function(**keywords)
    if not isinstance(task, Task):
        raise InputError(f"{label} must return a batchwright Task, got {type(task).__name__}")
    return task, reference


def _resolve(
    reference: TaskReference, function: Callable[..., Any], owner: str, absolute_name: str
) -> TaskReference:
    """The reference with converted options and absolute paths, checked against the function's signature."""
    data_dir = reference.data_dir
    if data_dir is not None:
        if not _accepts(function, "data_dir"):
            raise InputError(
                f"{owner} takes no data_dir, got {shown(data_dir)}; drop data= or add the parameter"
            )
        data_dir = str(_path_of(data_dir))
    options: Mapping[str, Any] = coerce_options(function, reference.options, owner)
    return reference.model_copy(update={"name": absolute_name, "options": options, "data_dir": data_dir})


def _accepts(function: Callable[..., Any], name: str) -> bool:
    parameters = builder_parameters(function)
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _path_of(place: str) -> Path:
    """An absolute path."""
    try:
        return Path(place).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, no such user, a NUL
        raise InputError(f"{_short(place)} cannot be a path: {one_line(error)}") from None


def _short(text: str) -> str:
    """A name as messages repeat it, without quotes where they would only be in the way."""
    return text if len(text) <= LONGEST_ECHO else shown(text)


def _read_source(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        hint = f"; did you mean {place}.py?" if path.with_name(f"{path.name}.py").exists() else ""
        raise InputError(f"there is no task file {_short(place)}{hint}") from None
    except OSError as error:
        raise InputError(f"cannot read the task file {_short(place)}: {error.strerror}") from None


def _import_file(path: Path, source: bytes, place: str, known_as: Path) -> ModuleType:
    # The name is a function of place and content: a pickled class finds its module in every process that
    # loaded the task, and an edited file is not mistaken for the one already imported.
    digest = hashlib.blake2b(str(known_as).encode() + b"\0" + source, digest_size=6).hexdigest()
    name = f"batchwright_task_{re.sub(r'[^0-9A-Za-z_]', '_', known_as.stem)}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"a task file must be a Python file, got {_short(place)}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _user_errors(f"cannot import {_short(place)}:"):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_module(name: str) -> ModuleType:
    with _user_errors(f"cannot import {_short(name)}:"):
        return importlib.import_module(name)


@contextmanager
def _user_errors(what: str) -> Iterator[None]:
    """Turn whatever a user's code raises into an InputError; Ctrl-C passes."""
    try:
        yield
    except (Exception, SystemExit) as error:
        said = one_line(error)
        said = said if len(said) <= _LONGEST_MESSAGE else f"{said[:_LONGEST_MESSAGE]}..."
        raise InputError(f"{what} {type(error).__name__}: {said}") from error


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """``folder`` first on ``sys.path`` for the block."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
