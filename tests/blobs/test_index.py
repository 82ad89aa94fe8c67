"""The blob index: what is known, what may be reused, and what it takes of the quota, over both databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.blobs.index import Location, StoredBlob
from jupyter_gradient_data.blobs.packs import Encoding, Pack, PackBuilder
from jupyter_gradient_data.errors import QuotaExceeded
from jupyter_gradient_data.stores.database import Database
from tests.blobs.conftest import Place, make_place


def make_pack(*contents: bytes) -> Pack:
    builder = PackBuilder()
    for content in contents:
        builder.add(hash_bytes(content), len(content), Encoding.RAW, content)
    return builder.finish()


def record(place: Place, pack: Pack) -> None:
    with place.index.transaction() as connection:
        place.index.record_pack(connection, pack)


def record_object(place: Place, digest: bytes, size: int) -> None:
    with place.index.transaction() as connection:
        place.index.record_object(connection, digest, size)


def touch(place: Place, hashes: Sequence[bytes]) -> set[bytes]:
    with place.index.transaction() as connection:
        return place.index.touch(connection, hashes)


A, B, C = (hash_bytes(name) for name in (b"a", b"b", b"c"))


def test_blobs_of_a_pack_are_found(place: Place) -> None:
    pack = make_pack(b"a", b"bb")
    record(place, pack)
    assert place.index.find([A, hash_bytes(b"bb"), C]) == {
        A: Location(pack.id, 8, 1, 1, Encoding.RAW),
        hash_bytes(b"bb"): Location(pack.id, 9, 2, 2, Encoding.RAW),
    }
    assert place.index.known([A, C]) == {A}
    assert place.index.all_packs() == {pack.id: len(pack.data)}
    assert place.index.pack_sizes([pack.id, "0" * 64]) == {pack.id: len(pack.data)}


def test_large_blobs_are_found(place: Place) -> None:
    record_object(place, A, 5_000_000_000)
    assert place.index.find([A]) == {A: Location(None, 0, 5_000_000_000, 5_000_000_000, Encoding.RAW)}
    assert place.index.all_packs() == {}


def test_more_blobs_than_go_into_one_statement(place: Place) -> None:
    contents = [b"%d" % number for number in range(1234)]
    pack = make_pack(*contents)
    record(place, pack)
    hashes = [hash_bytes(content) for content in contents]
    assert len(place.index.find(hashes)) == 1234
    assert place.index.known(hashes) == touch(place, hashes) == set(hashes)
    (page,) = place.index.pages()
    assert page == sorted(StoredBlob(blob.hash, pack.id, blob.length) for blob in pack.blobs)


def test_providers_know_nothing_of_each_other(database: Database) -> None:
    one, two = make_place(database, "one"), make_place(database, "two")
    record(one, make_pack(b"a"))
    assert two.index.find([A]) == {}
    assert touch(two, [A]) == two.index.known([A]) == set()
    assert (two.used, list(two.index.pages()), two.index.all_packs()) == (0, [], {})


def test_a_condemned_blob_is_read_but_not_reused_until_it_is_sent_again(place: Place) -> None:
    record(place, make_pack(b"a", b"b"))
    place.condemn(A)
    assert place.index.known([A, B]) == touch(place, [A, B]) == {B}
    assert set(place.index.find([A])) == {A}
    again = make_pack(b"a")
    record(place, again)
    assert place.index.known([A]) == touch(place, [A]) == {A}
    assert place.index.find([A])[A].pack == again.id
    record_object(place, C, 7)
    place.condemn(C)
    assert touch(place, [C]) == set()
    record_object(place, C, 7)
    assert touch(place, [C]) == {C}


def test_what_is_known_stays_where_it_is_when_told_so(place: Place) -> None:
    first = make_pack(b"a")
    record(place, first)
    other = make_pack(b"a", b"b")
    with place.index.transaction() as connection:
        place.index.record_blobs(connection, other.id, len(other.data), other.blobs, quota=False, replace=False)
    assert place.index.find([A])[A].pack == first.id
    assert place.index.find([B])[B].pack == other.id


# --- quota ------------------------------------------------------------------------------------------------------------


def test_each_pack_and_large_blob_counts_once(place: Place) -> None:
    pack = make_pack(b"a", b"b")
    for _ in range(2):
        record(place, pack)
        record_object(place, C, 1000)
    assert place.used == len(pack.data) + 1000


def test_what_does_not_fit_is_not_recorded(place: Place) -> None:
    pack = make_pack(b"a")
    place.set_quota(len(pack.data) + 10)
    record(place, pack)
    for fails in (lambda: record(place, make_pack(b"b")), lambda: record_object(place, B, 11)):
        with pytest.raises(QuotaExceeded, match="the provider"):
            fails()
    with pytest.raises(QuotaExceeded):
        place.index.check_room(11)
    place.index.check_room(10)
    assert place.used == len(pack.data)
    assert place.index.find([B]) == {}
    record_object(place, B, 10)
    record(place, pack)  # known: takes no room


def test_what_is_recovered_is_counted_also_beyond_the_quota(place: Place) -> None:
    pack = make_pack(b"a")
    place.set_quota(1)
    with place.index.transaction() as connection:
        place.index.record_blobs(connection, pack.id, len(pack.data), pack.blobs, quota=False)
        place.index.record_object(connection, B, 1000, quota=False)
    assert place.used == len(pack.data) + 1000


def test_many_clients_together_stay_within_the_quota(place: Place) -> None:
    contents = [b"%04d" % number for number in range(40)]
    size = len(make_pack(contents[0]).data)
    place.set_quota(size * 15)
    start = threading.Barrier(4)

    def client(number: int) -> int:
        start.wait()
        stored = 0
        for content in contents[number::4]:
            try:
                record(place, make_pack(content))
            except QuotaExceeded:
                continue
            stored += 1
        return stored

    with ThreadPoolExecutor(4) as pool:
        stored = sum(pool.map(client, range(4)))
    assert stored == 15
    assert place.used == size * 15
    assert len(place.index.find([hash_bytes(content) for content in contents])) == 15


def test_clients_that_send_the_same_count_it_once(place: Place) -> None:
    pack = make_pack(b"a", b"b", b"c")
    start = threading.Barrier(4)

    def client(_: int) -> None:
        start.wait()
        record(place, pack)
        record_object(place, hash_bytes(b"large"), 1000)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(client, range(4)))
    assert place.used == len(pack.data) + 1000
    assert set(place.index.find([A, B, C])) == {A, B, C}
