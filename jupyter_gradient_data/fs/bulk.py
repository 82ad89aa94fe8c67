"""Many files at once: which goes where is what fsspec says, but several are on their way at the same time."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fsspec.callbacks import DEFAULT_CALLBACK, Callback  # type: ignore[import-untyped]
from fsspec.spec import AbstractFileSystem, has_magic  # type: ignore[import-untyped]
from fsspec.utils import stringify_path  # type: ignore[import-untyped]

from .errors import translated
from .paths import Place, split, strip
from .writing import WritingFileSystem

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


class BulkFileSystem(WritingFileSystem):
    """Reads, puts, gets, copies and moves files by `cat_file`, `put_file`, `get_file`, `cp_file` in several threads."""

    def expand_path(self, path: Any, recursive: bool = False, maxdepth: int | None = None, **options: Any) -> list[str]:
        """All paths that are meant; of a file whose name is a pattern itself, only that file."""
        given = path if isinstance(path, list | tuple | set) else [path]
        names = [strip(one) for one in given]
        files = {name for name in names if has_magic(name) and self.isfile(name)}
        if not files:
            return cast(list[str], super().expand_path(names, recursive, maxdepth, **options))
        with contextlib.suppress(FileNotFoundError):
            files |= set(super().expand_path([n for n in names if n not in files], recursive, maxdepth, **options))
        return sorted(files)

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **options: Any) -> Any:
        """The bytes of files, several at a time; a mapping unless one file is named."""
        paths = self.expand_path(path, recursive=recursive)
        if len(paths) == 1 and not isinstance(path, list) and paths[0] == self._strip_protocol(path):
            return self.cat_file(paths[0], **options)
        if recursive:
            are_folders = self._each(self.isdir, paths, keep_errors=False)
            paths = [one for one, is_folder in zip(paths, are_folders, strict=True) if not is_folder]
        found = self._each(lambda one: self.cat_file(one, **options), paths, keep_errors=on_error != "raise")
        pairs = zip(paths, found, strict=True)
        return {one: data for one, data in pairs if on_error == "return" or not isinstance(data, Exception)}

    def cat_ranges(
        self,
        paths: list[str],
        starts: Any,
        ends: Any,
        max_gap: int | None = None,
        on_error: str = "return",
        **options: Any,
    ) -> list[Any]:
        """Parts of files, several at a time."""
        if max_gap is not None:
            raise NotImplementedError("max_gap")
        starts = starts if isinstance(starts, Iterable) else [starts] * len(paths)
        ends = ends if isinstance(ends, Iterable) else [ends] * len(paths)
        parts = list(zip(paths, starts, ends, strict=True))
        return self._each(lambda part: self.cat_file(*part), parts, keep_errors=on_error == "return")

    def put(
        self,
        lpath: Any,
        rpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        """Write files from local ones."""
        plan = _Plan(self)
        AbstractFileSystem.put(plan, lpath, rpath, recursive=recursive, maxdepth=maxdepth, **options)
        self._carry_out(self.put_file, plan, callback)

    def get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        """Write files to local ones."""
        plan = _Plan(self)
        AbstractFileSystem.get(plan, rpath, lpath, recursive=recursive, maxdepth=maxdepth, **options)
        self._carry_out(self.get_file, plan, callback)

    def copy(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        on_error: str | None = None,
        **options: Any,
    ) -> None:
        """Copy files, from these versions or others."""
        plan = _Plan(self)
        AbstractFileSystem.copy(plan, path1, path2, recursive=recursive, maxdepth=maxdepth, on_error="raise", **options)
        ignored = on_error == "ignore" or (on_error is None and recursive)
        self._carry_out(self.cp_file, plan, DEFAULT_CALLBACK, FileNotFoundError if ignored else None)

    def mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **options: Any) -> None:
        """Move files and folders; within a version no bytes are moved.  What is moved to where it is stays there."""
        if self._is_plain_move(path1, path2, recursive, maxdepth):
            source, target = split(path1), split(path2)
            with translated():
                version = self._writable(source.reference)
                self.session.service.move_files(version.reference, source.path, target.path).result()
            return
        plan = _Plan(self)
        AbstractFileSystem.copy(plan, path1, path2, recursive=recursive, maxdepth=maxdepth, on_error="raise", **options)
        if not plan.steps:  # fsspec leaves folders out
            raise IsADirectoryError(errno.EISDIR, "A folder is moved with recursive=True", str(path1))
        are_folders = self.session.pool.map(self.isdir, [source for source, _, _ in plan.steps])
        plan.steps = [step for step, is_folder in zip(plan.steps, are_folders, strict=True) if not is_folder]
        with translated():  # before anything is copied: all of it can be removed and written
            exact = self._exact(path for source, target, _ in plan.steps for path in (source, target))
        kept = {exact[target] for _, target, _ in plan.steps}
        plan.steps = [step for step in plan.steps if exact[step[0]] != exact[step[1]]]
        if plan.steps:
            self._carry_out(self.cp_file, plan, DEFAULT_CALLBACK)
        self._remove([source for source, _, _ in plan.steps if exact[source] not in kept])

    def _exact(self, paths: Iterable[str]) -> dict[str, Place]:
        """Where paths lead that can be written, whatever they call their versions."""
        places = {path: split(path) for path in paths}
        names = {reference: self._writable(reference).reference for reference, _ in places.values()}
        return {path: Place(names[place.reference], place.path) for path, place in places.items()}

    def _is_plain_move(self, path1: Any, path2: Any, recursive: bool, maxdepth: int | None) -> bool:
        """Whether one thing gets another path in the same version, where there is nothing yet."""
        if not isinstance(stringify_path(path1), str) or not isinstance(stringify_path(path2), str) or maxdepth:
            return False
        one, other = str(stringify_path(path1)), str(stringify_path(path2))
        source, target = split(one), split(other)
        if source.reference != target.reference or not source.path or not target.path or other.endswith("/"):
            return False
        if any(sign in source.path for sign in "*?[") or self.exists(other) or one.endswith("/"):
            return False
        return recursive or self.isfile(one)

    def _each(self, work: Callable[[Any], T], items: Iterable[Any], *, keep_errors: bool) -> list[Any]:
        """Results in order, several made at a time."""

        def tried(item: Any) -> Any:
            try:
                return work(item)
            except Exception as error:
                if not keep_errors:
                    raise
                return error

        return list(self.session.pool.map(tried, items))

    def _carry_out(
        self,
        work: Callable[..., None],
        plan: _Plan,
        callback: Callback,
        ignored: type[Exception] | None = None,
    ) -> None:
        callback.set_size(len(plan.steps))
        if len(plan.steps) == 1:
            self._step(work, callback, ignored, plan.steps[0])
            return
        step = partial(self._step, work, callback, ignored)
        waiting: list[Future[None]] = [self.session.pool.submit(step, one) for one in plan.steps]
        try:
            for future in waiting:
                future.result()
        finally:
            for future in waiting:
                future.cancel()

    @staticmethod
    def _step(
        work: Callable[..., None],
        callback: Callback,
        ignored: type[Exception] | None,
        step: tuple[str, str, dict[str, Any]],
    ) -> None:
        source, target, options = step
        with contextlib.suppress(*(() if ignored is None else (ignored,))):
            work(source, target, **options)
        callback.relative_update(1)


class _Plan:
    """Stands for a file system while fsspec finds out which files to put, get or copy; notes them down instead."""

    def __init__(self, fs: AbstractFileSystem) -> None:
        self._fs = fs
        self.steps: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fs, name)

    def _note(self, source: str, target: str, callback: Callback = None, **options: Any) -> None:
        self.steps.append((source, target, options))

    put_file = get_file = cp_file = _note
