"""Mounts and outputs of this service's notebook run, as part of `api.DataService`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from jupyter_gradient_data.models import Mount, Output, Version

from .tasks import Task


class MountsApi(Protocol):
    """Dataset versions under ``/inputs`` and ``/datasets``, and folders under ``/outputs`` that become versions."""

    def mount(self, reference: str, *, name: str | None = None, writable: bool = False) -> Task[Mount]:
        """Give a dataset version a name under ``/inputs`` and ``/datasets``, complete or not at all.

        By default the name of the dataset.  ``latest`` and tags are resolved now.  The same version under the same name
        once more is no error; another one is refused.  With ``writable`` there is a layer over the version that takes
        changes, for `commit_mount`.
        """
        ...

    def unmount(self, name: str, *, discard: bool = False) -> None:
        """Take a name away; files that are open stay readable.

        A writable mount with changes is refused unless they are to be discarded.
        """
        ...

    def list_mounts(self) -> tuple[Mount, ...]:
        """What is mounted, being mounted, or could not be mounted, by name."""
        ...

    def get_mount(self, name: str) -> Mount:
        """One of them."""
        ...

    def update_mount(self, name: str, reference: str | None = None) -> Task[Mount]:
        """Mount another version in one step; the newest, when None.  A mount that failed is tried again."""
        ...

    def commit_mount(
        self, name: str, *, message: str = "", tag: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Task[Version]:
        """Make a new version of the mounted one and what was changed in its writable layer.

        It is mounted then.  When nothing was changed no version is made: the mounted one is returned, tagged if asked.
        """
        ...

    def discard_changes(self, name: str) -> Mount:
        """Throw away what was changed in a writable mount and not committed."""
        ...

    def restore_mounts(self) -> Task[tuple[Mount, ...]]:
        """Mount what ``.gradient/settings.yaml`` of the workspace lists, and unmount what it does not list any more.

        An entry that cannot be mounted says why, as its `error`, and does not stop the others.
        """
        ...

    def create_output(self, dataset: str, *, name: str | None = None) -> Output:
        """Make a folder under ``/outputs``, by default named as the dataset, which is made when there is none.

        The same output once more is no error.
        """
        ...

    def list_outputs(self) -> tuple[Output, ...]:
        """All outputs by name."""
        ...

    def commit_output(
        self, name: str, *, message: str = "", tag: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Task[Version]:
        """Make a new version of the output's dataset with the files that are in the folder now, and no others.

        No version is made when files, message and metadata are those of its last one, which is returned.
        """
        ...

    def delete_output(self, name: str) -> None:
        """Remove an output with its files; versions that were made of it stay."""
        ...
