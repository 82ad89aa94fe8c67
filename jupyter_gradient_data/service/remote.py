"""The service of a Jupyter server, over HTTP: everything the embedded one does, with the same answers and errors."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from jupyter_gradient_data.blobs.hash_cache import HashCache
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.paths import file_path
from jupyter_gradient_data.errors import ErrorKind, OutcomeUnknown
from jupyter_gradient_data.ids import Reference, check_name, check_tag, is_text
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
    TaskInfo,
    TransferResult,
    Trashed,
    Usage,
    VerifyReport,
    Version,
)

from . import remote_content
from .api import OpenFile, PathName
from .lifetimes import checked_days
from .remote_cache import RemoteCache
from .remote_http import Repeat, join
from .remote_lock import RemoteLock
from .remote_mounts import RemoteMounts
from .remote_paths import dataset_url, named_provider, provider_url, version_url
from .remote_public import RemotePublic
from .remote_volumes import RemoteVolumes
from .remote_workspace import RemoteWorkspace
from .tasks import Task

_LONG_PAGE = 10_000  # rows of a page of files that the server gives, at most
_COMMITTED = {True: "true", False: "false", None: "all"}


class RemoteService(RemoteMounts, RemoteLock, RemoteVolumes, RemoteCache, RemotePublic, RemoteWorkspace):
    """`DataService` of a server; what methods do is said in `api.DataService`.

    Parameters
    ----------
    config : Config
        As for `RemoteCalls`.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._at_once = config.transfers
        self._lock = threading.Lock()
        self._hash_cache: HashCache | None = None

    # --- datasets -----------------------------------------------------------------------------------------------------

    def create_dataset(self, name: str, *, description: str = "", provider: str | None = None) -> Dataset:
        new = {"name": check_name(name, "dataset"), "description": description, "provider": named_provider(provider)}
        return self._ask("POST", "/api/datasets", Dataset, body=new, repeat=Repeat.WITH_KEY)

    def list_datasets(self, *, limit: int = 100, after: str | None = None) -> Page[Dataset]:
        return self._page("/api/datasets", Page[Dataset], limit, after)

    def get_dataset(self, dataset: str) -> Dataset:
        return self._ask("GET", dataset_url(dataset), Dataset)

    def update_dataset(
        self,
        dataset: str,
        *,
        name: str | None = None,
        description: str | None = None,
        unchanged_since: datetime | None = None,
    ) -> Dataset:
        url, name = dataset_url(dataset), name if name is None else check_name(name, "dataset")
        return self._change(url, Dataset, unchanged_since, name=name, description=description)

    def preview_delete(self, reference: str) -> DeletePreview:
        parsed = Reference.parse(reference)
        url = dataset_url(str(Reference(parsed.dataset, None, parsed.namespace))) + "/preview-delete"
        return self._ask("GET", url, DeletePreview, query={"version": parsed.selector})

    def delete_dataset(self, dataset: str) -> None:
        self._connection.tell("DELETE", dataset_url(dataset))

    # --- versions -----------------------------------------------------------------------------------------------------

    def create_version(
        self,
        dataset: str,
        *,
        message: str = "",
        start_from: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Version:
        new = {"message": message, "start_from": start_from, "metadata": metadata}
        return self._ask("POST", f"{dataset_url(dataset)}/versions", Version, body=new, repeat=Repeat.WITH_KEY)

    def list_versions(
        self, dataset: str, *, committed: bool | None = True, limit: int = 100, after: str | None = None
    ) -> Page[Version]:
        return self._page(
            f"{dataset_url(dataset)}/versions", Page[Version], limit, after, committed=_COMMITTED[committed]
        )

    def get_version(self, reference: str) -> Version:
        return self._ask("GET", version_url(reference), Version)

    def update_version(
        self,
        reference: str,
        *,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        unchanged_since: datetime | None = None,
    ) -> Version:
        url = version_url(reference, named=True)
        return self._change(url, Version, unchanged_since, message=message, metadata=metadata)

    def commit_version(self, reference: str, *, abandon_uploads: bool = False) -> Task[Version]:
        def begin() -> TaskInfo:
            try:
                return self._begin_on(reference, "commit", abandon_uploads=abandon_uploads)
            except OutcomeUnknown as error:
                raise ErrorKind.COMMIT_UNKNOWN(reference=reference, reason=error.message.rstrip(".")) from None

        return self._follow(begin, Version)

    def delete_version(self, reference: str) -> None:
        self._connection.tell("DELETE", version_url(reference, named=True))

    # --- tags ---------------------------------------------------------------------------------------------------------

    def list_tags(self, dataset: str, *, limit: int = 100, after: str | None = None) -> Page[Tag]:
        return self._page(f"{dataset_url(dataset)}/tags", Page[Tag], limit, after)

    def set_tag(self, reference: str, name: str) -> Tag:
        parsed, name = Reference.parse_version(reference), check_tag(name)
        url = dataset_url(str(Reference(parsed.dataset, None, parsed.namespace))) + "/tags" + join(name)
        return self._ask("PUT", url, Tag, body={"version": parsed.selector}, repeat=Repeat.YES)

    def delete_tag(self, dataset: str, name: str) -> None:
        url = dataset_url(dataset)
        if not name or not is_text(name):
            raise ErrorKind.TAG_NOT_FOUND(dataset=dataset, tag=name)
        self._connection.tell("DELETE", f"{url}/tags{join(name)}")

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
        url = f"{version_url(reference)}/files"
        return self._page(
            url, Page[FileInfo], limit, after, most=_LONG_PAGE, path=path, recursive=recursive, search=search
        )

    def get_file(self, reference: str, path: str) -> FileInfo:
        file_path(path)
        return self._ask("GET", f"{version_url(reference)}/file", FileInfo, query={"path": path})

    def read_file(self, reference: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        info = self.get_file(reference, path)
        if start < 0 or (end is not None and end < start):
            raise ErrorKind.INVALID_OPTION(
                option="range", value=f"{start}-{end}", reason="it runs backwards", hint="Give 0 <= start <= end."
            )
        end = info.size if end is None else min(end, info.size)
        return remote_content.stream_file(self._connection, reference, info, start, end)

    def open_file(self, reference: str, path: str, *, known: FileInfo | None = None) -> OpenFile:
        if known is not None:
            return remote_content.RemoteFile(self._connection, reference, known, is_fixed=True)
        version = self.get_version(reference)
        info = self.get_file(version.reference, path)  # a tag may move between the two
        return remote_content.RemoteFile(self._connection, version.reference, info, is_fixed=version.is_committed)

    def write_file(self, reference: str, path: str, chunks: Iterable[bytes], *, executable: bool = False) -> FileInfo:
        return remote_content.write_file(self._connection, reference, path, chunks, executable)

    def put_files(self, reference: str, sources: Sequence[PathName], target: str = "/") -> Task[TransferResult]:
        from jupyter_gradient_data.datasets import uploads

        from .remote_ends import RemoteInbox

        inbox, cache = partial(RemoteInbox, self._connection, reference), self._cache
        return self._task(lambda progress: uploads.put(inbox, cache, reference, sources, target, progress))

    def get_files(self, reference: str, paths: Sequence[str], target: PathName) -> Task[TransferResult]:
        from jupyter_gradient_data.datasets import downloads

        from .remote_ends import RemoteOutbox

        outbox = partial(RemoteOutbox, self._connection, reference, self._pool, self._at_once)
        return self._task(lambda progress: downloads.get(outbox, paths, target, progress))

    def delete_files(self, reference: str, paths: Sequence[str]) -> Task[int]:
        return self._follow(partial(self._begin_on, reference, "delete-files", paths=list(paths)), int)

    def move_files(self, reference: str, source: str, target: str) -> Task[int]:
        return self._follow(partial(self._begin_on, reference, "move-files", source=source, target=target), int)

    def diff_versions(self, old: str, new: str, *, limit: int = 1000, after: str | None = None) -> Page[Change]:
        Reference.parse(old)
        return self._page(f"{version_url(new)}/diff", Page[Change], limit, after, most=_LONG_PAGE, old=old)

    def summarize_changes(self, reference: str, old: str | None = None) -> ChangeSummary:
        if old is not None:
            Reference.parse(old)
        return self._ask("GET", f"{version_url(reference)}/changes", ChangeSummary, query={"old": old})

    def read_archive(self, reference: str, paths: Sequence[str] = ()) -> Iterator[bytes]:
        response = self._connection.open("GET", f"{version_url(reference)}/archive", query={"path": list(paths)})
        return self._connection.pieces(response)

    # --- trash --------------------------------------------------------------------------------------------------------

    def list_trash(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        return self._page("/api/trash", Page[Trashed], limit, after)

    def restore(self, reference: str, *, name: str | None = None) -> None:
        self._connection.tell("POST", "/api/trash/restore", body={"reference": reference, "name": name})

    # --- storage providers --------------------------------------------------------------------------------------------

    def create_provider(
        self, name: str, kind: ProviderKind, config: S3Config, secret: str, *, quota_bytes: int | None = None
    ) -> Provider:
        new = {
            "name": check_name(name, "storage provider"),
            "kind": kind,
            "s3": config,
            "secret": secret,
            "quota_bytes": quota_bytes,
        }
        return self._ask("POST", "/api/providers", Provider, body=new, repeat=Repeat.WITH_KEY)

    def try_provider(self, kind: ProviderKind, config: S3Config, secret: str) -> ProviderCheck:
        body = {"kind": kind, "s3": config, "secret": secret}
        return self._ask("POST", "/api/try-provider", ProviderCheck, body=body, repeat=Repeat.YES)

    def list_providers(self, *, limit: int = 100, after: str | None = None) -> Page[Provider]:
        return self._page("/api/providers", Page[Provider], limit, after)

    def get_provider(self, provider: str) -> Provider:
        return self._ask("GET", provider_url(provider), Provider)

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
        name = name if name is None else check_name(name, "storage provider")
        changes = {"name": name, "s3": config, "secret": secret, "quota_bytes": quota_bytes}
        return self._change(provider_url(provider), Provider, unchanged_since, **changes)

    def delete_provider(self, provider: str) -> None:
        self._connection.tell("DELETE", provider_url(provider))

    def check_provider(self, provider: str) -> ProviderCheck:
        return self._ask("POST", f"{provider_url(provider)}/check", ProviderCheck, repeat=Repeat.YES)

    # --- API tokens ---------------------------------------------------------------------------------------------------

    def create_token(
        self, name: str, *, access: Access = Access.READ, datasets: Sequence[str] = (), days: float | None = 90
    ) -> NewToken:
        new = {
            "name": check_name(name, "API token"),
            "access": access,
            "datasets": list(datasets),
            "days": checked_days(days),
        }
        return self._ask("POST", "/api/tokens", NewToken, body=new)

    def list_tokens(self, *, limit: int = 100, after: str | None = None) -> Page[ApiToken]:
        return self._page("/api/tokens", Page[ApiToken], limit, after)

    def delete_token(self, token: str) -> None:
        if not token or not is_text(token):
            raise ErrorKind.TOKEN_NOT_FOUND(token=token)
        self._connection.tell("DELETE", "/api/tokens" + join(token))

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def usage(self, provider: str | None = None) -> tuple[Usage, ...]:
        return self._ask("GET", "/api/usage", tuple[Usage, ...], query={"provider": named_provider(provider)})

    def verify(self, reference: str | None = None, *, read_data: bool = False) -> Task[VerifyReport]:
        def begin() -> TaskInfo:
            if reference is not None:
                Reference.parse(reference)
            body = {"reference": reference, "read_data": read_data}
            return self._ask("POST", "/api/verify", TaskInfo, body=body, repeat=Repeat.YES)

        return self._follow(begin, VerifyReport)

    def recover(self, provider: str | None = None) -> Task[RecoverReport]:
        return self._follow(partial(self._begin, "/api/recover", provider, Repeat.NO), RecoverReport)

    def collect_garbage(self, provider: str | None = None) -> Task[GarbageReport]:
        return self._follow(partial(self._begin, "/api/garbage", provider, Repeat.YES), GarbageReport)

    def stats(self) -> dict[str, int]:
        return self._connection.stats()

    def close(self) -> None:
        running = list(self._tasks)
        for task in running:
            task.cancel()
        for task in running:
            task.wait()
        if "_pool" in self.__dict__:
            self._pool.shutdown()
        if self._hash_cache is not None:
            self._hash_cache.close()
        self._connection.close()

    # --- inside -------------------------------------------------------------------------------------------------------

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._at_once, thread_name_prefix="gradient-transfer")

    @property
    def _cache(self) -> HashCache:
        """Hashes of local files, remembered on this machine; the embedded service uses the same."""
        with self._lock:
            if self._hash_cache is None:
                self._hash_cache = HashCache(self._config.state_path / "hashes.sqlite")
            return self._hash_cache

    def _begin(self, path: str, provider: str | None, repeat: Repeat) -> TaskInfo:
        return self._ask("POST", path, TaskInfo, body={"provider": named_provider(provider)}, repeat=repeat)

    def _begin_on(self, reference: str, verb: str, **body: Any) -> TaskInfo:
        url = f"{version_url(reference, named=True)}/{verb}"
        return self._ask("POST", url, TaskInfo, body=body, repeat=Repeat.WITH_KEY)
