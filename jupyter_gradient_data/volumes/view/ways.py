"""Ways to show the volumes to kernels, and which of them can be gone here."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import ViewMode
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS, OUTPUTS, WRITABLE, TeamFolders

from .root_links import LinksFailed, RootLinks

if TYPE_CHECKING:
    from .holder import Holder

INSIDE = "GRADIENT_NAMESPACE"
"""Variable that says in which namespace, of which notebook run, a process was started."""

_MINE = "/proc/self/ns/mnt"


@dataclass(frozen=True)
class Way:
    """How the volumes are shown, why that way, and what could not be had.

    Parameters
    ----------
    mode : ViewMode
        How.
    reason : str
        Why; a sentence without its full stop.
    failure : str
        Why the way that was asked for cannot be gone; empty when it can.
    overlay_fails : str
        Why writable mounts are copies and not overlays; empty when they are overlays.
    """

    mode: ViewMode
    reason: str
    failure: str = ""
    overlay_fails: str = "overlays need a mount namespace"

    @property
    def can_overlay(self) -> bool:
        """Whether writable mounts are overlays; copies otherwise."""
        return not self.overlay_fails


class Places:
    """The folders of one notebook run, and the paths under which kernels see them.

    Parameters
    ----------
    config : Config
        With the way that is wanted.
    folders : TeamFolders
        Where they are.
    protects_cache : bool
        Whether programs in a namespace see the cache read-only: their server mounts for them.
    """

    def __init__(self, config: Config, folders: TeamFolders, *, protects_cache: bool = True) -> None:
        self.config = config
        self._protects_cache = protects_cache
        self.folders = folders
        self.local = {
            "storage": folders.storage(),
            "notebook": folders.notebook(),
            "datasets": folders.mounts(DATASETS),
            "inputs": folders.mounts(INPUTS),
            "outputs": folders.mounts(OUTPUTS),
        }
        self.fixed = {name: Path("/") / name for name in self.local}
        self.writable = folders.mounts(WRITABLE)

    @property
    def run(self) -> Path:
        """The folder of everything this notebook run has mounted."""
        return self.writable.parent

    def seen(self, mode: ViewMode) -> dict[str, Path]:
        """Where kernels find each volume."""
        return self.fixed if mode in (ViewMode.NAMESPACE, ViewMode.LINKS) else self.local

    def links(self) -> RootLinks:
        """Those at ``/``."""
        return RootLinks({str(self.fixed[name]): path for name, path in self.local.items()}, self.folders)

    def start_holder(self) -> Holder:
        """Make namespaces.

        Raises
        ------
        HolderFailed
            That cannot be done here.
        """
        from .holder import Holder, HolderFailed  # here: most commands need none
        from .sandbox.plan import Plan

        if sys.platform != "linux":
            raise HolderFailed(f"there are none on {sys.platform}")
        real = {name: os.path.realpath(path) for name, path in self.local.items()}
        plan = Plan(
            storage=real["storage"],
            notebook=real["notebook"],
            outputs=real["outputs"],
            inputs=real["inputs"],
            datasets=real["datasets"],
            writable=os.path.realpath(self.writable),
            read_only=(os.path.realpath(self.folders.cache()),) if self._protects_cache else (),
        )
        return Holder(plan)

    def foreign(self) -> str:
        """A folder of this machine, with something in it, whose name a volume would take; empty when there is none."""
        team = self.folders.notebooks().parent
        for name, path in self.fixed.items():
            is_public = name == "datasets" and self.folders.public().is_relative_to(path)
            is_ours = team in Path(os.path.realpath(path)).parents  # a link that a server has left
            if os.path.isdir(path) and not is_public and not is_ours and _entries(path):
                return f"{path}, a folder of this machine that is not empty"
        return ""

    def mark(self, number: int) -> str:
        """What `INSIDE` says in a namespace."""
        return f"{number}:{os.path.realpath(self.run)}"

    @property
    def is_inside(self) -> bool:
        """Whether this process sees the volumes already, as one that a kernel has started."""
        try:
            return os.environ.get(INSIDE) == self.mark(os.stat(_MINE).st_ino)
        except OSError:
            return False


def choose(places: Places, *, make_links: bool) -> tuple[Way, Holder | None]:
    """The way that the settings ask for, else the best that works; with the namespaces, when it is those.

    Parameters
    ----------
    places : Places
        What is to be shown.
    make_links : bool
        Whether to make links at ``/`` when it is those; otherwise only see whether they could be.
    """
    wanted = places.config.view
    if wanted == "off":
        return Way(ViewMode.OFF, "GRADIENT_VIEW is off"), None
    if wanted == "environment":
        return Way(ViewMode.ENVIRONMENT, "GRADIENT_VIEW asks for it"), None
    failures = []
    if wanted in ("auto", "namespace"):
        way, holder, failure = _by_namespace(places, forced=wanted != "auto")
        if way is not None:
            return way, holder
        failures.append(failure)
    if wanted in ("auto", "links"):
        failure = _links_fail(places.links(), make=make_links)
        if not failure:
            reason = "GRADIENT_VIEW asks for it" if wanted == "links" else failures[0]
            return Way(ViewMode.LINKS, reason), None
        failures.append(failure)
    if wanted == "auto":
        return Way(ViewMode.ENVIRONMENT, "; ".join(failures)), None
    return Way(ViewMode.ENVIRONMENT, f"GRADIENT_VIEW asks for {wanted}, but {failures[0]}", failures[0]), None


def _by_namespace(places: Places, *, forced: bool) -> tuple[Way | None, Holder | None, str]:
    from .holder import HolderFailed

    foreign = "" if forced else places.foreign()
    if foreign:
        return None, None, f"mount namespaces would hide {foreign}"
    try:
        holder = places.start_holder()
    except HolderFailed as error:
        return None, None, f"mount namespaces cannot be had ({error})"
    kind = "a mount namespace" if holder.user < 0 else "a mount namespace in a user namespace"
    return Way(ViewMode.NAMESPACE, f"kernels and terminals get {kind}", "", holder.overlay_fails), holder, ""


def _links_fail(links: RootLinks, *, make: bool) -> str:
    try:
        links.make() if make else links.check()
    except LinksFailed as error:
        return f"links at / cannot be made ({error})"
    return ""


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # nobody but its owner knows
        return ["?"]
