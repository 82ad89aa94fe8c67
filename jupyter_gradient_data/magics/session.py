"""What the magics of one kernel share: the service, and the dataset that is meant where none is named."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from jupyter_gradient_data.client.references import split_reference
from jupyter_gradient_data.errors import ErrorKind, GradientDataError, Invalid, NotFound

from .wording import for_a_cell

if TYPE_CHECKING:
    from jupyter_gradient_data.client.datasets import Dataset
    from jupyter_gradient_data.client.versions import Version
    from jupyter_gradient_data.service.api import DataService


class Session:
    """Click hands it to every verb as ``obj``.

    Attributes
    ----------
    current : str or None
        Name of the dataset that ``%dataset use`` has chosen.
    cell : str or None
        The text of the cell, under ``%%dataset``.
    """

    def __init__(self) -> None:
        self.current: str | None = None
        self.cell: str | None = None

    @property
    def service(self) -> DataService:
        """The service of this process."""
        from jupyter_gradient_data.client.service import current_service  # here, as what follows: help needs none

        return current_service()

    @property
    def has_state(self) -> bool:
        """Whether there is something to ask; opening the service would make an embedded state where there is none."""
        from jupyter_gradient_data.client.service import is_open
        from jupyter_gradient_data.config import Config

        if is_open():
            return True
        config = Config.load()
        has_server = bool(config.url) or "GRADIENT_SERVER" in os.environ
        return has_server or config.database_url is not None or config.state_path.is_dir()

    def say(self, sentence: str) -> None:
        """Print a line."""
        print(for_a_cell(sentence))

    def say_other_path(self, path: str, local_path: str) -> None:
        """After a path such as ``/inputs/flowers``: the one to use here, when this kernel does not see that one."""
        from jupyter_gradient_data.client.places import find_here

        if os.path.isdir(path):
            return
        found = find_here(path, local_path)
        if found is not None:
            self.say(f"This kernel does not see that path: use {found}")
        else:
            self.say("Kernels of the server see that path; this one is on another machine.")

    def is_dataset(self, word: str) -> bool:
        """Whether a word names a dataset, or a version of one."""
        if word.startswith(("/", ".", "~")):
            return False
        dataset = split_reference(word)[0].partition(":")[0]
        if not dataset:
            return word.startswith(":") and self.current is not None
        try:
            self.service.get_dataset(dataset)
        except (Invalid, NotFound):
            return False
        return True

    def full_reference(self, reference: str | None) -> str:
        """A reference with the current dataset where it names none: ``flowers:v1`` for ``:v1``.

        Raises
        ------
        Invalid
            There is no current dataset.
        """
        if reference and not reference.startswith(":"):
            return reference
        if self.current is None:
            raise ErrorKind.DATASET_UNNAMED()
        return self.current + (reference or "")

    def split(self, target: str | None) -> tuple[str, str]:
        """Reference and path of ``flowers:v1/tulips``; with a current dataset ``tulips`` alone is a path in that."""
        if not target:
            return self.full_reference(None), ""
        if self.current is not None and not self.is_dataset(target):
            return self.current, target.removeprefix("./").lstrip("/")
        reference, path = split_reference(target)
        return self.full_reference(reference), path

    def take_dataset(self, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """The dataset that words begin with, and the others; the current one when they begin with none.

        Without a current dataset the first word must be one.
        """
        if words and (self.current is None or self.is_dataset(words[0])):
            return self.full_reference(words[0]), words[1:]
        return self.full_reference(None), words

    def dataset(self, name: str) -> Dataset:
        """A dataset, by name or id; a version part is left out."""
        from jupyter_gradient_data.client.datasets import Dataset

        return Dataset(self.service, self.service.get_dataset(name.partition(":")[0]))

    def version(self, reference: str) -> Version:
        """The version that a reference means now; nothing is noted."""
        from jupyter_gradient_data.client.datasets import handle

        info = self.service.get_version(reference)
        return handle(self.service, info, self.service.get_dataset(info.dataset).name)

    def readable(self, reference: str) -> Version:
        """The version that a reference means in this notebook, which its memory notes.

        While nothing is committed that is the version which is being made, if there is just one; it is said.
        """
        from jupyter_gradient_data.client.datasets import resolved

        try:
            return resolved(self.service, reference)
        except NotFound as error:
            if error.kind is not ErrorKind.NO_COMMITTED_VERSION:
                raise
            drafts = self.dataset(reference).list_versions(committed=False)[:2]
            if len(drafts) != 1:
                raise
            self.say(f"Nothing is committed yet; this is the uncommitted version {drafts[0].reference}")
            return drafts[0]

    def with_names(self, text: str) -> str:
        """A sentence with the names of datasets instead of their ids, where they can be found out."""
        return re.sub(r"\bds[a-z0-9]{13}(?=[:/])", lambda found: self._name_of(found[0]), text)

    def _name_of(self, dataset: str) -> str:
        try:
            return self.service.get_dataset(dataset).name
        except GradientDataError:
            return dataset


SESSION = Session()
"""That of this kernel."""
