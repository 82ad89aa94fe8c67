"""Outputs, as a notebook has them: a folder whose files become a version."""

from __future__ import annotations

from pathlib import Path

from jupyter_gradient_data.models import PROVENANCE
from jupyter_gradient_data.models import Output as OutputInfo
from jupyter_gradient_data.service.api import DataService

from .datasets import handle
from .folders import Folder, Folders
from .memory.memory import MEMORY
from .memory.provenance import provenance
from .places import require_here
from .progress import follow
from .service import current_service
from .show.tables import Card, Table
from .show.things import output_card, outputs_table
from .versions import Version


class Output(Folder):
    """A folder under ``/outputs`` that becomes a new version of a dataset when it is committed.

    You get one from `output`.  ``o / "model.pt"`` is a path in it, and `os.fspath` takes the output itself.

    Parameters
    ----------
    service : DataService
        Where it is.
    info : jupyter_gradient_data.models.Output
        Its facts.
    """

    def __init__(self, service: DataService, info: OutputInfo) -> None:
        self._service = service
        self.info = info

    @property
    def name(self) -> str:
        """Its folder: ``/outputs/<name>``."""
        return self.info.name

    @property
    def path(self) -> Path:
        """The folder, as this process sees it: ``/outputs/<name>`` in a kernel that has it.

        Raises
        ------
        Conflict
            It is on another machine: that of the server.
        """
        return require_here(self.info.path, self.info.local_path)

    def commit(self, message: str = "", tag: str | None = None) -> Version:
        """Make a new version with the files that are in the folder now, and no others.

        Parameters
        ----------
        message : str
            What to say about it.
        tag : str, optional
            To point to it.

        Returns
        -------
        Version
            The new one; the last one when it would be the same.
        """
        metadata = {PROVENANCE: provenance(self._service)}
        task = self._service.commit_output(self.name, message=message, tag=tag, metadata=metadata)
        info = follow(task, f"Committing {self.info.path}")
        MEMORY.committed(self._service, info)
        return handle(self._service, info, self.info.dataset_name, is_noted=True)

    def delete(self) -> None:
        """Remove it with its files; versions that were made of it stay."""
        self._service.delete_output(self.name)

    def __eq__(self, other: object) -> bool:
        return self.info == other.info if isinstance(other, Output) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.info.name)

    def __repr__(self) -> str:
        return f"<Output {self.info.path} for {self.info.dataset_name}>"

    def card(self) -> Card:
        """Its facts, for whoever shows them otherwise."""
        return output_card(self.info)


class Outputs(Folders[Output]):
    """Several of them, shown as a table."""

    __slots__ = ()

    def table(self) -> Table:
        """All as a table."""
        return outputs_table([one.info for one in self])


def output(dataset: str, name: str | None = None) -> Output:
    """A folder under ``/outputs`` for a dataset, which is made when there is none; the same once more is no error.

    Parameters
    ----------
    dataset : str
        Id or name.
    name : str, optional
        The folder; the name of the dataset by default.
    """
    service = current_service()
    return Output(service, service.create_output(dataset, name=name))


def outputs() -> Outputs:
    """All outputs by name."""
    service = current_service()
    return Outputs(Output(service, info) for info in service.list_outputs())
