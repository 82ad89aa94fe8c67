"""The shape of a lock's entries: checked before anything is looked for, wherever the service is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference, check_folder_name, is_dataset_id, is_text, is_version_id
from jupyter_gradient_data.models import LockEntry

MOST_ENTRIES = 1000
"""In one lock."""

_ROOT = re.compile(r"[0-9a-f]{64}")
_INPUTS = "/inputs/"
_MOST = 2**63  # what a database can count


def checked_entries(entries: Sequence[LockEntry]) -> tuple[LockEntry, ...]:
    """The entries of a lock, when it can be one.

    Raises
    ------
    Invalid
        There are too many, or one of them has an id, root, path or count that cannot be.
    """
    if len(entries) > MOST_ENTRIES:
        raise ErrorKind.LOCK_INVALID(reason=f"it has {len(entries):,} entries; {MOST_ENTRIES:,} are allowed")
    for number, entry in enumerate(entries, 1):
        if fault := _fault(entry):
            raise ErrorKind.LOCK_INVALID(reason=f"its entry {number} has {fault}")
    return tuple(entries)


def _fault(entry: LockEntry) -> str | None:
    """What cannot be in an entry."""
    if not is_dataset_id(entry.dataset):
        return f"no dataset id, but {entry.dataset!r}"
    if not is_version_id(entry.version):
        return f"no version id, but {entry.version!r}"
    if not _ROOT.fullmatch(entry.root):
        return "no root: that is 64 hexadecimal digits"
    if not (0 <= entry.files < _MOST and 0 <= entry.bytes < _MOST):
        return "counts that cannot be"
    if not is_text(entry.dataset_name):
        return "a name that is no text"
    try:
        Reference.parse(entry.reference)
        if entry.path is not None:
            check_folder_name(entry.path.removeprefix(_INPUTS), "mount")
    except GradientDataError as error:
        return f"something that cannot be: {error.message.rstrip('.')}"
    if entry.path is not None and not entry.path.startswith(_INPUTS):
        return f"a path that is not below {_INPUTS.rstrip('/')}: {entry.path!r}"
    return None
