"""What the service answers with: frozen values, the same words as on the command line, in REST and in the docs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Parameters
    ----------
    items : tuple
        At most as many as were asked for.
    next_token : str or None
        Give it back as ``after`` for the next page; None on the last one.
    """

    items: tuple[T, ...]
    next_token: str | None = None


class ProviderKind(str, Enum):
    """The kinds of storage provider."""

    MANAGED = "managed"
    AWS_S3 = "aws-s3"
    SPACES = "spaces"
    S3_COMPATIBLE = "s3-compatible"

    @classmethod
    def of_endpoint(cls, endpoint: str | None) -> ProviderKind:
        """The kind that an endpoint's host gives away; none means AWS."""
        if not endpoint:
            return cls.AWS_S3
        host = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").hostname or ""
        if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return cls.AWS_S3
        return cls.SPACES if host.endswith(".digitaloceanspaces.com") else cls.S3_COMPATIBLE


@dataclass(frozen=True, slots=True)
class S3Config:
    """Where a bucket is and how to talk to it; the secret travels apart and is never returned.

    Parameters
    ----------
    bucket, access_key : str
        As given by the storage service.
    endpoint : str or None
        URL of the service without the bucket; None means AWS.
    region : str or None
        None means the service's default.
    signature_version : str or None
        ``v4`` or None; version 2 is not supported.
    addressing : str
        ``path``, ``virtual``, or ``auto`` (virtual at AWS and Spaces, path elsewhere).
    """

    bucket: str
    access_key: str
    endpoint: str | None = None
    region: str | None = None
    signature_version: str | None = None
    addressing: str = "auto"


@dataclass(frozen=True, slots=True)
class Provider:
    """A storage provider, without its secret."""

    id: str
    name: str
    kind: ProviderKind
    s3: S3Config | None
    is_team_default: bool
    quota_bytes: int | None
    used_bytes: int
    created: datetime
    modified: datetime

    @property
    def is_managed(self) -> bool:
        """Whether this is Gradient Managed."""
        return self.kind is ProviderKind.MANAGED


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One ability that was tried on a bucket: ``list``, ``put``, ``get``, ``conditional put`` and so on."""

    name: str
    ok: bool
    required: bool
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ProviderCheck:
    """What a check of a storage provider found.

    Parameters
    ----------
    ok : bool
        Whether every required step worked.
    summary : str
        One sentence for a person.
    steps : tuple of CheckStep
        In the order they were tried.
    hint : str
        What to do next; empty when it is ok.
    """

    ok: bool
    summary: str
    steps: tuple[CheckStep, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named line of versions.

    Parameters
    ----------
    latest : str or None
        Id of the newest committed version; None while nothing is committed.
    files, bytes : int or None
        Counts of that version; None when there is none.
    tags : tuple of str
        Names that point to that version now.
    uncommitted : int
        How many versions are not committed.
    """

    id: str
    name: str
    description: str
    provider: Provider
    is_public: bool
    latest: str | None
    files: int | None
    bytes: int | None
    tags: tuple[str, ...]
    uncommitted: int
    created: datetime
    modified: datetime


class VersionState(str, Enum):
    """A version's place in its life cycle."""

    UNCOMMITTED = "uncommitted"
    COMMITTING = "committing"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a dataset.

    Parameters
    ----------
    dataset : str
        Dataset id.
    version : str
        Version id.
    state : VersionState
        Uncommitted, committing or committed.
    root : str or None
        Hash of the tree's root in hexadecimal; equal content has an equal root.  None until committed.
    parent : str or None
        Version that this one started from.
    files, bytes : int or None
        Counts of a committed version; None before.
    author : str
        Who created it.
    tags : tuple of str
        Names that point to it now.
    """

    dataset: str
    version: str
    state: VersionState
    message: str
    author: str
    tags: tuple[str, ...]
    root: str | None
    parent: str | None
    files: int | None
    bytes: int | None
    metadata: dict[str, Any]
    created: datetime
    modified: datetime
    committed: datetime | None

    @property
    def is_committed(self) -> bool:
        """Whether this version can never change again."""
        return self.state is VersionState.COMMITTED

    @property
    def reference(self) -> str:
        """``<dataset>:<version>``."""
        return f"{self.dataset}:{self.version}"


@dataclass(frozen=True, slots=True)
class Tag:
    """A movable name for a committed version."""

    dataset: str
    name: str
    version: str
    message: str
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One row of a file listing: a file, or a folder when ``is_folder`` (then size, hash and flag say nothing).

    Parameters
    ----------
    path : str
        Full path within the version; a folder's ends with ``/``.
    size : int
        Bytes.
    hash : str
        BLAKE3 in hexadecimal; empty for a folder.
    executable : bool
        Whether the owner may execute it.
    """

    path: str
    size: int
    hash: str
    executable: bool = False
    is_folder: bool = False


