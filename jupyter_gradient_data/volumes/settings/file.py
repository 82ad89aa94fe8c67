"""`.gradient/settings.yaml` of a notebook run's home: what is to be mounted, in the format of the original service.

It belongs to the user, often to a repository.  It is read as it is found, whatever else is in it; a change touches one
entry, replaces the file by one rename, and is never written through a symbolic link that leads out of the home.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .entries import SETTINGS, Entry, read_entries, shown_name
from .text import SettingsText
from .yaml_nodes import UnreadableText

_MOST = 256 * 1024  # bytes
_TRIES = 5
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class SettingsFile:
    """The settings file of one home.

    Callers that change it hold the lock of the notebook run (`mount_links.MountLinks.lock`): two that write at once
    would lose one change.  Other programs do not know that lock; when one writes in between, the change is made again.

    Parameters
    ----------
    home : Path
        Home of the notebook run.
    environment : mapping
        Where ``secret:NAME`` is looked up; see `settings_entries`.
    """

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home = home
        self._environment = environment

    def entries(self) -> list[Entry]:
        """What is to be mounted, by name.

        Raises
        ------
        Invalid
            ``SETTINGS_UNREADABLE``.
        """
        return read_entries(self._parsed(self._read()), self._environment)

    def find(self, name: str) -> Entry | None:
        """The entry of that name, if it is to be mounted; raises as `entries`."""
        return next((entry for entry in self.entries() if entry.name == name), None)

    def lists(self, name: str) -> bool:
        """Whether there is an entry of that name, disabled or not; raises as `entries`."""
        return any(shown_name(each) == name for each in self._parsed(self._read()).names())

    def has_other(self, name: str) -> bool:
        """Whether the entry of that name, disabled or not, is there and not for a dataset; raises as `entries`."""
        text = self._parsed(self._read())
        return name in text.names() and not _is_dataset(text, name)

    def put_dataset(self, name: str, dataset: str, version: str, *, writable: bool) -> None:
        """Let an entry want this version, by ids; other keys of it stay.

        Raises
        ------
        Invalid
            ``SETTINGS_UNREADABLE``; then nothing was written.
        StoreFailed
            It cannot be written.
        """
        values = {"type": "dataset", "id": dataset, "version": version}
        self._put(name, values, writable=writable)

    def put_public(self, name: str, reference: str) -> None:
        """Let an entry want a public dataset; raises as `put_dataset`."""
        self._put(name, {"type": "dataset", "ref": reference}, writable=False)

    def remove(self, name: str) -> None:
        """Take an entry out; one of another type than dataset is disabled, so that what it says is not lost.

        Raises as `put_dataset`.
        """

        def change(text: SettingsText) -> str:
            found = next((each for each in text.names() if shown_name(each) == name), None)
            if found is None:
                return text.text
            return text.remove(found) if _is_dataset(text, found) else text.put(found, {"enabled": "false"})

        self._change(change)

    def _put(self, name: str, values: dict[str, str], *, writable: bool) -> None:
        def change(text: SettingsText) -> str:
            says = _says(text, name)
            drop = {"ref", "id", "version", *(() if writable else ("permissions",))} - values.keys()
            wanted = {**values, **({"permissions": "rw"} if writable else {})}
            if "enabled" in says:
                wanted["enabled"] = "true"
            is_there = name in text.names() and not drop & says.keys()
            return (
                text.text
                if is_there and all(says.get(k) == v for k, v in wanted.items())
                else text.put(name, wanted, drop)
            )

        self._change(change)

    # --- the file ---------------------------------------------------------------------------------------------------

    def _parsed(self, data: bytes | None) -> SettingsText:
        try:
            return SettingsText((data or b"").decode())
        except UnicodeDecodeError:
            raise self._unreadable("it is not UTF-8") from None
        except UnreadableText as error:
            raise self._unreadable(str(error)) from None

    def _change(self, change: Callable[[SettingsText], str]) -> None:
        for _ in range(_TRIES):
            data = self._read()
            try:
                new = change(self._parsed(data)).encode()
            except UnreadableText as error:
                raise self._unreadable(str(error)) from None
            if new == (data or b""):
                return
            if self._replaced(data, new):
                return
        raise self._unreadable("another program changes it all the time")

    def _real(self) -> Path:
        """Where the file is, links followed."""
        real, home = os.path.realpath(self._home / SETTINGS), os.path.realpath(self._home)
        if os.path.commonpath([real, home]) != home:
            raise self._unreadable("it is a link that leads out of the home of the notebook run")
        return Path(real)

    def _read(self) -> bytes | None:
        """All of it; None when there is none."""
        try:
            descriptor = os.open(self._real(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(error.strerror) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise self._unreadable("it is not a file")
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_MOST + 1)
        if len(data) > _MOST:
            raise self._unreadable(f"it is larger than {_MOST // 1024} KiB")
        return data

    def _replaced(self, before: bytes | None, after: bytes) -> bool:
        """Write the file anew; False, and nothing is written, when somebody else changed it."""
        path = self._real()
        part = path.with_name(f".{path.name}.gradient-part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)  # left behind by a process that was killed
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    if before is not None:
                        os.fchmod(descriptor, stat.S_IMODE(os.stat(path).st_mode))
                    file.write(after)
                    file.flush()
                    os.fsync(descriptor)
                if self._read() != before:
                    return False
                os.rename(part, path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise ErrorKind.DISK_FULL(path=path) from None
            raise ErrorKind.TARGET_UNWRITABLE(path=path, reason=error.strerror) from None
        return True

    def _unreadable(self, reason: object) -> GradientDataError:
        return ErrorKind.SETTINGS_UNREADABLE(path=self._home / SETTINGS, reason=reason)


def _says(text: SettingsText, name: str) -> dict[str, str | None]:
    try:
        return text.values(name) if name in text.names() else {}
    except UnreadableText:
        return {}


def _is_dataset(text: SettingsText, name: str) -> bool:
    says = _says(text, name)
    return says.get("type", "s3" if "url" in says else "dataset") == "dataset"
