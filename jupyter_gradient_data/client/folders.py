"""What mounts and outputs have in common: folders of this machine that show themselves in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TypeVar

from .handles import Handle
from .show.tables import Card, Table

T = TypeVar("T")


class Folder(Handle, ABC):
    """A folder that stands for its path wherever Python takes one."""

    @property
    @abstractmethod
    def path(self) -> Path:
        """The folder, as this process sees it."""

    @abstractmethod
    def card(self) -> Card:
        """Its facts, for whoever shows them otherwise."""

    def __truediv__(self, path: str) -> Path:
        return self.path / path

    def __fspath__(self) -> str:
        return str(self.path)

    def _repr_html_(self) -> str:
        return self.card().html()


class Folders(tuple[T, ...], ABC):
    """Several of them, shown as a table."""

    __slots__ = ()

    @abstractmethod
    def table(self) -> Table:
        """All as a table."""

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()
