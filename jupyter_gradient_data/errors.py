"""Every error this project raises, and the sentence that goes with it.

A few classes say how a caller reacts; many kinds say what happened.  Kinds are append-only: scripts match on
``error.kind.code``.  A kind is called with the names its sentence needs and returns the exception to raise::

    raise ErrorKind.DATASET_NOT_FOUND(dataset="dst364npcw6ccok")

HTTP status, exit code and the words on a screen all derive from this file and nowhere else.
"""

from __future__ import annotations

import traceback
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

_PACKAGE = str(Path(__file__).parent)
_LIBRARIES = ("/site-packages/", "/dist-packages/", "/IPython/core/")


class GradientDataError(Exception):
    """Base of all errors a user may see.

    Parameters
    ----------
    kind : ErrorKind
        What happened; stable for scripts.
    message : str
        One sentence that names the thing.
    hint : str
        One sentence that says what to do next; may be empty.
    details : dict
        The values the message was made of, as given to the kind.
    """

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, kind: ErrorKind, message: str, hint: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.kind, self.message, self.hint, self.details)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: what happened, what to do next, and where in the user's own code; nothing of ours."""
        notes = [self.hint, *getattr(self, "__notes__", ())]
        frames = [f"  {_place(frame)}: {frame.line}" for frame in _own_frames(self) if frame.line]
        return [f"\x1b[31m{type(self).__name__}\x1b[0m: {self.message}", *(note for note in notes if note), *frames]


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The user's part of a traceback: no libraries, such as IPython's or pandas', up to the first call of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = next((at for at, frame in enumerate(frames) if frame.filename.startswith(_PACKAGE)), len(frames))
    return [frame for frame in frames[:ours] if not any(part in frame.filename for part in _LIBRARIES)]


def _place(frame: traceback.FrameSummary) -> str:
    is_cell = "/ipykernel_" in frame.filename or frame.filename.startswith("<ipython-input")
    return f"{'Cell' if is_cell else frame.filename}, line {frame.lineno}"


class Invalid(GradientDataError):
    """The request itself is wrong; asking again the same way fails again."""

    http_status = 400
    exit_code = 2


class NotFound(GradientDataError):
    """The named thing does not exist."""

    http_status = 404
    exit_code = 3


class Conflict(GradientDataError):
    """The thing exists but is not in a state that allows this."""

    http_status = 409
    exit_code = 4


class Denied(GradientDataError):
    """Credentials or permissions do not allow this."""

    http_status = 403
    exit_code = 5


class Unauthenticated(GradientDataError):
    """Nobody is known to be asking."""

    http_status = 401
    exit_code = 5


class ChangedMeanwhile(Conflict):
    """Somebody else changed the thing since the caller looked."""

    http_status = 412


class TooMany(GradientDataError):
    """Too many requests at once; the same request may succeed in a moment."""

    http_status = 429
    exit_code = 7


class QuotaExceeded(GradientDataError):
    """The new bytes do not fit the quota; nothing was sent."""

    http_status = 413
    exit_code = 6


class StoreFailed(GradientDataError):
    """A store, database or disk failed; the same request may succeed later."""

    http_status = 502
    exit_code = 7


class OutcomeUnknown(GradientDataError):
    """The reply was lost: look before trying again."""

    http_status = 504
    exit_code = 8


class Cancelled(GradientDataError):
    """The user stopped it; what was finished before stays."""

    http_status = 499
    exit_code = 130


