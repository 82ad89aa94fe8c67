"""``UPath("gradient://name[:ref]/path")``; universal_pathlib finds it by the entry point."""

from __future__ import annotations

from upath import UPath


class GradientPath(UPath):
    """A file or folder of a dataset, with the methods of `pathlib.Path`."""

    __slots__ = ()
