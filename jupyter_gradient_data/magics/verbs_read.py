"""``%dataset ls``, ``cat``, ``head``, ``get`` and ``diff``: what is in a version."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.client.references import quoted
from jupyter_gradient_data.errors import ErrorKind

from .answers import Answer, Done, Text
from .drafts import find_draft
from .groups import verb
from .options import reference_argument, target_option, words_argument
from .session import Session
from .suggest import complete_get, complete_local_path, complete_reference, complete_target
from .views import table_view

if TYPE_CHECKING:
    from jupyter_gradient_data.client.files import File
    from jupyter_gradient_data.client.versions import Diff, Version

_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
_MOST_SHOWN = 1024 * 1024  # bytes of a text that is shown; a browser gets slow with more
_MOST_PICTURE = 32 * 1024 * 1024


@verb(
    "ls",
    examples=["%dataset ls flowers", "%dataset ls flowers:gold/tulips", "files = %dataset ls flowers --recursive"],
)
@reference_argument("NAME[:VERSION][/FOLDER]", complete_target)
@click.option("--path", metavar="FOLDER", help="Folder to list, when it does not stand after the name.")
@click.option("--recursive", "-r", is_flag=True, help="All files below it.")
@click.pass_obj
def ls(session: Session, reference: str | None, path: str | None, recursive: bool) -> Answer:
    """List files and folders with their sizes.

    The value is a list of `File`.
    """
    name, folder = session.split(reference)
    folder = path if path is not None else folder
    version = session.readable(name)
    files = version.ls(folder, recursive=recursive)
    dataset = quoted(version.reference.partition(":")[0])
    empty = f"No files. `%dataset put {dataset} FILES` puts some into its next version."
    title = f"{version.reference}/{folder}".rstrip("/")
    return Answer(files, table_view(replace(files.table(), title=title), empty=empty))


@verb("cat", examples=["%dataset cat flowers/README.md", "text = %dataset cat flowers:gold/README.md"])
@reference_argument("NAME[:VERSION]/FILE", complete_target)
@click.pass_obj
def cat(session: Session, reference: str | None) -> Answer:
    """Show a file: text, or a picture.

    The value is a string, or an `IPython.display.Image`.
    """
    file = _file(session, reference)
    if os.path.splitext(file.path)[1].lower() in _PICTURES and file.size <= _MOST_PICTURE:
        from IPython.display import Image

        return Answer(Image(data=file.read_bytes()))  # type: ignore[no-untyped-call]
    if file.size <= _MOST_SHOWN:
        return Text(_text(file, file.read_bytes()))
    with file.open() as opened:
        begin = _text(file, opened.read(_MOST_SHOWN), is_cut=True)
    session.say(f"{file.path} has {_size(file.size)}; this is the first MiB. All of it: {_get(file)}")
    return Text(begin)


@verb("head", examples=["%dataset head flowers/train.csv", "%dataset head -n 5 flowers:gold/train.csv"])
@reference_argument("NAME[:VERSION]/FILE", complete_target)
@click.option("-n", "--lines", "count", type=click.IntRange(min=1), default=10, help="How many lines.  [default: 10]")
@click.pass_obj
def head(session: Session, reference: str | None, count: int) -> Answer:
    """Show the first lines of a file; only those are fetched.

    The value is a string.
    """
    file = _file(session, reference)
    with file.open() as opened:
        pieces: deque[bytes] = deque()
        left = _MOST_SHOWN
        for _ in range(count):
            line = opened.readline(left)
            pieces.append(line)
            left -= len(line)
            if not line or left <= 0:
                break
    return Text(_text(file, b"".join(pieces), is_cut=True))


@verb(
    "get",
    examples=[
        "%dataset get flowers ./copy",
        "%dataset get flowers:gold/tulips/ ./tulips",
        "%dataset get flowers/train.csv",
    ],
)
@words_argument("NAME[:VERSION][/PATH] [FOLDER]", complete_get)
@target_option(
    "Folder to write to; a single file is written at this path.  [default: here, or ./NAME]", complete_local_path
)
@click.pass_obj
def get(session: Session, words: tuple[str, ...], target: str | None) -> Answer:
    """Get files to a folder of this machine; each is checked, and an interrupted get continues.

    A folder `tulips` keeps its path there, of `tulips/` the contents are written. The value is the path.
    """
    from pathlib import Path

    from jupyter_gradient_data.client.progress import follow

    if len(words) > 2:
        raise click.UsageError("It is one thing to get, and one folder to write it to.")
    if len(words) == 2 and target is not None:
        raise click.UsageError("Name the folder once: after --to, or as the second word.")
    name, path = session.split(words[0] if words else None)
    version = session.readable(name)
    default = "." if path else f"./{version.reference.partition(':')[0]}"
    where = words[1] if len(words) == 2 else target or default
    task = session.service.get_files(
        version.info.reference, [path] if path else [], os.path.abspath(os.path.expanduser(where))
    )
    result = follow(task, f"Getting {version.reference}{f'/{path}' if path else ''}")
    session.say(
        f"Got {_count(result.files)} ({_size(result.bytes)}) of {version.reference} to {where}; "
        f"{_count(result.files_sent)} ({_size(result.bytes_sent)}) had to be fetched."
    )
    return Done(Path(where).expanduser())


@verb(
    "diff",
    examples=[
        "%dataset diff flowers:v1 flowers:latest",
        "%dataset diff flowers",
        "changes = %dataset diff flowers:v1 :gold",
    ],
)
@reference_argument("OLD", complete_reference)
@click.argument("new", required=False, metavar="[NEW]", shell_complete=complete_reference)
@click.option("--summary", is_flag=True, help="Only count files and bytes.")
@click.pass_obj
def diff(session: Session, reference: str | None, new: str | None, summary: bool) -> Answer:
    """Show which files differ between two versions.

    With a dataset alone: what its uncommitted version changes, or else its newest one, against the one it began as.
    The value is a list of changes.
    """
    first = session.full_reference(reference)
    if new is None:
        later = _newest(session, first)
        found = later.diff()
    else:
        new = first.partition(":")[0] + new if new.startswith(":") else new
        later = session.version(new)
        found = later.diff(session.version(first))
    if summary:
        return Text(found.summary, view=_sentence(found))
    table = found.table()
    return Answer(found, table_view(replace(table, title=session.with_names(table.title)), empty="No differences."))


def _newest(session: Session, reference: str) -> Version:
    """The version that a reference names; of a dataset the one that is being made, else the newest."""
    if ":" in reference:
        return session.version(reference)
    return find_draft(session, reference, "diff") or session.version(reference)


def _sentence(found: Diff) -> str:
    from jupyter_gradient_data.client.show.things import summary_sentence

    one = found.summary
    return summary_sentence(one) if one.added or one.changed or one.removed else "No differences."


def _file(session: Session, reference: str | None) -> File:
    name, path = session.split(reference)
    if not path:
        raise click.UsageError("It is not said which file: name one after the dataset, as in flowers/README.md.")
    return session.readable(name).files[path]


def _text(file: File, data: bytes, *, is_cut: bool = False) -> str:
    """Bytes as text; the last character may be cut.

    Raises
    ------
    Invalid
        They are no text.
    """
    import codecs

    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=not is_cut)
    except UnicodeDecodeError:
        reason = "it is not text in UTF-8"
        hint = f"Get it with `{_get(file)}`, or open it in Python."
        raise ErrorKind.FILE_NOT_SHOWN(path=file.path, reason=reason, hint=hint) from None


def _get(file: File) -> str:
    return f"%dataset get {quoted(f'{file.version.reference}/{file.path}')}"


def _count(count: int) -> str:
    from jupyter_gradient_data.plain import format_count

    return format_count(count, "file")


def _size(count: int) -> str:
    from jupyter_gradient_data.plain import format_size

    return format_size(count)
