"""When two references mean the same: the dataset by its id whatever it is called, and the version part."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_gradient_data.ids import LATEST, Reference
from jupyter_gradient_data.models import LockEntry

Key = tuple[str, str, str | None]
"""Of an entry: dataset id, version part, mount path.  Of one key there is one entry."""


def selector_of(reference: str | Reference) -> str:
    """The version part; ``latest`` when none was written."""
    parsed = Reference.parse(reference) if isinstance(reference, str) else reference
    return parsed.selector or LATEST


def key_of(entry: LockEntry) -> Key:
    """The key of an entry."""
    return entry.dataset, selector_of(entry.reference), entry.path


def find_entries(entries: Iterable[LockEntry], wanted: Reference) -> list[LockEntry]:
    """Those that a reference means, by what was written, else by the dataset's id, else by its name.

    What was written comes first: a notebook goes on meaning what it meant, also when a dataset was given the name of
    another.
    """
    same = [entry for entry in entries if selector_of(entry.reference) == selector_of(wanted)]
    head = _head(wanted)
    return (
        [entry for entry in same if _head(Reference.parse(entry.reference)) == head]
        or [entry for entry in same if entry.dataset == wanted.dataset]
        or [entry for entry in same if wanted.namespace is None and entry.dataset_name == wanted.dataset]
    )


def _head(reference: Reference) -> tuple[str | None, str]:
    return reference.namespace, reference.dataset
