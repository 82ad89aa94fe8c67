"""What may stand in the place of an argument: names, versions and paths, asked from the service.

Pressing Tab must not create anything, and pressing it twice must not ask twice: answers are kept for some seconds.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jupyter_gradient_data.client.references import split_reference
from jupyter_gradient_data.errors import GradientDataError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from jupyter_gradient_data.models import FileInfo, Page, Tag

    from .session import Session

T = TypeVar("T")

_FRESH = 5.0  # seconds
_MOST = 200  # candidates; nobody reads more
_PAGE, _PAGES = 1000, 50  # rows asked for at once; how often, at the most, for those that fit

Candidate = tuple[str, str]  # what to type, and what kind of thing it is
Complete = Callable[["click.Context", "click.Parameter", str], "list[CompletionItem]"]

_kept: dict[Hashable, tuple[float, Any]] = {}
_lock = threading.Lock()


def _kept_for_a_while(key: Hashable, ask: Callable[[], T]) -> T:
    with _lock:
        found = _kept.get(key)
    if found is not None and time.monotonic() - found[0] < _FRESH:
        value: T = found[1]
        return value
    value = ask()
    with _lock:
        _kept[key] = time.monotonic(), value
    return value


class _Rows(Generic[T]):
    """A list of the service, asked for as far as somebody looks at it."""

    def __init__(self, fetch: Callable[..., Page[T]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._pages: list[Page[T]] = []

    def __iter__(self) -> Iterator[T]:
        for number in range(_PAGES):
            with self._lock:
                if number == len(self._pages):
                    after = self._pages[-1].next_token if self._pages else None
                    self._pages.append(self._fetch(limit=_PAGE, after=after))
            page = self._pages[number]
            yield from page.items
            if page.next_token is None:
                return


def forget() -> None:
    """Ask anew at the next Tab: a verb has changed something."""
    with _lock:
        _kept.clear()


def _completing(candidates: Callable[[Session, click.Context, str], Iterator[Candidate]]) -> Complete:
    """Turn a generator of candidates into what Click calls."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        session = ctx.find_object(_session_class())
        if session is None or not session.has_state:
            return []
        found: list[CompletionItem] = []
        fitting = (one for one in candidates(session, ctx, incomplete) if one[0].startswith(incomplete))
        with contextlib.suppress(GradientDataError):  # what was found before stays
            found.extend(CompletionItem(value, type=kind) for value, kind in islice(fitting, _MOST))
        return found

    return complete


def _session_class() -> type[Session]:
    from .session import Session

    return Session


# --- datasets, versions, tags -----------------------------------------------------------------------------------------


