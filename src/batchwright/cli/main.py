"""The ``batchwright`` command: its subcommands, and how errors become exit codes.

Exit codes: 0 done, 1 a run failed, 2 bad input, 3 inconclusive under ``--strict``, 130 interrupted.
"""

from __future__ import annotations

import sys

import click
import typer

from batchwright.cli import compare, doctor, stored, study, train

app = typer.Typer(
    name="batchwright",
    help="Which batch size, with which learning rate, and how sure: measured on your model and hardware.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("study")(study.study)
app.command("train")(train.train)
app.command("compare")(compare.compare)
app.command("studies")(stored.studies)
app.command("show")(stored.show)
app.command("resume")(stored.resume)
app.command("export")(stored.export)
app.command("report")(stored.report)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; every expected error is one line on stderr."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run with these arguments; returns the exit code."""
    from batchwright.core.errors import BatchwrightError, InputError, one_line

    try:
        code = app(args=arguments, prog_name="batchwright", standalone_mode=False)
        return int(code or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _say(error.format_message().replace("\n", " "), 2)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted; finished runs are kept: the same command continues", 130)
    except InputError as error:
        return _say(one_line(error), 2)
    except BatchwrightError as error:
        return _say(one_line(error), 1)
    except ValueError as error:
        # Only pydantic's validation errors are the caller's; any other ValueError is a defect of ours.
        if type(error).__name__ != "ValidationError":
            raise
        return _say(one_line(error), 2)


def _say(message: str, code: int) -> int:
    print(f"batchwright: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
