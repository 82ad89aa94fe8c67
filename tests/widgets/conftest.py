"""Widgets on a dataset of flowers: two committed versions, the first one tagged, and one that is not committed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_gradient_data.config import Config
from tests.client.conftest import jgd, local_jgd, make_place, one_check_per_bucket, place
from tests.service.place import Place
from tests.support import flowers

__all__ = ["jgd", "local_jgd", "make_place", "one_check_per_bucket", "place"]


@dataclass
class Garden:
    """The package, the service below it, and the ids of the versions."""

    jgd: ModuleType
    place: Place
    first: str
    second: str
    open: str


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str, str]]:
    """A state with the dataset, made once, and the ids of its versions."""
    state = tmp_path_factory.mktemp("planted") / "state"
    place = Place(Config(state_dir=state, author="tester"))
    versions = plant(place)
    place.close()
    return state, versions


@pytest.fixture
def embedded(planted: tuple[Path, tuple[str, str, str]], make_place: Callable[[str], Place], tmp_path: Path) -> Place:
    """A copy of it, in this process."""
    shutil.copytree(planted[0], tmp_path / "state-1", symlinks=True)  # where `make_place` makes its first one
    return make_place("embedded")


@pytest.fixture
def garden(planted: tuple[Path, tuple[str, str, str]], local_jgd: ModuleType, embedded: Place) -> Garden:
    """The package, working on that."""
    return Garden(local_jgd, embedded, *planted[1])


def plant(place: Place) -> tuple[str, str, str]:
    """Make the dataset; returns the ids of its versions."""
    first = place.committed(flowers.first_photos(), "flowers", message="First photos")
    place.service.set_tag(first.reference, "baseline")
    changed = {
        "train.csv": flowers.table(320, taller=5.0),
        "photos/red/rose.png": flowers.picture(160, 120, (240, 90, 60)),
        "photos/page.html": b"<script>alert('no')</script>",
        **{f"many/{number:03}.txt": b"%d\n" % number for number in range(45)},
    }
    second = place.version(changed, "flowers", start_from=first.reference, message="Measured again")
    place.service.delete_files(second.reference, ["labels.json"]).result()
    place.service.commit_version(second.reference).result()
    draft = place.version({"draft.txt": b"not yet"}, "flowers", start_from=second.reference)
    place.dataset("speech")
    return first.version, second.version, draft.version
