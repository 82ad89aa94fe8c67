"""Public datasets of one folder: what the catalogue knows, what is here, and changing that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from urllib3.util.retry import Retry

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase, PublicDataset, PublicFile, PublicState
from jupyter_gradient_data.progress import Progress

from .catalogue import Dataset, Entry, File, load, plain_name
from .checking import Expected
from .fetching import Fetching
from .folder import PublicFolder, disk_error
from .items import is_held, shown_path
from .manifests import Held, HeldItem, read_record
from .sources import Sources
from .trees import damaged_files, link_files
from .unpacking import Unpacked

_MOST_AT_ONCE = 4  # files from hosts that belong to others
_RETRIES = Retry(total=4, backoff_factor=0.5, backoff_max=10.0, backoff_jitter=0.5)
_FOLDER_SOURCE = "folder"


class PublicLibrary:
    """All of them.

    Parameters
    ----------
    root : Path
        The folder.
    site : Path or None
        The site's own catalogue.
    transfers : int
        Requests at the same time, at most.
    retries : Retry
        How often and how patiently a source is asked again.
    patience : float
        Seconds of silence after which a source fails.
    """

    def __init__(
        self,
        root: Path,
        site: Path | None = None,
        *,
        transfers: int = _MOST_AT_ONCE,
        retries: Retry = _RETRIES,
        patience: float = 60.0,
    ) -> None:
        self._folder = PublicFolder(root)
        self._site = site
        self._at_once = max(1, min(transfers, _MOST_AT_ONCE))
        self._retries = retries
        self._patience = patience

    def list(self) -> tuple[PublicDataset, ...]:
        """All of the catalogue and all that is here, by name."""
        entries = load(self._site)
        names = sorted({*entries, *self._folder.names()})
        return tuple(self._describe(name, entries.get(name)) for name in names)

    def get(self, name: str) -> PublicDataset:
        """One of them; ``gradient/<name>`` means the same."""
        name, entry = self._find(name)
        return self._describe(name, entry)

    def fetch(self, name: str, patterns: Sequence[str], progress: Progress) -> bool:
        """Fetch all of a dataset, or files that match; returns whether anything was missing."""
        name, entry = self._find(name)
        self._folder.check_writable()
        if entry is None or not entry.dataset.files:
            self._check_ours(name)
            homepage = (entry.dataset.homepage if entry is not None else None) or "none is known."
            raise ErrorKind.PUBLIC_NO_FILES(name=name, homepage=homepage)
        sources = Sources(self._patience)
        try:
            with self._folder.lock(name, progress):
                self._check_ours(name)
                fetching = Fetching(self._folder, entry.dataset, sources, self._retries, self._at_once, progress)
                return fetching.run(patterns)
        finally:
            sources.close()

    def remove(self, name: str) -> None:
        """Take away what was fetched, also what was not finished; `free` gives its room back."""
        name, _ = self._find(name)
        self._folder.check_writable()
        with self._folder.lock(name, None):
            self._check_ours(name)
            if not self._folder.tree(name).is_dir() and not self._folder.staging(name).is_dir():
                raise ErrorKind.PUBLIC_NOT_PRESENT(name=name)
            try:
                self._folder.discard(name)
            except OSError as error:
                raise disk_error(self._folder.root, error) from None

    def free(self, name: str) -> None:
        """Delete from the disk what was removed of a dataset; for when nobody is shown it any more."""
        self._folder.free(plain_name(name))

    def verify(self, name: str, progress: Progress) -> tuple[str, ...]:
        """Read all that was fetched; what is damaged goes, with the item that it came with, and is returned."""
        name, entry = self._find(name)
        with self._folder.lock(name, progress):
            self._check_ours(name)
            held = self._folder.held(name)
            if held is None:
                raise ErrorKind.PUBLIC_NOT_PRESENT(name=name)
            try:
                return self._verify(name, entry, held, progress)
            except OSError as error:
                raise disk_error(self._folder.root, error) from None

    # --- inside -----------------------------------------------------------------------------------------------------

    def _find(self, name: str) -> tuple[str, Entry | None]:
        name = plain_name(name)
        entry = load(self._site).get(name)
        if entry is None and name not in self._folder.names():
            raise ErrorKind.PUBLIC_NOT_FOUND(name=name)
        return name, entry

    def _check_ours(self, name: str) -> None:
        tree = self._folder.tree(name)
        if os.path.lexists(tree) and self._folder.held(name) is None:
            raise ErrorKind.PUBLIC_NOT_OURS(name=name, path=tree)

    def _verify(self, name: str, entry: Entry | None, held: Held, progress: Progress) -> tuple[str, ...]:
        tree, manifests = self._folder.tree(name), self._folder.manifests(name)
        records = {item.path: read_record(manifests, item) for item in held.items}
        known = [file for files in records.values() for file in files or ()]
        progress.start(Phase.VERIFYING, len(known), sum(file.size for file in known))
        wanted = {file.place: file.sha256 for file in entry.dataset.files if not file.is_folder} if entry else {}
        bad: dict[str, list[str]] = {}
        for item in held.items:
            files = records[item.path]
            found = [item.path] if files is None else damaged_files(tree, files, progress)
            if wanted.get(item.path) not in (None, item.sha256):
                found = found or [item.path]
            if found:
                bad[item.path] = found
            progress.advance(files=len(files or ()))
        progress.finish()
        if bad:
            kept: dict[HeldItem, Sequence[Unpacked]] = {
                item: records[item.path] or () for item in held.items if item.path not in bad
            }
            self._rebuild(name, held, kept, progress)
        return tuple(sorted({path for found in bad.values() for path in found}))

    def _rebuild(self, name: str, held: Held, kept: dict[HeldItem, Sequence[Unpacked]], progress: Progress) -> None:
        """Let a folder with only some items take the place of the one that is there."""
        if not kept:
            self._folder.discard(name)
            return
        rebuilt = self._folder.staging(name) / "rebuilt"
        rebuilt.mkdir(parents=True)
        for files in kept.values():
            link_files(self._folder.tree(name), rebuilt, files, progress)
        whole = {item.origin for item in held.items} - {item.origin for item in held.items if item not in kept}
        folders = [folder for folder in held.folders if folder in whole]
        self._folder.appear(name, rebuilt, lambda inode: Held(inode, list(kept), folders))
        self._folder.forget_records(name)

    def _describe(self, name: str, entry: Entry | None) -> PublicDataset:
        held = self._folder.held(name)
        dataset = entry.dataset if entry is not None else Dataset(name)
        is_here = self._folder.tree(name).is_dir()
        is_others = is_here and held is None
        files = tuple(_describe_file(dataset, file, held, is_others=is_others) for file in dataset.files)
        if entry is None and held is not None:  # the catalogue has forgotten it
            files = tuple(PublicFile(item.path, item.url, item.size, True, item.proof) for item in held.items)
        sizes = [file.bytes for file in files if file.bytes is not None]
        notes = [dataset.notes or "", *(f"{shown_path(file)}: {file.note}" for file in dataset.files if file.note)]
        return PublicDataset(
            name=name,
            title=dataset.title or name,
            description=dataset.description,
            homepage=dataset.homepage or "",
            licence=dataset.licence or "",
            licence_terms=dataset.licence_terms or "",
            notes="\n".join(filter(None, notes)),
            source=entry.source if entry is not None else _FOLDER_SOURCE,
            files=files,
            bytes=sum(sizes) if sizes else None,
            state=self._state(name, is_here=is_here, is_whole=all(file.is_present for file in files)),
            path=f"/datasets/{name}",
            local_path=str(self._folder.tree(name)),
        )

    def _state(self, name: str, *, is_here: bool, is_whole: bool) -> PublicState:
        if self._folder.is_fetching(name):
            return PublicState.FETCHING
        if not is_here:
            return PublicState.ABSENT
        return PublicState.PRESENT if is_whole else PublicState.PARTIAL


def _describe_file(dataset: Dataset, file: File, held: Held | None, *, is_others: bool) -> PublicFile:
    proof = Expected(file.size, file.sha256, file.md5, file.md5_first_1mib).proof
    is_present = is_others or is_held(dataset, file, held)
    return PublicFile(shown_path(file), file.url, file.size, is_present, "none" if file.is_folder else proof)
