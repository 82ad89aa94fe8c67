"""Fetching a dataset: what is missing comes, archives are unpacked, and then all of it appears in one step.

What is made ready lies in the dataset's staging folder (see `folder`):

::

    parts/      bytes that have arrived, see `download`
    tree/       the files of finished items, as they will be
    done/       a `HeldItem` for each item whose files are in the tree, or are moved there when that is continued
    unpacking/  what comes out of the archive at hand

An item counts as done when all that is left to do for it can be done again.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from urllib3.util.retry import Retry

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from .catalogue import Dataset, without_ending
from .download import Downloads, Fetched, StoppedError
from .folder import PublicFolder, delete, disk_error
from .items import Item, Plan, key_of, make_plan
from .manifests import Held, HeldItem, read_record, read_struct, write_record, write_struct
from .opened import SourceError
from .paths import clash, parents
from .sources import Sources
from .trees import is_complete, link_files
from .unpacking import FILE_MODE, Limits, RefusedError, Unpacked, unpack

_SHOWN = 3  # files whose failure is told
_RESERVE = 64 * 1024 * 1024  # bytes of a disk that are left alone


class Fetching:
    """One fetch of one dataset; the dataset is locked meanwhile.

    Parameters
    ----------
    folder : PublicFolder
        Where it goes.
    dataset : Dataset
        What.
    sources : Sources
        Where from.
    retries : Retry
        How often and how patiently a source is asked again.
    at_once : int
        Files that are fetched at the same time.
    progress : Progress
        Told how far it is.
    """

    def __init__(
        self,
        folder: PublicFolder,
        dataset: Dataset,
        sources: Sources,
        retries: Retry,
        at_once: int,
        progress: Progress,
    ) -> None:
        self._folder = folder
        self._dataset = dataset
        self._name = dataset.name
        self._sources = sources
        self._at_once = at_once
        self._progress = progress
        self._manifests = folder.manifests(self._name)
        self._staging = folder.staging(self._name)
        self._tree = self._staging / "tree"
        self._done = self._staging / "done"
        self._downloads = Downloads(sources, self._staging / "parts", progress, retries)
        self._base: dict[str, tuple[HeldItem, list[Unpacked]]] = {}  # what is in the dataset's folder and stays
        self._ready: dict[str, HeldItem] = {}  # what is done in the staging folder
        self._contents: dict[str, str] = {}  # what the files of both are
        self._folders: set[str] = set()
        self._guard = threading.Lock()  # for the three above

    def run(self, patterns: Sequence[str]) -> bool:
        """Fetch what matches any of the patterns, or all; returns whether there was anything to do.

        Raises
        ------
        GradientDataError
            It cannot be fetched; what has arrived stays for the next time.
        """
        try:
            return self._run(patterns)
        except OSError as error:
            raise disk_error(self._folder.root, error) from None
        finally:
            self._tidy()

    def _run(self, patterns: Sequence[str]) -> bool:
        held = self._folder.held(self._name)
        plan = make_plan(self._dataset, patterns, self._sources)
        self._take_base(held, plan)
        missing = [item for item in plan.items if item.path not in self._base]
        folders = sorted({*plan.folders, *(held.folders if held is not None else ())})
        if not missing and held is not None and folders == held.folders and len(self._base) == len(held.items):
            self._forget(held.items)
            return False
        self._take_ready(plan)
        missing = [item for item in missing if item.path not in self._ready]
        self._check_room(missing)
        fetched = self._fetch(missing)
        self._unpack([item for item in missing if item.archive], fetched)
        self._appear(folders)
        return True

    # --- what is here -----------------------------------------------------------------------------------------------

    def _take_base(self, held: Held | None, plan: Plan) -> None:
        """Look at the items in the dataset's folder: those that are whole, and what the catalogue wants, stay."""
        wanted = plan.by_path
        for item in held.items if held is not None else ():
            if item.path in wanted and not _fits(wanted[item.path], item):
                continue
            files = read_record(self._manifests, item)
            if files is not None and is_complete(self._folder.tree(self._name), files):
                self._base[item.path] = (item, files)
                self._add(files)

    def _take_ready(self, plan: Plan) -> None:
        """Take up what an earlier fetch has finished; remove what it has left half done."""
        for folder in (self._staging / "parts", self._tree, self._done):
            folder.mkdir(parents=True, exist_ok=True)
        delete(self._staging / "unpacking")
        wanted, known = plan.by_path, set[str]()
        for path in self._done.glob("*.json"):
            item: HeldItem | None = read_struct(path, HeldItem)
            files = read_record(self._manifests, item) if item is not None else None
            if (
                item is None
                or files is None
                or item.path in self._base
                or (item.path in wanted and not _fits(wanted[item.path], item))
                or not self._is_whole(path.stem, item, files)
            ):
                path.unlink()
                continue
            self._ready[item.path] = item
            self._add(files)
            known.update(file.path for file in files)
        for parent, _, names in os.walk(self._tree):
            for name in names:
                if os.path.relpath(os.path.join(parent, name), self._tree) not in known:
                    os.unlink(os.path.join(parent, name))

    def _is_whole(self, key: str, item: HeldItem, files: list[Unpacked]) -> bool:
        part = self._staging / "parts" / f"{key}.part"
        if not item.record and part.exists() and not (self._tree / item.path).exists():
            self._move_part(part, item.path)
        return is_complete(self._tree, files)

    def _add(self, files: list[Unpacked]) -> None:
        for file in files:
            self._contents[file.path] = _identity(file)
            self._folders.update(parents(file.path))

    # --- room -------------------------------------------------------------------------------------------------------

    def _check_room(self, missing: list[Item]) -> None:
        """Refuse to begin what certainly does not fit; sizes that nobody tells count as nothing."""
        sizes = self._sizes(missing)
        needed, largest = 0, 0
        for item in missing:
            size = sizes[item.path]
            needed += max(0, size - self._downloads.arrived(item))
            if item.archive:
                unpacked = max(size, item.unpacked_size or 0)
                needed += unpacked - size  # its archive is deleted when it is unpacked
                largest = max(largest, unpacked)
        free = self._free()
        if needed + largest > free:
            shown = f"{needed + largest:,} bytes", f"{free:,} bytes"
            raise ErrorKind.PUBLIC_NO_ROOM(name=self._name, needed=shown[0], path=self._folder.root, free=shown[1])
        total = sum(sizes.values())
        self._progress.start(Phase.FETCHING, len(missing), total if all(sizes.values()) else None)

    def _sizes(self, items: list[Item]) -> dict[str, int]:
        """Sizes of what is to be fetched; asked for where the catalogue does not know, 0 where nobody does."""

        def ask(item: Item) -> int:
            for place in item.places:
                with suppress(SourceError):
                    return self._sources.size(place) or 0
            return 0

        unknown = [item for item in items if item.expected.size is None]
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="gradient-public") as pool:
            asked = dict(zip((item.path for item in unknown), pool.map(ask, unknown), strict=True))
        return {item.path: asked.get(item.path, item.expected.size or 0) for item in items}

    def _free(self) -> int:
        return max(0, shutil.disk_usage(self._folder.root).free - _RESERVE)

    # --- fetching ---------------------------------------------------------------------------------------------------

    def _fetch(self, missing: list[Item]) -> dict[str, Fetched]:
        """Fetch files, several at a time; what fails does not stop the others, unless nothing can succeed."""
        fetched: dict[str, Fetched] = {}
        failures: list[str] = []

        def work(item: Item) -> None:
            try:
                found = self._downloads.fetch(item)
                if not item.archive:
                    self._keep(item, found)
                fetched[item.path] = found
                self._progress.advance(files=1)
            except SourceError as error:
                failures.append(f"{item.path} ({error})")
            except BaseException:
                self._downloads.stop.set()
                raise

        with ThreadPoolExecutor(self._at_once, thread_name_prefix="gradient-public") as pool:
            begun = [pool.submit(work, item) for item in missing]
        errors = [error for future in begun if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: isinstance(error, StoppedError)):
            raise error  # the one that stopped the others
        if failures:
            more = f", and {len(failures) - _SHOWN:,} more files" if len(failures) > _SHOWN else ""
            reason = ", ".join(sorted(failures)[:_SHOWN]) + more
            raise ErrorKind.PUBLIC_FETCH_FAILED(name=self._name, reason=reason)
        self._progress.finish()
        return fetched

    def _keep(self, item: Item, found: Fetched) -> None:
        """Put a file that is kept as it is into the tree."""
        file = Unpacked(item.path, found.size, found.sha256)
        with self._guard:
            if clash(item.path, self._contents, self._folders, found.sha256):
                raise SourceError("another file of the dataset is in its place")
            self._add([file])
        self._finish(item, found, "")
        self._move_part(self._downloads.part(item), item.path)
        self._downloads.forget(item)

    def _move_part(self, part: Path, path: str) -> None:
        target = self._tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(part, FILE_MODE)
        os.replace(part, target)

    def _finish(self, item: Item, found: Fetched, record: str) -> None:
        """Note that an item is done."""
        proof = item.expected.proof
        held = HeldItem(item.path, item.origin, found.url, found.size, found.sha256, proof, record)
        write_struct(self._done / f"{item.key}.json", held)
        self._ready[item.path] = held

    # --- unpacking --------------------------------------------------------------------------------------------------

    def _unpack(self, archives: list[Item], fetched: dict[str, Fetched]) -> None:
        if archives:
            self._progress.start(Phase.UNPACKING, len(archives), sum(fetched[item.path].size for item in archives))
        for item in archives:
            found = fetched[item.path]
            try:
                files = self._unpack_one(item, found)
            except RefusedError as error:
                delete(self._staging / "unpacking")
                self._downloads.forget(item)
                raise ErrorKind.PUBLIC_UNPACK_REFUSED(name=self._name, archive=item.path, reason=error) from None
            self._finish(item, found, write_record(self._manifests, files))
            self._downloads.forget(item)
            self._progress.advance(files=1)
        self._progress.finish()

    def _unpack_one(self, item: Item, found: Fetched) -> list[Unpacked]:
        """Unpack an archive and move what came out into the tree; returns the files as they are there."""
        into = self._staging / "unpacking"
        delete(into)
        into.mkdir()
        limits = Limits.of(found.size, self._free(), item.unpacked_size)
        kind = item.archive or ""
        files = unpack(self._downloads.part(item), kind, without_ending(item.path), into, limits, self._progress)
        placed = self._place(item, files)
        made: set[str] = set()
        for old, new in zip(files, placed, strict=True):
            if new.path in self._contents:  # the same file of another archive
                continue
            parent = new.path.rpartition("/")[0]
            if parent not in made:
                (self._tree / parent).mkdir(parents=True, exist_ok=True)
                made.add(parent)
            os.rename(into / old.path, self._tree / new.path)
        self._add(placed)
        delete(into)
        return placed

    def _place(self, item: Item, files: list[Unpacked]) -> list[Unpacked]:
        """Where the files of an archive go: to the top, or where that cannot be, into a folder named as the archive."""
        if item.archive == "single" or not any(self._clashes(file) for file in files):
            if any(self._clashes(file) for file in files):
                raise RefusedError("another file of the dataset is in its place")
            return files
        folder = without_ending(item.path)
        moved = [file._replace(path=f"{folder}/{file.path}") for file in files]
        if any(self._clashes(file) for file in moved):
            raise RefusedError(f"it has files of other archives with other contents, and there is a {folder!r} already")
        return moved

    def _clashes(self, file: Unpacked) -> bool:
        return clash(file.path, self._contents, self._folders, _identity(file))

    # --- the end ----------------------------------------------------------------------------------------------------

    def _appear(self, folders: list[str]) -> None:
        """Add what was here before, and let the whole appear."""
        before = [(item, files) for path, (item, files) in self._base.items() if path not in self._ready]
        if before:
            self._progress.start(Phase.LINKING, sum(len(files) for _, files in before))
            for _, files in before:
                link_files(self._folder.tree(self._name), self._tree, files, self._progress)
        items = sorted([item for item, _ in before] + list(self._ready.values()), key=lambda item: item.path)
        self._folder.appear(self._name, self._tree, lambda inode: Held(inode, items, folders))
        self._forget(items)

    def _forget(self, items: list[HeldItem]) -> None:
        """Remove what a crash has left of items that are in their place; the rest is of a fetch of other files."""
        finished = {key_of(item.path) for item in items}
        for folder in (self._staging / "parts", self._done):
            for left in folder.glob("*"):
                if left.name.partition(".")[0] in finished:
                    left.unlink()
        self._folder.forget_records(self._name)

    def _tidy(self) -> None:
        """Remove what is empty; the rest is of a fetch that may be continued."""
        for folder in ("unpacking", "parts", "done", "tree", "."):
            with suppress(OSError):
                (self._staging / folder).rmdir()


def _fits(item: Item, held: HeldItem) -> bool:
    """Whether what is here is what the catalogue means now."""
    expected = item.expected
    if expected.sha256 is not None and expected.sha256 != held.sha256:
        return False
    return (expected.size is None or expected.size == held.size) and bool(item.archive) == bool(held.record)


def _identity(file: Unpacked) -> str:
    """Equal for equal files."""
    return file.sha256 if file.link is None else f"link to {file.link}"
