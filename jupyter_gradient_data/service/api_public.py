"""Public datasets, as part of `api.DataService`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jupyter_gradient_data.models import PublicDataset

from .tasks import Task


class PublicApi(Protocol):
    """A catalogue of datasets, and those of them that are at ``/datasets``."""

    def list_public(self) -> tuple[PublicDataset, ...]:
        """All of the catalogue, and folders that an operator has put there, by name."""
        ...

    def get_public(self, name: str) -> PublicDataset:
        """One of them; ``gradient/<name>`` means the same."""
        ...

    def fetch_public(self, name: str, files: Sequence[str] = ()) -> Task[PublicDataset]:
        """Fetch a public dataset, or only files whose paths match a pattern; it appears complete or not at all."""
        ...

    def remove_public(self, name: str) -> None:
        """Remove what was fetched."""
        ...

    def verify_public(self, name: str) -> Task[PublicDataset]:
        """Check what was fetched against the hashes of the catalogue; what is damaged is removed and named."""
        ...
