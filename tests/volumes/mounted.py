"""Mounts as tests look at them: what kernels would see, and what is behind."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from jupyter_gradient_data.models import Mount, MountState
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS, TeamFolders
from tests.service.place import Place, read_tree


def service_of(place: Place) -> LocalService:
    """The service of a place, which has mounts."""
    assert isinstance(place.service, LocalService)
    return place.service


def folders_of(place: Place) -> TeamFolders:
    """Where things are."""
    return TeamFolders(place.repository)


def settings_path(place: Place) -> Path:
    """The settings file of the notebook run."""
    return folders_of(place).notebook() / ".gradient" / "settings.yaml"


def integrations(place: Place) -> dict[str, object]:
    """What the settings file lists."""
    path = settings_path(place)
    return (yaml.safe_load(path.read_text()) or {}).get("integrations") or {} if path.exists() else {}


def write_settings(place: Place, text: str) -> None:
    """What a user writes there."""
    path = settings_path(place)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def seen(place: Place) -> dict[str, dict[str, bytes]]:
    """What is under `/inputs`, and the same under `/datasets`."""
    folders = folders_of(place)
    inputs = {name: read_tree(folders.mounts(INPUTS) / name) for name in os.listdir(folders.mounts(INPUTS))}
    datasets = {name: read_tree(folders.mounts(DATASETS) / name) for name in os.listdir(folders.mounts(DATASETS))}
    assert inputs == {name: datasets[name] for name in inputs}
    return inputs


def uses(place: Place) -> set[str]:
    """Roots in the cache that somebody uses."""
    folder = place.repository.disk_cache.root / "uses"
    return {file.parent.name for file in folder.glob("*/*")}


def mount(place: Place, reference: str, name: str | None = None, *, writable: bool = False) -> Mount:
    """Mount, and check what a mount always is."""
    found = service_of(place).mount(reference, name=name, writable=writable).result()
    assert found.state is MountState.MOUNTED
    assert found.error is None
    assert found.path == f"/inputs/{found.name}"
    assert Path(found.local_path).is_dir()
    return found
