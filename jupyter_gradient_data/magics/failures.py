"""Errors in a cell: what happened and what to do next, in red; the cell counts as failed, so that *Run All* stops.

IPython asks an exception how it wants to be shown. One that Python code raised also shows the line of the user's code
that it came from (`errors`); of a magic that line is the magic itself, so the two sentences say it all.
"""

from __future__ import annotations

import os
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from jupyter_gradient_data.client.progress import Interrupted
from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .session import SESSION
from .wording import for_a_cell

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


@contextmanager
def told_briefly() -> Iterator[None]:
    """Run a verb: whatever it raises leaves as an error of ours, in the words of the magics."""
    try:
        yield
    except GradientDataError as error:
        raise _brief(error) from None
    except click.exceptions.Exit:
        return
    except click.UsageError as error:
        raise _brief(_usage(error)) from None
    except Interrupted:
        raise
    except KeyboardInterrupt:
        raise Interrupted("Stopped.") from None
    except Exception as error:
        raise _brief(_unexpected(error)) from None


def _brief(error: GradientDataError) -> GradientDataError:
    """The same error with names of datasets for their ids, and magics for the commands of a terminal."""
    error.message = SESSION.with_names(error.message)
    error.hint = for_a_cell(SESSION.with_names(error.hint))
    error.args = (error.message,)
    setattr(error, "_render_traceback_", partial(_render, error))  # noqa: B010 - IPython's name for it
    return error


def _usage(error: click.UsageError) -> GradientDataError:
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


def _render(error: GradientDataError) -> list[str]:
    """What IPython, and with it JupyterLab and nbconvert, shows in place of a traceback."""
    hint = [line for line in error.hint.split("\n") if line]
    # Not in red: notebooks show errors on a red ground, where that is hard to read, most of all in dark themes.
    return [f"{_BOLD}{error.message}{_PLAIN}", *hint, *getattr(error, "__notes__", ())]
