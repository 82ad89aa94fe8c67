"""What is in a file, read no further than somebody looks: text, a table, a picture, or only its facts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.service.api import DataService

from .ranges import RangeFile

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

TEXT_BYTES = 64 * 1024
"""So much of a text is shown."""

TABLE_BYTES = 256 * 1024
"""So much of a CSV file is read to show its first rows."""

JSON_BYTES = 256 * 1024
"""A longer JSON is shown as the text it is."""

IMAGE_BYTES = 8 * 1024 * 1024
"""Larger pictures are not sent to the page."""

ROWS, COLUMNS = 50, 40
_GROUP_BYTES = 64 * 1024 * 1024  # a larger row group of a Parquet file is not read for its first rows
_CELL = 200  # characters

# By what a file begins with, not by its name: a page or a drawing with scripts that calls itself PNG is none.
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"))
_SEPARATORS = {"csv": None, "tsv": "\t", "tab": "\t"}


@dataclass(frozen=True)
class Text:
    """The beginning of a text."""

    text: str
    is_cut: bool


@dataclass(frozen=True)
class Table:
    """The first rows of a table, as words.

    Parameters
    ----------
    numeric : tuple of bool
        Of which columns all cells are numbers.
    is_cut : bool
        Whether there are more rows or columns.
    rows_total : int or None
        Where the file knows.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    is_cut: bool
    rows_total: int | None = None


@dataclass(frozen=True)
class Picture:
    """A picture, whole; ``format`` is what browsers call it."""

    data: bytes
    format: str


@dataclass(frozen=True)
class Nothing:
    """A sentence on why nothing is shown."""

    reason: str


Content = Text | Table | Picture | Nothing


def suffix(path: str) -> str:
    """``csv``, in small letters."""
    return PurePosixPath(path).suffix.lower().lstrip(".")


def read_content(service: DataService, reference: str, info: FileInfo) -> Content:
    """What to show of a file.

    Parameters
    ----------
    service : DataService
        Asked for its bytes.
    reference : str
        Of the version it is in.
    info : FileInfo
        The file.

    Returns
    -------
    Text, Table, Picture or Nothing
        Nothing of it is HTML, whatever the file is.
    """
    if info.size == 0:
        return Nothing("This file is empty.")
    kind = suffix(info.path)
    if kind == "parquet":
        return _parquet(service, reference, info)
    is_table = kind in _SEPARATORS
    head = read_head(service, reference, info, TABLE_BYTES if is_table else TEXT_BYTES)
    if image := picture_format(head):
        return _picture(service, reference, info, image)
    if kind == "json" and info.size <= JSON_BYTES:
        return _json(read_head(service, reference, info, JSON_BYTES))
    is_cut = len(head) < info.size
    text = as_text(head)
    if text is None:
        return Nothing("This is not text, a table or a picture that can be shown here.")
    return _table(text, kind, is_cut=is_cut) if is_table else Text(text, is_cut)


def read_head(service: DataService, reference: str, info: FileInfo, most: int) -> bytes:
    """The first bytes of a file."""
    return b"".join(service.read_file(reference, info.path, 0, min(most, info.size)))


def picture_format(head: bytes) -> str | None:
    """The format of a picture of pixels, which cannot hold scripts; by its first bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return next((name for start, name in _PICTURES if head.startswith(start)), None)


def as_text(data: bytes) -> str | None:
    """The text that bytes are; None when they are none.  A character that was cut at the end is left out."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(data) - error.start < 4:
            return data[: error.start].decode("utf-8-sig")
    return data.decode("latin-1") if sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in data) == 0 else None


def _picture(service: DataService, reference: str, info: FileInfo, image: str) -> Content:
    if info.size > IMAGE_BYTES:
        return Nothing(f"This picture is larger than {IMAGE_BYTES // 1024**2} MiB; it is not shown here.")
    return Picture(read_head(service, reference, info, IMAGE_BYTES), image)


def _json(data: bytes) -> Content:
    text = as_text(data)
    if text is None:
        return Nothing("This is not text.")
    with suppress(ValueError, RecursionError):  # then it is shown as it is
        laid_out = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        laid_out.encode()  # half a character can be written as an escape only
        text = laid_out
    return Text(text[:TEXT_BYTES], len(text) > TEXT_BYTES)


def _table(text: str, kind: str, *, is_cut: bool) -> Content:
    if is_cut:
        text = text[: text.rfind("\n") + 1] or text  # the last line is not whole
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_SEPARATORS[kind] or separator(text)):
            rows.append(row)
            if len(rows) > ROWS + 1:
                break
    except csv.Error:
        return Text(text[:TEXT_BYTES], is_cut or len(text) > TEXT_BYTES)
    return _words(rows[:1], rows[1 : ROWS + 1], is_cut=is_cut or len(rows) > ROWS + 1)


def separator(text: str) -> str:
    """What stands between the columns of a CSV: what the first line has most of."""
    line = text.partition("\n")[0]
    return max(",;\t|", key=line.count)


def _parquet(service: DataService, reference: str, info: FileInfo) -> Content:
    try:
        from pyarrow.parquet import ParquetFile  # here: takes long, and not everybody has it
    except ImportError:
        return Nothing("Install pyarrow to see Parquet files as tables here.")
    try:
        with RangeFile(service.open_file(reference, info.path)) as opened:
            return _first_rows(ParquetFile(opened))
    except (ValueError, OSError, NotImplementedError):  # pyarrow's own errors are such
        return Nothing("This is not a Parquet file, or it is damaged.")


def _first_rows(file: ParquetFile) -> Table:
    names = list(file.schema_arrow.names)[:COLUMNS]
    is_wide = len(file.schema_arrow.names) > COLUMNS
    total = file.metadata.num_rows
    if total and file.metadata.row_group(0).total_byte_size > _GROUP_BYTES:
        kinds = [(field.name, str(field.type)) for field in file.schema_arrow][:COLUMNS]
        return _words([("column", "type")], kinds, is_cut=is_wide, total=total)
    groups = [0] if total else []  # or it would fetch all of them ahead
    batch = next(file.iter_batches(batch_size=ROWS, row_groups=groups, columns=names), None)
    if batch is None:
        return _words([names], [], is_cut=is_wide, total=total)
    rows = list(zip(*(_cells(column) for column in batch.columns), strict=True))  # two may have one name
    return _words([batch.schema.names], rows, is_cut=is_wide or total > ROWS, total=total)


def _cells(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):  # a time that Python has not
        return list(column.cast("string").to_pylist())


def _words(
    header: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]], *, is_cut: bool, total: int | None = None
) -> Table:
    top = tuple(_word(cell) for cell in header[0][:COLUMNS]) if header else ()
    words = tuple(tuple(_word(cell) for cell in row[:COLUMNS]) for row in rows)
    numeric = tuple(
        any(row[at : at + 1] for row in words) and all(_is_number(row[at]) for row in words if at < len(row))
        for at in range(len(top))
    )
    return Table(top, words, numeric, is_cut or any(len(row) > COLUMNS for row in (*header, *rows)), total)


def _word(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return text if len(text) <= _CELL else text[:_CELL] + "…"


def _is_number(word: str) -> bool:
    try:
        float(word or "0")
    except ValueError:
        return False
    return True
