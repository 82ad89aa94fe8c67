"""The drive's folder ``datasets``: dataset names, in each its versions and tags, in each the files; read-only."""

# mypy: disallow-untyped-calls=False
# Jupyter's managers have no type hints.

from __future__ import annotations

import functools
import mimetypes
import unicodedata
from base64 import encodebytes
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple, TypeVar

import nbformat
from nbformat.sign import NotebookNotary

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import LATEST
from jupyter_gradient_data.models import FileInfo, Page, Version
from jupyter_gradient_data.service.api import DataService

from .contents_disk import too_large
from .contents_models import MAX_ENTRIES, MORE, GetQuery, Model, Readable

T = TypeVar("T")

_PAGE = 1000  # rows asked for at once
BEGINNING = datetime(1970, 1, 1, tzinfo=timezone.utc)  # the time of what has none


class _Place(NamedTuple):
    """``<dataset>/<version or tag>/<path of a file>``, as far as a path goes."""

    dataset: str
    selector: str
    inner: str
    pinned: str = ""  # what the version part meant when it was first looked at: a tag may move meanwhile

    @classmethod
    def of(cls, path: str) -> _Place:
        dataset, _, rest = path.partition("/")
        selector, _, inner = rest.partition("/")
        return cls(dataset, selector, unicodedata.normalize("NFC", inner))

    @property
    def reference(self) -> str:
        return self.pinned or f"{self.dataset}:{self.selector}"


class DatasetFolder:
    """What the service has, as folders.

    Parameters
    ----------
    service : DataService
        Limited to what whoever asks may see.
    notary : NotebookNotary
        Knows which notebooks are trusted.
    allow_hidden : bool
        Whether names that begin with a dot are shown, as Jupyter is told.
    """

    name = "datasets"

    def __init__(self, service: DataService, notary: NotebookNotary, *, allow_hidden: bool) -> None:
        self._service = service
        self._notary = notary
        self._allow_hidden = allow_hidden

    def get(self, path: str, query: GetQuery, limit: int) -> Model:
        """A folder or file, its content when that has no more than ``limit`` bytes."""
        self._check_visible(path)
        place = _Place.of(path)
        if place.selector:
            version = self._service.get_version(place.reference)
            place = place._replace(pinned=version.reference)
            file = self._file(place)
            if file is not None:
                return self._file_model(path, place, version, file, query, limit)
        if query.wanted_type not in (None, "directory"):
            raise _refused(f"{self.show(path)} is a folder, not a {query.wanted_type}")
        with_content = query.content == "1"
        if place.selector:
            return self._version_folder(path, place, version, with_content)
        return self._dataset(place.dataset, with_content) if place.dataset else self._datasets(with_content)

    def is_file(self, path: str) -> bool:
        """Whether a path is that of a file."""
        return self._file(_Place.of(path)) is not None

    def open(self, path: str) -> Readable:
        """A file, to be read in pieces."""
        self._check_visible(path)
        place = _Place.of(path)
        if not place.inner:
            raise ErrorKind.PATH_NOT_FOUND(path=self.show(path))
        place = place._replace(pinned=self._service.get_version(place.reference).reference)
        file = self._service.get_file(place.reference, place.inner)
        read = functools.partial(self._service.read_file, place.reference, place.inner)
        return Readable(file.size, f'"{file.hash}"', read)

    def refusal(self, path: str) -> GradientDataError:
        """Why nothing can be written there, and what to do instead."""
        dataset, selector, *_ = _Place.of(path)
        start = f"`gradient datasets versions create --id {dataset} --from {dataset}:{selector or LATEST}`"
        if not dataset:
            reason, hint = "a drive does not make datasets", "Make one with `gradient datasets create`."
        else:
            reason = "the drive shows versions of a dataset and never changes them"
            hint = f"Make a new version with {start}, put the file into it and commit; or save a copy in storage."
        return ErrorKind.READ_ONLY(path=self.show(path), reason=reason, hint=hint)

    def show(self, path: str) -> str:
        """A path as the drive says it."""
        return f"{self.name}/{path}".rstrip("/")

    # --- folders ------------------------------------------------------------------------------------------------------

    def _datasets(self, with_content: bool) -> Model:
        model = folder_model(self.name, BEGINNING, BEGINNING)
        if with_content:
            found = _all(lambda after: self._service.list_datasets(limit=_PAGE, after=after))
            self._fill(model, [folder_model(self.show(one.name), one.created, one.modified) for one in found])
        return model

    def _dataset(self, name: str, with_content: bool) -> Model:
        dataset = self._service.get_dataset(name)
        model = folder_model(self.show(name), dataset.created, dataset.modified)
        if with_content:
            found = _all(lambda after: self._service.list_versions(name, committed=None, limit=_PAGE, after=after))
            entries = []
            for version in found:
                latest = (LATEST,) if version.version == dataset.latest else ()
                entries += [
                    _of_version(f"{model.path}/{one}", version) for one in (version.version, *version.tags, *latest)
                ]
            self._fill(model, entries)
        return model

    def _version_folder(self, path: str, place: _Place, version: Version, with_content: bool) -> Model:
        model = _of_version(self.show(path), version)
        if with_content:
            page = self._service.list_files(place.reference, place.inner, limit=MAX_ENTRIES)
            top = self.show(f"{place.dataset}/{place.selector}")
            self._fill(model, [_of_version(f"{top}/{row.path}", version, row) for row in page.items])
            if page.next_token is not None:
                model.content.append(_of_version(f"{model.path}/{MORE}", version, FileInfo(MORE, 0, "")))
        return model

    def _fill(self, folder: Model, entries: list[Model]) -> None:
        folder.format = "json"
        folder.content = [one for one in entries if self._allow_hidden or not one.name.startswith(".")]

    # --- files --------------------------------------------------------------------------------------------------------

    def _file(self, place: _Place) -> FileInfo | None:
        """The file at a place, None when a folder is there."""
        if not place.inner:
            return None
        row = self._service.list_files(place.reference, place.inner, limit=1).items[0]
        return row if row.path == place.inner else None

    def _file_model(
        self, path: str, place: _Place, version: Version, file: FileInfo, query: GetQuery, limit: int
    ) -> Model:
        model = _of_version(self.show(path), version, file)
        is_notebook = query.wanted_type == "notebook" or (query.wanted_type is None and model.path.endswith(".ipynb"))
        if query.wanted_type == "directory":
            raise _refused(f"{model.path} is a file, not a directory")
        if is_notebook:
            model.type = "notebook"
        if query.hash == "1":
            model.hash, model.hash_algorithm = file.hash, "blake3"  # known; JupyterLab only compares
        if query.content == "1":
            if file.size > limit:
                raise too_large(model.path, file.size, limit)
            raw = b"".join(self._service.read_file(place.reference, place.inner))
            if is_notebook:
                self._fill_notebook(model, raw)
            else:
                _fill_content(model, raw, query.format)
        return model

    def _fill_notebook(self, model: Model, raw: bytes) -> None:
        problem: dict[str, Any] = {}
        try:
            notebook = nbformat.reads(raw.decode(), as_version=4, capture_validation_error=problem)
            self._notary.mark_cells(notebook, self._notary.check_signature(notebook))
        except Exception as error:  # nbformat raises whatever its readers do
            raise _refused(f"{model.path} is not a notebook: {error}") from None
        model.content, model.format = notebook, "json"
        if "ValidationError" in problem:
            model.message = f"Notebook validation failed: {problem['ValidationError'].message}"

    def _check_visible(self, path: str) -> None:
        if not self._allow_hidden and any(part.startswith(".") for part in path.split("/")):
            raise ErrorKind.PATH_NOT_FOUND(path=self.show(path))


