"""The ``batchwright`` command: its subcommands, and how errors become exit codes.

Exit codes: 0 done, 1 a run failed, 2 bad input, 3 inconclusive under ``--strict``, 130 interrupted.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable

import typer

from batchwright.cli import (
    advise,
    compare,
    curvature,
    doctor,
    escape,
    fit,
    noise,
    probe,
    stored,
    study,
    surface,
    train,
)

app = typer.Typer(
    name="batchwright",
    help="Which batch size, with which learning rate, and how sure: measured on your model and hardware.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: dict[str, Callable[..., int]] = {
    "study": study.study,
    "advise": advise.advise,
    "train": train.train,
    "compare": compare.compare,
    "probe": probe.probe,
    "noise": noise.noise,
    "curvature": curvature.curvature,
    "escape": escape.escape,
    "surface": surface.surface,
    "fit": fit.fit,
    "studies": stored.studies,
    "show": stored.show,
    "resume": stored.resume,
    "export": stored.export,
    "report": stored.report,
    "doctor": doctor.doctor,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)

# Typer carries a copy of click or imports it, by version: its own exception is the one that is raised.
_USAGE_ERROR: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

_CTRL_C = 130
_INTERRUPTED = {
    "study": "interrupted: finished runs are kept, and the same command continues",
    "resume": "interrupted: finished runs are kept, and the same command continues",
    "train": "interrupted: a checkpoint, where --checkpoint DIR was given, continues with --resume DIR",
}


def _version(wanted: bool) -> None:
    if wanted:
        from batchwright import __version__

        print(f"batchwright {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None: ...


def main() -> None:
    """Run the command line; every expected error is one line on stderr."""
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing is left to say, also not at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run with these arguments; returns the exit code."""
    from batchwright.cli import invalid
    from batchwright.core.errors import BatchwrightError, InputError, one_line

    try:
        # The command line travels as the context's object: studies record it.
        line = shlex.join(["batchwright", *arguments])
        code = int(app(args=arguments, prog_name="batchwright", standalone_mode=False, obj=line) or 0)
        # Typer itself catches Ctrl-C, and by version raises Abort or returns this.
        return _interrupted(arguments) if code == _CTRL_C else code
    except typer.Exit as stop:
        return int(stop.exit_code)
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            return 2
        return _say(invalid.usage(error, list(_COMMANDS)), 2)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(arguments)
    except InputError as error:
        return _say(one_line(error), 2)
    except BatchwrightError as error:
        return _say(one_line(error), 1)
    except ValueError as error:
        # Only pydantic's validation errors are the caller's; any other ValueError is a defect of ours.
        if type(error).__name__ != "ValidationError":
            raise
        return _say(invalid.validation(error), 2)


def _interrupted(arguments: list[str]) -> int:
    return _say(_INTERRUPTED.get(arguments[0], "interrupted"), _CTRL_C)


def _say(message: str, code: int) -> int:
    print(f"batchwright: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
