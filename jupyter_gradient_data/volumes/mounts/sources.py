"""What can be mounted: a dataset version, a public dataset, what is in a bucket (see `bucket_snapshots`)."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Row

from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.references import find_version
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference, check_folder_name, is_dataset_id
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.settings.file import SettingsFile

from .links import MountLinks
from .rows import Values

_PUBLIC = "gradient"
_TEAMS = frozenset({"paperspace", _PUBLIC})  # what the original wrote before ids of datasets, whoever's they were
_NO_FOLDER = re.compile(r"[^A-Za-z0-9._@+-]+")
_LONGEST_NAME = 128


class Source(Protocol):
    """Something to mount.

    Parameters
    ----------
    reference : str
        As it was asked for.
    default_name : str
        What to call it when nobody said.
    root : str or None
        Its folder in the cache, when that is known; else after `bring`.
    """

    reference: str
    default_name: str
    root: str | None

    def values(self) -> Values:
        """What a row says of it."""
        ...

    def is_in(self, row: Row[Any]) -> bool:
        """Whether a row is about the same thing, whatever its version."""
        ...

    def is_same(self, row: Row[Any]) -> bool:
        """Whether a row is about exactly this."""
        ...

    def bring(self, name: str, user: str, progress: Progress) -> Path:
        """Make it complete on this machine, for a mount of that name; returns its folder."""
        ...

    def save(self, settings: SettingsFile, name: str, *, writable: bool) -> None:
        """Let the settings file list it."""
        ...


class VersionSource:
    """A committed version of a dataset.

    Parameters
    ----------
    repository : Repository
        Where it is.
    cache : VersionCache
        Where it comes to.
    parsed : Reference
        What is wanted, without a namespace of the original.
    reference : str
        The same, as it was written.

    Raises
    ------
    NotFound
        There is no such dataset or version.
    Conflict
        The version is not committed.
    """

    def __init__(self, repository: Repository, cache: VersionCache, parsed: Reference, reference: str) -> None:
        with repository.database.read() as connection:
            dataset, version = find_version(connection, repository.team, parsed)
        self._files = VersionFiles(repository, dataset, version)
        if not self._files.is_committed:
            raise ErrorKind.VERSION_UNCOMMITTED(reference=self._files.reference)
        self._cache = cache
        self.reference = reference
        self.default_name = folder_name(dataset.name) or dataset.id
        self.dataset: str = dataset.id
        self.version: str = version.version
        self.exact = f"{dataset.id}:{version.version}"
        self.root: str | None = self._files.base.hex()

    def values(self) -> Values:
        """What a row says of it."""
        version = self._files.version
        return {
            "reference": self.reference,
            "dataset_id": self.dataset,
            "version": self.version,
            "root": self.root,
            "files": version.files,
            "bytes": version.bytes,
        }

    def is_in(self, row: Row[Any]) -> bool:
        """Whether a row is about the same dataset."""
        return bool(row.dataset_id == self.dataset or (row.dataset_id is None and row.reference == self.reference))

    def is_same(self, row: Row[Any]) -> bool:
        """Whether a row is about this version."""
        return bool(row.dataset_id == self.dataset and row.version == self.version)

    def bring(self, name: str, user: str, progress: Progress) -> Path:
        """Fetch what the cache lacks of it; returns its folder there."""
        return self._cache.materialise(self._files, progress, user)

    def save(self, settings: SettingsFile, name: str, *, writable: bool) -> None:
        """Let the settings file list it by ids."""
        settings.put_dataset(name, self.dataset, self.version, writable=writable)


class PublicSource:
    """A public dataset, which must be on this machine already.

    Parameters
    ----------
    links : MountLinks
        Knows where they are.
    name : str
        Of the dataset.
    """

    def __init__(self, links: MountLinks, name: str) -> None:
        self._links = links
        self.reference = f"{_PUBLIC}/{name}"
        self.default_name = check_folder_name(name, "public dataset")
        self.root: str | None = None

    def values(self) -> Values:
        """What a row says of it."""
        return {
            "reference": self.reference,
            "dataset_id": None,
            "version": None,
            "root": None,
            "files": None,
            "bytes": None,
        }

    def is_in(self, row: Row[Any]) -> bool:
        """Whether a row is about it."""
        return bool(row.dataset_id is None and row.reference == self.reference)

    is_same = is_in

    def bring(self, name: str, user: str, progress: Progress) -> Path:
        """Its folder, when it is there."""
        if (folder := self._links.public(self.default_name)) is None:
            raise ErrorKind.PUBLIC_ABSENT(name=self.default_name)
        return folder

    def save(self, settings: SettingsFile, name: str, *, writable: bool) -> None:
        """Let the settings file list it."""
        settings.put_public(name, self.reference)


def resolve(
    repository: Repository, cache: VersionCache, links: MountLinks, reference: str, shown: str | None = None
) -> VersionSource | PublicSource:
    """What a reference means now.

    Parameters
    ----------
    repository, cache, links
        Where things are.
    reference : str
        Of a dataset or version; ``gradient/<name>`` of a public one.
    shown : str, optional
        What to say was asked for, when that is not the reference.

    Raises
    ------
    NotFound, Conflict
        As `VersionSource`.
    Invalid
        It is no reference.
    """
    if is_bucket(reference):
        reason = "a bucket is mounted by the settings file, which says where it is and with which key"
        hint = "List it in .gradient/settings.yaml with type: s3, then restore the mounts or start the server again."
        raise ErrorKind.INVALID_OPTION(option="reference", value=reference, reason=reason, hint=hint)
    parsed = Reference.parse(reference)
    if parsed.namespace == _PUBLIC and not is_dataset_id(parsed.dataset):
        return PublicSource(links, parsed.dataset)
    if parsed.namespace in _TEAMS:
        parsed = Reference(parsed.dataset, parsed.selector)
    return VersionSource(repository, cache, parsed, shown or reference)


def is_bucket(reference: str) -> bool:
    """Whether somebody means a bucket, and no dataset."""
    return reference.startswith("s3://")


def folder_name(name: str) -> str:
    """A name as that of a folder; empty when nothing of it can be in one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _NO_FOLDER.sub("-", plain).strip("-._@+")[:_LONGEST_NAME]
