"""A lock as plain values: what stands in a notebook's metadata and in ``gradient.lock``.

``{"format": 1, "changes": 3, "datasets": [entry, …]}``, an entry with the fields of `models.LockEntry`.  ``changes``
counts how often the lock was changed, so that of two copies in one notebook the later one is known; a file has but one
copy, and no count.  Unknown fields are left out when a lock is read: format 1 may get more of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference, check_folder_name, is_dataset_id, is_version_id
from jupyter_gradient_data.models import LockEntry

FORMAT = 1

_ROOT = re.compile(r"[0-9a-f]{64}")
_INPUTS = "/inputs/"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock says.

    Parameters
    ----------
    changes : int
        How often it was changed.
    """

    entries: tuple[LockEntry, ...] = ()
    changes: int = 0


def to_plain(entries: Iterable[LockEntry], changes: int | None = None) -> dict[str, Any]:
    """A lock as JSON and YAML know it."""
    counted = {} if changes is None else {"changes": changes}
    return {"format": FORMAT, **counted, "datasets": [asdict(entry) for entry in entries]}


def from_plain(value: Any, path: str) -> Lock:
    """Read a lock.

    Parameters
    ----------
    value : any
        As it was found.
    path : str
        Where, for the error message.

    Raises
    ------
    Invalid
        It is damaged, or of a newer format.
    """
    import msgspec  # imported here: reading data needs it only when there is a lock

    if not isinstance(value, dict):
        raise ErrorKind.LOCK_UNREADABLE(path=path, reason="it is not a mapping")
    number = value.get("format")
    if type(number) is not int or number < 1:
        raise ErrorKind.LOCK_UNREADABLE(path=path, reason="it does not say its format")
    if number > FORMAT:
        raise ErrorKind.LOCK_NEWER(path=path, format=number)
    try:
        entries = msgspec.convert(value.get("datasets"), tuple[LockEntry, ...])
        changes = msgspec.convert(value.get("changes", 0), int)
    except msgspec.ValidationError as error:
        raise ErrorKind.LOCK_UNREADABLE(path=path, reason=str(error)) from None
    for entry in entries:
        if problem := _problem(entry):
            raise ErrorKind.LOCK_UNREADABLE(path=path, reason=f"the entry {entry.reference!r} has {problem}")
    return Lock(entries, changes)


def _problem(entry: LockEntry) -> str | None:
    """Why an entry cannot be one: whatever reads a lock goes by it without looking again."""
    try:
        Reference.parse(entry.reference)
        Reference.parse_dataset(entry.dataset_name)
        if entry.path is not None:
            check_folder_name(entry.path.removeprefix(_INPUTS), "mount")
    except GradientDataError as error:
        return f"a part that cannot be: {error.message.removesuffix('.')}"
    if not is_dataset_id(entry.dataset):
        return f"no dataset id: {entry.dataset!r}"
    if not is_version_id(entry.version):
        return f"no version id: {entry.version!r}"
    if not _ROOT.fullmatch(entry.root):
        return f"no root hash: {entry.root!r}"
    if entry.path is not None and not entry.path.startswith(_INPUTS):
        return f"a path that is not below {_INPUTS}: {entry.path!r}"
    if entry.files < 0 or entry.bytes < 0:
        return "a count below 0"
    return None
