"""What travels over the Contents API, in the words of Jupyter: models of files and folders, and requests for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

MIB = 1024 * 1024
MAX_CONTENT = 32 * MIB  # bytes of a file that may travel inside JSON: the browser holds it several times
MAX_REQUEST = 32 * MIB  # bytes of a request to save, held here several times; JupyterLab sends long files in chunks
MAX_ENTRIES = 5_000  # of a folder; the Contents API has no pages, and no file browser survives many more
MORE = f"… more than {MAX_ENTRIES:,} entries, the others are not shown"  # an entry that stands for them


class Model(msgspec.Struct, kw_only=True):
    """A file or folder; ``content`` of a folder lists models without content."""

    name: str
    path: str
    type: str
    writable: bool
    created: datetime
    last_modified: datetime
    mimetype: str | None = None
    format: str | None = None
    content: Any = None
    size: int | None = None
    hash: str | None = None
    hash_algorithm: str | None = None
    message: str | UnsetType = UNSET


class Checkpoint(msgspec.Struct):
    """An earlier state of a file that can come back."""

    id: str
    last_modified: datetime


class ContentsError(msgspec.Struct):
    """An error: JupyterLab shows the message, which is the sentence and the next step in one."""

    message: str
    reason: str
    code: str
    hint: str


class GetQuery(msgspec.Struct):
    """What of a file or folder is wanted."""

    type: Annotated[str | None, Meta(description="`file`, `notebook` or `directory`; refused when it is not one.")] = (
        None
    )
    format: Annotated[Literal["text", "base64"] | None, Meta(description="How a file's content is to be sent.")] = None
    content: Annotated[Literal["0", "1"], Meta(description="Whether to send the content, too.")] = "1"
    hash: Annotated[Literal["0", "1"], Meta(description="Whether to send a hash of the content, too.")] = "0"

    @property
    def wanted_type(self) -> str | None:
        """The type; what is not known means a file, as in Jupyter."""
        return self.type if self.type in (None, "file", "notebook", "directory") else "file"


class SaveRequest(msgspec.Struct):
    """A file or folder as it is to be; parts of a long file are numbered by ``chunk``, -1 is the last."""

    type: str | None = None
    format: str | None = None
    content: Any = UNSET
    chunk: int | None = None


class CreateRequest(msgspec.Struct):
    """A new untitled file or folder, or a copy."""

    type: str | None = None
    ext: str | None = None
    copy_from: str | None = None


class RenameRequest(msgspec.Struct):
    """Where a file or folder is to be."""

    path: str


class Readable(NamedTuple):
    """A file that can be read: its size, its entity tag with quotation marks, and its bytes ``start <= i < end``."""

    size: int
    etag: str
    read: Callable[[int, int], Iterator[bytes]]
