"""What may keep the product from working on this machine, looked at one by one."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import entry_points

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import ViewMode
from jupyter_gradient_data.stores.database import filesystem_of
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.measuring import free_bytes
from jupyter_gradient_data.volumes.view.records import current_way
from jupyter_gradient_data.volumes.view.ways import Places

_LITTLE = 1024**3  # bytes left with which one may soon not get far


class Mark(str, Enum):
    """How one check ended."""

    GOOD = "good"
    LESS = "less"  # works, but with less than there could be
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    what : str
        Which.
    found : str
        What was found, in a sentence.
    advice : str
        What to do; empty when there is nothing to do.
    """

    what: str
    mark: Mark
    found: str
    advice: str = ""


def examine(config: Config) -> Iterator[Check]:
    """Everything on this machine, whatever fails: the state directory, the database, how kernels see the volumes."""
    if config.url:
        yield from _server(config)
        return
    yield _state(config)
    yield _room(config)
    try:
        repository = Repository(config)
    except GradientDataError as error:
        yield Check("Database", Mark.BAD, error.message, error.hint)
        return
    with closing(repository):
        folders = TeamFolders(repository)
        for check in (_database, _kernels, _hard_links):
            yield from _guarded(check, config, repository, folders)
    yield _provisioner()
    yield _git(config)


def _guarded(
    check: Callable[[Config, Repository, TeamFolders], Iterator[Check]],
    config: Config,
    repository: Repository,
    folders: TeamFolders,
) -> Iterator[Check]:
    try:
        yield from check(config, repository, folders)
    except (GradientDataError, OSError) as error:
        hint = error.hint if isinstance(error, GradientDataError) else "Mend it, then look again."
        yield Check(check.__name__.strip("_").replace("_", " ").capitalize(), Mark.BAD, str(error), hint)


def _state(config: Config) -> Check:
    folder = config.state_path
    probe = folder / f".doctor-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        advice = "Give its owner the right to write, or choose another with GRADIENT_STATE_DIR."
        return Check("State directory", Mark.BAD, f"{folder} cannot be written: {error.strerror}.", advice)
    return Check("State directory", Mark.GOOD, f"{folder} is writable; its file system is {filesystem_of(folder)}.")


def _room(config: Config) -> Check:
    free = free_bytes(config.state_path)
    if free is None:
        return Check("Free space", Mark.LESS, "The file system does not say how much room it has.")
    found = f"{free / _LITTLE:,.1f} GiB are free in the state directory."
    if free < _LITTLE:
        return Check("Free space", Mark.BAD, found, "Make room: `gradient du` and `gradient cache` show what takes it.")
    return Check("Free space", Mark.GOOD, found)


def _database(config: Config, repository: Repository, folders: TeamFolders) -> Iterator[Check]:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[repository.database.engine.dialect.name]
    yield Check("Database", Mark.GOOD, f"{kind} answers; the team is {repository.team}.")


def _kernels(config: Config, repository: Repository, folders: TeamFolders) -> Iterator[Check]:
    way = current_way(Places(config, folders))
    found = f"They see the volumes by {way.mode.value}: {way.reason}."
    if way.failure:
        yield Check("Kernels", Mark.BAD, found, "Choose another way with GRADIENT_VIEW, or leave it at auto.")
    elif way.mode is ViewMode.NAMESPACE or config.view == way.mode.value:
        yield Check("Kernels", Mark.GOOD, found)
    else:
        yield Check("Kernels", Mark.LESS, found, "docs/operators/kernels.md says what mount namespaces need.")
    if way.can_overlay:
        yield Check("Overlays", Mark.GOOD, "Writable mounts cost nothing until files are changed.")
    else:
        found = f"Writable mounts are whole copies: {way.overlay_fails}."
        yield Check("Overlays", Mark.LESS, found)


def _hard_links(config: Config, repository: Repository, folders: TeamFolders) -> Iterator[Check]:
    managed = config.state_path / "managed"
    if Places(config, folders).is_inside:
        yield Check(
            "Hard links", Mark.GOOD, "Not to be tried from here: kernels and terminals see the cache read-only."
        )
        return
    if not managed.is_dir():
        yield Check("Hard links", Mark.GOOD, "Gradient Managed holds nothing yet that the cache could share.")
        return
    name = f".doctor-{secrets.token_hex(4)}"
    source, target = managed / name, folders.cache() / name
    try:
        source.write_bytes(b"")
        os.link(source, target)
    except OSError as error:
        found = f"The cache cannot share files with Gradient Managed: {error.strerror}. Mounted files are stored twice."
        yield Check("Hard links", Mark.LESS, found, "Have both on one file system, if room is short.")
    else:
        yield Check("Hard links", Mark.GOOD, "The cache shares files with Gradient Managed.")
    finally:
        for path in (source, target):
            with suppress(OSError):
                path.unlink()


def _provisioner() -> Check:
    if not entry_points(group="jupyter_client.kernel_provisioners", name="gradient"):
        found = "Jupyter does not find the provisioner, so kernels start without the volumes."
        return Check("Provisioner", Mark.BAD, found, "Install the package again in the environment of JupyterLab.")
    chosen = os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME", "gradient")
    if chosen != "gradient":
        found = f"Kernels are started by {chosen}, as JUPYTER_DEFAULT_PROVISIONER_NAME says, without the volumes."
        return Check("Provisioner", Mark.LESS, found, "Unset it to have the volumes in kernels.")
    return Check("Provisioner", Mark.GOOD, "Jupyter finds it.")


def _git(config: Config) -> Check:
    program = shutil.which("git")
    if program is None:
        mark = Mark.BAD if config.workspace_url else Mark.LESS
        return Check("git", mark, "It is not installed.", "Install git to have a repository in /notebook.")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return Check("git", Mark.GOOD if done.returncode == 0 else Mark.BAD, f"{done.stdout.strip() or program}.")


def _server(config: Config) -> Iterator[Check]:
    from .opening import open_service

    try:
        with closing(open_service(config)) as service:
            volumes = service.list_volumes()
    except GradientDataError as error:
        yield Check("Server", Mark.BAD, error.message, error.hint)
        return
    yield Check("Server", Mark.GOOD, "It answers.")
    good = volumes.mode is ViewMode.NAMESPACE
    found = f"They see the volumes by {volumes.mode.value}: {volumes.reason}"
    yield Check("Kernels", Mark.GOOD if good else Mark.LESS, found)
