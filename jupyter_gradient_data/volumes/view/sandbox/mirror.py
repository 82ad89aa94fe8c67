"""What links say is to be seen, as real mounts: added, replaced and taken away one by one, the others untouched."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable
from typing import NamedTuple

from . import system
from .namespace import MIRRORED, Namespaces, reachable
from .plan import ASKED, OVERLAY_OPTIONS, Plan

INPUTS, DATASETS = MIRRORED
OVERLAY = f"lowerdir=lower,upperdir=upper,workdir=work,{OVERLAY_OPTIONS}"


class Source(NamedTuple):
    """What a name shows.

    Parameters
    ----------
    kind : str
        ``folder``: read-only; ``files``: to be written; ``overlay``: a layer over a version.
    path : str
        The folder; of an overlay that of its layer.
    identity : tuple of int
        Of the folder: another one at the same path is another source.
    """

    kind: str
    path: str
    identity: tuple[int, int]


class Mirror:
    """Keeps ``/inputs`` and ``/datasets`` as the links are.

    Parameters
    ----------
    namespaces : Namespaces
        Where.
    plan : Plan
        Which links.
    warn : callable
        Told once of each source that cannot be shown.
    """

    def __init__(self, namespaces: Namespaces, plan: Plan, warn: Callable[[str], None]) -> None:
        self._namespaces = namespaces
        self._links = {INPUTS: reachable(plan.inputs), DATASETS: reachable(plan.datasets)}
        self._writable = reachable(plan.writable)
        self._warn = warn
        self._warned: set[tuple[str, Source]] = set()
        self._shown: dict[str, dict[str, Source]] = {part: {} for part in MIRRORED}
        self._layers: dict[str, int] = {}  # descriptors that lock the layers of overlays
        self._count = 0

    @property
    def folders(self) -> list[str]:
        """Where a change of a name may mean a change of what is to be seen."""
        return [*self._links.values(), self._writable]

    def update(self) -> None:
        """Show everything as it is now, and tell those who have asked."""
        asked = self._asked()
        for part in MIRRORED:
            wanted, shown = self._wanted(part), self._shown[part]
            for name in os.listdir(f"/{part}"):  # also what an earlier holder has left
                if name not in wanted:
                    self._remove(part, name)
                    shown.pop(name, None)
            for name, source in wanted.items():
                if shown.get(name) != source:
                    self._try_to_show(part, name, source)
        for path in asked:
            with contextlib.suppress(OSError):  # whoever asked has waited long enough
                os.unlink(path)

    def _asked(self) -> list[str]:
        """Files by which programs of our namespace, not of another view of the same notebook run, have asked."""
        prefix = f"{ASKED}{os.fstat(self._namespaces.shown).st_ino}-"
        return [f"{self._writable}/{name}" for name in os.listdir(self._writable) if name.startswith(prefix)]

    def _wanted(self, part: str) -> dict[str, Source]:
        folder = self._links[part]
        # Names with a dot are on their way to their own.
        found = {name: self._source(part, name) for name in sorted(os.listdir(folder)) if not name.startswith(".")}
        return {name: source for name, source in found.items() if source is not None}

    def _source(self, part: str, name: str) -> Source | None:
        try:
            target = os.readlink(f"{self._links[part]}/{name}")
        except OSError:  # gone meanwhile, or not ours
            return None
        layer = f"{self._writable}/{name}"
        kind = "overlay" if os.path.isdir(f"{layer}/upper") else "files" if os.path.isdir(f"{layer}/files") else ""
        if not kind:
            return _identified("folder", reachable(target))
        if part == INPUTS:
            return _layer(kind, layer)
        try:
            is_same = os.readlink(f"{self._links[INPUTS]}/{name}") == target
        except OSError:
            is_same = False
        if not is_same:
            return _identified("folder", reachable(target))
        # What /inputs shows now, not what its link says by now: that may have changed since.
        shown = self._shown[INPUTS].get(name)
        return shown._replace(kind="alias") if shown is not None else None

    def _try_to_show(self, part: str, name: str, source: Source) -> None:
        try:
            self._show(part, name, source)
        except OSError as error:
            if (part, source) not in self._warned:
                self._warned.add((part, source))
                self._warn(f"/{part}/{name} cannot be shown: {error}")
        else:
            self._shown[part][name] = source

    def _show(self, part: str, name: str, source: Source) -> None:
        place = f"/{part}/{name}"
        if source.kind == "overlay" and name not in self._shown[part] and os.path.isdir(place):
            self._remove(part, name)  # an earlier holder's: two overlays must not have one upper folder
        layer = _lock(source.path) if source.kind == "overlay" else -1
        hidden = self._hidden_name()
        os.mkdir(hidden, 0o755, dir_fd=self._namespaces.folders[part])
        try:
            _mount(source, f"/{part}/{hidden}", name)
            replaces = os.path.isdir(place)
            self._namespaces.rename(part, hidden, name, exchange=replaces)
        except OSError:
            self._drop(part, hidden)
            _close(layer)
            raise
        if replaces:
            self._drop(part, hidden)
        if part == INPUTS:
            _close(self._layers.pop(name, -1))
            self._layers[name] = layer

    def _remove(self, part: str, name: str) -> None:
        hidden = self._hidden_name()
        self._namespaces.rename(part, name, hidden, exchange=False)
        self._drop(part, hidden)
        if part == INPUTS:
            _close(self._layers.pop(name, -1))

    def _drop(self, part: str, hidden: str) -> None:
        with contextlib.suppress(OSError):  # nothing could be mounted there
            system.detach(f"/{part}/{hidden}")
        os.rmdir(hidden, dir_fd=self._namespaces.folders[part])

    def _hidden_name(self) -> str:
        self._count += 1
        return f".{os.getpid()}-{self._count}"


def _identified(kind: str, path: str) -> Source | None:
    try:
        status = os.stat(path)
    except OSError:  # a link to nothing shows nothing
        return None
    return Source(kind, path, (status.st_dev, status.st_ino))


def _layer(kind: str, path: str) -> Source | None:
    """A layer: the time of its link tells it from one that was removed a moment ago and had the same number."""
    try:
        status = os.lstat(f"{path}/lower")
    except OSError:
        return None
    return Source(kind, path, (status.st_ino, status.st_ctime_ns))


def _lock(layer: str) -> int:
    """Keep other servers from showing a layer: an overlay and its upper folder belong to one of them."""
    descriptor = os.open(layer, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OSError(0, "another server of this notebook run shows it, and only one can") from None
    except OSError:  # a file system without locks
        pass
    return descriptor


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _mount(source: Source, place: str, name: str) -> None:
    if source.kind == "overlay":
        os.chdir(source.path)  # so that no option has a path, which may be long or have commas
        try:
            system.mount("gradient", place, "overlay", system.NO_SUID | system.NO_DEVICES, OVERLAY)
        finally:
            os.chdir("/")
        return
    path = {"alias": f"/{INPUTS}/{name}", "files": f"{source.path}/files"}.get(source.kind, source.path)
    system.mount(path, place, None, system.BIND | system.RECURSIVE)
    if source.kind != "files":
        system.make_read_only(place)
