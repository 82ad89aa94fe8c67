"""Errors in a cell: what happened and what to do next, in red; the cell counts as failed, so that *Run All* stops.

IPython asks an exception how it wants to be shown. One of a magic is shown as its two sentences; one that Python code
raised also with the line of the user's own code that it came from. Neither shows what goes on inside of us.
"""

from __future__ import annotations

import os
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .wording import for_a_cell

_RED, _BOLD, _DIM, _PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
_FROM_A_MAGIC = "_from_a_magic"
_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_HOOK = "_render_traceback_"  # IPython's name for it


def show_briefly() -> None:
    """Have our errors shown in a line or two, wherever they were raised."""
    setattr(GradientDataError, _HOOK, _render)


def show_in_full() -> None:
    """Have them shown as any other exception."""
    if hasattr(GradientDataError, _HOOK):
        delattr(GradientDataError, _HOOK)


@contextmanager
def told_briefly() -> Iterator[None]:
    """Run a verb: whatever it raises leaves as an error of ours, in the words of the magics."""
    import click  # here: loading the magics needs none of it

    try:
        yield
    except GradientDataError as error:
        error.hint = for_a_cell(error.hint)
        raise _marked(error) from None
    except click.exceptions.Exit:
        return
    except click.UsageError as error:
        raise _marked(_usage(error)) from None
    except (click.Abort, KeyboardInterrupt):
        raise _marked(ErrorKind.CANCELLED()) from None
    except Exception as error:
        raise _marked(_unexpected(error)) from None


def _usage(error: object) -> GradientDataError:
    import click

    assert isinstance(error, click.UsageError)  # noqa: S101
    command = error.ctx.command_path if error.ctx else "%dataset"
    return ErrorKind.MAGIC_USAGE(message=error.format_message(), hint=f"`{command} --help` shows how to write it.")


def _unexpected(error: Exception) -> GradientDataError:
    """Name a defect of ours in one line and keep the traceback in a file, which only its owner may read."""
    name = f"gradient-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    log = Path(tempfile.gettempdir()) / name
    try:
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
            traceback.print_exception(error, file=file)
        hint = f"The details are in {log}; please report them."
    except OSError:
        hint = "The details could not be written to a file."
    what = " ".join(str(error).split())
    return ErrorKind.MAGIC_FAILED(error=f"{type(error).__name__}{f': {what}' if what else ''}", hint=hint)


def _marked(error: GradientDataError) -> GradientDataError:
    setattr(error, _FROM_A_MAGIC, True)
    return error


def _render(error: GradientDataError) -> list[str]:
    """What IPython, and with it JupyterLab and nbconvert, shows in place of a traceback."""
    where = [] if getattr(error, _FROM_A_MAGIC, False) else _own_lines(error)
    sentences = [f"{_RED}{_BOLD}{error.message}{_PLAIN}"]
    sentences += [f"{_RED}{line}{_PLAIN}" for line in for_a_cell(error.hint).split("\n") if line]
    return [*where, *sentences]


def _own_lines(error: GradientDataError) -> list[str]:
    """The lines of the user's code that led to an error: those before the first one of an installed library."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(_PACKAGE) or f"{os.sep}site-packages{os.sep}" in frame.filename:
            if lines:
                break
            continue
        place = "" if frame.name == "<module>" else f" in {frame.name}"
        lines.append(f"{_DIM}line {frame.lineno}{place}:{_PLAIN} {frame.line}")
    return lines
