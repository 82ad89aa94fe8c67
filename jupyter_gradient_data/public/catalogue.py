"""The catalogue: what is shipped in ``catalogue.yaml``, and what a site adds or replaces in a file of the same format.

It is read when somebody asks for public datasets, and kept in memory until the file changes; no other command waits
for it.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import check_folder_name

from .paths import UnsafePathError, clash, parents, safe_path

SHIPPED = Path(__file__).with_name("catalogue.yaml")
SHIPPED_SOURCE = "gradient"
NAMESPACE = "gradient/"
SCHEMES = ("http", "https", "file", "s3")

_FORMAT = 1
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
_SINGLES = (".gz", ".bz2", ".xz")
_USER = re.compile("//.*@")  # before the "@" people put secrets, which all who list public datasets would see

Md5 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(ge=0)]


class File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One file of a dataset, or with a URL that ends with ``/`` all files below it.

    Parameters
    ----------
    url : str
        Of scheme http, https, s3 or file; a path that begins with ``/`` is a local one.
    path : str or None
        Its name in the catalogue, and its place in the dataset; by default the last part of the URL.
    size, md5, sha256 : int, str
        Of the whole file.
    md5_first_1mib : str
        Of its first 1,048,576 bytes; of all of it when it is shorter.
    mirrors : list of str
        Other URLs of the same bytes, tried in this order.
    unpack : bool
        Whether an archive is unpacked; by default as its name and the dataset's layout say.
    unpacked_size : int
        Bytes that an archive unpacks to, when it is known; for an archive that would pass for a bomb.
    endpoint, region : str
        For ``s3:``, where not the environment says it.
    source, note, size_text : str
        Where these facts are from, and what else is known.
    """

    url: str
    path: str | None = None
    size: Size | None = None
    md5: Md5 | None = None
    sha256: Sha256 | None = None
    md5_first_1mib: Md5 | None = None
    mirrors: list[str] = []
    unpack: bool | None = None
    unpacked_size: Size | None = None
    endpoint: str | None = None
    region: str | None = None
    source: str = ""
    note: str | None = None
    size_text: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it stands for all files below its URL."""
        return self.url.endswith("/")

    @property
    def place(self) -> str:
        """Its path in the dataset, as it is written to disk; may be empty for a folder."""
        if self.path is not None:
            return safe_path(self.path)
        return "" if self.is_folder else safe_path(unquote(urlsplit(self.url).path).rpartition("/")[2])

    @property
    def urls(self) -> tuple[str, ...]:
        """Where to ask for it, each once."""
        return tuple(dict.fromkeys([self.url, *self.mirrors]))


class Dataset(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One dataset; the fields of the shipped catalogue, most of which a site can leave out."""

    name: str
    title: str = ""
    description: str = ""
    homepage: str | None = None
    licence: str | None = None
    licence_terms: str | None = None
    licence_confidence: str | None = None
    gradient: dict[str, Any] | None = None
    layout_as_mounted_on_gradient: list[str] | None = None
    layout_of_archives: list[str] | None = None
    total_size: Size | None = None
    known_size: Size | None = None
    size_human: str | None = None
    notes: str | None = None
    files: list[File] = []

    def archive_kind(self, file: File) -> str | None:
        """``zip``, ``tar`` or ``single`` when a file is to be unpacked, None when it is kept as it is.

        Archives are unpacked unless the layout lists them by name; what is only compressed (``x.gz``) is kept, as
        people found it, unless the layout lists it without that ending.
        """
        kind = kind_of(file.place)
        if kind is None or file.is_folder or file.unpack is False:
            return None
        if file.unpack:
            return kind
        layout = set(self.layout_as_mounted_on_gradient or self.layout_of_archives or ())
        if kind == "single":
            return kind if file.place.rpartition(".")[0] in layout else None
        return None if file.place in layout else kind


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    datasets: list[Dataset]
    schema: int = _FORMAT
    generated_from: list[str] = []


class Entry(NamedTuple):
    """A dataset, and the catalogue it is from: ``gradient``, or the path of the site's."""

    dataset: Dataset
    source: str


def plain_name(name: str) -> str:
    """A dataset's name without the ``gradient/`` that references write before it."""
    return name.removeprefix(NAMESPACE)


