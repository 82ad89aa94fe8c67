"""``%dataset new``, ``put``, ``rm``, ``commit`` and ``tag``: versions and what is in them."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.client.references import quoted
from jupyter_gradient_data.errors import ErrorKind, GradientDataError, NotFound

from .answers import Answer, Done
from .drafts import begin, find_draft, need_draft
from .groups import verb
from .options import message_option, reference_argument, tag_after_commit_option, target_option, words_argument
from .session import Session
from .suggest import (
    complete_dataset,
    complete_dataset_or_mount,
    complete_folder_of_dataset,
    complete_put,
    complete_reference,
    complete_rm,
    complete_tag,
)
from .views import table_view

if TYPE_CHECKING:
    from jupyter_gradient_data.client.new_versions import NewVersion
    from jupyter_gradient_data.client.versions import Version
    from jupyter_gradient_data.models import Mount


@verb(
    "new",
    examples=[
        '%dataset new flowers -m "more tulips"',
        "%dataset new flowers --empty",
        "%dataset new flowers --from flowers:gold",
    ],
)
@reference_argument("NAME", complete_dataset)
@click.option(
    "--from",
    "start_from",
    metavar="REFERENCE",
    shell_complete=complete_reference,
    help="Begin with all files of this committed version; nothing is copied.  [default: latest]",
)
@click.option("--empty", is_flag=True, help="Begin without any file.")
@message_option
@click.pass_obj
def new(session: Session, reference: str | None, start_from: str | None, empty: bool, message: str | None) -> Answer:
    """Begin an uncommitted version, to put files into and to commit.

    The value is a `NewVersion`. `%dataset put` begins one by itself when there is none.
    """
    if empty and start_from:
        raise click.UsageError("--from and --empty exclude each other.")
    if start_from and start_from.startswith(":"):
        start_from = session.full_reference(start_from)
    elif start_from and start_from != "latest" and session.is_dataset(start_from):
        start_from = start_from if ":" in start_from else f"{start_from}:latest"
    origin = None if empty else start_from or "latest"
    return Done(begin(session, session.full_reference(reference), start_from=origin, message=message or ""))


@verb(
    "put",
    examples=[
        "%dataset put flowers ./photos/ --to raw",
        "%dataset put flowers train.csv test.csv",
        "%dataset put flowers:fo5rp4m $path",
        "%%dataset put flowers notes/readme.md",
    ],
)
@words_argument("[NAME] FILE…", complete_put)
@target_option("Folder in the version.  [default: /]", complete_folder_of_dataset)
@click.pass_obj
def put(session: Session, words: tuple[str, ...], target: str | None) -> Answer:
    """Put files and folders into the uncommitted version of a dataset.

    It is begun from the newest version when there is none. A folder `photos` keeps its name in the version, of
    `photos/` the contents are put; `*.csv` means all such files. What the store has already is not sent again.

    `%%dataset put NAME path` writes the text of the cell as that file. The value is the `NewVersion`.
    """
    reference, rest = session.take_dataset(words)
    if session.cell is not None:
        return _put_cell(session, reference, rest, target)
    if not rest:
        raise click.UsageError("It is not said what to put: name files or folders of this machine.")
    sources = [source for word in rest for source in _local_files(word)]
    version, is_begun = need_draft(session, reference, "put")
    result = _new(version).put(sources, target or "/")
    session.say(f"Put {_transferred(result.files, result.bytes, result.files_sent, result.bytes_sent)}.")
    _say_next(session, version, is_begun)
    return Done(version)


@verb("rm", examples=["%dataset rm flowers old.csv", "%dataset rm flowers tulips/ roses/"])
@words_argument("[NAME] PATH…", complete_rm)
@click.pass_obj
def rm(session: Session, words: tuple[str, ...]) -> Answer:
    """Remove files and folders from the uncommitted version of a dataset; / means everything.

    It is begun from the newest version when there is none. Committed versions keep their files. The value is the
    `NewVersion`.
    """
    reference, paths = session.take_dataset(words)
    if not paths:
        raise click.UsageError("It is not said what to remove: name paths in the dataset, or / for everything.")
    version, is_begun = need_draft(session, reference, "rm")
    try:
        count = _new(version).remove(*paths)
    except GradientDataError:
        if is_begun:  # nothing is in it that was not there before
            version.delete()
        raise
    session.say(f"Deleted {_files(count)}.")
    _say_next(session, version, is_begun)
    return Done(version)


@verb(
    "commit",
    examples=[
        '%dataset commit flowers -m "first photos"',
        '%dataset commit flowers -m "labels corrected" --tag gold',
        "%dataset commit flowers:fo5rp4m",
    ],
)
@reference_argument("NAME[:VERSION]", complete_dataset_or_mount)
@message_option
@tag_after_commit_option
@click.option(
    "--abandon-uploads", is_flag=True, help="Commit without the files whose upload began and has not finished."
)
@click.pass_obj
def commit(
    session: Session, reference: str | None, message: str | None, tag: str | None, abandon_uploads: bool
) -> Answer:
    """Commit the uncommitted version of a dataset: it never changes again.

    Without an uncommitted version, what was changed in a writable mount of that name becomes one; /inputs/NAME always
    means the mount. Which notebook and data it was made from is noted with it. The value is the `Version`.
    """
    from jupyter_gradient_data.client.versions import Version

    version = _to_commit(session, session.full_reference(reference))
    if not isinstance(version, Version):
        return Done(_commit_mount(session, version, message, tag))
    if version.is_committed:
        session.say("Dataset version already committed")
        return Done(version.tag(tag) if tag else version)
    _new(version).commit(message, tag, abandon_uploads=abandon_uploads)
    done = session.version(version.info.reference)
    session.say(f"Committed dataset version: {done.reference}{_tagged(done)}")
    return Done(done)


@verb(
    "tag",
    examples=["%dataset tag flowers:latest gold", "%dataset tag flowers", "%dataset tag flowers:gold --delete"],
)
@reference_argument("NAME[:VERSION]", complete_reference)
@click.argument("name", required=False, metavar="[TAG]", shell_complete=complete_tag)
@click.option("--delete", is_flag=True, help="Delete the tag; the version stays.")
@click.pass_obj
def tag(session: Session, reference: str | None, name: str | None, delete: bool) -> Answer:
    """Point a tag to a committed version, moving it when it exists.

    Without a version the newest one is meant; without TAG the tags of the dataset are listed.
    """
    if name is None and not delete and session.current and reference and not session.is_dataset(reference):
        reference, name = None, reference  # `%dataset tag gold`, with a current dataset
    reference = session.full_reference(reference)
    if delete:
        return _delete_tag(session, reference, name)
    if name is None:
        return _list_tags(session, reference)
    version = session.version(reference).tag(name)
    session.say(f"Set dataset tag: {version.reference.partition(':')[0]}:{name} is {version.id}")
    return Done(version)


def _put_cell(session: Session, reference: str, rest: tuple[str, ...], target: str | None) -> Answer:
    if len(rest) != 1 or rest[0].endswith("/"):
        raise click.UsageError("It is not said which file the cell is: `%%dataset put NAME path/of/it.md`.")
    path = f"{target.strip('/')}/{rest[0]}" if target and target.strip("/") else rest[0]
    version, is_begun = need_draft(session, reference, "put")
    info = _new(version).write(path, session.cell or "")
    session.say(f"Put {info.path} ({_size(info.size)}) into {version.reference}")
    _say_next(session, version, is_begun)
    return Done(version)


def _local_files(word: str) -> list[str]:
    """What a word means on this machine, before anything is made: a file, a folder, or all that match."""
    path = os.path.expanduser(word)
    if os.path.lexists(path):
        return [path]
    found = sorted(glob.glob(path))
    if not found:
        raise ErrorKind.SOURCE_NOT_FOUND(path=word)
    return found


def _new(version: Version) -> NewVersion:
    """A version that is said to be changed.

    Raises
    ------
    Conflict
        It is committed.
    """
    from jupyter_gradient_data.client.new_versions import NewVersion

    if not isinstance(version, NewVersion):
        name = version.reference.partition(":")[0]
        raise ErrorKind.VERSION_COMMITTED(reference=version.reference, dataset=name)
    return version


def _to_commit(session: Session, name: str) -> Version | Mount:
    """The version that a name means, or the writable mount of that name; ``/inputs/<name>`` is always a mount.

    Raises
    ------
    Conflict
        There is nothing to commit, or more than one thing.
    """
    mount = _writable_mount(session, name)
    try:
        version = None if name.startswith("/") else find_draft(session, name, "commit")
    except NotFound as error:
        if mount is None or error.kind is not ErrorKind.DATASET_NOT_FOUND:  # a folder may have a name of its own
            raise
        version = None
    if version is not None and mount is not None and ":" not in name:
        raise ErrorKind.DRAFT_UNCLEAR(
            dataset=name,
            versions=f"{version.id}, and what was changed at {mount.path}",
            example=f"`%dataset commit {quoted(version.reference)}` or `%dataset commit {mount.path}`",
        )
    found = version or mount
    if found is None:
        raise ErrorKind.DRAFT_NONE(dataset=quoted(name))
    return found


def _writable_mount(session: Session, name: str) -> Mount | None:
    """The writable mount of this name, or the only one of this dataset."""
    found = [one for one in session.service.list_mounts() if one.is_writable]
    named = [one for one in found if name in (one.name, one.path)]
    of_dataset = [one for one in found if name in (one.dataset, one.dataset_name)]
    if named:
        return named[0]
    return of_dataset[0] if len(of_dataset) == 1 else None


def _commit_mount(session: Session, mount: Mount, message: str | None, tag: str | None) -> Version:
    from jupyter_gradient_data.client.mounts import Mount as Handle

    before = mount.version
    version = Handle(session.service, mount).commit(message or "", tag)
    if version.id == before:
        session.say(f"Nothing was changed in {mount.path}: it is version {version.reference}")
    else:
        session.say(f"Committed dataset version: {version.reference}{_tagged(version)}")
    return version


def _delete_tag(session: Session, reference: str, name: str | None) -> Answer:
    dataset, _, selector = reference.partition(":")
    tag = name or selector
    if not tag:
        raise click.UsageError("It is not said which tag: `%dataset tag NAME:TAG --delete`.")
    session.service.delete_tag(dataset, tag)
    session.say(f"Deleted dataset tag: {dataset}:{tag}")
    return Done(None)


def _list_tags(session: Session, reference: str) -> Answer:
    from jupyter_gradient_data.client.show.tables import Column, Table

    dataset = session.dataset(reference)
    found = dataset.tags
    table = Table([("tag", Column.TEXT), ("version", Column.CODE)], [*found.items()], f"Tags of {dataset.name}")
    tag_latest = f"`%dataset tag {quoted(f'{dataset.name}:latest')} NAME`"
    empty = f"{dataset.name} has no tags. {tag_latest} points one to its newest version."
    return Answer(found, table_view(table, empty=empty))


def _say_next(session: Session, version: Version, is_begun: bool) -> None:
    if is_begun:
        name = version.reference.partition(":")[0]
        session.say(f'To make it last: %dataset commit {quoted(name)} -m "…"')


def _tagged(version: Version) -> str:
    return f" ({', '.join(version.tags)})" if version.tags else ""


def _transferred(files: int, size: int, files_sent: int, bytes_sent: int) -> str:
    return f"{_files(files)} ({_size(size)}); {_files(files_sent)} ({_size(bytes_sent)}) had to be sent"


def _files(count: int) -> str:
    from jupyter_gradient_data.plain import format_count

    return format_count(count, "file")


def _size(count: int) -> str:
    from jupyter_gradient_data.plain import format_size

    return format_size(count)
