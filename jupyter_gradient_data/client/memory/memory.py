"""The lock of this process: what each reference means here, recorded whenever data is opened or mounted."""

from __future__ import annotations

import threading

from jupyter_gradient_data.ids import LATEST, Reference
from jupyter_gradient_data.models import LockEntry, Mount, Version
from jupyter_gradient_data.service.api import DataService


class Memory:
    """Which data a notebook or script used; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._entries: dict[tuple[str, str | None], LockEntry] = {}

    @property
    def entries(self) -> tuple[LockEntry, ...]:
        """All that was recorded, in its order."""
        with self._lock:
            return tuple(self._entries.values())

    def resolve(self, service: DataService, reference: str) -> Version:
        """The version that a reference means here: the locked one, else what it means now; it is recorded.

        ``latest`` and tags stay at what they meant first, until `follow`.  An uncommitted version is returned as it
        is and not recorded: it may still change.

        Raises
        ------
        NotFound
            There is no such dataset or version.
        """
        locked = self._locked(reference)
        if locked is not None:
            return service.get_version(f"{locked.dataset}:{locked.version}")
        version = service.get_version(reference)
        self.record(service, reference, version)
        return version

    def record(self, service: DataService, reference: str, version: Version, path: str | None = None) -> None:
        """Note which version a reference meant, and where it is mounted.

        Parameters
        ----------
        service : DataService
            Asked for the dataset's name.
        reference : str
            As it was written.
        version : Version
            What it meant.
        path : str, optional
            ``/inputs/<name>``.
        """
        if version.root is None or version.files is None or version.bytes is None:
            return
        name = service.get_dataset(version.dataset).name
        entry = LockEntry(
            *(reference, version.dataset, name, version.version, version.root, path, version.files, version.bytes)
        )
        with self._lock:
            self._entries[reference, path] = entry

    def record_mount(self, service: DataService, mount: Mount) -> None:
        """Note what was mounted; a bucket, which has no versions, is not recorded."""
        if mount.dataset is None or mount.version is None:
            return
        version = service.get_version(f"{mount.dataset}:{mount.version}")
        self.record(service, mount.reference, version, mount.path)

    def follow(self, reference: str) -> None:
        """Let a reference mean what it means now: what was recorded of it is forgotten."""
        with self._lock:
            for key in [key for key in self._entries if _same(key[0], reference)]:
                del self._entries[key]

    def _locked(self, reference: str) -> LockEntry | None:
        with self._lock:
            return next((entry for key, entry in self._entries.items() if _same(key[0], reference)), None)


def _same(one: str, other: str) -> bool:
    return _normal(one) == _normal(other)


def _normal(reference: str) -> tuple[str, str]:
    parsed = Reference.parse(reference)
    return str(Reference(parsed.dataset, None, parsed.namespace)), parsed.selector or LATEST


MEMORY = Memory()
"""That of this process."""
