"""Many files at once: which goes where is what fsspec says, but several are on their way at the same time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback  # type: ignore[import-untyped]
from fsspec.spec import AbstractFileSystem  # type: ignore[import-untyped]

from .writing import WritingFileSystem

if TYPE_CHECKING:
    from concurrent.futures import Future


class BulkFileSystem(WritingFileSystem):
    """Puts, gets and copies files by `put_file`, `get_file` and `cp_file` in several threads."""

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
