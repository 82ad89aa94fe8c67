"""Widgets on a dataset of flowers: two committed versions, the first one tagged, and one that is not committed."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import pytest

from tests.client.conftest import embedded, jgd, local_jgd, make_place, one_check_per_bucket, place
from tests.service.place import Place
from tests.support import flowers

__all__ = ["embedded", "jgd", "local_jgd", "make_place", "one_check_per_bucket", "place"]


@dataclass
class Garden:
    """The package, the service below it, and the ids of the versions."""

    jgd: ModuleType
    place: Place
    first: str
    second: str
    open: str


@pytest.fixture
def garden(local_jgd: ModuleType, embedded: Place) -> Garden:
    """In this process."""
    return plant(local_jgd, embedded)


def plant(jgd: ModuleType, place: Place) -> Garden:
    """Make the dataset."""
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
    open_ = place.version({"draft.txt": b"not yet"}, "flowers", start_from=second.reference)
    place.dataset("speech")
    return Garden(jgd, place, first.version, second.version, open_.version)
