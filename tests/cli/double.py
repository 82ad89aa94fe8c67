"""A service with canned contents for what the real one cannot show on demand: fixed ids, slow work, failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import (
    Access,
    ApiToken,
    CacheInfo,
    CacheReport,
    Change,
    ChangeKind,
    ChangeSummary,
    CheckStep,
    Dataset,
    DeletePreview,
    FileInfo,
    GarbageReport,
    LockCheck,
    LockEntry,
    LockReport,
    LockState,
    Mount,
    MountState,
    NewToken,
    Notebook,
    Output,
    Page,
    Phase,
    Problem,
    Provider,
    ProviderCheck,
    ProviderKind,
    PublicDataset,
    PublicFile,
    PublicState,
    RecoverReport,
    S3Config,
    Tag,
    TransferResult,
    Trashed,
    Usage,
    VerifyReport,
    Version,
    VersionState,
    ViewMode,
    Volume,
    Volumes,
    Workspace,
    WorkspaceState,
)
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.tasks import Task

T = TypeVar("T")
WHEN = datetime(2020, 10, 9, 18, 17, 34, 192000, tzinfo=timezone.utc)

PROVIDER = Provider(
    "spltautet072md4",
    "test1",
    ProviderKind.AWS_S3,
    S3Config("bucket", "AKIBAEG7J3OJ24XAV33B"),
    False,
    None,
    0,
    WHEN,
    WHEN,
)
MANAGED = Provider(
    "spmanaged000001", "Gradient Managed", ProviderKind.MANAGED, None, True, 5 * 1024**3, 1536, WHEN, WHEN
)
DATASET = Dataset("dsttn2y7j1ux882", "test1", "", PROVIDER, False, "1rn19s2", 1, 12, ("hello",), 0, WHEN, WHEN)
VERSION = Version(
    "dsttn2y7j1ux882",
    "1rn19s2",
    VersionState.COMMITTED,
    "",
    "someone",
    ("hello",),
    "00" * 32,
    None,
    1,
    12,
    {},
    WHEN,
    WHEN,
    WHEN,
)
TAG = Tag("dsttn2y7j1ux882", "hello", "1rn19s2", "", WHEN, WHEN)
TRASHED = Trashed("dsttn2y7j1ux882:1rn19s2", "test1", "first\nlines", 1, 1200, 5000, WHEN, WHEN + timedelta(days=30))
SECRET = "gdt_tk5f0c2m81xq9ab_secret"
TOKEN = ApiToken("tk5f0c2m81xq9ab", "ci", Access.READ, (), WHEN, WHEN + timedelta(days=90), None)
FOLDER = "/state/share-storage/t12345678/datasets/trees/00"
MOUNT = Mount(
    "test1",
    "test1",
    "dsttn2y7j1ux882",
    "test1",
    "1rn19s2",
    None,
    False,
    MountState.MOUNTED,
    "/inputs/test1",
    FOLDER,
    1200,
    4096,
    None,
    WHEN,
    WHEN,
)
OUTPUT = Output("fresh", "dsttn2y7j1ux882", "test1", None, "/outputs/fresh", "/state/fresh", WHEN, WHEN)
BIRDS = PublicDataset(
    "birds",
    "Birds",
    "Pictures.",
    "https://example.org/birds",
    "CC0-1.0",
    "",
    "Mind the beaks.\nAnd the claws.",
    "gradient",
    (
        PublicFile("images.zip", "https://example.org/images.zip", 4096, False, "sha256"),
        PublicFile("labels.tgz", "https://example.org/labels.tgz", None, False, "start"),
    ),
    4096,
    PublicState.ABSENT,
    "/datasets/birds",
    "/state/public/birds",
)
HELLO = FileInfo("hello.txt", 12, "00" * 32)
LOCKED = LockEntry("test1", "dsttn2y7j1ux882", "test1", "1rn19s2", "00" * 32, "/inputs/test1", 1200, 4096)
CHECKED = LockCheck(LOCKED, LockState.READY, None, None)
WORKSPACE = Workspace(
    "https://github.com/team/notebooks",
    None,
    "c0ffee" * 6 + "c0ff",
    WorkspaceState.READY,
    "/state/notebook",
    None,
    (),
    WHEN,
)


class Double:
    """Answers with what its attributes hold, and records calls in ``calls``."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.datasets: Sequence[Dataset] = [DATASET]
        self.versions: Sequence[Version] = [VERSION]
        self.tags: Sequence[Tag] = [TAG]
        self.files: Sequence[FileInfo] = [HELLO]
        self.trash: Sequence[Trashed] = [TRASHED]
        self.tokens: Sequence[ApiToken] = [TOKEN]
        self.providers: Sequence[Provider] = [PROVIDER]
        self.mounts: Sequence[Mount] = [MOUNT]
        self.mounted = MOUNT
        self.outputs: Sequence[Output] = [OUTPUT]
        self.volumes: Sequence[str] = ["/inputs", "/outputs"]
        self.public: Sequence[PublicDataset] = [BIRDS]
        self.fetched = BIRDS
        self.workspace = WORKSPACE
        self.checked: Sequence[LockCheck] = [CHECKED]
        self.version = VERSION
        self.error: Exception | None = None
        self.work: Callable[[Progress], Any] | None = None
        self.problems: tuple[Problem, ...] = ()
        self.check = ProviderCheck(True, "All is well.", (CheckStep("list", True, True),))

    def _note(self, call: str, /, *args: Any, **kwargs: Any) -> None:
        self.calls.append((call, args, kwargs))
        if self.error is not None:
            raise self.error

    def _task(self, value: T) -> Task[T]:
        work = self.work
        if work is None:
            return Task(lambda progress: value)
        return Task(lambda progress: work(progress) or value)

    # --- datasets
    def create_dataset(self, name: str, **given: Any) -> Dataset:
        self._note("create_dataset", name, **given)
        return DATASET

    def list_datasets(self, *, limit: int = 100, after: str | None = None) -> Page[Dataset]:
        self._note("list_datasets", limit=limit, after=after)
        return _page(self.datasets, limit, after)

    def get_dataset(self, dataset: str) -> Dataset:
        self._note("get_dataset", dataset)
        return DATASET

    def update_dataset(self, dataset: str, **given: Any) -> Dataset:
        self._note("update_dataset", dataset, **given)
        return DATASET

    def delete_dataset(self, dataset: str) -> None:
        self._note("delete_dataset", dataset)

    def preview_delete(self, reference: str) -> DeletePreview:
        self._note("preview_delete", reference)
        return DeletePreview(reference, 2, 3, 4096)

    # --- versions and tags
    def create_version(self, dataset: str, **given: Any) -> Version:
        self._note("create_version", dataset, **given)
        return self.version

    def list_versions(self, dataset: str, *, limit: int = 100, after: str | None = None, **given: Any) -> Page[Version]:
        self._note("list_versions", dataset, **given)
        return _page(self.versions, limit, after)

    def get_version(self, reference: str) -> Version:
        self._note("get_version", reference)
        return self.version

    def update_version(self, reference: str, **given: Any) -> Version:
        self._note("update_version", reference, **given)
        return self.version

    def commit_version(self, reference: str, **given: Any) -> Task[Version]:
        self._note("commit_version", reference, **given)
        return self._task(self.version)

    def delete_version(self, reference: str) -> None:
        self._note("delete_version", reference)

    def list_tags(self, dataset: str, *, limit: int = 100, after: str | None = None) -> Page[Tag]:
        self._note("list_tags", dataset)
        return _page(self.tags, limit, after)

    def set_tag(self, reference: str, name: str) -> Tag:
        self._note("set_tag", reference, name)
        return TAG

    def delete_tag(self, dataset: str, name: str) -> None:
        self._note("delete_tag", dataset, name)

    # --- files
    def list_files(
        self, reference: str, path: str = "", *, limit: int = 1000, after: str | None = None, **given: Any
    ) -> Page[FileInfo]:
        self._note("list_files", reference, path, **given)
        return _page(self.files, limit, after)

    def put_files(self, reference: str, sources: Sequence[Any], target: str = "/") -> Task[TransferResult]:
        self._note("put_files", reference, sources, target)
        return self._task(TransferResult(3, 3072, 1, 1024))

    def get_files(self, reference: str, paths: Sequence[str], target: Any) -> Task[TransferResult]:
        self._note("get_files", reference, paths, target)
        return self._task(TransferResult(3, 3072, 1, 1024))

    def delete_files(self, reference: str, paths: Sequence[str]) -> Task[int]:
        self._note("delete_files", reference, paths)
        return self._task(3)

    def move_files(self, reference: str, source: str, target: str) -> Task[int]:
        self._note("move_files", reference, source, target)
        return self._task(3)

    def diff_versions(self, old: str, new: str, *, limit: int = 1000, after: str | None = None) -> Page[Change]:
        self._note("diff_versions", old, new)
        changes = [
            Change(ChangeKind.ADDED, "a.txt", None, 1, None, "aa"),
            Change(ChangeKind.CHANGED, "b\n.txt", 1, 2, "aa", "bb"),
            Change(ChangeKind.REMOVED, "c.txt", 1, None, "aa", None),
        ]
        return _page(changes, limit, after)

    def summarize_changes(self, reference: str, old: str | None = None) -> ChangeSummary:
        self._note("summarize_changes", reference, old)
        return ChangeSummary(1200, 0, 1, 4096, 12)

    # --- trash and tokens
    def list_trash(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        self._note("list_trash")
        return _page(self.trash, limit, after)

    def restore(self, reference: str, **given: Any) -> None:
        self._note("restore", reference, **given)

    def create_token(self, name: str, **given: Any) -> NewToken:
        self._note("create_token", name, **given)
        return NewToken(TOKEN, SECRET)

    def list_tokens(self, *, limit: int = 100, after: str | None = None) -> Page[ApiToken]:
        self._note("list_tokens")
        return _page(self.tokens, limit, after)

    def delete_token(self, token: str) -> None:
        self._note("delete_token", token)

    # --- providers
    def create_provider(self, name: str, kind: ProviderKind, config: S3Config, secret: str, **given: Any) -> Provider:
        self._note("create_provider", name, kind, config, secret, **given)
        return PROVIDER

    def try_provider(self, kind: ProviderKind, config: S3Config, secret: str) -> ProviderCheck:
        self._note("try_provider", kind, config, secret)
        return self.check

    def list_providers(self, *, limit: int = 100, after: str | None = None) -> Page[Provider]:
        self._note("list_providers")
        return _page(self.providers, limit, after)

    def get_provider(self, provider: str) -> Provider:
        self._note("get_provider", provider)
        return self.providers[0]

    def update_provider(self, provider: str, **given: Any) -> Provider:
        self._note("update_provider", provider, **given)
        return PROVIDER

    def delete_provider(self, provider: str) -> None:
        self._note("delete_provider", provider)

    def check_provider(self, provider: str) -> ProviderCheck:
        self._note("check_provider", provider)
        return self.check

    # --- upkeep
    def usage(self, provider: str | None = None) -> tuple[Usage, ...]:
        self._note("usage", provider)
        return (Usage(MANAGED.id, MANAGED.name, 1536, None, 2048, ()),)

    def verify(self, reference: str | None = None, *, read_data: bool = False) -> Task[VerifyReport]:
        self._note("verify", reference, read_data=read_data)
        return self._task(VerifyReport(1, 2, 3000, 4, 5, self.problems))

    def recover(self, provider: str | None = None) -> Task[RecoverReport]:
        self._note("recover", provider)
        return self._task(RecoverReport("lab", 1, 2, 3, 4, self.problems))

    def collect_garbage(self, provider: str | None = None) -> Task[GarbageReport]:
        self._note("collect_garbage", provider)
        return self._task(GarbageReport(2, 1, 4096, 3, 1024))

    # --- workspace
    def get_workspace(self) -> Workspace:
        self._note("get_workspace")
        return self.workspace

    def update_workspace(self, url: str | None = None, ref: str | None = None) -> Task[Workspace]:
        self._note("update_workspace", url, ref)
        return self._task(self.workspace)

    # --- volumes, mounts and outputs
    def list_volumes(self, *, measure: bool = False) -> Volumes:
        self._note("list_volumes", measure=measure)
        seen = (Volume(path.strip("/"), path, f"/state{path}", True, None, None, None) for path in self.volumes)
        return Volumes("default", "", ViewMode.NAMESPACE, "Kernels have a mount namespace.", tuple(seen))

    def list_notebooks(self) -> tuple[Notebook, ...]:
        self._note("list_notebooks")
        return (Notebook("default", "/state/notebooks/default", 1, True, WHEN),)

    def delete_notebook(self, notebook: str) -> None:
        self._note("delete_notebook", notebook)

    def mount(self, reference: str, **given: Any) -> Task[Mount]:
        self._note("mount", reference, **given)
        return self._task(self.mounted)

    def unmount(self, name: str, **given: Any) -> None:
        self._note("unmount", name, **given)

    def list_mounts(self) -> tuple[Mount, ...]:
        self._note("list_mounts")
        return tuple(self.mounts)

    def get_mount(self, name: str) -> Mount:
        self._note("get_mount", name)
        return self.mounts[0]

    def update_mount(self, name: str, reference: str | None = None) -> Task[Mount]:
        self._note("update_mount", name, reference)
        return self._task(self.mounted)

    def commit_mount(self, name: str, **given: Any) -> Task[Version]:
        self._note("commit_mount", name, **given)
        return self._task(self.version)

    def discard_changes(self, name: str) -> Mount:
        self._note("discard_changes", name)
        return self.mounts[0]

    def restore_mounts(self) -> Task[tuple[Mount, ...]]:
        self._note("restore_mounts")
        return self._task(tuple(self.mounts))

    def create_output(self, dataset: str, **given: Any) -> Output:
        self._note("create_output", dataset, **given)
        return self.outputs[0]

    def list_outputs(self) -> tuple[Output, ...]:
        self._note("list_outputs")
        return tuple(self.outputs)

    def commit_output(self, name: str, **given: Any) -> Task[Version]:
        self._note("commit_output", name, **given)
        return self._task(self.version)

    def delete_output(self, name: str) -> None:
        self._note("delete_output", name)

    # --- the notebook lock
    def check_lock(self, entries: Sequence[LockEntry]) -> tuple[LockCheck, ...]:
        self._note("check_lock", tuple(entries))
        return tuple(self.checked)

    def restore_lock(self, entries: Sequence[LockEntry]) -> Task[tuple[LockCheck, ...]]:
        self._note("restore_lock", tuple(entries))
        return self._task(tuple(self.checked))

    def verify_lock(self, entries: Sequence[LockEntry]) -> Task[LockReport]:
        self._note("verify_lock", tuple(entries))
        return self._task(LockReport(1, 1200, 4096, self.problems))

    # --- public datasets
    def list_public(self) -> tuple[PublicDataset, ...]:
        self._note("list_public")
        return tuple(self.public)

    def get_public(self, name: str) -> PublicDataset:
        self._note("get_public", name)
        return self.public[0]

    def fetch_public(self, name: str, files: Sequence[str] = ()) -> Task[PublicDataset]:
        self._note("fetch_public", name, files)
        return self._task(self.fetched)

    def remove_public(self, name: str) -> None:
        self._note("remove_public", name)

    def verify_public(self, name: str) -> Task[PublicDataset]:
        self._note("verify_public", name)
        return self._task(self.fetched)

    def cache_info(self) -> CacheInfo:
        self._note("cache_info")
        return CacheInfo("/state/share-storage/t12345678/datasets", 3, 1, 4096, 1 << 30, 30)

    def trim_cache(self, **given: Any) -> Task[CacheReport]:
        self._note("trim_cache", **given)
        return self._task(CacheReport(2, 30, 4096, 0))

    def verify_cache(self) -> Task[CacheReport]:
        self._note("verify_cache")
        return self._task(CacheReport(0, 0, 0, 0))

    def stats(self) -> dict[str, int]:
        return {"requests": len(self.calls), "bytes_in": 1, "bytes_out": 2}

    def close(self) -> None:
        self.calls.append(("close", (), {}))


def until_cancelled(progress: Progress) -> None:
    """Work that reports progress for ever; ends only by `Cancelled`."""
    progress.start(Phase.SENDING, 20_000, 80_000_000)
    pause = threading.Event()
    while True:
        progress.advance(1, 4096)
        pause.wait(0.01)


def never_ending(progress: Progress) -> None:
    """Work that does not even heed a cancel."""
    progress.start(Phase.SENDING, 20_000, 80_000_000)
    pause = threading.Event()
    while True:
        try:
            progress.advance(1, 4096)
        except ErrorKind.CANCELLED.error_class:
            progress.finish()
        pause.wait(0.01)


def _page(items: Sequence[T], limit: int, after: str | None) -> Page[T]:
    start = int(after or 0)
    end = start + limit
    return Page(tuple(items[start:end]), str(end) if end < len(items) else None)
