"""What a file system has in one process: its service, threads, and what it has seen; a fork begins anew."""

from __future__ import annotations

import atexit
import errno
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar, cast

import msgspec

from jupyter_gradient_data.client import service as client_service
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import Dataset, FileInfo, Version
from jupyter_gradient_data.service.api import DataService, OpenFile
from jupyter_gradient_data.service.opening import open_service

from .contents import Content
from .keeping import KeptFolder
from .pages import Pages
from .paths import Place, join, moves
from .trees import DraftTree, FixedTree, Tree

T = TypeVar("T")

_CONTENTS = 64  # kept open, with the files of their pages
_TREES = 16


class Session:
    """One process's half of a file system.

    Parameters
    ----------
    changes : dict
        Settings that differ from those of the process; empty for its own service.
    keep : bool
        Whether what is read stays on the disk.
    pins : dict
        Which versions references meant before, in the process that this one was sent from.
    """

    def __init__(self, changes: dict[str, Any], *, keep: bool, pins: dict[str, str]) -> None:
        self.pid = os.getpid()
        config = Config.load(**changes)
        self._config = config if changes else None
        self.kept = KeptFolder(config.read_cache_path, config.read_cache_bytes) if keep else None
        self.pool = ThreadPoolExecutor(2 * config.transfers, thread_name_prefix="gradient-fs")
        self.pins = dict(pins)
        self._sent = dict(pins)
        self._versions: dict[str, Version] = {}
        self._asked: DataService | None = None
        self._trees: Newest[FixedTree] = Newest(_TREES)
        self._contents: Newest[Content] = Newest(_CONTENTS)
        self._firsts: Newest[OpenFile] = Newest(_TREES)

    @property
    def service(self) -> DataService:
        """What everything is asked of."""
        service = client_service.current_service() if self._config is None else _SERVICES.get(self._config)
        if service is not self._asked:  # what is open is open at another, which may be closed
            self._asked = service
            self._trees = Newest(_TREES)
            self._contents = Newest(_CONTENTS)
            self._firsts = Newest(_TREES)
        return service

    def datasets(self) -> Iterator[Dataset]:
        """All datasets by name."""
        after = None
        while True:
            page = self.service.list_datasets(limit=1000, after=after)
            yield from page.items
            if (after := page.next_token) is None:
                return

    # --- versions -----------------------------------------------------------------------------------------------------

    def version(self, reference: str) -> Version:
        """The version that a reference means for reading, which the notebook remembers."""
        if reference in self._sent:
            return self.get_version(self._sent[reference])
        version = MEMORY.resolve(cast(DataService, _Known(self)), reference)
        if version.is_committed:
            self.pins[reference] = version.reference
        return version

    def version_now(self, reference: str) -> Version:
        """The version that a reference means now, for writing."""
        return self.service.get_version(reference)

    def get_version(self, reference: str) -> Version:
        """As the service, but a committed version that was named by its id is asked for once."""
        if reference in self._versions:
            return self._versions[reference]
        fixed = not moves(reference)
        version = self._fact("version", reference, Version) if fixed else None
        if version is None:
            version = self.service.get_version(reference)
            if fixed and version.is_committed:
                self._keep("version", reference, version)
            elif version.is_committed:
                self._keep("version", version.reference, version)
        if fixed and version.is_committed:
            self._versions[reference] = version
        return version

    def get_dataset(self, dataset: str) -> Dataset:
        """As the service; one that cannot be asked for is as it was when it was seen last."""
        found = self._fact("dataset", dataset, Dataset)
        if found is None:
            found = self.service.get_dataset(dataset)
            self._keep("dataset", dataset, found)
        return found

    def _fact(self, kind: str, name: str, as_type: type[T]) -> T | None:
        data = None if self.kept is None else self.kept.fact(kind, name)
        try:
            return None if data is None else msgspec.msgpack.decode(data, type=as_type)
        except msgspec.DecodeError:  # of another version of this program
            return None

    def _keep(self, kind: str, name: str, value: object) -> None:
        if self.kept is not None:
            self.kept.keep_fact(msgspec.msgpack.encode(value), kind, name)

    # --- what is in them ----------------------------------------------------------------------------------------------

    def tree(self, version: Version, reference: str) -> Tree:
        """The files of a version, which is called by this reference."""
        if not version.is_committed:
            return DraftTree(self.service, version.reference)
        return self._fixed_tree(version, reference)

    def _fixed_tree(self, version: Version, reference: str) -> FixedTree:
        service, name = self.service, f"{reference}/{version.reference}"
        return self._trees.get(name, lambda: FixedTree(service, version, reference, self.kept))

    def content(self, version: Version, place: Place) -> Content:
        """The content of a file."""
        service = self.service
        if not version.is_committed:
            opened = service.open_file(version.reference, place.path)
            return Content(opened.info, lambda: opened)
        return self._contents.get(f"{version.reference}/{place.path}", lambda: self._fixed_content(version, place))

    def _fixed_content(self, version: Version, place: Place) -> Content:
        tree = self._fixed_tree(version, place.reference)
        info = tree.find(place.path)
        if info.is_folder:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), join(*place))
        pages = None if self.kept is None else Pages(self.kept, info.hash, info.size)
        return Content(info, lambda: self._opened(version, info, tree), pages)

    def _opened(self, version: Version, info: FileInfo, tree: FixedTree) -> OpenFile:
        """A file at the service; of each version one is looked up."""
        service, reference = self.service, version.reference
        first = self._firsts.get(reference, lambda: service.open_file(reference, info.path, known=info))
        return first.other(info, lambda: tree.near(info.path))


class _Known:
    """The service as the memory of a notebook sees it, which asks for nothing that is known for ever."""

    def __init__(self, session: Session) -> None:
        self.get_version = session.get_version
        self.get_dataset = session.get_dataset
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session.service, name)


class Newest(Generic[T]):
    """Some things by name; the one that was not asked for the longest goes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._things: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, make: Callable[[], T]) -> T:
        """One of them, made when it is not there."""
        with self._lock:
            if name in self._things:
                self._things.move_to_end(name)
                return self._things[name]
        made = make()
        with self._lock:
            thing = self._things.setdefault(name, made)
            while len(self._things) > self._limit:
                self._things.popitem(last=False)
        return thing


class _Services:
    """Services of this process that were asked for with settings of their own."""

    def __init__(self) -> None:
        self._opened: dict[Config, DataService] = {}
        self._parents: list[DataService] = []
        self._lock = threading.Lock()

    def get(self, config: Config) -> DataService:
        """The service on some settings, opened once."""
        with self._lock:
            if config not in self._opened:
                self._opened[config] = open_service(config)
            return self._opened[config]

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            opened, self._opened = list(self._opened.values()), {}
        for service in opened:
            service.close()

    def forget(self) -> None:
        """In the child of a fork: leave them to the parent, whose connections and threads they have."""
        self._parents += self._opened.values()  # not even their destructors may touch them
        self._opened, self._lock = {}, threading.Lock()


_SERVICES = _Services()
atexit.register(_SERVICES.close)
os.register_at_fork(after_in_child=_SERVICES.forget)