class ChangeKind(str, Enum):
    """How a file differs between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs between two versions; sizes are None on the side where it is not."""

    kind: ChangeKind
    path: str
    old_size: int | None
    new_size: int | None
    old_hash: str | None
    new_hash: str | None


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """How much one version changes against another.

    Parameters
    ----------
    added, removed, changed : int
        Number of files.
    bytes_added, bytes_removed : int
        Their sizes; of a changed file the new size is added and the old one removed.
    """

    added: int
    removed: int
    changed: int
    bytes_added: int
    bytes_removed: int


class Phase(str, Enum):
    """What a long piece of work is doing."""

    SCANNING = "scanning"
    HASHING = "hashing"
    SENDING = "sending"
    VERIFYING = "verifying"
    COMMITTING = "committing"
    FETCHING = "fetching"
    DELETING = "deleting"
    MOVING = "moving"
    LINKING = "linking"  # a version's files into its folder
    UNPACKING = "unpacking"
    RECOVERING = "recovering"


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """How far a long piece of work is.

    Parameters
    ----------
    phase : Phase
        What it is doing.
    files_done, bytes_done : int
        Finished, acknowledged by the store or disk.
    files_total, bytes_total : int or None
        All there is to do; None while not known.
    rate : float
        Bytes per second over the last seconds.
    seconds_left : float or None
        Estimate; None while not known.
    bytes_skipped : int
        Part of `bytes_done` that did not have to be moved, because it was there already.
    """

    phase: Phase
    files_done: int
    files_total: int | None
    bytes_done: int
    bytes_total: int | None
    rate: float
    seconds_left: float | None
    bytes_skipped: int = 0


@dataclass(frozen=True, slots=True)
class TransferResult:
    """What a put or get did.

    Parameters
    ----------
    files, bytes : int
        All files that were named and are now in place.
    files_sent, bytes_sent : int
        Those whose content had to be moved.
    """

    files: int
    bytes: int
    files_sent: int
    bytes_sent: int


