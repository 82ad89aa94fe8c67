"""``gradient datasets files``: list, get, put, move and delete."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from .groups import FETCH, group
from .options import version_option
from .progress import wait
from .session import Session
from .sizes import format_count, format_size
from .suggest import complete_file

if TYPE_CHECKING:
    from jupyter_gradient_data.models import FileInfo, TransferResult


@group(
    "files",
    examples=[
        "gradient datasets files put --id flowers:klfoyy9 --source-path ./photos/",
        "gradient datasets files list --id flowers:latest",
    ],
)
def files() -> None:
    """Manage files.

    As with rsync, a folder `photos` keeps its name in the version or on disk, `photos/` means what is in it.
    """


@files.command(
    "list",
    fails=FETCH,
    examples=[
        "gradient datasets files list --id flowers:latest",
        "gradient datasets files list --id flowers:latest --path tulips --recursive true",
    ],
)
@version_option
@click.option("--path", default="", shell_complete=complete_file, help="Folder to list; names are relative to it.")
@click.option(
    "--recursive", type=bool, default=False, metavar="BOOLEAN", help="true: all files below it.  [default: false]"
)
@click.pass_obj
def list_files(session: Session, reference: str, path: str, recursive: bool) -> None:
    """List files and folders with their sizes in bytes."""
    session.out.listing(
        ("Name", "Size"),
        _row_below(path),
        partial(session.service.list_files, reference, path, recursive=recursive),
    )


@files.command(
    "get",
    fails=FETCH,
    examples=[
        "gradient datasets files get --id flowers:latest --target-path ./copy",
        "gradient datasets files get --id flowers:prod --source-path tulips/ --target-path ./tulips",
    ],
)
@version_option
@click.option(
    "--source-path",
    "paths",
    multiple=True,
    shell_complete=complete_file,
    help="File or folder to get; may be repeated.  [default: all]",
)
@click.option(
    "--target-path",
    "target",
    required=True,
    type=click.Path(),
    help="Folder to write to; a single file is written at this path.",
)
@click.pass_obj
def get_files(session: Session, reference: str, paths: tuple[str, ...], target: str) -> None:
    """Get files; each is checked, and an interrupted get continues."""
    result = wait(session, session.service.get_files(reference, paths, os.path.abspath(target)))
    session.out.note(f"Got {_summary(result, 'fetched')}.")
    session.out.document(result)


@files.command(
    "put",
    fails=FETCH,
    examples=[
        "gradient datasets files put --id flowers:klfoyy9 --source-path ./photos/",
        "gradient datasets files put --id flowers:klfoyy9 --source-path labels.csv --target-path meta",
    ],
)
@version_option
@click.option(
    "--source-path",
    "sources",
    multiple=True,
    required=True,
    type=click.Path(),
    help="File or folder to put; may be repeated.",
)
@click.option("--target-path", "target", default="/", help="Folder in the version.  [default: /]")
@click.pass_obj
def put_files(session: Session, reference: str, sources: tuple[str, ...], target: str) -> None:
    """Put files into an uncommitted version; what the store has already is not sent again."""
    session.out.document(put(session, reference, sources, target))


@files.command(
    "delete",
    fails=FETCH,
    examples=[
        "gradient datasets files delete --id flowers:klfoyy9 --path tulips/",
        "gradient datasets files delete --id flowers:klfoyy9",
    ],
)
@version_option
@click.option(
    "--path",
    "paths",
    multiple=True,
    default=["/"],
    shell_complete=complete_file,
    help="File or folder to delete; may be repeated.  [default: /, which is everything]",
)
@click.pass_obj
def delete_files(session: Session, reference: str, paths: tuple[str, ...]) -> None:
    """Delete files from an uncommitted version."""
    count = wait(session, session.service.delete_files(reference, paths))
    session.out.note(f"Deleted {format_count(count, 'file')}.")
    session.out.document({"files": count})


@files.command(
    "move",
    fails=FETCH,
    examples=[
        "gradient datasets files move --id flowers:klfoyy9 --path tulip.txt --target-path red/tulip.txt",
        "gradient datasets files move --id flowers:klfoyy9 --path tulips/ --target-path red/tulips",
    ],
)
@version_option
@click.option("--path", "source", required=True, shell_complete=complete_file, help="File or folder to move or rename.")
@click.option("--target-path", "target", required=True, help="Its new path, where nothing is yet.")
@click.pass_obj
def move_files(session: Session, reference: str, source: str, target: str) -> None:
    """Move or rename a file or folder in an uncommitted version; nothing is sent."""
    count = wait(session, session.service.move_files(reference, source, target))
    session.out.note(f"Moved {format_count(count, 'file')}.")
    session.out.document({"files": count})


def put(session: Session, reference: str, sources: Sequence[str], target: str) -> TransferResult:
    """Put files and folders into a version, with progress."""
    result = wait(session, session.service.put_files(reference, sources, target))
    session.out.note(f"Put {_summary(result, 'sent')}.")
    return result


def _summary(result: TransferResult, moved: str) -> str:
    return (
        f"{format_count(result.files, 'file')} ({format_size(result.bytes)}); "
        f"{format_count(result.files_sent, 'file')} ({format_size(result.bytes_sent)}) had to be {moved}"
    )


def _row_below(path: str) -> Callable[[FileInfo], tuple[str, str]]:
    """Rows with names relative to the listed folder, as the original showed them."""
    folder = "/".join(part for part in path.split("/") if part)

    def row(info: FileInfo) -> tuple[str, str]:
        name = info.path
        if folder and name.startswith(folder + "/"):
            name = name[len(folder) + 1 :]
        elif name == folder:  # the path named one file
            name = name.rpartition("/")[2]
        return name, "" if info.is_folder else str(info.size)

    return row
