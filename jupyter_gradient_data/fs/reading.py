"""A file of a version, open to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]

from .caching import AdaptiveCache
from .contents import Content
from .errors import translated

if TYPE_CHECKING:
    from .filesystem import GradientFileSystem

READ_AHEAD = 8 * 1024 * 1024


class GradientFile(AbstractBufferedFile):  # type: ignore[misc]
    """A file as it was when it was opened, whatever is written meanwhile.

    Parameters
    ----------
    fs : GradientFileSystem
        Where it is.
    path : str
        Its path there.
    content : Content
        Its bytes.
    details : dict
        What `GradientFileSystem.info` says of it.
    block_size : int
        Bytes to read ahead at most.
    **options : any
        ``cache_type`` and ``cache_options``, as for all files of fsspec.
    """

    def __init__(
        self,
        fs: GradientFileSystem,
        path: str,
        content: Content,
        details: dict[str, Any],
        block_size: int | None = None,
        **options: Any,
    ) -> None:
        self._content = content
        self._details = details
        options.setdefault("cache_type", AdaptiveCache.name)
        options.pop("size", None)  # somebody who opens it anew believes to know it
        super().__init__(fs, path, "rb", block_size or READ_AHEAD, size=content.info.size, **options)

    def _fetch_range(self, start: int, end: int) -> bytes:
        with translated():
            return self._content.read(start, end)
