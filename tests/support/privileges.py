"""Permissions mean nothing to root, and tests often run as root."""

from __future__ import annotations

import builtins
import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

_NOBODY = 65534


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Be an ordinary user inside the block."""
    if os.geteuid() != 0:
        yield
        return
    with mock.patch.object(builtins, "__import__", _ImportAsRoot()):
        os.setresuid(_NOBODY, _NOBODY, 0)
        try:
            yield
        finally:
            os.setresuid(0, 0, 0)


@contextlib.contextmanager
def folder_for_all() -> Iterator[Path]:
    """A temporary folder that an ordinary user can reach and write, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)
        for folder, _, _ in os.walk(name):
            os.chmod(folder, 0o777)


class _ImportAsRoot:
    """Others may not be able to reach root's Python; and a codec that was not found once is never looked for again."""

    def __init__(self) -> None:
        self._import = builtins.__import__
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            before = os.getresuid()
            os.setresuid(0, 0, 0)
            try:
                return self._import(*args, **kwargs)
            finally:
                os.setresuid(*before)
