"""A quota is held to before anything is sent, and stops writing only."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, QuotaExceeded
from tests.service.place import Place, fails, write_tree

KIB = 1024


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def limited(make_place: Callable[..., Place], kind: str = "embedded", quota: int = 100 * KIB) -> Place:
    place = make_place(kind)
    place.dataset()
    place.service.update_provider(place.provider or "Gradient Managed", quota_bytes=quota)
    return place


def used(place: Place) -> int:
    return place.service.get_provider(place.provider or "Gradient Managed").used_bytes


def test_what_does_not_fit_is_not_sent(make_place: Callable[..., Place], tmp_path: Path) -> None:
    for kind in ("embedded", "postgresql-seaweedfs"):
        place = limited(make_place, kind)
        version = place.version({"a": b"1"})
        sent, before = place.stored, used(place)
        for name, files in (
            ("many", {f"{n}": noise(10 * KIB, n) for n in range(11)}),
            ("large", {"large": noise(2 * KIB * KIB)}),
        ):
            source = write_tree(tmp_path / kind / name, files)
            with fails(ErrorKind.QUOTA_EXCEEDED, "102,400 bytes"):
                place.service.put_files(version.reference, [f"{source}/"]).result()
        with fails(ErrorKind.QUOTA_EXCEEDED, "200,000 bytes"):
            place.service.write_file(version.reference, "b", [noise(200_000)])
        assert place.stored == sent
        assert used(place) == before
        assert place.contents(version.reference) == {"a": b"1"}


def test_reading_and_deleting_go_on(make_place: Callable[..., Place], tmp_path: Path) -> None:
    place = limited(make_place)
    done = place.committed({"a": noise(60 * KIB)})
    place.service.update_provider("Gradient Managed", quota_bytes=1)
    assert place.read(done.reference, "a") == noise(60 * KIB)
    place.service.get_files(done.reference, [], tmp_path / "out").result()
    child = place.version(start_from=done.reference)
    place.service.write_file(child.reference, "copy", [noise(60 * KIB)])  # known bytes are no new bytes
    place.service.delete_files(child.reference, ["a"]).result()
    with fails(ErrorKind.QUOTA_EXCEEDED):
        place.service.write_file(child.reference, "b", [b"new"])
    assert place.reopen().get_version(done.reference) == done
    place.service.delete_version(child.reference)
    place.service.delete_dataset("data")


def test_only_new_bytes_count(make_place: Callable[..., Place], tmp_path: Path) -> None:
    place = limited(make_place)
    source = write_tree(tmp_path / "source", {f"{n}": noise(10 * KIB, n) for n in range(8)}, old=True)
    version = place.version()
    place.service.put_files(version.reference, [f"{source}/"]).result()
    place.service.commit_version(version.reference).result()
    assert 80 * KIB <= used(place) < 95 * KIB
    write_tree(source, {"9": noise(3 * KIB, 99), "copy": noise(10 * KIB, 1)})
    child = place.version(start_from=version.reference)
    place.service.put_files(child.reference, [f"{source}/"], "again").result()
    assert len(place.files(child.reference)) == 18
    assert used(place) <= 100 * KIB


def test_the_uploads_of_many_clients_together_stay_below(make_place: Callable[..., Place]) -> None:
    place = limited(make_place, "postgresql-embedded")
    version = place.version()

    def write(number: int) -> bool:
        try:
            place.service.write_file(version.reference, f"{number}", [noise(20 * KIB, number)])
        except QuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        arrived = sum(pool.map(write, range(8)))
    assert arrived == 4  # each takes 20 KiB and a footer
    assert used(place) <= 100 * KIB
    assert len(place.files(version.reference)) == arrived


def test_a_copy_from_another_provider_counts(make_place: Callable[..., Place]) -> None:
    place = make_place("sqlite-seaweedfs")
    place.service.create_dataset("from")
    place.dataset("to")
    place.committed({"a": noise(60 * KIB), "b": noise(60 * KIB, 2)}, "from")
    place.service.update_provider(place.provider or "", quota_bytes=100 * KIB)
    with fails(ErrorKind.QUOTA_EXCEEDED):
        place.service.create_version("to", start_from="from")
    assert place.service.list_versions("to", committed=None).items == ()
    place.service.update_provider(place.provider or "", quota_bytes=0)
    place.service.create_version("to", start_from="from")
