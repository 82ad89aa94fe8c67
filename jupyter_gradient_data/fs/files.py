"""The files of a folder and of all below it, as columns: a hundred thousand of them are nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

import msgspec

from jupyter_gradient_data.models import FileInfo

_NEAR = 64  # files: to look up so many takes little longer than to look up one


class Files(msgspec.Struct, array_like=True):
    """Files in ascending order of their paths.

    Parameters
    ----------
    paths : list of str
        Within the version.
    sizes : list of int
        In bytes.
    hashes : list of str
        In hexadecimal.
    programs : list of int
        Which of them may be executed.
    """

    paths: list[str]
    sizes: list[int]
    hashes: list[str]
    programs: list[int]

    @classmethod
    def of(cls, rows: Iterable[FileInfo]) -> Files:
        """Rows of a recursive listing."""
        rows = list(rows)
        return cls(
            [row.path for row in rows],
            [row.size for row in rows],
            [row.hash for row in rows],
            [number for number, row in enumerate(rows) if row.executable],
        )

    def span(self, folder: str) -> tuple[int, int]:
        """The files below a folder, which ends with ``/`` or is empty: their numbers."""
        if not folder:
            return 0, len(self.paths)
        # Strings compare by their characters as paths do by their bytes; "0" is what follows "/".
        return bisect_left(self.paths, folder), bisect_left(self.paths, folder[:-1] + "0")

    def info(self, number: int) -> FileInfo:
        """One of them."""
        at = bisect_left(self.programs, number)
        is_program = self.programs[at : at + 1] == [number]
        return FileInfo(self.paths[number], self.sizes[number], self.hashes[number], is_program)

    def find(self, path: str) -> list[FileInfo]:
        """The file with a path, or the folder, if there is one."""
        at = bisect_left(self.paths, path)
        if at < len(self.paths) and self.paths[at] == path:
            return [self.info(at)]
        low, high = self.span(path + "/")
        return [folder_info(path)] if low < high else []

    def near(self, path: str) -> list[str]:
        """The hashes of a file and of some beside it: who reads one often reads those, too."""
        at = bisect_left(self.paths, path) // _NEAR * _NEAR
        return self.hashes[at : at + _NEAR]

    def rows(self, folder: str) -> Iterator[FileInfo]:
        """Files and sub-folders directly in a folder."""
        at, end = self.span(folder)
        while at < end:
            path = self.paths[at]
            slash = path.find("/", len(folder))
            if slash < 0:
                yield self.info(at)
                at += 1
            else:
                yield FileInfo(path[: slash + 1], 0, "", is_folder=True)
                at = bisect_left(self.paths, path[:slash] + "0", at, end)


def folder_info(path: str) -> FileInfo:
    """A folder."""
    return FileInfo(path + "/", 0, "", is_folder=True)
