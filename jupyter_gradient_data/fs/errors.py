"""Our errors as the ones that programs expect of a file system; both at once, with message and next step."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from typing import Any, cast

from jupyter_gradient_data.errors import (
    Denied,
    ErrorKind,
    GradientDataError,
    Invalid,
    NotFound,
    QuotaExceeded,
    TooMany,
    Unauthenticated,
)

_EXISTS = {ErrorKind.NAME_TAKEN, ErrorKind.PATHS_CLASH, ErrorKind.FILE_EXISTS}
_FIXED = {ErrorKind.VERSION_COMMITTED, ErrorKind.VERSION_COMMITTING, ErrorKind.VERSION_MISSING}
_NO_SERVER = {ErrorKind.SERVER_UNREACHABLE, ErrorKind.REPLY_LOST}
_CLASSES: tuple[tuple[type[GradientDataError], type[OSError], int], ...] = (
    (NotFound, FileNotFoundError, errno.ENOENT),
    (Denied, PermissionError, errno.EACCES),
    (Unauthenticated, PermissionError, errno.EACCES),
    (QuotaExceeded, OSError, errno.ENOSPC),
    (TooMany, OSError, errno.EBUSY),
    (Invalid, OSError, errno.EINVAL),
)
_MADE: dict[tuple[type, type], type[GradientDataError]] = {}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise our errors as errors of a file system."""
    try:
        yield
    except GradientDataError as error:
        raise as_os_error(error) from None


def as_os_error(error: GradientDataError) -> OSError:
    """An error that is of our class and of the `OSError` that says the same."""
    if isinstance(error, OSError):
        return error
    kind, number = _of(error)
    made = cast(Any, _both(type(error), kind)(error.kind, error.message, error.hint, error.details))
    made.errno = number
    return cast(OSError, made)


def _of(error: GradientDataError) -> tuple[type[OSError], int]:
    if error.kind in _EXISTS:
        return FileExistsError, errno.EEXIST
    if error.kind in _FIXED:
        return PermissionError, errno.EROFS
    if error.kind in _NO_SERVER:
        return ConnectionError, errno.ECONNREFUSED
    return next(((kind, number) for ours, kind, number in _CLASSES if isinstance(error, ours)), (OSError, errno.EIO))


def _both(ours: type[GradientDataError], system: type[OSError]) -> type[GradientDataError]:
    if (ours, system) not in _MADE:  # its name is the last line of a traceback
        name = ours.__name__ if system is OSError else f"Gradient{system.__name__}"
        _MADE[ours, system] = type(name, (_Shown, ours, system), {"__module__": __name__})
    return _MADE[ours, system]


class _Shown(GradientDataError):
    """What was said, and what to do next: the only words that somebody sees who knows nothing of our errors."""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        ours = self.kind.error_class
        return as_os_error, (ours(self.kind, self.message, self.hint, self.details),)
