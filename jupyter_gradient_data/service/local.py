"""The service in this process, on the embedded state or whatever database and stores the settings name.

What only some methods need is imported by them: a command that lists datasets should not wait for what uploads need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets import catalog, versions
from jupyter_gradient_data.datasets.repository import Repository
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
from jupyter_gradient_data.stores.providers import to_provider

from .api import DataService, OpenFile, PathName
from .local_cache import LocalCache
from .local_layers import LocalLayers
from .local_lock import LocalLock
from .local_public import LocalPublic
from .local_workspace import LocalWorkspace
from .paging import checked_limit
from .tasks import Task

if TYPE_CHECKING:
    from .tokens import TokenRegistry


def open_service(config: Config | None = None) -> DataService:
    """Open the service on the settings given, or on those of environment and defaults.

    Raises
    ------
    GradientDataError
        The state directory or the database cannot be used.
    """
    return LocalService(Repository(config if config is not None else Config.load()))


class LocalService(LocalCache, LocalLayers, LocalLock, LocalPublic, LocalWorkspace):
    """`DataService` over a `Repository`; what methods do is said in `api.DataService`."""

    # --- datasets -----------------------------------------------------------------------------------------------------

    def create_dataset(self, name: str, *, description: str = "", provider: str | None = None) -> Dataset:
        return catalog.create(self._repository, name, description, provider)

    def list_datasets(self, *, limit: int = 100, after: str | None = None) -> Page[Dataset]:
        return catalog.page(self._repository, checked_limit(limit), after)

    def get_dataset(self, dataset: str) -> Dataset:
        return catalog.get(self._repository, dataset)

    def update_dataset(
        self,
        dataset: str,
        *,
        name: str | None = None,
        description: str | None = None,
        unchanged_since: datetime | None = None,
    ) -> Dataset:
        return catalog.change(self._repository, dataset, name, description, unchanged_since)

    def preview_delete(self, reference: str) -> DeletePreview:
        from jupyter_gradient_data.datasets import usage

        return usage.preview(self._repository, reference)

    def delete_dataset(self, dataset: str) -> None:
        catalog.trash(self._repository, dataset)

    # --- versions -----------------------------------------------------------------------------------------------------

    def create_version(
        self,
        dataset: str,
        *,
        message: str = "",
        start_from: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Version:
        return versions.create(self._repository, dataset, message, start_from, metadata)

    def list_versions(
        self, dataset: str, *, committed: bool | None = True, limit: int = 100, after: str | None = None
    ) -> Page[Version]:
        return versions.page(self._repository, dataset, committed, checked_limit(limit), after)

    def get_version(self, reference: str) -> Version:
        return versions.get(self._repository, reference)

    def update_version(
        self,
        reference: str,
        *,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        unchanged_since: datetime | None = None,
    ) -> Version:
        return versions.change(self._repository, reference, message, metadata, unchanged_since)

    def commit_version(self, reference: str, *, abandon_uploads: bool = False) -> Task[Version]:
        from jupyter_gradient_data.datasets import commit

        return self._task(lambda progress: commit.commit(self._repository, reference, abandon_uploads, progress))

    def delete_version(self, reference: str) -> None:
        versions.trash(self._repository, reference)

    # --- tags ---------------------------------------------------------------------------------------------------------

    def list_tags(self, dataset: str, *, limit: int = 100, after: str | None = None) -> Page[Tag]:
        return versions.tag_page(self._repository, dataset, checked_limit(limit), after)

    def set_tag(self, reference: str, name: str) -> Tag:
        return versions.set_tag(self._repository, reference, name)

    def delete_tag(self, dataset: str, name: str) -> None:
        versions.delete_tag(self._repository, dataset, name)

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
        from jupyter_gradient_data.datasets import files, searching

        if search:
            return searching.page(self._repository, reference, path, search, checked_limit(limit), after)
        return files.page(self._repository, reference, path, recursive, checked_limit(limit), after)

    def get_file(self, reference: str, path: str) -> FileInfo:
        from jupyter_gradient_data.datasets import files

        return files.get(self._repository, reference, path)

    def read_file(self, reference: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        from jupyter_gradient_data.datasets import files

        return files.read(self._repository, reference, path, start, end)

    def open_file(self, reference: str, path: str, *, known: FileInfo | None = None) -> OpenFile:
        from jupyter_gradient_data.datasets import opened

        return opened.open_file(self._repository, reference, path, known)

    def write_file(self, reference: str, path: str, chunks: Iterable[bytes], *, executable: bool = False) -> FileInfo:
        from jupyter_gradient_data.datasets import writing

        return writing.write(self._repository, reference, path, chunks, executable)

    def put_files(self, reference: str, sources: Sequence[PathName], target: str = "/") -> Task[TransferResult]:
        from jupyter_gradient_data.datasets import uploads
        from jupyter_gradient_data.datasets.local_ends import VersionInbox

        repository = self._repository
        inbox = partial(VersionInbox.open, repository, reference)
        cache = repository.hash_cache
        return self._task(lambda progress: uploads.put(inbox, cache, reference, sources, target, progress))

    def get_files(self, reference: str, paths: Sequence[str], target: PathName) -> Task[TransferResult]:
        from jupyter_gradient_data.datasets import downloads
        from jupyter_gradient_data.datasets.local_ends import VersionOutbox

        outbox = partial(VersionOutbox.open, self._repository, reference)
        return self._task(lambda progress: downloads.get(outbox, paths, target, progress))

    def delete_files(self, reference: str, paths: Sequence[str]) -> Task[int]:
        from jupyter_gradient_data.datasets import files

        return self._task(lambda progress: files.remove(self._repository, reference, paths, progress))

    def move_files(self, reference: str, source: str, target: str) -> Task[int]:
        from jupyter_gradient_data.datasets import moving

        return self._task(lambda progress: moving.move(self._repository, reference, source, target, progress))

    def diff_versions(self, old: str, new: str, *, limit: int = 1000, after: str | None = None) -> Page[Change]:
        from jupyter_gradient_data.datasets import changes

        return changes.page(self._repository, old, new, checked_limit(limit), after)

    def summarize_changes(self, reference: str, old: str | None = None) -> ChangeSummary:
        from jupyter_gradient_data.datasets import changes

        return changes.summarize(self._repository, reference, old)

    def read_archive(self, reference: str, paths: Sequence[str] = ()) -> Iterator[bytes]:
        from jupyter_gradient_data.datasets import archive

        return archive.read(self._repository, reference, paths)

    # --- trash --------------------------------------------------------------------------------------------------------

    def list_trash(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        from jupyter_gradient_data.datasets import trash

        return trash.page(self._repository, checked_limit(limit), after)

    def restore(self, reference: str, *, name: str | None = None) -> None:
        from jupyter_gradient_data.datasets import trash

        trash.restore(self._repository, reference, name)

    # --- storage providers --------------------------------------------------------------------------------------------

    def create_provider(
        self, name: str, kind: ProviderKind, config: S3Config, secret: str, *, quota_bytes: int | None = None
    ) -> Provider:
        return self._repository.providers.create(name, kind, config, secret, quota_bytes)

    def try_provider(self, kind: ProviderKind, config: S3Config, secret: str) -> ProviderCheck:
        return self._repository.providers.try_out(kind, config, secret)

    def list_providers(self, *, limit: int = 100, after: str | None = None) -> Page[Provider]:
        return self._repository.providers.page(checked_limit(limit), after)

    def get_provider(self, provider: str) -> Provider:
        return to_provider(self._repository.providers.row(provider))

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
        return self._repository.providers.update(provider, name, config, secret, quota_bytes, unchanged_since)

    def delete_provider(self, provider: str) -> None:
        self._repository.providers.delete(provider)

    def check_provider(self, provider: str) -> ProviderCheck:
        return self._repository.providers.check(provider)

    # --- API tokens ---------------------------------------------------------------------------------------------------

    def create_token(
        self, name: str, *, access: Access = Access.READ, datasets: Sequence[str] = (), days: float | None = 90
    ) -> NewToken:
        return self._tokens.create(name, access, datasets, days)

    def list_tokens(self, *, limit: int = 100, after: str | None = None) -> Page[ApiToken]:
        return self._tokens.page(checked_limit(limit), after)

    def delete_token(self, token: str) -> None:
        self._tokens.delete(token)

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def usage(self, provider: str | None = None) -> tuple[Usage, ...]:
        from jupyter_gradient_data.datasets import usage

        return usage.usage(self._repository, provider)

    def verify(self, reference: str | None = None, *, read_data: bool = False) -> Task[VerifyReport]:
        from jupyter_gradient_data.datasets import verify

        return self._task(lambda progress: verify.verify(self._repository, reference, read_data, progress))

    def recover(self, provider: str | None = None) -> Task[RecoverReport]:
        from jupyter_gradient_data.datasets import recover

        return self._task(lambda progress: recover.recover(self._repository, provider, progress))

    def collect_garbage(self, provider: str | None = None) -> Task[GarbageReport]:
        from jupyter_gradient_data.datasets import usage

        return self._task(lambda progress: usage.garbage(self._repository, provider, progress))

    def stats(self) -> dict[str, int]:
        return self._repository.providers.stats()

    @property
    def _tokens(self) -> TokenRegistry:
        from .tokens import TokenRegistry

        return TokenRegistry(self._repository)
