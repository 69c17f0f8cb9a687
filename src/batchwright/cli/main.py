"""The ``batchwright`` command: its subcommands, and how errors become exit codes.

Exit codes: 0 done, 1 a run failed, 2 bad input, 3 inconclusive under ``--strict``, 130 interrupted (143 by
SIGTERM, 129 by SIGHUP).
"""

from __future__ import annotations

import os
import sys

import typer

from batchwright.app.signature import arguments_of
from batchwright.app.verbs import VERBS, verb
from batchwright.cli import present
from batchwright.cli.commands import command
from batchwright.cli.help import help_in_language
from batchwright.cli.language import LanguageOption, chosen_language, warnings_as_notes
from batchwright.cli.report_file import with_report_file
from batchwright.report.text.language import speaking

app = typer.Typer(
    name="batchwright",
    help="Which batch size, with which learning rate, and how sure: measured on your model and hardware.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_PRESENT = {
    "train": present.trained,
    "compare": present.compared,
    "export": present.exported,
    "report": present.filed,
}
for _name in VERBS:
    app.command(_name)(command(_name, _PRESENT.get(_name, present.answered)))

# Typer carries a copy of click or imports it, by version: its own exception is the one that is raised.
_USAGE_ERROR: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

_CTRL_C = 130


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
    language: LanguageOption = None,
) -> None: ...


def main() -> None:
    """Run the command line; every expected error is one line on stderr."""
    from batchwright.report.render.encoding import never_fails

    for stream in (sys.stdout, sys.stderr):
        never_fails(stream)
    try:
        code = run_command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing is left to say, also not at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def run_command(arguments: list[str]) -> int:
    """Run with these arguments; returns the exit code."""
    from batchwright.cli.output import error_line
    from batchwright.core.errors import BatchwrightError, InputError

    language, unknown = chosen_language(arguments, os.environ)
    with speaking(language), warnings_as_notes():
        try:
            if unknown is not None:
                raise unknown
            return _run(with_report_file(arguments))
        except BatchwrightError as error:
            return error_line(_in_words(error, arguments), 2 if isinstance(error, InputError) else 1)


def _run(arguments: list[str]) -> int:
    from batchwright.cli.output import error_line, interrupted
    from batchwright.cli.words import usage

    try:
        parser = help_in_language(typer.main.get_command(app))
        code = int(parser.main(args=arguments, prog_name="batchwright", standalone_mode=False) or 0)
        # Typer itself catches Ctrl-C, and by version raises Abort or returns this.
        return interrupted(arguments[0], code) if code == _CTRL_C else code
    except typer.Exit as stop:
        return int(stop.exit_code)
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            return 2
        return error_line(usage(error, list(VERBS)), 2)
    except (KeyboardInterrupt, typer.Abort):
        return interrupted(arguments[0], _CTRL_C)


def _in_words(error: Exception, arguments: list[str]) -> str:
    """An error on one line in the reader's language, with options in the place of arguments."""
    from batchwright.cli.words import in_options
    from batchwright.core.errors import one_line
    from batchwright.report.text.errors.translate import in_language

    message, name = in_language(one_line(error)), next((word for word in arguments if word in VERBS), None)
    return message if name is None else in_options(message, arguments_of(verb(name)))


if __name__ == "__main__":
    main()
