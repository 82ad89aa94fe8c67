"""Mounts, as a notebook has them: a version under ``/inputs``, complete or not there."""

from __future__ import annotations

from pathlib import Path

from jupyter_gradient_data.errors import NotFound
from jupyter_gradient_data.ids import LATEST, Reference, is_version_id
from jupyter_gradient_data.models import PROVENANCE, MountState
from jupyter_gradient_data.models import Mount as MountInfo
from jupyter_gradient_data.models import Version as VersionInfo
from jupyter_gradient_data.service.api import DataService

from .datasets import handle
from .folders import Folder, Folders
from .memory.memory import MEMORY
from .memory.provenance import provenance
from .places import find_here, require_here
from .progress import follow
from .service import current_service
from .show.tables import Card, Table
from .show.things import mount_card, mounts_table
from .versions import Version


class Mount(Folder):
    """A version that is mounted.

    You get one from `mount`.  ``m / "train.csv"`` is a path in it, and `os.fspath` takes the mount itself.

    Parameters
    ----------
    service : DataService
        Where it is.
    info : jupyter_gradient_data.models.Mount
        Its facts.
    """

    def __init__(self, service: DataService, info: MountInfo) -> None:
        self._service = service
        self.info = info

    @property
    def name(self) -> str:
        """Its folder: ``/inputs/<name>``."""
        return self.info.name

    @property
    def reference(self) -> str:
        """What was asked for; of what the notebook holds on to, exactly the version."""
        return self.info.reference

    @property
    def is_writable(self) -> bool:
        """Whether its files can be changed, for `commit`."""
        return self.info.is_writable

    @property
    def newer(self) -> str | None:
        """Id of a newer version that `update` would mount, as last seen."""
        return self.info.newer

    @property
    def version(self) -> Version | None:
        """The version that is mounted; None for a public dataset or a bucket, which have none."""
        if self.info.dataset is None or self.info.version is None:
            return None
        info = self._service.get_version(f"{self.info.dataset}:{self.info.version}")
        return handle(self._service, info, self.info.dataset_name or info.dataset, is_noted=True)

    @property
    def path(self) -> Path:
        """The folder with the files, as this process sees it: ``/inputs/<name>`` in a kernel that has it.

        Raises
        ------
        Conflict
            It is on another machine: that of the server.
        """
        return require_here(self.info.path, self.info.local_path)

    def refresh(self) -> Mount:
        """Look again at its state; returns itself."""
        self.info = self._service.get_mount(self.name)
        return self

    def update(self, reference: str | None = None) -> Mount:
        """Mount another version in one step; files that are open stay readable.

        Parameters
        ----------
        reference : str, optional
            The newest by default; or what the tag that was mounted points to now.

        Returns
        -------
        Mount
            Itself.
        """
        meant = self._written()
        if reference is None and not is_version_id(Reference.parse(meant).selector or LATEST):
            reference = meant  # the mount may only know which version that was
        task = self._service.update_mount(self.name, reference)
        info = follow(task, f"Updating {self.info.path}")
        others = {one.path for one in self._service.list_mounts() if one.name != self.name}
        MEMORY.follow(meant, still_mounted=others)  # not before: what could not be mounted is not used
        return self._done(info, reference)

    def commit(self, message: str = "", tag: str | None = None) -> Version:
        """Make a version of what was changed in a writable mount; it is mounted then.

        Parameters
        ----------
        message : str
            What to say about it.
        tag : str, optional
            To point to it.

        Returns
        -------
        Version
            The new one; the one that was mounted when nothing was changed.

        Raises
        ------
        Conflict
            The mount is not writable.
        """
        metadata = {PROVENANCE: provenance(self._service)}
        task = self._service.commit_mount(self.name, message=message, tag=tag, metadata=metadata)
        info = follow(task, f"Committing {self.info.path}")
        MEMORY.committed(self._service, info)
        self._done(self._service.get_mount(self.name))
        return handle(self._service, info, self.info.dataset_name or info.dataset, is_noted=True)

    def discard_changes(self) -> Mount:
        """Throw away what was changed and not committed; returns itself."""
        self.info = self._service.discard_changes(self.name)
        return self

    def unmount(self, *, discard: bool = False) -> None:
        """Take it away; see `unmount`."""
        self._service.unmount(self.name, discard=discard)

    def _written(self) -> str:
        """The reference as the notebook has it: a mount of what it holds on to names a version instead."""
        noted = (entry.reference for entry in MEMORY.entries if entry.path == self.info.path)
        return next(noted, self.reference)

    def _done(self, info: MountInfo, reference: str | None = None) -> Mount:
        MEMORY.record_mount(self._service, info, reference)
        self.info = info
        return self

    def __eq__(self, other: object) -> bool:
        return self.info == other.info if isinstance(other, Mount) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.info.name)

    def __repr__(self) -> str:
        return f"<Mount {self.info.path}, {self.reference}>"

    def card(self) -> Card:
        """Its facts, for whoever shows them otherwise."""
        return mount_card(self.info)


