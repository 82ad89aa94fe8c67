"""A version of a dataset, as a notebook has it: files to read, a path on this machine, comparisons, tags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jupyter_gradient_data.models import Change, ChangeKind, ChangeSummary, FileInfo, Page
from jupyter_gradient_data.models import Version as VersionInfo
from jupyter_gradient_data.service.api import DataService

from .files import File, Files
from .handles import Handle
from .lists import Listing
from .memory.memory import MEMORY
from .show.tables import ROWS, Card, Table
from .show.things import changes_table, files_table, version_card

if TYPE_CHECKING:
    from .datasets import Dataset
    from .mounts import Mount


class Version(Handle):
    """One version of a dataset.

    You get one from a `Dataset`: ``ds.latest``, ``ds["reviewed"]``, ``ds.versions[0]``.  What is read through it is
    noted in the memory of the notebook.

    Parameters
    ----------
    service : DataService
        Where it is.
    info : jupyter_gradient_data.models.Version
        Its facts.
    name : str
        Of its dataset.
    is_noted : bool
        Whether the memory knows already that it is used.
    """

    def __init__(self, service: DataService, info: VersionInfo, name: str, *, is_noted: bool = False) -> None:
        self._service = service
        self._name = name
        self._is_noted = is_noted
        self.info = info

    # --- facts --------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The version's id: seven characters."""
        return self.info.version

    @property
    def reference(self) -> str:
        """``<name of the dataset>:<id>``: what to write elsewhere to mean exactly this version."""
        return f"{self._name}:{self.info.version}"

    @property
    def dataset(self) -> Dataset:
        """The dataset it is of."""
        from .datasets import Dataset  # here: a dataset has versions, and a version a dataset

        return Dataset(self._service, self._service.get_dataset(self.info.dataset))

    @property
    def root(self) -> str | None:
        """Hash of the tree of its files: equal content has an equal root.  None until it is committed."""
        return self.info.root

    @property
    def message(self) -> str:
        """What somebody said about it."""
        return self.info.message

    @property
    def tags(self) -> tuple[str, ...]:
        """Names that point to it, as last seen."""
        return self.info.tags

    @property
    def metadata(self) -> dict[str, Any]:
        """What was noted about it; ``provenance`` says from which notebook and data it was made."""
        return self.info.metadata

    @property
    def is_committed(self) -> bool:
        """Whether it can never change again."""
        return self.info.is_committed

    def refresh(self) -> Version:
        """Look again at message, tags and state; returns itself."""
        self.info = self._service.get_version(self._exact)
        return self

    # --- files --------------------------------------------------------------------------------------------------------

    @property
    def files(self) -> Files:
        """All its files: a mapping by path."""
        return Files(self)

    def ls(self, path: str = "", *, recursive: bool = False) -> Listing[File]:
        """What is directly in a folder: files and folders.

        Parameters
        ----------
        path : str
            The folder; the uppermost by default.
        recursive : bool
            Whether all files below it are meant instead.
        """

        def fetch(limit: int, after: str | None) -> Page[File]:
            page = self._service.list_files(self._exact, path, recursive=recursive, limit=limit, after=after)
            return Page(tuple(File(self, info) for info in page.items), page.next_token)

        def table(files: Sequence[File], more: int) -> Table:
            return files_table([file.info for file in files], f"{self.reference}/{path}".rstrip("/"), more)

        return Listing(fetch, table)

    def open(
        self,
        path: str,
        mode: str = "rb",
        *,
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open a file for reading, as Python's `open` does; only what is read is fetched.

        Parameters
        ----------
        path : str
            In the version.
        mode : str
            ``"rb"`` for bytes, ``"r"`` for text.
        buffering : int
            Bytes of the buffer.
        encoding, errors, newline : str, optional
            Of text; UTF-8 by default.

        Raises
        ------
        NotFound
            There is no such file.
        """
        from .reading import open_reading

        self._note()
        opened = self._service.open_file(self._exact, path)
        options: dict[str, Any] = {"encoding": encoding, "errors": errors, "newline": newline}
        return open_reading(opened, f"{self.reference}/{opened.info.path}", mode, buffering=buffering, **options)

    def read_bytes(self, path: str) -> bytes:
        """All bytes of a file, verified."""
        self._note()
        return b"".join(self._service.read_file(self._exact, path))

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        """All text of a file."""
        return self.read_bytes(path).decode(encoding)

    def path(self, path: str = "") -> Path:
        """A file, a folder or the whole version on this machine, to give to whatever wants a path.

        That is its mount, when this version is mounted.  Else it is fetched into a cache of the user, complete or not
        at all, every byte verified; the next time it is there at once.  Only a committed version has one.

        Parameters
        ----------
        path : str
            In the version; all of it by default.

        Raises
        ------
        NotFound
            There is no such file or folder.
        Conflict
            The version is not committed.
        """
        from .local_files import local_path
        from .mounts import mounted_path

        self._note()
        mounted = mounted_path(self._service, self.info, path)
        if mounted is not None:
            return mounted
        label = f"Fetching {self.reference}/{path}".rstrip("/")
        return local_path(self._service, self.info, path, label)

    # --- more ---------------------------------------------------------------------------------------------------------

    def diff(self, other: Version | str | None = None) -> Diff:
        """What is different in this version.

        Parameters
        ----------
        other : Version or str, optional
            The older one, or a reference to it; the one that this version began as by default.
        """
        if isinstance(other, str):
            return Diff(self._service, MEMORY.resolve(self._service, self._full(other)).reference, self)
        return Diff(self._service, self.info.parent if other is None else other._exact, self)

    def tag(self, name: str) -> Version:
        """Point a tag to this version, moving it when it exists; returns itself."""
        self._service.set_tag(self._exact, name)
        return self.refresh()

    def mount(self, name: str | None = None, *, writable: bool = False) -> Mount:
        """Mount exactly this version; see `jupyter_gradient_data.mount`."""
        from .mounts import mount

        return mount(self._full(self.id), name, writable=writable, service=self._service)

    def delete(self) -> None:
        """Move this version to the trash; tags that point to it go with it."""
        self._service.delete_version(self._exact)

    @property
    def _exact(self) -> str:
        """The reference by the dataset's id, which means the same when the dataset gets another name."""
        return self.info.reference

    def _full(self, other: str) -> str:
        """A reference, which may be a version or tag of the same dataset alone."""
        return other if ":" in other else f"{self.dataset.name}:{other}"  # its name by now

    def _note(self) -> None:
        """Tell the memory that this version is used."""
        if not self._is_noted and self.is_committed:
            MEMORY.record(self._service, self.reference, self.info)
            self._is_noted = True

    def __eq__(self, other: object) -> bool:
        return self._exact == other._exact if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._exact)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.reference}{'' if self.is_committed else f', {self.info.state.value}'}>"

    def _repr_html_(self) -> str:
        return self.card().html()

    def card(self) -> Card:
        """Its facts and first files, for whoever shows them otherwise."""
        card = version_card(self.info, self._name)
        return Card(card.title, card.facts, self.files.table())