def _all(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    after: str | None = None
    while True:
        found = page(after)
        yield from found.items
        after = found.next_token
        if after is None:
            return


def folder_model(path: str, created: datetime, modified: datetime) -> Model:
    """A folder in which nobody can write."""
    name = path.rpartition("/")[2]
    return Model(name=name, path=path, type="directory", writable=False, created=created, last_modified=modified)


def _of_version(path: str, version: Version, file: FileInfo | None = None) -> Model:
    """A folder, or a file, of a version; both have its times."""
    model = folder_model(path.rstrip("/"), version.created, version.committed or version.modified)
    if file is not None and not file.is_folder:
        model.type, model.size = "file", file.size
        model.mimetype = mimetypes.guess_type(model.name)[0]
        if model.name.endswith(".ipynb"):
            model.type = "notebook"
    return model


def _fill_content(model: Model, raw: bytes, wanted: str | None) -> None:
    """Text as text, what is not as base64, unless one of them is wanted."""
    model.type = "file"
    if wanted != "base64":
        try:
            model.content, model.format = raw.decode(), "text"
        except UnicodeDecodeError:
            if wanted == "text":
                raise _refused(f"{model.path} is not text in UTF-8") from None
    if model.content is None:
        model.content, model.format = encodebytes(raw).decode(), "base64"
    if model.mimetype is None:
        model.mimetype = "text/plain" if model.format == "text" else "application/octet-stream"


def _refused(reason: str) -> GradientDataError:
    return ErrorKind.INVALID_REQUEST(reason=reason, hint="Ask for it as what it is.")
