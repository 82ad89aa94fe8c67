"""The whole vocabulary of the product on one page.

`local.LocalService` implements it in this process; every front end (command, server, magics, widgets, fsspec) speaks it
and nothing lower.  A *reference* is ``<dataset>[:latest|:<version>|:<tag>]`` with the dataset's id or name; methods
called ``dataset`` refuse a version part, methods that change or commit a version require one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any, Protocol

from jupyter_gradient_data.models import (
    Access,
    ApiToken,
    Change,
    ChangeSummary,
    Dataset,
    DeletePreview,
    FileInfo,
    GarbageReport,
    NewToken,
    Page,
    Provider,
    ProviderCheck,
    ProviderKind,
    RecoverReport,
    S3Config,
    Tag,
    TransferResult,
    Trashed,
    Usage,
    VerifyReport,
    Version,
)

from .api_lock import LockApi
from .api_mounts import MountsApi
from .api_public import PublicApi
from .api_volumes import CacheApi, VolumesApi, WorkspaceApi
from .tasks import Task

PathName = str | PathLike[str]


class OpenFile(Protocol):
    """A file of a version as it was when it was found; may be read from any thread.

    Attributes
    ----------
    info : FileInfo
        Its facts.
    is_fixed : bool
        Whether its version is committed: then reference and path have this content for ever.
    is_here : bool
        Whether its bytes are on a disk of this machine already.
    is_whole : bool
        Whether a part of it costs as much as all of it.
    """

    info: FileInfo
    is_fixed: bool

    @property
    def is_here(self) -> bool: ...

    @property
    def is_whole(self) -> bool: ...

    def other(self, info: FileInfo, near: Callable[[], Sequence[str]]) -> OpenFile:
        """Another file of the same committed version, whose facts are known; nothing is asked.

        ``near`` gives the hashes of files that will probably be read, too: what is looked up of it is of those as well.
        """
        ...

    def read_range(self, start: int, end: int) -> bytes:
        """The bytes ``start <= i < end``, at once."""
        ...


class DataService(MountsApi, LockApi, VolumesApi, CacheApi, PublicApi, WorkspaceApi, Protocol):
    """Datasets and all around them; methods may be called from any thread and raise only `GradientDataError`."""

    # --- datasets -----------------------------------------------------------------------------------------------------

    def create_dataset(self, name: str, *, description: str = "", provider: str | None = None) -> Dataset:
        """Make an empty dataset at a provider (id or name; the team's default when None)."""
        ...

    def list_datasets(self, *, limit: int = 100, after: str | None = None) -> Page[Dataset]:
        """The team's datasets by name."""
        ...

    def get_dataset(self, dataset: str) -> Dataset:
        """One dataset, by id or name."""
        ...

    def update_dataset(
        self,
        dataset: str,
        *,
        name: str | None = None,
        description: str | None = None,
        unchanged_since: datetime | None = None,
    ) -> Dataset:
        """Change what is not None; refuse if somebody changed it after ``unchanged_since``, its `modified` as seen."""
        ...

    def preview_delete(self, reference: str) -> DeletePreview:
        """What deleting the dataset, or with a version part that version, would remove and free."""
        ...

    def delete_dataset(self, dataset: str) -> None:
        """Move a dataset with all its versions to the trash."""
        ...

    # --- versions -----------------------------------------------------------------------------------------------------

    def create_version(
        self,
        dataset: str,
        *,
        message: str = "",
        start_from: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Version:
        """Make an uncommitted version: empty, or with all files of the committed version ``start_from`` refers to."""
        ...

    def list_versions(
        self, dataset: str, *, committed: bool | None = True, limit: int = 100, after: str | None = None
    ) -> Page[Version]:
        """Versions of a dataset, newest first; ``committed`` None means all."""
        ...

    def get_version(self, reference: str) -> Version:
        """The version a reference means now; without a version part the newest committed one."""
        ...

    def update_version(
        self,
        reference: str,
        *,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        unchanged_since: datetime | None = None,
    ) -> Version:
        """Change what is not None; message and metadata say something about the files and may change after commit."""
        ...

    def commit_version(self, reference: str, *, abandon_uploads: bool = False) -> Task[Version]:
        """Make a version immutable, for ever; committing twice is no error.

        Refuses while an upload into it has begun and not finished, unless ``abandon_uploads``.
        """
        ...

    def delete_version(self, reference: str) -> None:
        """Move a version to the trash; tags that point to it go with it."""
        ...

    # --- tags ---------------------------------------------------------------------------------------------------------

    def list_tags(self, dataset: str, *, limit: int = 100, after: str | None = None) -> Page[Tag]:
        """Tags of a dataset by name."""
        ...

    def set_tag(self, reference: str, name: str) -> Tag:
        """Point a tag to a committed version, moving it when it exists."""
        ...

    def delete_tag(self, dataset: str, name: str) -> None:
        """Remove a tag; the version stays."""
        ...

    # --- files --------------------------------------------------------------------------------------------------------

    def list_files(
        self,
        reference: str,
        path: str = "",
        *,
        recursive: bool = False,
        search: str = "",
        limit: int = 1000,
        after: str | None = None,
    ) -> Page[FileInfo]:
        """What is directly in a folder (files and sub-folders), or all files below it; in bytewise order of paths.

        ``path`` may also name one file, which is then the only row.  With ``search`` all files below the folder whose
        path below it has these characters, in any case, or matches when it has ``*`` or ``?``; a page of a search may
        be short, even empty, and still have a next one.
        """
        ...

    def get_file(self, reference: str, path: str) -> FileInfo:
        """One file's size and hash."""
        ...

    def read_file(self, reference: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes ``start <= i < end`` of a file, in pieces; a whole file is verified as it is read."""
        ...

    def open_file(self, reference: str, path: str, *, known: FileInfo | None = None) -> OpenFile:
        """Look a file up once, to read many parts of it; they are all of the same content, whatever is written.

        ``known`` are its facts when somebody asked for them before: of a committed version, so that they still hold.
        """
        ...

    def write_file(self, reference: str, path: str, chunks: Iterable[bytes], *, executable: bool = False) -> FileInfo:
        """Put one file from a stream of bytes into an uncommitted version."""
        ...

    def put_files(self, reference: str, sources: Sequence[PathName], target: str = "/") -> Task[TransferResult]:
        """Put files and folders into an uncommitted version, as rsync names them.

        ``dir`` is stored below ``target/dir/``, the contents of ``dir/`` directly below ``target``, a file as
        ``target/<its name>``.  Content the store already has is not sent, unchanged files are not read again.
        """
        ...

    def get_files(self, reference: str, paths: Sequence[str], target: PathName) -> Task[TransferResult]:
        """Write files to a local folder, each verified; continues after an interruption.

        No paths means the whole version.  ``a/dir`` keeps its path below ``target``, of ``a/dir/`` the contents go
        directly there; a single file is written *at* ``target``, or into it when that is a folder.
        """
        ...

    def delete_files(self, reference: str, paths: Sequence[str]) -> Task[int]:
        """Remove files and folders from an uncommitted version (``/``: everything); returns how many files went."""
        ...

    def move_files(self, reference: str, source: str, target: str) -> Task[int]:
        """Give a file, or a folder with all in it, the path ``target`` in an uncommitted version; no bytes are moved.

        All or nothing; returns how many files moved.  Refuses when there is something at ``target`` already.
        """
        ...

    def diff_versions(self, old: str, new: str, *, limit: int = 1000, after: str | None = None) -> Page[Change]:
        """Files that differ between two versions (of any two datasets), by path."""
        ...

    def summarize_changes(self, reference: str, old: str | None = None) -> ChangeSummary:
        """How much a version changes against ``old``; against the one that it started from when None.

        A version that began empty is then compared with nothing.
        """
        ...

    def read_archive(self, reference: str, paths: Sequence[str] = ()) -> Iterator[bytes]:
        """Files and folders of a version as a ZIP file, in pieces, made while it is read; each file is verified.

        No paths means the whole version.  With one path, names begin with its own last part; with more they are whole.
        """
        ...

    # --- trash --------------------------------------------------------------------------------------------------------

    def list_trash(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        """Deleted datasets and versions, the last deleted first."""
        ...

    def restore(self, reference: str, *, name: str | None = None) -> None:
        """Take a dataset, or one version, out of the trash; a dataset may need another ``name`` by now."""
        ...

    # --- storage providers --------------------------------------------------------------------------------------------

    def create_provider(
        self, name: str, kind: ProviderKind, config: S3Config, secret: str, *, quota_bytes: int | None = None
    ) -> Provider:
        """Check a bucket and add it as a storage provider."""
        ...

    def try_provider(self, kind: ProviderKind, config: S3Config, secret: str) -> ProviderCheck:
        """Try everything we need on a bucket as `create_provider` would; nothing is saved."""
        ...

    def list_providers(self, *, limit: int = 100, after: str | None = None) -> Page[Provider]:
        """Storage providers by name."""
        ...

    def get_provider(self, provider: str) -> Provider:
        """One storage provider, by id or name; its secret is never returned."""
        ...

    def update_provider(
        self,
        provider: str,
        *,
        name: str | None = None,
        config: Mapping[str, str | None] | None = None,
        secret: str | None = None,
        quota_bytes: int | None = None,
        unchanged_since: datetime | None = None,
    ) -> Provider:
        """Change what is not None; ``config`` holds the fields of `S3Config` to change, an empty value clears one."""
        ...

    def delete_provider(self, provider: str) -> None:
        """Forget a storage provider that holds no datasets; its bucket is not touched."""
        ...

    def check_provider(self, provider: str) -> ProviderCheck:
        """Try everything we need on the provider's bucket and remember what it can do."""
        ...

    # --- API tokens ---------------------------------------------------------------------------------------------------

    def create_token(
        self, name: str, *, access: Access = Access.READ, datasets: Sequence[str] = (), days: float | None = 90
    ) -> NewToken:
        """Make a token for a job or a kernel, limited to some datasets (ids or names) or to none; None never ends."""
        ...

    def list_tokens(self, *, limit: int = 100, after: str | None = None) -> Page[ApiToken]:
        """API tokens that have not been deleted, by id; secrets are kept nowhere."""
        ...

    def delete_token(self, token: str) -> None:
        """Revoke a token, by id; it ends at once."""
        ...

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def usage(self, provider: str | None = None) -> tuple[Usage, ...]:
        """What is stored, per provider and dataset."""
        ...

    def verify(self, reference: str | None = None, *, read_data: bool = False) -> Task[VerifyReport]:
        """Check that every committed version is whole: structure and presence, with ``read_data`` each byte as well."""
        ...

    def recover(self, provider: str | None = None) -> Task[RecoverReport]:
        """Rebuild the metadata database from what a provider holds."""
        ...

    def collect_garbage(self, provider: str | None = None) -> Task[GarbageReport]:
        """Find what nothing uses any more; deletes nothing yet."""
        ...

    def stats(self) -> dict[str, int]:
        """What this service did since it was opened: ``requests`` to stores, ``bytes_in`` and ``bytes_out``."""
        ...

    def close(self) -> None:
        """Release connections; unfinished tasks are cancelled."""
        ...
