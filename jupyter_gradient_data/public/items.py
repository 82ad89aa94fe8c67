"""What of a dataset is fetched: each file of the catalogue, and each file below its folders, as an item."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from jupyter_gradient_data.errors import ErrorKind

from .catalogue import Dataset, File
from .checking import Expected
from .manifests import Held
from .opened import SourceError
from .paths import UnsafePathError, safe_path
from .sources import Place, Sources


class Item(NamedTuple):
    """One file to fetch.

    Parameters
    ----------
    path : str
        In the catalogue, or below a folder of it; also where it is kept.
    origin : str
        The catalogue's path that it belongs to.
    places : tuple of Place
        Where to ask for it, in this order.
    expected : Expected
        What is known of its bytes.
    archive : str or None
        How it is unpacked; None for a file that is kept.
    unpacked_size : int or None
        Bytes that it unpacks to, as far as known.
    """

    path: str
    origin: str
    places: tuple[Place, ...]
    expected: Expected
    archive: str | None = None
    unpacked_size: int | None = None

    @property
    def key(self) -> str:
        """A file name for what is kept while it is fetched."""
        return key_of(self.path)


def key_of(path: str) -> str:
    """The `Item.key` of a path."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:32]


class Plan(NamedTuple):
    """What to fetch, and which folders of the catalogue are then here with all their files."""

    items: list[Item]
    folders: list[str]

    @property
    def by_path(self) -> dict[str, Item]:
        """The items by their paths."""
        return {item.path: item for item in self.items}


def shown_path(file: File) -> str:
    """How a file of the catalogue is called where people choose; a folder ends with ``/``."""
    return (file.place + "/" if file.place else "./") if file.is_folder else file.place


def is_held(dataset: Dataset, file: File, held: Held | None) -> bool:
    """Whether a file of the catalogue, as it is in the catalogue now, is here."""
    if held is None:
        return False
    if file.is_folder:
        return shown_path(file) in held.folders
    item = held.item(file.place)
    return item is not None and (file.sha256 is None or file.sha256 == item.sha256)


def make_plan(dataset: Dataset, patterns: Sequence[str], sources: Sources) -> Plan:
    """The items that match any of the patterns, or all of a dataset.

    Raises
    ------
    Invalid
        Nothing matches a pattern.
    StoreFailed
        A folder cannot be listed.
    """
    items: list[Item] = []
    folders: list[str] = []
    matched: set[str] = set()
    for file in dataset.files:
        shown = shown_path(file)
        found = [pattern for pattern in patterns if matches(shown, pattern)]
        matched.update(found)
        if not file.is_folder:
            if found or not patterns:
                items.append(_single(dataset, file))
            continue
        below = _below(dataset, file, sources)
        if not (found or not patterns):
            chosen = {pattern: [item for item in below if matches(item.path, pattern)] for pattern in patterns}
            matched.update(pattern for pattern, some in chosen.items() if some)
            below = list(dict.fromkeys(item for some in chosen.values() for item in some))
        else:
            folders.append(shown)
        items += below
    for pattern in patterns:
        if pattern not in matched:
            raise ErrorKind.PUBLIC_NO_MATCH(name=dataset.name, pattern=pattern)
    return Plan(list({item.path: item for item in items}.values()), folders)


def matches(path: str, pattern: str) -> bool:
    """Whether a pattern means a path: ``*``, ``?`` and ``[…]`` as in a shell, or a folder that it is in."""
    return fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/") + "/")


def _single(dataset: Dataset, file: File) -> Item:
    places = tuple(Place(url, file.endpoint, file.region) for url in file.urls)
    expected = Expected(file.size, file.sha256, file.md5, file.md5_first_1mib)
    return Item(file.place, file.place, places, expected, dataset.archive_kind(file), file.unpacked_size)


def _below(dataset: Dataset, file: File, sources: Sources) -> list[Item]:
    reasons = []
    for url in file.urls:
        place = Place(url, file.endpoint, file.region)
        try:
            listed = sources.list(place)
            if not listed:
                raise SourceError("there are no files")
            return [
                Item(
                    safe_path(f"{file.place}/{found.path}" if file.place else found.path),
                    shown_path(file),
                    (Place(found.url, file.endpoint, file.region),),
                    Expected(found.size),
                )
                for found in listed
            ]
        except (SourceError, UnsafePathError) as error:
            reasons.append(f"{place.shown}: {error}")
    raise ErrorKind.PUBLIC_FETCH_FAILED(name=dataset.name, reason="; ".join(reasons))