def kind_of(path: str) -> str | None:
    """``zip``, ``tar`` or ``single`` (one compressed file), by the ending of a name."""
    lower = path.lower()
    if lower.endswith(".zip"):
        return "zip"
    if lower.endswith(_TARS):
        return "tar"
    return "single" if lower.endswith(_SINGLES) else None


def without_ending(path: str) -> str:
    """The path of an archive without what says that it is one; ``x.tar.gz`` becomes ``x``."""
    for ending in (*sorted(_TARS, key=len, reverse=True), ".zip", *_SINGLES):
        if path.lower().endswith(ending):
            return path[: -len(ending)]
    return path


def load(site: Path | None = None) -> dict[str, Entry]:
    """All datasets by name: those that are shipped, and those of the site, which replace shipped ones of their name.

    Raises
    ------
    Invalid
        The site's file is missing or has a mistake; the sentence says which.
    """
    entries = {dataset.name: Entry(dataset, SHIPPED_SOURCE) for dataset in _read(SHIPPED)}
    if site is not None:
        entries.update((dataset.name, Entry(dataset, str(site))) for dataset in _read(site))
    return dict(sorted(entries.items()))


def _read(path: Path) -> tuple[Dataset, ...]:
    try:
        found = path.stat()
    except OSError as error:
        raise _unusable(path, (error.strerror or str(error)).lower()) from None
    return _parse(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _parse(path: Path, changed: int, size: int) -> tuple[Dataset, ...]:
    try:
        catalogue = msgspec.yaml.decode(path.read_bytes(), type=_Catalogue)
    except OSError as error:
        raise _unusable(path, (error.strerror or str(error)).lower()) from None
    except (msgspec.DecodeError, ValueError) as error:  # the latter: not even UTF-8
        raise _unusable(path, re.sub(r"\s+", " ", str(error))) from None
    if catalogue.schema != _FORMAT:
        raise _unusable(path, f"its schema is {catalogue.schema}, and this version knows {_FORMAT}")
    counts = Counter(dataset.name for dataset in catalogue.datasets)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise _unusable(path, f"there are two datasets {twice[0]!r}")
    for dataset in catalogue.datasets:
        if reason := _problem(dataset):
            raise _unusable(path, f"{dataset.name!r}: {reason}")
    return tuple(catalogue.datasets)


def _problem(dataset: Dataset) -> str | None:
    """What is wrong with a dataset beyond the types of its fields."""
    try:
        check_folder_name(dataset.name, "public dataset")
    except GradientDataError as error:
        return error.message.rstrip(".")
    places: dict[str, str] = {}
    folders: set[str] = set()
    for file in dataset.files:
        for url in file.urls:
            if reason := _url_problem(url, is_folder=file.is_folder):
                return f"{_USER.sub('//…@', url)}: {reason}"
        try:
            place = file.place
        except UnsafePathError as error:
            return f"path {file.path or file.url!r}: {error}"
        if file.is_folder:
            continue
        if not place:
            return f"{file.url}: it needs a path"
        if place in places or clash(place, places, folders, file.url):
            return f"two files would be at {place!r}"
        places[place] = file.url
        folders.update(parents(place))
    return None


def _url_problem(url: str, *, is_folder: bool) -> str | None:
    if url.startswith("/"):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return "that is no URL"
    if parts.scheme not in SCHEMES:
        return f"a URL begins with one of {', '.join(f'{scheme}:' for scheme in SCHEMES)} or with /"
    if parts.scheme == "file" and (parts.netloc not in ("", "localhost") or not parts.path.startswith("/")):
        return "a local file is file:///path"
    if parts.scheme != "file" and not parts.netloc:
        return "it names no bucket" if parts.scheme == "s3" else "it names no host"
    if parts.username is not None or parts.password is not None:
        return "it may hold no user or password"
    if is_folder and parts.scheme in ("http", "https"):
        return "a web server cannot be asked what is in a folder: list the files"
    return None


def _unusable(path: Path, reason: str) -> GradientDataError:
    return ErrorKind.CATALOGUE_UNREADABLE(path=path, reason=reason)
