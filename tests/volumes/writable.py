"""Writable mounts as tests use them: mounted by the service, changed through an overlay or the private copy."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.models import Version
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.layers.layers import Layer
from tests.service.place import Place
from tests.support.overlays import Files, mounted

KINDS = ["overlay", "copy"]
NAME = "data"
Model = dict[str, tuple[bytes, bool]]


class Writable:
    """A writable mount of the dataset ``data`` that is in use.

    Parameters
    ----------
    place : Place
        Whose service mounts it.
    shown : Path
        Where an overlay is seen.
    kind : str
        One of `KINDS`.
    """

    def __init__(self, place: Place, shown: Path, kind: str) -> None:
        if kind == "overlay" and os.geteuid() != 0:
            pytest.skip("versions in the cache are read-only: only root has overlays over them")
        assert isinstance(place.service, LocalService)
        self.place = place
        self.service = place.service
        self.service.can_overlay = lambda: kind == "overlay"
        self._shown = shown
        self._stack = contextlib.ExitStack()

    def mount(self) -> Files:
        """Mount the newest version; returns what changes its files."""
        mount = self.service.mount(NAME, writable=True).result()
        assert mount.is_writable
        assert self.layer.is_overlay == self.service.can_overlay()
        return self.enter()

    def enter(self) -> Files:
        """See the layer as it is now, as a kernel that is started."""
        self.leave()
        return self._stack.enter_context(mounted(self.layer, self._shown))

    def leave(self) -> None:
        """End that kernel."""
        self._stack.close()

    @property
    def layer(self) -> Layer:
        """The layer."""
        return Layer.of(TeamFolders(self.place.repository), NAME)

    def commit(self, **options: object) -> Version:
        """Commit, and check what a commit always leaves."""
        version = self.service.commit_mount(NAME, **options).result()  # type: ignore[arg-type]
        assert version.is_committed
        assert not self.layer.has_changes()
        mount = self.service.get_mount(NAME)
        assert (mount.version, mount.files, mount.bytes) == (version.version, version.files, version.bytes)
        assert mount.newer is None
        assert self.uncommitted() == []
        return version

    def uncommitted(self) -> list[Version]:
        """Versions that are not committed."""
        return list(self.service.list_versions(NAME, committed=False).items)

    def check(self, reference: str, model: Model) -> None:
        """A version has exactly these files."""
        found = {info.path: (info.size, info.hash, info.executable) for info in self.place.files(reference)}
        assert found == {path: (len(data), hash_bytes(data).hex(), flag) for path, (data, flag) in model.items()}


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Everything below a folder is the same in the end, bytes and rights, except what is new."""
    before = _picture(folder)
    yield
    after = _picture(folder)
    assert {path: after.get(path) for path in before} == before


def _picture(folder: Path) -> dict[str, tuple[str, int, int]]:
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = digest, status.st_mode, status.st_mtime_ns if path.is_file() else 0
    return found