class Diff(Listing[Change]):
    """What is different between two versions: a list of `jupyter_gradient_data.models.Change`, by path.

    Parameters
    ----------
    service : DataService
        Where they are.
    old : str or None
        Reference of the older one; None for nothing at all.
    new : Version
        The newer one.
    """

    def __init__(self, service: DataService, old: str | None, new: Version) -> None:
        self._service = service
        self._old, self._new = old, new
        self._summary: ChangeSummary | None = None
        super().__init__(self._changes, self._shown)

    @property
    def summary(self) -> ChangeSummary:
        """How many files were added, removed and changed, and their bytes."""
        if self._summary is None:
            self._summary = self._service.summarize_changes(self._new._exact, self._old)
        return self._summary

    def __len__(self) -> int:
        summary = self.summary  # known without reading the list
        return summary.added + summary.removed + summary.changed

    def _changes(self, limit: int, after: str | None) -> Page[Change]:
        if self._old is not None:
            return self._service.diff_versions(self._old, self._new._exact, limit=limit, after=after)
        page = self._service.list_files(self._new._exact, recursive=True, limit=limit, after=after)
        return Page(tuple(map(_added, page.items)), page.next_token)

    def _shown(self, changes: Sequence[Change], more: int) -> Table:
        old = "nothing" if self._old is None else self._old.replace(f"{self._new.info.dataset}:", f"{self._new._name}:")
        return changes_table(changes, self.summary, f"{old} → {self._new.reference}", more)

    def table(self) -> Table:
        """The first changes as a table, for whoever shows them otherwise."""
        return self._shown(self[:ROWS], max(0, len(self) - ROWS))


def _added(info: FileInfo) -> Change:
    return Change(ChangeKind.ADDED, info.path, None, info.size, None, info.hash)