@dataclass(frozen=True, slots=True)
class DatasetUsage:
    """What one dataset takes: logical bytes of all its versions, and what deleting it would free."""

    dataset: str
    name: str
    versions: int
    files: int
    logical_bytes: int
    exclusive_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a storage provider holds against its quota.

    Parameters
    ----------
    stored_bytes : int
        Bytes in the store, after deduplication and compression.
    logical_bytes : int
        Sum of the sizes of all files of all committed versions.
    """

    provider: str
    provider_name: str
    stored_bytes: int
    quota_bytes: int | None
    logical_bytes: int
    datasets: tuple[DatasetUsage, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something `verify` found; ``fatal`` means that content of a committed version is lost."""

    thing: str
    what: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify` looked at and found."""

    datasets: int
    versions: int
    files: int
    blobs: int
    bytes_read: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class RecoverReport:
    """What `recover` rebuilt from a provider."""

    provider: str
    datasets: int
    versions: int
    tags: int
    blobs: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class GarbageReport:
    """What a collection would delete, were it not a dry run.

    Parameters
    ----------
    packs, objects : int
        Packs and large blobs that nothing uses.
    bytes : int
        What deleting them frees.
    partial_packs : int
        Packs of which only a part is used.
    partial_bytes : int
        What rewriting those would free as well.
    """

    packs: int
    objects: int
    bytes: int
    partial_packs: int
    partial_bytes: int
    keys: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class DeletePreview:
    """What deleting a dataset or version would do."""

    thing: str
    versions: int
    files: int
    freed_bytes: int


# --- trash ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trashed:
    """A dataset or version in the trash.

    Parameters
    ----------
    reference : str
        ``<dataset id>`` or ``<dataset id>:<version>``; give it to `restore`.
    name : str
        The dataset's name.
    message : str
        The version's message, or the dataset's description.
    versions, files, bytes : int
        What comes back with it; logical bytes.
    trashed : datetime
        When it was deleted.
    expires : datetime
        Until when its bytes are kept for certain.
    """

    reference: str
    name: str
    message: str
    versions: int
    files: int
    bytes: int
    trashed: datetime
    expires: datetime


# --- uploads of single files ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upload:
    """One file on its way into an uncommitted version.

    Parameters
    ----------
    id : str
        Names the upload; only who began it knows it.
    reference : str
        ``<dataset id>:<version>``.
    path : str
        Where the file will be in the version.
    size : int or None
        Bytes that were announced; None when parts of unknown size arrive.
    offset : int
        Bytes that have arrived in order; 0 for an upload in parts.
    expires : datetime
        When what has arrived is thrown away.
    """

    id: str
    reference: str
    path: str
    size: int | None
    offset: int
    executable: bool
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload in parts: its number (from 1), bytes, and MD5 in hexadecimal, which S3 calls its ETag."""

    number: int
    size: int
    etag: str


# --- API tokens -------------------------------------------------------------------------------------------------------


class Access(str, Enum):
    """What an API token allows; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"  # storage providers, tokens, upkeep


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token without its secret.

    Parameters
    ----------
    datasets : tuple of str
        Ids of the datasets it is limited to; empty means all.
    expires, used : datetime or None
        When it ends; when it was last used, to the minute.
    """

    id: str
    name: str
    access: Access
    datasets: tuple[str, ...]
    created: datetime
    expires: datetime | None
    used: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, with its secret: shown this once, kept nowhere."""

    token: ApiToken
    secret: str


# --- volumes ----------------------------------------------------------------------------------------------------------


class ViewMode(str, Enum):
    """How the volumes come to their fixed paths in kernels and terminals."""

    NAMESPACE = "namespace"  # a private mount namespace: paths are real, read-only ones refuse writes
    LINKS = "links"  # symbolic links at /
    ENVIRONMENT = "environment"  # only variables that say where the folders are
    OFF = "off"  # not at all


@dataclass(frozen=True, slots=True)
class Volume:
    """A directory with a fixed path in every kernel and terminal.

    Parameters
    ----------
    name : str
        ``storage``, ``notebook``, ``datasets``, ``inputs`` or ``outputs``.
    path : str
        Where kernels see it: ``/storage``.
    local_path : str
        Where it is on this machine.
    used_bytes : int or None
        What its files take; None when it was not measured.
    limit_bytes, free_bytes : int or None
        What it may take, None for no limit; what its file system has left.
    """

    name: str
    path: str
    local_path: str
    is_writable: bool
    used_bytes: int | None
    limit_bytes: int | None
    free_bytes: int | None


@dataclass(frozen=True, slots=True)
class Volumes:
    """The volumes of a notebook run, how kernels see them, and why that way.

    Parameters
    ----------
    notebook : str
        The notebook run.
    region : str
        The storage region; empty for the team's only one.
    reason : str
        One sentence: why this mode.
    """

    notebook: str
    region: str
    mode: ViewMode
    reason: str
    volumes: tuple[Volume, ...]


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook run: its home and its mounts stay until it is deleted.

    Parameters
    ----------
    is_current : bool
        Whether it is the one of this service.
    """

    name: str
    local_path: str
    mounts: int
    is_current: bool
    modified: datetime


# --- mounts -----------------------------------------------------------------------------------------------------------


class MountState(str, Enum):
    """A mount's place in its life."""

    MOUNTING = "mounting"
    MOUNTED = "mounted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mount:
    """A dataset version that has a name under ``/inputs`` and ``/datasets`` of a notebook run.

    Parameters
    ----------
    name : str
        Its folder: ``/inputs/<name>``.
    reference : str
        What was asked for, as it was written; the URL of a bucket for one of ``type: s3``.
    dataset, dataset_name : str or None
        Id and name of the dataset; None for a bucket, or when it was not found.
    version : str or None
        The version it was resolved to; None while there is none.
    newer : str or None
        A newer committed version that `update_mount` would mount; None when there is none.
    is_writable : bool
        Whether there is a writable layer over the version.
    path : str
        ``/inputs/<name>``.
    local_path : str
        Where its files are on this machine; for a kernel that does not see ``path``.
    error : ErrorInfo or None
        Why it failed.
    """

    name: str
    reference: str
    dataset: str | None
    dataset_name: str | None
    version: str | None
    newer: str | None
    is_writable: bool
    state: MountState
    path: str
    local_path: str
    files: int | None
    bytes: int | None
    error: ErrorInfo | None
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Output:
    """A folder under ``/outputs`` that becomes a new version of a dataset when it is committed.

    Parameters
    ----------
    dataset, dataset_name : str
        Of which dataset.
    version : str or None
        The last version that was made of it.
    path, local_path : str
        ``/outputs/<name>``, and where that is on this machine.
    """

    name: str
    dataset: str
    dataset_name: str
    version: str | None
    path: str
    local_path: str
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """The team's cache of dataset versions.

    Parameters
    ----------
    versions : int
        Materialised versions.
    mounted : int
        Those of them that are in use, which are never removed.
    bytes : int
        What it takes on the disk, as last counted.
    limit_bytes : int or None
        What it may take; None for no limit.
    days : int
        Days after which what nobody used is removed; 0 for never.
    """

    local_path: str
    versions: int
    mounted: int
    bytes: int
    limit_bytes: int | None
    days: int


@dataclass(frozen=True, slots=True)
class CacheReport:
    """What a trim or check of the cache did: versions and contents removed, bytes freed, damaged contents found."""

    versions: int
    blobs: int
    bytes: int
    damaged: int


# --- public datasets --------------------------------------------------------------------------------------------------


class PublicState(str, Enum):
    """How much of a public dataset is on this machine."""

    ABSENT = "absent"
    FETCHING = "fetching"
    PARTIAL = "partial"  # only some of its files were asked for; those are complete
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file of a public dataset, as the catalogue knows it; sizes are None when not known.

    Parameters
    ----------
    proof : str
        What the catalogue knows to check it by: ``sha256``, ``md5``, ``start`` (only its first MiB can be checked),
        ``size``, or ``none``.
    """

    path: str
    url: str
    bytes: int | None
    is_present: bool
    proof: str = "none"


@dataclass(frozen=True, slots=True)
class PublicDataset:
    """A dataset of the catalogue.

    Parameters
    ----------
    name : str
        Its folder: ``/datasets/<name>``; as a reference ``gradient/<name>``.
    licence, licence_terms : str
        As far as known; may be empty.
    source : str
        Where the entry comes from: ``gradient`` (shipped), the path of the site's catalogue, or ``folder`` for a folder
        that an operator has put there.
    bytes : int or None
        Known sizes of all files added up.
    """

    name: str
    title: str
    description: str
    homepage: str
    licence: str
    licence_terms: str
    notes: str
    source: str
    files: tuple[PublicFile, ...]
    bytes: int | None
    state: PublicState
    path: str
    local_path: str


# --- workspace --------------------------------------------------------------------------------------------------------


class WorkspaceState(str, Enum):
    """How the workspace repository of a notebook run is."""

    NONE = "none"  # no repository was given
    UPDATING = "updating"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The repository that is cloned into ``/notebook``.

    Parameters
    ----------
    url : str or None
        Without any password.
    ref : str or None
        Branch, tag or commit; None for the repository's default branch.
    commit : str or None
        That of the repository which was merged last; those of the user may follow it.
    error : ErrorInfo or None
        Why the last clone or merge failed; what was there before is untouched.
    notes : tuple of str
        Sentences on what the last clone or merge left as the user had it, and where it put what is new instead.
    """

    url: str | None
    ref: str | None
    commit: str | None
    state: WorkspaceState
    local_path: str
    error: ErrorInfo | None
    notes: tuple[str, ...]
    modified: datetime | None


# --- the notebook lock ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockEntry:
    """Which data one reference meant in a notebook or script, so that it means the same again.

    Parameters
    ----------
    reference : str
        As it was written; without a version part it is ``latest``.
    dataset, dataset_name : str
        Id and name of the dataset.
    version : str
        The version it was resolved to.
    root : str
        Hash of that version's tree in hexadecimal: equal content has an equal root, wherever it is stored.
    path : str or None
        ``/inputs/<name>`` when it was mounted.
    files, bytes : int
        What the version has.
    """

    reference: str
    dataset: str
    dataset_name: str
    version: str
    root: str
    path: str | None
    files: int
    bytes: int


class LockState(str, Enum):
    """Whether what an entry of a lock names is here."""

    READY = "ready"  # known with exactly this content, and mounted where it was
    UNMOUNTED = "unmounted"  # known, but its path shows nothing, or another version
    ABSENT = "absent"  # dataset or version is not known here
    DIFFERENT = "different"  # the version of this name has other content


@dataclass(frozen=True, slots=True)
class LockCheck:
    """What became of an entry of a lock.

    Parameters
    ----------
    newer : str or None
        The version that the reference would mean now; None when that is the locked one, or not known.
    error : ErrorInfo or None
        Why it is not ready, or could not be restored.
    """

    entry: LockEntry
    state: LockState
    newer: str | None
    error: ErrorInfo | None


@dataclass(frozen=True, slots=True)
class LockReport:
    """What proving a lock looked at and found; a problem's thing is a reference, or one and a file of it."""

    entries: int
    files: int
    bytes_read: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether all of it is exactly what was locked."""
        return not self.problems


# --- tasks and notices ------------------------------------------------------------------------------------------------


class TaskState(str, Enum):
    """A task's place in its life."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An error as a client is told: stable code, sentence, next step."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """Long work on a server.

    Parameters
    ----------
    kind : str
        What it does: ``commit``, ``delete-files``, ``move-files``, ``verify``, ``recover``, ``garbage``, ``mount``,
        ``update-mount``, ``commit-mount``, ``restore-mounts``, ``commit-output``, ``fetch-public``, ``verify-public``,
        ``trim-cache``, ``verify-cache``, ``restore-lock``, ``verify-lock``, ``workspace``.
    subject : str
        Reference, id, or ``<notebook>/<name>`` of what it works on; references of a lock with commas; may be empty.
    progress : ProgressEvent or None
        The newest.
    result : any
        What it returned, as JSON; None unless succeeded.
    error : ErrorInfo or None
        Why it failed.
    """

    id: str
    kind: str
    subject: str
    state: TaskState
    progress: ProgressEvent | None
    result: Any
    error: ErrorInfo | None
    created: datetime
    finished: datetime | None


class Thing(str, Enum):
    """What a notice can be about."""

    DATASET = "dataset"
    VERSION = "version"
    TAG = "tag"
    PROVIDER = "provider"
    MOUNT = "mount"
    OUTPUT = "output"
    PUBLIC = "public"
    WORKSPACE = "workspace"
    TASK = "task"


class Action(str, Enum):
    """What happened to it."""

    CREATED = "created"
    CHANGED = "changed"
    FILES_CHANGED = "files-changed"
    COMMITTED = "committed"
    DELETED = "deleted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed, through whichever client: look at it again.

    Parameters
    ----------
    subject : str
        Dataset id, ``<dataset>:<version>``, ``<dataset>:<tag>``, provider id, task id, ``<notebook>/<name>`` of a mount
        or output, name of a public dataset, or notebook of a workspace.
    """

    thing: Thing
    subject: str
    action: Action
    time: datetime
