"""Whatever goes wrong becomes a line or two on stderr and an exit code; never a traceback."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from jupyter_gradient_data.errors import Cancelled, ErrorKind, GradientDataError
from jupyter_gradient_data.plain import printable

from .session import Session

_USAGE, _INTERRUPTED, _BROKEN_PIPE = 2, 130, 141  # the last two as a shell reports the signals

# Failures of the caller's own disk never came from the service of the original, so it wrote no prefix to them.
_LOCAL_CODES = ("source_", "target_", "cancelled", "disk_full")


class Outcome:
    """How a run ended."""

    code = 0


@contextmanager
def exit_code_of(session: Session, *, as_json: bool) -> Iterator[Outcome]:
    """Run the body; report what it raises and note the exit code.

    Parameters
    ----------
    session : Session
        Knows the running command and, once it was parsed, whether it wants JSON.
    as_json : bool
        Whether errors in the command line itself are to be JSON.
    """
    outcome = Outcome()
    try:
        yield outcome
    except BaseException as error:  # the one place where everything ends
        session.out.as_json = session.out.as_json or as_json
        outcome.code = _report(session, error)


def _report(session: Session, error: BaseException) -> int:
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, GradientDataError):
        return _report_known(session, error)
    if isinstance(error, click.ClickException):
        return _report_usage(session, error)
    if isinstance(error, BrokenPipeError):
        _silence_stdout()
        return _BROKEN_PIPE
    if isinstance(error, KeyboardInterrupt):
        return _report_known(session, ErrorKind.CANCELLED())
    if isinstance(error, (click.Abort, EOFError)):  # "no" to a question, or nobody there to answer
        _write(session, "aborted", "Aborted!", "")
        return 1
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        _silence_stdout()
        return _report_known(session, ErrorKind.DISK_FULL(path=error.filename or "the output"))
    if isinstance(error, Exception):
        return _report_unknown(session, error)
    raise error


def _report_known(session: Session, error: GradientDataError) -> int:
    message = error.message
    if session.failure_prefix and not session.out.as_json and not error.kind.code.startswith(_LOCAL_CODES):
        message = f"{session.failure_prefix}: {message}"
    _write(session, error.kind.code, message, error.hint)
    if isinstance(error, Cancelled) and session.signal is not None:
        return 128 + session.signal
    return error.exit_code


def _report_usage(session: Session, error: click.ClickException) -> int:
    if session.out.as_json:
        _write(session, "usage", error.format_message(), "See --help.")
    else:
        error.show()
    return error.exit_code


def _report_unknown(session: Session, error: Exception) -> int:
    """Name a defect of ours in one line and keep the traceback in a file."""
    log = _write_log(session, error)
    where = f"The details are in {log}; please report them." if log else "The details could not be written to a file."
    what = " ".join(str(error).split())
    _write(session, "internal", f"Unexpected {type(error).__name__}{f': {what}' if what else ''}", where)
    return 1


def _write(session: Session, code: str, message: str, hint: str) -> None:
    if session.out.as_json:
        text = json.dumps({"error": {"code": code, "message": message, "hint": hint}}, ensure_ascii=False)
    else:
        text = "\n".join(printable(line) for line in (message, *hint.split("\n")) if line)
    try:
        click.echo(text, err=True)
    except OSError:  # stderr is closed or full as well: only the exit code is left
        return


def _write_log(session: Session, error: Exception) -> Path | None:
    name = f"gradient-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in _log_folders(session):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Messages may quote what only the owner should see.
            with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                traceback.print_exception(error, file=file)
            return folder / name
        except OSError:
            continue
    return None


def _log_folders(session: Session) -> Iterator[Path]:
    try:
        state = session.config.state_path
        if state.is_dir():  # an error must not make a state directory
            yield state / "logs"
    except (GradientDataError, OSError, ImportError):
        pass
    yield Path(tempfile.gettempdir())


def _silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere: nobody reads stdout any more, or it is full."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no real file
        return
