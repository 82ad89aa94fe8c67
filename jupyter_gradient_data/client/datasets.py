"""Datasets, as a notebook has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.errors import Conflict, ErrorKind, NotFound
from jupyter_gradient_data.ids import LATEST, check_tag
from jupyter_gradient_data.models import Dataset as DatasetInfo
from jupyter_gradient_data.models import Page
from jupyter_gradient_data.models import Version as VersionInfo
from jupyter_gradient_data.service.api import DataService

from .handles import Handle
from .lists import Listing
from .memory.memory import MEMORY
from .new_versions import NewVersion, checked_metadata
from .service import current_service
from .show.tables import Card, Table
from .show.things import dataset_card, datasets_table, versions_table
from .versions import Version

if TYPE_CHECKING:
    from .mounts import Mount

_TAGS = 1000  # asked for at once


class Dataset(Handle):
    """A named line of versions.

    You get one from `dataset`; ``ds["reviewed"]`` is the version that a tag points to, ``ds["fo5rp4m"]`` one by its id.

    Parameters
    ----------
    service : DataService
        Where it is.
    info : jupyter_gradient_data.models.Dataset
        Its facts.
    """

    def __init__(self, service: DataService, info: DatasetInfo) -> None:
        self._service = service
        self.info = info

    @property
    def name(self) -> str:
        """Its name."""
        return self.info.name

    @property
    def id(self) -> str:
        """Its id, which stays when the name changes."""
        return self.info.id

    @property
    def description(self) -> str:
        """What somebody said about it."""
        return self.info.description

    @property
    def tags(self) -> dict[str, str]:
        """Its tags now: the id of the version that each points to."""
        found: dict[str, str] = {}
        after: str | None = None
        while True:
            page = self._service.list_tags(self.id, limit=_TAGS, after=after)
            found.update((tag.name, tag.version) for tag in page.items)
            after = page.next_token
            if after is None:
                return found

    def refresh(self) -> Dataset:
        """Look again at name, description and counts; returns itself."""
        self.info = self._service.get_dataset(self.id)
        return self

    # --- versions -----------------------------------------------------------------------------------------------------

    @property
    def latest(self) -> Version:
        """The newest committed version: the one that this notebook knows as ``latest``, until it is told to move on.

        Raises
        ------
        NotFound
            Nothing is committed yet.
        """
        return self.version(LATEST)

    def version(self, name: str = LATEST) -> Version:
        """A version by its id, or the one that a tag or ``latest`` means in this notebook.

        One that is not committed is a `NewVersion`, to go on with.

        Raises
        ------
        NotFound
            There is no such version or tag.
        """
        current = self.refresh().name  # what it was called may be the name of another one by now
        return resolved(self._service, f"{current}:{name}", current)

    def __getitem__(self, name: str) -> Version:
        return self.version(name)

    @property
    def versions(self) -> Listing[Version]:
        """Its committed versions, newest first."""
        return self.list_versions()

    def list_versions(self, *, committed: bool | None = True) -> Listing[Version]:
        """Its versions, newest first.

        Parameters
        ----------
        committed : bool or None
            False for those that are not committed, None for all.
        """

        def fetch(limit: int, after: str | None) -> Page[Version]:
            page = self._service.list_versions(self.id, committed=committed, limit=limit, after=after)
            return Page(tuple(self._handle(info) for info in page.items), page.next_token)

        def table(versions: Sequence[Version], more: int) -> Table:
            return versions_table([version.info for version in versions], f"Versions of {self.name}", more)

        return Listing(fetch, table)

    def new_version(
        self,
        from_: str | Version | None = None,
        message: str = "",
        tag: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> NewVersion:
        """Begin a version; see `NewVersion` for what to do with it.

        Parameters
        ----------
        from_ : str or Version, optional
            Whose files it begins with, at no cost: ``"latest"`` for the newest that is committed *now* (empty while
            nothing is), a tag, a version's id, a reference to another dataset, or a version.  Empty by default.
        message : str
            What to say about it.
        tag : str, optional
            To point to it when it is committed.
        metadata : mapping, optional
            To note about it.
        """
        tag = check_tag(tag) if tag is not None else None  # before there is anything
        metadata = checked_metadata(metadata) if metadata is not None else None
        info = self._service.create_version(self.id, message=message, start_from=self._start(from_), metadata=metadata)
        return NewVersion(self._service, info, self.name, tag)

    def mount(self, version: str = LATEST, name: str | None = None, *, writable: bool = False) -> Mount:
        """Mount a version of it; see `jupyter_gradient_data.mount`."""
        from .mounts import mount

        current = self.refresh().name
        reference = current if version == LATEST else f"{current}:{version}"
        return mount(reference, name, writable=writable, service=self._service)

    def update(self, *, name: str | None = None, description: str | None = None) -> Dataset:
        """Give it another name or description; returns itself."""
        self.info = self._service.update_dataset(self.id, name=name, description=description)
        return self

    def delete(self) -> None:
        """Move it with all its versions to the trash."""
        self._service.delete_dataset(self.id)

    def _start(self, from_: str | Version | None) -> str | None:
        if from_ is None:
            return None
        if isinstance(from_, Version):
            return from_.info.reference
        if from_ != LATEST:
            return from_ if ":" in from_ else f"{self.id}:{from_}"
        try:  # not what the memory holds on to: a new version must not undo what others have committed since
            return self._service.get_version(f"{self.id}:{LATEST}").reference
        except NotFound as error:
            if error.kind is ErrorKind.NO_COMMITTED_VERSION:
                return None
            raise

    def _handle(self, info: VersionInfo) -> Version:
        return handle(self._service, info, self.name)

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Dataset) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<Dataset {self.name} ({self.id})>"

    def _repr_html_(self) -> str:
        return self.card().html()

    def card(self) -> Card:
        """Its facts and versions as they are now, for whoever shows them otherwise."""
        card = dataset_card(self.refresh().info)
        return Card(card.title, card.facts, self.versions.table())


def handle(service: DataService, info: VersionInfo, name: str, *, is_noted: bool = False) -> Version:
    """The handle of a version, by its state."""
    if info.is_committed:
        return Version(service, info, name, is_noted=is_noted)
    return NewVersion(service, info, name)


def resolved(service: DataService, reference: str, name: str | None = None) -> Version:
    """The version that a reference means in this notebook; the memory notes it.

    Parameters
    ----------
    service : DataService
        Where it is.
    reference : str
        As somebody wrote it.
    name : str, optional
        Of the dataset, when it is known.
    """
    info = MEMORY.resolve(service, reference)
    if name is None:
        name = service.get_dataset(info.dataset).name
    return handle(service, info, name, is_noted=True)


# --- functions of the package -----------------------------------------------------------------------------------------


def dataset(name: str, *, create: bool = False) -> Dataset:
    """A dataset by its name or id.

    Parameters
    ----------
    name : str
        Without a version part.
    create : bool
        Whether to make it when there is none.

    Raises
    ------
    NotFound
        There is no such dataset.
    """
    service = current_service()
    try:
        return Dataset(service, service.get_dataset(name))
    except NotFound:
        if not create:
            raise
    try:
        return create_dataset(name)
    except Conflict:  # somebody else was faster
        return Dataset(service, service.get_dataset(name))


def datasets() -> Listing[Dataset]:
    """All datasets by name."""
    service = current_service()

    def fetch(limit: int, after: str | None) -> Page[Dataset]:
        page = service.list_datasets(limit=limit, after=after)
        return Page(tuple(Dataset(service, info) for info in page.items), page.next_token)

    def table(found: Sequence[Dataset], more: int) -> Table:
        return datasets_table([one.info for one in found], more)

    return Listing(fetch, table)


def create_dataset(name: str, description: str = "", provider: str | None = None) -> Dataset:
    """Make an empty dataset.

    Parameters
    ----------
    name : str
        Not that of another one.
    description : str
        What to say about it.
    provider : str, optional
        Id or name of the storage provider; the team's default one otherwise.

    Raises
    ------
    Conflict
        The name is taken.
    """
    service = current_service()
    return Dataset(service, service.create_dataset(name, description=description, provider=provider))