class ErrorKind(Enum):
    """What happened: ``(code, class, sentence, next step)``.  Append only."""

    # --- bad input -------------------------------------------------------------------------------------------------
    INVALID_REFERENCE = (
        "invalid_reference",
        Invalid,
        "{reference!r} is not a dataset reference.",
        "Write <dataset>, <dataset>:latest, <dataset>:<version> or <dataset>:<tag>, with a dataset's id or name.",
    )
    VERSION_MISSING = (
        "version_missing",
        Invalid,
        "{reference!r} names no version.",
        "Add one: {reference}:<version>.",
    )
    VERSION_UNWANTED = (
        "version_unwanted",
        Invalid,
        "{reference!r} names a version where only a dataset is meant.",
        "Leave the part after ':' out.",
    )
    TAG_MISSING = ("tag_missing", Invalid, "{reference!r} names no tag.", "Add one: {reference}:<tag>.")
    INVALID_NAME = (
        "invalid_name",
        Invalid,
        "{name!r} cannot be the name of a {thing}: {reason}.",
        "Choose another name.",
    )
    INVALID_TAG = ("invalid_tag", Invalid, "{name!r} cannot be a tag: {reason}.", "Choose another tag name.")
    INVALID_PATH = (
        "invalid_path",
        Invalid,
        "{path} cannot be a path in a dataset: {reason}.",
        "Rename it; paths are relative, separated by '/', in UTF-8, without '..', and at most 4,096 bytes long.",
    )
    INVALID_OPTION = ("invalid_option", Invalid, "{option} cannot be {value!r}: {reason}.", "{hint}")
    SOURCE_NOT_FOUND = (
        "source_not_found",
        Invalid,
        "There is no file or folder {path}.",
        "Check the path and try again.",
    )
    SOURCE_UNREADABLE = (
        "source_unreadable",
        Invalid,
        "{path} cannot be read: {reason}.",
        "Make it readable or leave it out, then run the same command again: what has arrived is not sent again.",
    )
    SOURCE_CHANGED = (
        "source_changed",
        Conflict,
        "{path} changed while it was being read.",
        "Run the same command again when nothing writes to it: what has arrived is not sent again.",
    )
    SOURCE_LINK_OUTSIDE = (
        "source_link_outside",
        Invalid,
        "The symbolic link {path} leads out of the folder that is uploaded.",
        "Replace it by the file it points to, or leave it out.",
    )
    SOURCE_LINK_LOOP = (
        "source_link_loop",
        Invalid,
        "The symbolic link {path} leads in a circle.",
        "Remove the link, then try again.",
    )
    SOURCE_SPECIAL = (
        "source_special",
        Invalid,
        "{path} is neither a file nor a folder (a device, socket or pipe).",
        "Leave it out, then try again.",
    )
    PATHS_CLASH = (
        "paths_clash",
        Conflict,
        "{path} and {other} cannot both be in one version: {reason}.",
        "Rename or delete one of them.",
    )
    TARGET_UNSAFE = (
        "target_unsafe",
        Invalid,
        "{path} would be written outside {target}.",
        "Choose another target folder.",
    )
    TARGET_UNWRITABLE = (
        "target_unwritable",
        StoreFailed,
        "{path} cannot be written: {reason}.",
        "Make room or fix the permissions, then run the same command again: it continues where it stopped.",
    )
    TARGET_CLASH = (
        "target_clash",
        Conflict,
        "{path} and {other} fall on the same file in {target}.",
        "Choose a target on a file system that tells the two apart, or get them one by one.",
    )
    SOURCE_LINK_BROKEN = (
        "source_link_broken",
        Invalid,
        "The symbolic link {path} leads to nothing.",
        "Remove the link, then try again.",
    )

    # --- not there --------------------------------------------------------------------------------------------------
    DATASET_NOT_FOUND = (
        "dataset_not_found",
        NotFound,
        "There is no dataset {dataset}.",
        "`gradient datasets list` shows what there is.",
    )
    VERSION_NOT_FOUND = (
        "version_not_found",
        NotFound,
        "Dataset {dataset} has no version or tag {version}.",
        "`gradient datasets versions list --id {dataset}` shows what there is.",
    )
    NO_COMMITTED_VERSION = (
        "no_committed_version",
        NotFound,
        "Dataset {dataset} has no committed version yet.",
        "Commit one with `gradient datasets versions commit --id {dataset}:<version>`.",
    )
    TAG_NOT_FOUND = (
        "tag_not_found",
        NotFound,
        "Dataset {dataset} has no tag {tag}.",
        "`gradient datasets tags list --id {dataset}` shows what there is.",
    )
    FILE_NOT_FOUND = (
        "file_not_found",
        NotFound,
        "There is no file or folder {path} in {reference}.",
        "`gradient datasets files list --id {reference}` shows what there is.",
    )
    PROVIDER_NOT_FOUND = (
        "provider_not_found",
        NotFound,
        "There is no storage provider {provider}.",
        "`gradient storageProviders list` shows what there is.",
    )
    NOTHING_TO_RECOVER = (
        "nothing_to_recover",
        NotFound,
        "{provider} holds no datasets written by this program.",
        "Check the bucket and the team with `gradient storageProviders details --id {provider}`.",
    )

    # --- wrong state ------------------------------------------------------------------------------------------------
    NAME_TAKEN = (
        "name_taken",
        Conflict,
        "A {thing} named {name!r} exists already.",
        "Choose another name or use that one.",
    )
    VERSION_COMMITTED = (
        "version_committed",
        Conflict,
        "Version {reference} is committed and cannot change any more.",
        "Start a new one from it: `gradient datasets versions create --id {dataset} --from {reference}`.",
    )
    VERSION_COMMITTING = (
        "version_committing",
        Conflict,
        "Version {reference} is being committed by another client.",
        "Wait for it to finish, or commit again when its lease has run out ({seconds:.0f} s).",
    )
    VERSION_UNCOMMITTED = (
        "version_uncommitted",
        Conflict,
        "Version {reference} is not committed yet.",
        "Commit it first: `gradient datasets versions commit --id {reference}`.",
    )
    UPLOADS_UNFINISHED = (
        "uploads_unfinished",
        Conflict,
        "Version {reference} cannot be committed: {uploads} did not finish.",
        "Run the same put again to finish it, or commit with --abandon-uploads to leave out what did not arrive.",
    )
    CONTENT_MISSING = (
        "content_missing",
        Conflict,
        "Version {reference} cannot be committed: the bytes of {path}{more} are not in the store as they were sent.",
        "Put these files again, then commit.",
    )
    PROVIDER_IN_USE = (
        "provider_in_use",
        Conflict,
        "Storage provider {provider} still holds {count} datasets.",
        "Delete them first.",
    )
    PROVIDER_MANAGED = (
        "provider_managed",
        Conflict,
        "{provider} cannot be {action}: every installation has one Gradient Managed, which belongs to it.",
        "Add a storage provider of your own with `gradient storageProviders create`.",
    )
    PROVIDER_MOVED = (
        "provider_moved",
        Conflict,
        "The bucket and endpoint of {provider} cannot change while it holds {count} datasets.",
        "Create another storage provider for the new bucket.",
    )
    PROVIDER_UNUSABLE = (
        "provider_unusable",
        Invalid,
        "Storage provider {provider} cannot be used: {summary}",
        "{hint} Nothing was saved.",
    )
    RECOVER_NOT_EMPTY = (
        "recover_not_empty",
        Conflict,
        "{provider} holds the data of team {team}, but this database already has datasets of team {other}.",
        "Recover into an empty state directory (--state-dir).",
    )
    COMMIT_OVERTAKEN = (
        "commit_overtaken",
        Conflict,
        "The commit of version {reference} was silent for too long, so another client took the version over.",
        "Look at its files, then commit it again.",
    )
    UPLOADS_UNDER_WAY = (
        "uploads_under_way",
        Conflict,
        "{path} cannot be moved: the upload of {upload} has not finished.",
        "Wait until it has, or give it up by deleting {upload}, then try again.",
    )

    # --- denied -----------------------------------------------------------------------------------------------------
    STORE_DENIED = (
        "store_denied",
        Denied,
        "{store} refused to {action}: {reason}.",
        "Check access key, secret and permissions with `gradient storageProviders check --id {provider}`.",
    )
    SECRET_UNREADABLE = (
        "secret_unreadable",
        Denied,
        "The secret of storage provider {provider} cannot be decrypted: the key file has changed.",
        "Restore {key_file}, or set the secret again with `gradient storageProviders update`.",
    )
    FILE_PERMISSIONS = (
        "file_permissions",
        Denied,
        "{path} can be read by others.",
        "Run `chmod 600 {path}`.",
    )

    # --- quota ------------------------------------------------------------------------------------------------------
    QUOTA_EXCEEDED = (
        "quota_exceeded",
        QuotaExceeded,
        "{needed} of new data do not fit {provider}: {used} of {quota} are used.",
        "Delete versions you no longer need, raise the quota, or use another storage provider. Nothing was sent.",
    )

    # --- stores, disks, databases -------------------------------------------------------------------------------------
    STORE_UNREACHABLE = (
        "store_unreachable",
        StoreFailed,
        "{store} cannot be reached: {reason}.",
        "Check endpoint and network, then run the same command again.",
    )
    STORE_ERROR = (
        "store_error",
        StoreFailed,
        "{store} failed to {action}: {reason}.",
        "Run the same command again: it continues where it stopped.",
    )
    STORE_NOT_S3 = (
        "store_not_s3",
        StoreFailed,
        "{store} does not answer like an S3 endpoint: {reason}.",
        "Check the endpoint; it is the URL of the storage service, without the bucket.",
    )
    BUCKET_NOT_FOUND = (
        "bucket_not_found",
        NotFound,
        "{store} has no bucket {bucket}.",
        "Create the bucket first, or correct its name with `gradient storageProviders update`.",
    )
    OBJECT_NOT_FOUND = (
        "object_not_found",
        NotFound,
        "{store} has no object {key}.",
        "Run `gradient datasets verify` to see what is damaged.",
    )
    STORE_CORRUPT = (
        "store_corrupt",
        StoreFailed,
        "{thing} in {store} is damaged: {reason}.",
        "Run `gradient datasets verify` to see what is affected; put the file again from a good copy.",
    )
    CHECKSUM_REFUSED = (
        "checksum_refused",
        StoreFailed,
        "{store} refused {key}: its checksum did not match what arrived.",
        "The connection damaged the data; run the same command again.",
    )
    DISK_FULL = (
        "disk_full",
        StoreFailed,
        "There is no room left on the disk for {path}.",
        "Free some space, then run the same command again: it continues where it stopped.",
    )
    FORMAT_UNKNOWN = (
        "format_unknown",
        StoreFailed,
        "{store} was written by a newer version of this program ({reason}).",
        "Upgrade jupyter-gradient-data.",
    )
    DATABASE_FAILED = (
        "database_failed",
        StoreFailed,
        "The metadata database {database} failed: {reason}.",
        "Check that it runs and can be written, then run the same command again.",
    )
    DATABASE_NEWER = (
        "database_newer",
        StoreFailed,
        "The metadata database {database} was made by a newer version of this program.",
        "Upgrade jupyter-gradient-data.",
    )
    DATABASE_ON_NETWORK = (
        "database_on_network",
        Invalid,
        "The SQLite database cannot be on the network file system {path} ({filesystem}), where locks are not reliable.",
        "Set GRADIENT_DATABASE_URL to a PostgreSQL database, or GRADIENT_STATE_DIR to a local disk.",
    )
    STORE_UNSUITABLE = (
        "store_unsuitable",
        StoreFailed,
        "{store} cannot be used: {reason}.",
        "Put it on an ordinary local or network file system, or use an S3 bucket.",
    )
    UPLOAD_SIZE = (
        "upload_size",
        StoreFailed,
        "{key} was not written to {store}: {reason}.",
        "Run the same command again when nothing writes to the source.",
    )
    COMMIT_UNKNOWN = (
        "commit_unknown",
        OutcomeUnknown,
        "It is not known whether version {reference} was committed: {reason}.",
        "Commit it again: committing twice does no harm.",
    )
    CANCELLED = ("cancelled", Cancelled, "Stopped.", "Run the same command again to continue where it stopped.")

    # --- the server ---------------------------------------------------------------------------------------------------
    NOT_AUTHENTICATED = (
        "not_authenticated",
        Unauthenticated,
        "The server does not know who is asking: {reason}.",
        "Give the server's token or an API token (--token, GRADIENT_TOKEN or --apiKey).",
    )
    NOT_ALLOWED = (
        "not_allowed",
        Denied,
        "This token does not allow to {action} {resource}.",
        "Use a token with more access.",
    )
    INVALID_REQUEST = ("invalid_request", Invalid, "The request cannot be understood: {reason}.", "{hint}")
    TOO_LARGE = (
        "too_large",
        QuotaExceeded,
        "{thing} is {size} long; at most {limit} are accepted here.",
        "{hint}",
    )
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        TooMany,
        "Too many requests at once.",
        "Try again in {seconds:.0f} s.",
    )
    CHANGED_MEANWHILE = (
        "changed_meanwhile",
        ChangedMeanwhile,
        "{thing} was changed by somebody else since you looked.",
        "Look at it again, then repeat your change.",
    )
    UPLOAD_NOT_FOUND = (
        "upload_not_found",
        NotFound,
        "There is no unfinished upload {upload}.",
        "It was finished, cancelled or has expired: begin a new one.",
    )
    UPLOAD_OFFSET = (
        "upload_offset",
        Conflict,
        "The upload of {path} has {offset} bytes, so nothing can be added at {wanted}.",
        "Go on at {offset}.",
    )
    UPLOAD_INCOMPLETE = (
        "upload_incomplete",
        Conflict,
        "The upload of {path} is not complete: {reason}.",
        "Send what is missing, then finish it.",
    )
    UPLOAD_CHECKSUM = (
        "upload_checksum",
        Invalid,
        "What arrived for {path} does not have the checksum it was sent with.",
        "The connection damaged the data; send it again.",
    )
    UPLOAD_TOO_LONG = (
        "upload_too_long",
        QuotaExceeded,
        "More bytes arrived for {path} than the {size} that were announced.",
        "Begin a new upload with the right size.",
    )
    CONTENT_UNEXPECTED = (
        "content_unexpected",
        Invalid,
        "{thing} does not have the hash {hash} it was announced with.",
        "Send it again when nothing writes to the source.",
    )
    URL_EXPIRED = (
        "url_expired",
        Denied,
        "This URL has expired.",
        "Ask for a new one.",
    )
    URL_INVALID = (
        "url_invalid",
        Denied,
        "This URL is not signed by this server, or not for this request.",
        "Ask for a new one.",
    )
    TASK_NOT_FOUND = ("task_not_found", NotFound, "There is no task {task}.", "Tasks are kept for {days} days.")
    TASK_LOST = (
        "task_lost",
        StoreFailed,
        "The server stopped while this task was running.",
        "Look at {subject}, then start it again: what was finished stays.",
    )
    TOKEN_NOT_FOUND = (
        "token_not_found",
        NotFound,
        "There is no API token {token}.",
        "`gradient tokens list` shows what there is.",
    )
    NOT_IN_TRASH = (
        "not_in_trash",
        NotFound,
        "{reference} is not in the trash.",
        "`gradient trash list` shows what is.",
    )
    KEY_REUSED = (
        "key_reused",
        Conflict,
        "The idempotency key was used for another request.",
        "Use a new key for each request.",
    )
    KEY_IN_USE = (
        "key_in_use",
        Conflict,
        "A request with this idempotency key is still being answered.",
        "Ask again in a moment.",
    )
    SERVER_UNREACHABLE = (
        "server_unreachable",
        StoreFailed,
        "The server {url} cannot be reached: {reason}.",
        "Check --url and the network, then run the same command again.",
    )
    SERVER_FAILED = (
        "server_failed",
        StoreFailed,
        "The server {url} failed: {reason}.",
        "Its log says why; the same command may succeed later.",
    )
    REPLY_LOST = (
        "reply_lost",
        OutcomeUnknown,
        "The server {url} took the request, but its answer was lost: {reason}.",
        "Look whether it was done before you try again.",
    )
    READ_ONLY = (
        "read_only",
        Denied,
        "{path} is read-only: {reason}.",
        "{hint}",
    )
    INTERNAL = (
        "internal",
        GradientDataError,
        "Something unexpected went wrong; the server's log has it under {incident}.",
        "Try again; if it stays, report it with what the log says.",
    )
    PATH_NOT_FOUND = (
        "path_not_found",
        NotFound,
        "There is no file or folder {path}.",
        "Look at the folder it should be in: it may have been moved or deleted.",
    )
    FOLDER_CUT = (
        "folder_cut",
        Invalid,
        "{folder} has more than {limit:,} entries; the others are not shown here.",
        "{hint}",
    )
    FILE_EXISTS = (
        "file_exists",
        ChangedMeanwhile,
        "There is a file {path} in {reference} already.",
        "Choose another path, or leave out what keeps it from being replaced (If-None-Match; mode x or create).",
    )
    CONFIG_UNREADABLE = (
        "config_unreadable",
        Invalid,
        "The configuration file {path} cannot be read: {reason}.",
        "Correct or remove it.",
    )

    # --- volumes and kernels ---------------------------------------------------------------------------------------
    VIEW_UNAVAILABLE = (
        "view_unavailable",
        Conflict,
        "Kernels cannot see the volumes by {mode}: {reason}.",
        "Choose another way with GRADIENT_VIEW, or leave it at auto.",
    )
    NOTEBOOK_NOT_FOUND = (
        "notebook_not_found",
        NotFound,
        "There is no notebook run {notebook!r}.",
        "`gradient notebooks list` shows those there are.",
    )
    NOTEBOOK_IN_USE = (
        "notebook_in_use",
        Conflict,
        "The notebook run {notebook!r} is in use.",
        "Stop the server that uses it, then delete it.",
    )

    # --- mounts and outputs ----------------------------------------------------------------------------------------
    MOUNT_NOT_FOUND = (
        "mount_not_found",
        NotFound,
        "Nothing is mounted as {name!r}.",
        "`gradient mounts list` shows what is mounted.",
    )
    MOUNT_EXISTS = (
        "mount_exists",
        Conflict,
        "{reference} is mounted as {name!r} already.",
        "Unmount it first, update it, or choose another name (`--name`).",
    )
    MOUNT_NOT_WRITABLE = (
        "mount_not_writable",
        Conflict,
        "{name!r} is mounted read-only; there is nothing to commit or to discard.",
        "Mount it writable to change its files.",
    )
    MOUNT_CHANGED = (
        "mount_changed",
        Conflict,
        "{name!r} has changes that are not committed.",
        "Commit or discard them first.",
    )
    OUTPUT_NOT_FOUND = (
        "output_not_found",
        NotFound,
        "There is no output {name!r}.",
        "`gradient outputs list` shows those there are.",
    )
    OUTPUT_EXISTS = (
        "output_exists",
        Conflict,
        "There is an output {name!r} already.",
        "Commit or delete it, or choose another name.",
    )
    SETTINGS_UNREADABLE = (
        "settings_unreadable",
        Invalid,
        "{path} cannot be read: {reason}.",
        "Correct it; nothing in it was changed.",
    )
    SETTINGS_ENTRY = (
        "settings_entry",
        Invalid,
        "The entry {name!r} of .gradient/settings.yaml cannot be mounted: {reason}.",
        "{hint}",
    )
    MOUNT_LOST = (
        "mount_lost",
        StoreFailed,
        "The program that was mounting {name!r} has ended.",
        "Update the mount, or start the server again: what has arrived is not fetched again.",
    )
    BUCKET_UNREADABLE = (
        "bucket_unreadable",
        StoreFailed,
        "{url} cannot be mounted: {reason}.",
        "Correct the entry {name!r} of .gradient/settings.yaml, or update the mount when the bucket can be read again.",
    )
    BUCKET_READ_ONLY = (
        "bucket_read_only",
        Conflict,
        "{url} is mounted read-only: what is written to a mount does not reach a bucket.",
        "Leave out `permissions: rw`; put results into a dataset with an output, or into the bucket by its own tools.",
    )
    PUBLIC_ABSENT = (
        "public_absent",
        NotFound,
        "There is no public dataset {name!r} on this machine.",
        "Fetch it with `gradient public fetch {name}`; `gradient public list` shows those there are.",
    )

    # --- cache -----------------------------------------------------------------------------------------------------
    CACHE_DAMAGED = (
        "cache_damaged",
        StoreFailed,
        "{thing} in the cache is damaged; it was thrown out.",
        "Run the same command again: it is fetched anew.",
    )

    # --- public datasets -------------------------------------------------------------------------------------------
    PUBLIC_NOT_FOUND = (
        "public_not_found",
        NotFound,
        "There is no public dataset {name!r}.",
        "`gradient public list` shows those there are.",
    )
    CATALOGUE_UNREADABLE = (
        "catalogue_unreadable",
        Invalid,
        "The catalogue of public datasets {path} cannot be used: {reason}.",
        "Correct it, or leave GRADIENT_PUBLIC_CATALOGUE out.",
    )
    PUBLIC_NO_FILES = (
        "public_no_files",
        Conflict,
        "Nothing can be fetched for {name}: the catalogue knows no address of its files.",
        "Its homepage may say where they are now: {homepage}",
    )
    PUBLIC_NO_MATCH = (
        "public_no_match",
        Invalid,
        "No file of {name} matches {pattern!r}.",
        "`gradient public info {name}` shows its files.",
    )
    PUBLIC_NO_ROOM = (
        "public_no_room",
        QuotaExceeded,
        "{name} needs {needed} on the disk of {path}, which has {free} free.",
        "Free some space, or fetch only some of its files with --file. Nothing was fetched.",
    )
    PUBLIC_FETCH_FAILED = (
        "public_fetch_failed",
        StoreFailed,
        "{name} could not be fetched: {reason}.",
        "Run the same command again: it continues where it stopped. With --file you can choose other files.",
    )
    PUBLIC_UNPACK_REFUSED = (
        "public_unpack_refused",
        StoreFailed,
        "{archive} of {name} was not unpacked: {reason}.",
        "Nothing of it was kept. If the archive is right, whoever keeps the catalogue can say more about it there.",
    )
    PUBLIC_NOT_OURS = (
        "public_not_ours",
        Conflict,
        "{name} was not fetched by this program: somebody has put it at {path}.",
        "Whoever looks after that folder can change it.",
    )
    PUBLIC_NOT_PRESENT = (
        "public_not_present",
        NotFound,
        "Nothing of {name} is here.",
        "`gradient public fetch {name}` fetches it.",
    )
    PUBLIC_BUSY = (
        "public_busy",
        Conflict,
        "{name} is being fetched or checked.",
        "Wait until that has ended, or stop it, then try again.",
    )
    PUBLIC_DAMAGED = (
        "public_damaged",
        StoreFailed,
        "Of {name} these files were damaged or missing, and were removed: {files}.",
        "`gradient public fetch {name}` fetches them again.",
    )

    # --- workspace -------------------------------------------------------------------------------------------------
    WORKSPACE_FAILED = (
        "workspace_failed",
        StoreFailed,
        "The repository {url} cannot be brought into the workspace: {reason}.",
        "{hint}",
    )
    WORKSPACE_NONE = (
        "workspace_none",
        NotFound,
        "There is no repository in the workspace.",
        "Name one: `gradient workspace update URL`, or GRADIENT_WORKSPACE_URL.",
    )
    WORKSPACE_NOT_FOUND = (
        "workspace_not_found",
        NotFound,
        "There is no repository {url}, or it is not for everybody.",
        "Check its URL; for one that asks who you are set GRADIENT_WORKSPACE_USERNAME and GRADIENT_WORKSPACE_PASSWORD.",
    )
    WORKSPACE_REF_NOT_FOUND = (
        "workspace_ref_not_found",
        NotFound,
        "The repository {url} has no branch, tag or commit {ref}.",
        "Check the name, or leave it out for the repository's default branch.",
    )
    WORKSPACE_DENIED = (
        "workspace_denied",
        Denied,
        "The repository {url} cannot be read: {reason}.",
        "{hint}",
    )
    WORKSPACE_OTHER = (
        "workspace_other",
        Conflict,
        "{path} holds another repository already: {found}.",
        "Use another notebook run (GRADIENT_NOTEBOOK), or move .git away: the files then stay, and count as yours.",
    )
    WORKSPACE_BUSY = (
        "workspace_busy",
        Conflict,
        "The workspace cannot be updated now: {reason}.",
        "{hint}",
    )

    # --- layers of writable mounts ---------------------------------------------------------------------------------
    MOUNT_BUSY = (
        "mount_busy",
        Conflict,
        "{name!r} is just being mounted, committed or discarded.",
        "Wait for that, then try again.",
    )
    OUTPUT_BUSY = (
        "output_busy",
        Conflict,
        "The output {name!r} is just being committed or deleted.",
        "Wait for that, then try again.",
    )
    LAYER_UNREADABLE = (
        "layer_unreadable",
        StoreFailed,
        "What was changed in a writable mount cannot be read from {path}: {reason}.",
        "Copy what you need out of the mount, then discard its changes.",
    )

    # --- magics ----------------------------------------------------------------------------------------------------
    MAGIC_USAGE = ("magic_usage", Invalid, "{message}", "{hint}")
    MAGIC_FAILED = ("magic_failed", GradientDataError, "Unexpected {error}", "{hint}")
    DATASET_UNNAMED = (
        "dataset_unnamed",
        Invalid,
        "It is not said which dataset is meant.",
        "Name one, or choose one for all that follows: `%dataset use NAME`.",
    )
    DRAFT_NONE = (
        "draft_none",
        Conflict,
        "{dataset} has no uncommitted version.",
        "`%dataset put {dataset} FILES` or `%dataset new {dataset}` begins one.",
    )
    DRAFT_UNCLEAR = (
        "draft_unclear",
        Conflict,
        "{dataset} has several uncommitted versions: {versions}.",
        "Say which one: {example}.",
    )
    LOCK_NOT_RESTORED = (
        "lock_not_restored",
        Conflict,
        "{count} of this notebook could not be restored.",
        "{hint}",
    )
    LOCK_NOT_PROVED = (
        "lock_not_proved",
        StoreFailed,
        "The data is not what this notebook used: {count}.",
        "{hint}",
    )
    FILE_NOT_SHOWN = ("file_not_shown", Invalid, "{path} cannot be shown: {reason}.", "{hint}")

    # --- in Python -------------------------------------------------------------------------------------------------
    FOLDER_ELSEWHERE = (
        "folder_elsewhere",
        Conflict,
        "{path} is not on this machine, but on that of the server.",
        "Read single files with `open`, or let `path` of the version fetch them here.",
    )

    # --- the notebook lock: checked, restored, proved --------------------------------------------------------------
    LOCK_INVALID = (
        "lock_invalid",
        Invalid,
        "The lock cannot be used: {reason}.",
        "It is written by `%dataset` and the Python API; let them write it again.",
    )
    LOCK_UNKNOWN = (
        "lock_unknown",
        NotFound,
        "The data of {reference} is not known here: there is no version {version}.",
        "Restore it: `gradient lock restore`, or `%dataset restore` in the notebook.",
    )
    LOCK_NOWHERE = (
        "lock_nowhere",
        NotFound,
        "No storage provider here holds the data of {reference}: version {version}.",
        "Add the one that it was made with (`gradient storageProviders create s3`), then restore the lock again.",
    )
    LOCK_OTHER_TEAM = (
        "lock_other_team",
        Conflict,
        "{provider} holds this data as that of team {team}, but the settings say team {other}.",
        "Leave out GRADIENT_TEAM (--team), or set it to {team}.",
    )
    LOCK_TRASHED = (
        "lock_trashed",
        NotFound,
        "The data of {reference} is in the trash: {thing}.",
        "Take it out with `gradient trash restore --id {thing}`, then restore the lock.",
    )
    LOCK_DIFFERENT = (
        "lock_different",
        Conflict,
        "Version {version} has other content here than the lock of {reference} says: root {found}, not {root}.",
        "Do not rely on it before you know why: perhaps the lock was edited, or this is another team's server.",
    )
    LOCK_UNMOUNTED = (
        "lock_unmounted",
        NotFound,
        "Nothing is mounted at {path}.",
        "Restore the lock: `gradient lock restore`, or `%dataset restore` in the notebook.",
    )
    LOCK_MOUNTED_OTHER = (
        "lock_mounted_other",
        Conflict,
        "{path} shows {found}, not version {version} of {reference}.",
        "Restore the lock to mount that instead: `gradient lock restore`, or `%dataset restore` in the notebook.",
    )

    # --- the memory of a notebook ----------------------------------------------------------------------------------
    LOCK_NOT_FOUND = (
        "lock_not_found",
        NotFound,
        "There is no lock at {path}.",
        "Name a notebook, a gradient.lock, or the folder or script beside it.",
    )
    LOCK_UNREADABLE = (
        "lock_unreadable",
        Invalid,
        "The lock in {path} cannot be read: {reason}.",
        "Correct it, or take it out to begin a new one.",
    )
    LOCK_NEWER = (
        "lock_newer",
        Invalid,
        "The lock in {path} has format {format}, which is newer than this program.",
        "Update jupyter-gradient-data; the lock stays as it is.",
    )
    LOCKED_ABSENT = (
        "locked_absent",
        NotFound,
        "{reference} is {locked} in {lock}, and that version is not known here.",
        "{hint}",
    )
    LOCKED_DIFFERENT = (
        "locked_different",
        Conflict,
        "{reference} is {locked} in {lock}, and the version of that name has other content here.",
        "{hint}",
    )

    # --- gradient:// paths ---------------------------------------------------------------------------------------
    FORK_READS_ONLY = (
        "fork_reads_only",
        Conflict,
        "{store} cannot {action} here: this process is a fork of one that uses the store, and can only read.",
        "Write from the process that it was forked from, or start this one with spawn instead of fork.",
    )

    # --- mounts, later -------------------------------------------------------------------------------------------
    MOUNT_GONE = (
        "mount_gone",
        NotFound,
        "The files of {name!r} are not on this machine any more.",
        "Update the mount, or start the server again: they are fetched again.",
    )
    MOUNT_TAKEN_AWAY = (
        "mount_taken_away",
        Conflict,
        "{name!r} was unmounted, or taken over by another program, while it was being mounted.",
        "`gradient mounts list` shows what is mounted; mount it again if you want it.",
    )

    def __init__(self, code: str, error_class: type[GradientDataError], sentence: str, next_step: str) -> None:
        self.code = code
        self.error_class = error_class
        self.sentence = sentence
        self.next_step = next_step

    def __call__(self, **details: Any) -> GradientDataError:
        """The exception to raise, its sentences filled in with ``details``."""
        return self.error_class(self, self.sentence.format(**details), self.next_step.format(**details), details)