class Mounts(Folders[Mount]):
    """Several of them, shown as a table."""

    __slots__ = ()

    def table(self) -> Table:
        """All as a table."""
        return mounts_table([one.info for one in self])


def mount(
    reference: str, name: str | None = None, *, writable: bool = False, service: DataService | None = None
) -> Mount:
    """Give a dataset version a name under ``/inputs``, complete or not at all.

    ``latest`` and tags mean what they meant first in this notebook, until it is told to move on (`Mount.update`).

    Parameters
    ----------
    reference : str
        ``flowers``, ``flowers:reviewed``, ``flowers:fo5rp4m``, or ``gradient/mnist`` for a public dataset.
    name : str, optional
        The folder; the name of the dataset by default.
    writable : bool
        Whether its files can be changed, for `Mount.commit`.
    service : DataService, optional
        Where; that of this process by default.

    Raises
    ------
    NotFound
        There is no such dataset or version.
    Conflict
        Another version is mounted under this name, or the version is not committed.
    """
    service = service or current_service()
    task = service.mount(_meant(service, reference), name=name, writable=writable)
    info = follow(task, f"Mounting {reference}")
    MEMORY.record_mount(service, info, reference)
    return Mount(service, info)


def _meant(service: DataService, reference: str) -> str:
    """What to mount: as it was written, so that the mount knows what is newer, unless that has moved on."""
    parsed = Reference.parse(reference)
    if parsed.namespace is not None:  # a public dataset, or the original's way to write a dataset's id
        return reference
    meant = MEMORY.resolve(service, reference)
    try:
        now = service.get_version(reference)
    except NotFound:  # the dataset has another name by now, or the tag is gone
        return meant.reference
    if now.dataset != meant.dataset:
        return meant.reference
    return reference if now.version == meant.version else f"{parsed.dataset}:{meant.version}"


def unmount(name: str, *, discard: bool = False) -> None:
    """Take a mount away; files that are open stay readable.

    Parameters
    ----------
    name : str
        Its folder: ``/inputs/<name>``.
    discard : bool
        Whether to throw away changes that are not committed; otherwise a writable mount that has some stays.

    Raises
    ------
    NotFound
        Nothing is mounted so.
    Conflict
        It has changes that are not committed.
    """
    current_service().unmount(name, discard=discard)


def mounts() -> Mounts:
    """What is mounted, being mounted, or could not be mounted, by name."""
    service = current_service()
    return Mounts(Mount(service, info) for info in service.list_mounts())


def mounted_path(service: DataService, version: VersionInfo, path: str) -> Path | None:
    """Where a file or folder of a version is in its mount; None when it is not mounted where this process sees it.

    A writable mount does not count: what it shows may have been changed.
    """
    wanted = version.dataset, version.version
    for info in service.list_mounts():
        if (info.dataset, info.version) == wanted and info.state is MountState.MOUNTED and not info.is_writable:
            found = find_here(info.path, info.local_path)
            if found is not None and (found / path).exists():
                return found / path
    return None