@_completing
def complete_dataset(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Names of datasets; ids once one is begun."""
    yield from _datasets(session, incomplete)


@_completing
def complete_reference(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Datasets, and after ``:`` their tags and versions."""
    yield from _references(session, incomplete)


@_completing
def complete_tag(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Tags of the dataset that is meant."""
    dataset = split_reference(_first_word(ctx) or session.current or "")[0].partition(":")[0]
    for tag in _tags(session, dataset):
        yield tag.name, "tag"


@_completing
def complete_target(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """References, after ``/`` the paths in their version, and paths in the current dataset."""
    yield from _targets(session, incomplete)


@_completing
def complete_folder_of_dataset(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Folders in the version of the dataset that comes first."""
    words = _words(ctx)
    dataset = words[0] if words and session.is_dataset(words[0]) else session.current
    for path, kind in _files(session, dataset or "", incomplete):
        if path.endswith("/"):
            yield path, kind


@_completing
def complete_mountable(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """References, and public datasets once ``gradient/`` is typed."""
    if incomplete.startswith("gradient/"):
        for dataset in _kept_for_a_while("public", session.service.list_public):
            yield f"gradient/{dataset.name}", "dataset"
    else:
        yield from _references(session, incomplete)


# --- words of put, rm and get -----------------------------------------------------------------------------------------


@_completing
def complete_put(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """A dataset first, then what is on this machine."""
    words = _words(ctx)
    if not words:
        yield from _references(session, incomplete)
    if words or session.current:
        yield from _local_paths(incomplete)


@_completing
def complete_rm(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """A dataset first, then paths in it."""
    words = _words(ctx)
    if not words:
        yield from _references(session, incomplete)
    dataset = words[0] if words and session.is_dataset(words[0]) else session.current
    if dataset:
        yield from _files(session, dataset, incomplete)


@_completing
def complete_get(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """What to get first, then a folder on this machine."""
    if not _words(ctx):
        yield from _targets(session, incomplete)
    else:
        yield from _local_paths(incomplete)


def complete_local_path(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders on this machine."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(path, type=kind) for path, kind in _local_paths(incomplete)]


# --- mounts, outputs, public datasets ---------------------------------------------------------------------------------


@_completing
def complete_mount(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Names of mounts."""
    for mount in _kept_for_a_while("mounts", session.service.list_mounts):
        yield mount.name, "mount"


@_completing
def complete_dataset_or_mount(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Names of mounts and references."""
    for mount in _kept_for_a_while("mounts", session.service.list_mounts):
        yield mount.name, "mount"
    yield from _references(session, incomplete)


@_completing
def complete_output(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Names of outputs."""
    for output in _kept_for_a_while("outputs", session.service.list_outputs):
        yield output.name, "output"


@_completing
def complete_public(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Names of public datasets, with ``gradient/`` before them once that is typed."""
    prefix = "gradient/" if incomplete.startswith("gradient/") else ""
    for dataset in _kept_for_a_while("public", session.service.list_public):
        yield prefix + dataset.name, "dataset"


@_completing
def complete_public_file(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Paths in the public dataset that comes before."""
    name = ctx.params.get("name") or "".join(ctx.args[:1])  # the latter while the value of --file is being typed
    for file in _kept_for_a_while(("public", name), lambda: session.service.get_public(name)).files:
        yield file.path, "path"


@_completing
def complete_provider(session: Session, ctx: click.Context, incomplete: str) -> Iterator[Candidate]:
    """Names of storage providers."""
    for provider in _kept_for_a_while("providers", lambda: _Rows(session.service.list_providers)):
        yield provider.name, "provider"


# --- where they come from ---------------------------------------------------------------------------------------------


def _datasets(session: Session, incomplete: str) -> Iterator[Candidate]:
    found = _kept_for_a_while("datasets", lambda: _Rows(session.service.list_datasets))
    for dataset in found:
        yield dataset.name, "dataset"
    if incomplete.startswith("ds"):
        for dataset in found:
            yield dataset.id, "dataset"


def _references(session: Session, incomplete: str) -> Iterator[Candidate]:
    dataset, colon, _ = incomplete.partition(":")
    if not colon:
        yield from _datasets(session, incomplete)
        return
    meant = dataset or session.current or ""
    tags = _tags(session, meant)
    next(iter(tags), None)  # raises when there is no such dataset: then nothing is offered
    yield f"{dataset}:latest", "version"
    for tag in tags:
        yield f"{dataset}:{tag.name}", "tag"
    fetch = partial(session.service.list_versions, meant, committed=None)
    for version in _kept_for_a_while(("versions", meant), lambda: _Rows(fetch)):
        yield f"{dataset}:{version.version}", "version"


def _tags(session: Session, dataset: str) -> Iterable[Tag]:
    return _kept_for_a_while(("tags", dataset), lambda: _Rows(partial(session.service.list_tags, dataset)))


def _targets(session: Session, incomplete: str) -> Iterator[Candidate]:
    reference, path = split_reference(incomplete)
    if incomplete != reference and session.is_dataset(reference):
        head = incomplete[: len(incomplete) - len(path)]
        for value, kind in _files(session, reference, path):
            yield head + value, kind
        return
    yield from _references(session, incomplete)
    if session.current and not incomplete.startswith(":"):
        yield from _files(session, session.current, incomplete)


def _files(session: Session, reference: str, incomplete: str) -> Iterator[Candidate]:
    """What is in the folder that a path begins with, in the version that may change or the one that is meant."""
    reference = session.full_reference(split_reference(reference)[0])
    folder = incomplete.rpartition("/")[0]

    def ask() -> _Rows[FileInfo]:
        found = _Rows(partial(session.service.list_files, reference, folder))
        try:
            next(iter(found), None)
        except GradientDataError:  # nothing is committed yet: what is in the version that is being made
            versions = session.service.list_versions(reference, committed=False, limit=1).items
            found = _Rows(partial(session.service.list_files, versions[0].reference, folder))
        return found

    for info in _kept_for_a_while(("files", reference, folder), ask):
        yield info.path, "path"


def _local_paths(incomplete: str) -> Iterator[Candidate]:
    folder, slash, begun = incomplete.rpartition("/")
    head = folder + slash
    try:
        entries = sorted(os.scandir(os.path.expanduser(head) or "."), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(begun) and (begun.startswith(".") or not entry.name.startswith(".")):
            yield head + entry.name + ("/" if entry.is_dir() else ""), "path"


def _words(ctx: click.Context) -> tuple[str, ...]:
    """The words of the argument that takes several, as far as they are typed."""
    found = ctx.params.get("words") or ctx.args  # the latter after an option whose value is being typed
    return tuple(found)


def _first_word(ctx: click.Context) -> str | None:
    words = _words(ctx)
    first: str | None = ctx.params.get("reference")
    return first or (words[0] if words else None)
