"""What the shell may offer for an argument: dataset references, providers and paths, asked from the service.

A shell that completes a line must never see an error or wait for long, and pressing TAB must not create anything.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .output import Fetch, pages
from .session import Session

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from jupyter_gradient_data.service.api import DataService

T = TypeVar("T")

_PATIENCE = 3  # seconds
_MOST = 200  # candidates; nobody reads more

Candidates = Iterator[tuple[str, str]]  # what to type, what it is


def _quietly(candidates: Callable[[DataService, click.Context, str], Candidates]) -> Callable[..., Any]:
    """Turn a generator of candidates into what Click calls, silent on every failure."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # here: only a completing shell needs it

        session = Session()
        session.settings = dict(ctx.find_root().params)
        found: list[CompletionItem] = []
        try:
            if _has_state(session):
                with _within(_PATIENCE):
                    for value, what in candidates(session.service, ctx, incomplete):
                        if value.startswith(incomplete):
                            found.append(CompletionItem(value, help=what))
                            if len(found) == _MOST:
                                break
        except Exception:  # noqa: S110  # whatever it is, the shell must not show it; what was found is offered
            pass
        finally:
            session.close(environment={})
        return found

    return complete


def _has_state(session: Session) -> bool:
    config = session.config
    return bool(config.url) or config.database_url is not None or config.state_path.is_dir()


@contextlib.contextmanager
def _within(seconds: int) -> Iterator[None]:
    """Give up what takes longer, as asking a server that does not answer."""

    def stop(signal_number: int, frame: object) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _items(fetch: Fetch[T]) -> Iterator[T]:
    return (item for page in pages(fetch) for item in page.items)


class _TooSlowError(Exception):
    """Nobody who pressed TAB is still waiting."""


@_quietly
def complete_dataset(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Ids and names of datasets."""
    yield from _datasets(service)


@_quietly
def complete_version(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Datasets, and after ``:`` their versions and tags."""
    dataset, colon, _ = incomplete.partition(":")
    if not colon:
        for value, what in _datasets(service):
            yield f"{value}:", what
        return
    yield f"{dataset}:latest", "newest committed version"
    for tag in _items(partial(service.list_tags, dataset)):
        yield f"{dataset}:{tag.name}", f"tag of {tag.version}"
    for version in _items(partial(service.list_versions, dataset, committed=None)):
        yield f"{dataset}:{version.version}", version.message or version.state.value


@_quietly
def complete_tag(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Datasets, and after ``:`` their tags."""
    dataset, colon, _ = incomplete.partition(":")
    if not colon:
        for value, what in _datasets(service):
            yield f"{value}:", what
        return
    for tag in _items(partial(service.list_tags, dataset)):
        yield f"{dataset}:{tag.name}", f"tag of {tag.version}"


@_quietly
def complete_provider(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Ids and names of storage providers."""
    for provider in _items(service.list_providers):
        yield provider.id, provider.name
        yield provider.name, provider.id


@_quietly
def complete_file(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Paths in the version that ``--id`` names."""
    folder = incomplete.rpartition("/")[0]
    for info in _items(partial(service.list_files, ctx.params["reference"], folder)):
        yield info.path, ""


@_quietly
def complete_mount(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Names of mounts."""
    for mount in service.list_mounts():
        yield mount.name, mount.reference


@_quietly
def complete_output(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Names of outputs."""
    for output in service.list_outputs():
        yield output.name, output.dataset_name


@_quietly
def complete_public(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Names of public datasets, with ``gradient/`` before them once that is typed."""
    prefix = "gradient/" if incomplete.startswith("gradient/") else ""
    for dataset in service.list_public():
        yield prefix + dataset.name, dataset.title


@_quietly
def complete_public_file(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Paths in the public dataset that comes before."""
    for file in service.get_public(ctx.params["name"]).files:
        yield file.path, ""


@_quietly
def complete_notebook(service: DataService, ctx: click.Context, incomplete: str) -> Candidates:
    """Names of notebook runs."""
    for notebook in service.list_notebooks():
        yield notebook.name, notebook.local_path


def _datasets(service: DataService) -> Candidates:
    for dataset in _items(service.list_datasets):
        yield dataset.id, dataset.name
        yield dataset.name, dataset.id
