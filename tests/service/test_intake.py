"""Files that come to a server in pieces: promised, resumable, in parts; what was promised is never missing silently."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.datasets import incoming_files
from jupyter_gradient_data.errors import Conflict, ErrorKind
from jupyter_gradient_data.models import FileInfo, VersionState
from jupyter_gradient_data.service.intake import Intake
from tests.service.conftest import EVERYWHERE
from tests.service.place import Place, fails, write_tree

MIB = 1024 * 1024
HERE = [kind for kind in EVERYWHERE if kind != "remote"]  # an intake is what a server has of its own
SIZES = [0, 1, 5000, MIB - 1, MIB, 3 * MIB + 5]


@pytest.fixture(params=HERE)
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    return make_place(request.param)


@pytest.fixture
def local(make_place: Callable[[str], Place]) -> Place:
    return make_place("embedded")


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def intake_of(place: Place) -> Intake:
    return Intake(place.repository)


def folder_of(place: Place) -> Path:
    return place.config.state_path / "incoming"


def left(place: Place) -> list[str]:
    """What still waits on disk."""
    return sorted(os.listdir(folder_of(place))) if folder_of(place).exists() else []


def send(intake: Intake, reference: str, path: str, content: bytes, step: int = MIB) -> str:
    """Begin a resumable upload and send all its bytes."""
    upload = intake.begin(reference, path, size=len(content))
    for at in range(0, len(content), step):
        intake.append(upload.id, at, content[at : at + step])
    return upload.id


def commit(place: Place, reference: str) -> None:
    assert place.service.commit_version(reference).result().state is VersionState.COMMITTED


def unfinished(place: Place, reference: str, *words: str) -> None:
    with fails(ErrorKind.UPLOADS_UNFINISHED, reference, *words):
        place.service.commit_version(reference).result()


# --- promises ---------------------------------------------------------------------------------------------------------


def write(place: Place, reference: str, path: str) -> None:
    place.service.write_file(reference, path, [b"x"])


def put(place: Place, reference: str, path: str) -> None:
    source = write_tree(place.config.state_path / "source", {path: b"x"})
    place.service.put_files(reference, [f"{source}/"]).result()


def put_known(place: Place, reference: str, path: str) -> None:
    place.service.write_file(reference, "same", [b"x"])
    put(place, reference, path)


def upload_whole(place: Place, reference: str, path: str) -> None:
    intake = intake_of(place)
    intake.finish(send(intake, reference, path, b"x"))


def upload_parts(place: Place, reference: str, path: str) -> None:
    intake = intake_of(place)
    upload = intake.begin(reference, path, size=None)
    intake.put_part(upload.id, 1, [noise(MIB)])
    intake.finish(upload.id)


def write_large(place: Place, reference: str, path: str) -> None:
    place.service.write_file(reference, path, [noise(MIB), b"x"])


def delete_folder(place: Place, reference: str, path: str) -> None:
    assert place.service.delete_files(reference, [path.split("/")[0]]).result() == 0


def delete_file(place: Place, reference: str, path: str) -> None:
    assert place.service.delete_files(reference, [path]).result() == 0


def give_up(place: Place, reference: str, path: str) -> None:
    intake_of(place).give_up_file(reference, "not promised")
    intake_of(place).give_up_file(reference, "/" + path)


def delete_all(place: Place, reference: str, path: str) -> None:
    place.service.delete_files(reference, ["/"]).result()


WAYS = [write, put, put_known, write_large, upload_whole, upload_parts, delete_folder, delete_file, give_up, delete_all]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_promise_ends_whichever_way_the_file_comes_or_goes(
    make_place: Callable[[str], Place], way: Callable[[Place, str, str], None]
) -> None:
    for kind in ("embedded", "postgresql-seaweedfs"):
        place = make_place(kind)
        reference = place.version({"there": b"1"}).reference
        intake_of(place).promise_files(reference, ["/a/ü.txt", "b"])
        unfinished(place, reference, "'a/ü.txt'", "'b'")
        way(place, reference, "a/ü.txt")
        if way is not delete_all:
            unfinished(place, reference, "'b'")
            place.service.delete_files(reference, ["b"]).result()
        commit(place, reference)


def test_a_put_of_what_the_version_has_already_keeps_the_promise(place: Place) -> None:
    base = place.committed({"a": b"x"})
    reference = place.version(start_from=base.reference).reference
    intake_of(place).promise_files(reference, ["a"])
    put(place, reference, "a")
    commit(place, reference)


def test_what_is_missing_is_named(local: Place, tmp_path: Path) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    intake.promise_files(reference, [f"{n}" for n in range(9)])
    intake.promise_files(reference, ["3", "0"])  # again: nothing more is missing than before
    intake.begin(reference, "0", size=5)
    unfinished(local, reference, "the upload of '0', '1', '2' and 6 more files did not finish")
    local.service.delete_files(reference, [f"{n}" for n in range(2, 9)]).result()
    unfinished(local, reference, "the upload of '0', '1' did not finish")
    done = local.service.commit_version(reference, abandon_uploads=True).result()
    assert done.files == 0


def test_an_expired_promise_is_still_one(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded", signed_seconds=0)
    reference = place.version().reference
    intake_of(place).promise_files(reference, ["a"])
    unfinished(place, reference, "'a'")


def test_nothing_is_promised_to_a_version_that_takes_no_files(local: Place) -> None:
    reference = local.committed({"a": b"1"}).reference
    intake = intake_of(local)
    with fails(ErrorKind.VERSION_COMMITTED):
        intake.promise_files(reference, ["b"])
    with fails(ErrorKind.VERSION_COMMITTED):
        intake.begin(reference, "b", size=1)
    with fails(ErrorKind.VERSION_COMMITTED):
        intake.open_file(reference, "b")
    with fails(ErrorKind.VERSION_MISSING):
        intake.promise_files("data", ["b"])
    other = local.version().reference
    for path in ("../a", "a//b", "x\0"):
        with fails(ErrorKind.INVALID_PATH):
            intake.promise_files(other, ["fine", path])
        with fails(ErrorKind.INVALID_PATH):
            intake.begin(other, path, size=1)
    commit(local, other)
    assert left(local) == []


# --- resumable --------------------------------------------------------------------------------------------------------


def test_files_of_all_sizes_arrive(place: Place) -> None:
    reference = place.version().reference
    intake = intake_of(place)
    contents = {f"dir/{size}": noise(size) for size in SIZES}
    for path, content in contents.items():
        upload = send(intake, reference, path, content, step=700_000)
        assert intake.get(upload).offset == len(content)
        assert [waiting.id for waiting in intake.list(reference)] == [upload]
        info = intake.finish(upload)
        assert info == FileInfo(path, len(content), hash_bytes(content).hex())
        assert intake.list(reference) == ()
    assert place.contents(reference) == contents
    commit(place, reference)
    assert place.service.verify(read_data=True).result().ok
    assert left(place) == []


def test_an_upload_goes_on_after_a_restart(place: Place) -> None:
    reference = place.version().reference
    content = noise(2 * MIB)
    begun = intake_of(place).begin(reference, "a", size=len(content), executable=True, details={"note": "ü"})
    intake_of(place).append(begun.id, 0, content[:MIB])
    place.reopen()
    intake = intake_of(place)
    upload = intake.get(begun.id)
    assert (upload.offset, upload.size, upload.path, upload.reference) == (MIB, 2 * MIB, "a", reference)
    assert upload.executable
    assert upload.created == begun.created
    assert intake.details(begun.id) == {"note": "ü"}
    intake.append(begun.id, MIB, content[MIB:])
    assert intake.finish(begun.id).executable
    assert place.contents(reference) == {"a": content}


def test_only_what_follows_is_accepted(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload = intake.begin(reference, "a", size=10).id
    intake.append(upload, 0, b"0123")
    for offset in (0, 3, 5, -1):
        with fails(ErrorKind.UPLOAD_OFFSET, "has 4 bytes"):
            intake.append(upload, offset, b"x")
    with fails(ErrorKind.UPLOAD_TOO_LONG, "10 bytes"):
        intake.append(upload, 4, b"4567890")
    with fails(ErrorKind.UPLOAD_INCOMPLETE, "4 of 10 bytes"):
        intake.finish(upload)
    with fails(ErrorKind.UPLOAD_OFFSET):
        intake.truncate(upload, 5)
    assert intake.truncate(upload, 2).offset == 2
    intake.append(upload, 2, b"23456789")
    with fails(ErrorKind.INVALID_REQUEST):
        intake.put_part(upload, 1, [b"x"])
    with fails(ErrorKind.INVALID_REQUEST):
        intake.finish(upload, [(1, "x")])
    info = intake.finish(upload)
    assert intake.finish(upload) == info  # the first answer was lost
    assert intake.get(upload).offset == 10
    assert local.contents(reference) == {"a": b"0123456789"}


def test_unknown_uploads(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    intake.promise_files(reference, ["a"])
    promised = hash_bytes(b"1/a").hex()
    for upload in ("", "..", "a/b", "0" * 32, promised):
        for work in (intake.get, intake.finish, intake.cancel, intake.parts, intake.details):
            with fails(ErrorKind.UPLOAD_NOT_FOUND):
                work(upload)
        with fails(ErrorKind.UPLOAD_NOT_FOUND):
            intake.append(upload, 0, b"")


def test_a_cancelled_upload_is_forgotten(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload = send(intake, reference, "a", b"123")
    intake.cancel(upload)
    for work in (intake.get, intake.finish, intake.cancel):
        with fails(ErrorKind.UPLOAD_NOT_FOUND):
            work(upload)
    assert left(local) == []
    commit(local, reference)


def test_a_file_that_is_deleted_or_written_another_way_ends_its_upload(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    deleted, written = send(intake, reference, "x/a", b"123"), send(intake, reference, "b", b"123")
    local.service.delete_files(reference, ["x"]).result()
    local.service.write_file(reference, "b", [b"other"])
    for upload in (deleted, written):
        with fails(ErrorKind.UPLOAD_NOT_FOUND):
            intake.finish(upload)
    assert local.contents(reference) == {"b": b"other"}
    commit(local, reference)


def test_an_upload_that_was_given_up_says_that_its_version_is_committed(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload, parts = send(intake, reference, "a", b"123"), intake.begin(reference, "b", size=None).id
    part = intake.begin_part(parts, 1)
    local.service.commit_version(reference, abandon_uploads=True).result()
    with fails(ErrorKind.VERSION_COMMITTED):
        intake.append(upload, 3, b"")
    for work in (intake.finish, intake.get):
        with fails(ErrorKind.VERSION_COMMITTED):
            work(upload)
    with fails(ErrorKind.VERSION_COMMITTED):
        intake.begin_part(parts, 1)
    part.drop()
    assert local.contents(reference) == {}
    assert intake.expire() == 2
    assert left(local) == []


def test_what_was_announced_is_checked(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    good = intake.begin(reference, "a", size=3, details={"hash": hash_bytes(b"123").hex().upper()}).id
    bad = intake.begin(reference, "b", size=3, details={"hash": hash_bytes(b"12").hex()}).id
    for upload in (good, bad):
        intake.append(upload, 0, b"123")
    intake.finish(good)
    with fails(ErrorKind.CONTENT_UNEXPECTED, "'b'"):
        intake.finish(bad)
    with fails(ErrorKind.UPLOAD_NOT_FOUND):
        intake.append(bad, 0, b"123")
    assert left(local) == []
    unfinished(local, reference, "'b'")
    for value in ("12", 7, "x" * 64):
        with fails(ErrorKind.INVALID_OPTION):
            intake.begin(reference, "c", size=3, details={"hash": value})
    with fails(ErrorKind.INVALID_OPTION):
        intake.begin(reference, "c", size=-1)


def test_known_content_is_not_sent(place: Place) -> None:
    small, large = noise(5000), noise(2 * MIB)
    reference = place.version({"small": small, "large": large}).reference
    intake = intake_of(place)
    before = place.stored
    for path, content in (("a", small), ("b", large)):
        intake.finish(send(intake, reference, path, content))
    assert place.stored == before
    assert place.contents(reference) == {"small": small, "large": large, "a": small, "b": large}


def test_what_does_not_fit_the_quota(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded", managed_quota=3 * MIB)
    known = noise(2 * MIB)
    reference = place.version({"a": known}).reference
    intake = intake_of(place)
    with fails(ErrorKind.QUOTA_EXCEEDED, "2,097,152 bytes of new data"):
        intake.begin(reference, "b", size=2 * MIB)
    same = intake.begin(reference, "b", size=2 * MIB, details={"hash": hash_bytes(known).hex()}).id
    intake.append(same, 0, known)
    intake.finish(same)
    parts = intake.begin(reference, "c", size=None).id
    part = intake.put_part(parts, 1, [noise(2 * MIB, 2)])
    with fails(ErrorKind.QUOTA_EXCEEDED):
        intake.finish(parts, [(1, part.etag)])
    place.service.update_provider("Gradient Managed", quota_bytes=9 * MIB)
    intake.finish(parts, [(1, part.etag)])  # what has arrived was kept
    assert place.contents(reference) == {"a": known, "b": known, "c": noise(2 * MIB, 2)}


def test_a_full_disk_keeps_the_offset_true(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload = intake.begin(reference, "a", size=100).id
    intake.append(upload, 0, b"0" * 50)
    pwrite = os.pwrite

    def full(file: int, data: memoryview, at: int) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(file, data[: len(data) // 2], at)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with fails(ErrorKind.DISK_FULL):
            intake.append(upload, 50, b"1" * 50)
        writer = intake.open_file(reference, "b")
        with fails(ErrorKind.DISK_FULL):
            writer.append(noise(MIB))
        writer.close()
    assert intake.get(upload).offset == 50
    intake.append(upload, 50, b"2" * 50)
    intake.finish(upload)
    assert local.contents(reference) == {"a": b"0" * 50 + b"2" * 50}
    assert left(local) == []


def test_of_many_who_append_at_once_one_wins(local: Place) -> None:
    reference = local.version().reference
    intakes = [intake_of(local), intake_of(local)]  # as in two servers on one state directory
    upload = intakes[0].begin(reference, "a", size=8 * 1000).id

    def append(number: int) -> bytes | None:
        piece = bytes([number]) * 1000
        try:
            intakes[number % 2].append(upload, 0, piece)
        except Conflict:
            return None
        return piece

    with ThreadPoolExecutor(8) as threads:
        (first,) = filter(None, threads.map(append, range(8)))
    intakes[0].append(upload, 1000, b"x" * 7000)
    with ThreadPoolExecutor(4) as threads:  # and of many who finish all get the same answer, or learn that it is over
        list(threads.map(lambda _: intakes[0].finish(upload), range(4)))
    assert local.contents(reference) == {"a": first + b"x" * 7000}


# --- parts ------------------------------------------------------------------------------------------------------------


def test_parts_in_any_order_at_once(place: Place) -> None:
    reference = place.version().reference
    intake = intake_of(place)
    upload = intake.begin(reference, "a", size=None)
    assert (upload.size, upload.offset) == (None, 0)
    pieces = {number: noise(200_000 + number, number) for number in (10_000, 7, 1, 300, 2)}
    with ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(lambda item: intake.put_part(upload.id, item[0], [item[1]]), pieces.items()))
    assert {part.number: part.etag for part in sent} == {
        number: hashlib.md5(piece, usedforsecurity=False).hexdigest() for number, piece in pieces.items()
    }
    assert list(intake.parts(upload.id)) == sorted(sent, key=lambda part: part.number)
    place.reopen()
    intake = intake_of(place)
    intake.finish(upload.id, [(part.number, f'"{part.etag}"') for part in sorted(sent, key=lambda part: part.number)])
    assert place.contents(reference) == {"a": b"".join(pieces[number] for number in sorted(pieces))}
    assert left(place) == []


def test_a_list_of_parts_that_is_wrong_names_the_part(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload = intake.begin(reference, "a", size=None).id
    with fails(ErrorKind.UPLOAD_INCOMPLETE, "no parts"):
        intake.finish(upload)
    first, old = intake.put_part(upload, 1, [b"1"]), intake.put_part(upload, 2, [b"old"])
    new = intake.put_part(upload, 2, [b"n", b"ew"])
    one, two = (1, first.etag), (2, new.etag)
    wrong = {
        "no parts": [],
        "part 3 has not arrived": [one, two, (3, new.etag)],
        "part 2 has another ETag": [one, (2, old.etag)],
        "part 1 is named after part 2": [two, one],
        "part 1 is named after part 1": [one, one],
    }
    for reason, parts in wrong.items():
        with fails(ErrorKind.UPLOAD_INCOMPLETE, "'a'", reason):
            intake.finish(upload, parts)
    for number in (0, -1, 10_001):
        with fails(ErrorKind.INVALID_OPTION, str(number)):
            intake.put_part(upload, number, [b""])
    with fails(ErrorKind.INVALID_REQUEST):
        intake.append(upload, 0, b"x")
    assert left(local) == [upload]
    intake.put_part(upload, 5, [b"not wanted"])
    intake.finish(upload, [one, two])
    with fails(ErrorKind.UPLOAD_NOT_FOUND):
        intake.put_part(upload, 3, [b"late"])
    assert local.contents(reference) == {"a": b"1new"}


def test_a_part_that_breaks_off_does_not_count(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload = intake.begin(reference, "a", size=None).id
    intake.put_part(upload, 1, [b"whole"])

    def broken() -> object:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        intake.put_part(upload, 1, broken())  # type: ignore[arg-type]
    late = intake.begin_part(upload, 2)
    intake.append_part(late, b"late")
    intake.finish(upload)
    with fails(ErrorKind.UPLOAD_NOT_FOUND):
        intake.end_part(late)
    intake.drop_part(late)
    assert local.contents(reference) == {"a": b"whole"}
    assert left(local) == []


# --- expiry -----------------------------------------------------------------------------------------------------------


def test_what_expires_is_freed_and_still_missed(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded")
    reference = place.version().reference
    intake = intake_of(place)
    kept = send(intake, reference, "kept", b"123")
    place.config = dataclasses.replace(place.config, upload_days=0)
    place.reopen()
    intake = intake_of(place)
    for size in (3, None):
        with fails(ErrorKind.UPLOAD_NOT_FOUND):
            intake.begin(reference, f"over {size}", size=size)
    assert [upload.id for upload in intake.list(reference)] == [kept]
    assert intake.expire() == 2
    assert left(place) == [kept]
    intake.finish(kept)
    unfinished(place, reference, "'over 3', 'over None'")
    place.service.delete_files(reference, ["over 3"]).result()
    place.service.write_file(reference, "over None", [b"another way"])
    commit(place, reference)


def test_leftovers_are_swept_when_they_are_old(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    upload = send(intake, reference, "a", b"123")
    young, old, file = (folder_of(local) / name for name in ("1" * 32, "2" * 32, "file-3"))
    for folder in (young, old):
        incoming_files.make(folder, parts=False)
    file.write_bytes(b"left by a server that was killed")
    for path in (old, file):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    assert intake.expire() == 2
    assert left(local) == sorted([upload, young.name])
    assert (folder_of(local).stat().st_mode & 0o777) == 0o700
    assert ((folder_of(local) / upload / "data").stat().st_mode & 0o777) == 0o600


# --- the local store --------------------------------------------------------------------------------------------------


def test_a_large_file_is_not_copied_on_the_same_file_system(local: Place) -> None:
    reference = local.version().reference
    intake = intake_of(local)
    content = noise(2 * MIB)
    upload = send(intake, reference, "a", content)
    inode = (folder_of(local) / upload / "data").stat().st_ino
    intake.finish(upload)
    blobs = list((local.config.state_path / "managed").glob("t*/blobs/*/*"))
    assert [blob.stat().st_ino for blob in blobs] == [inode]
    assert [blob.stat().st_nlink for blob in blobs] == [1]


def test_what_the_store_adopted_is_never_written_to(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a finish that failed late, nobody can shorten the file that the store may hold."""
    reference = local.version().reference
    intake = intake_of(local)
    content = noise(2 * MIB)
    upload = send(intake, reference, "a", content)
    repository = local.repository
    index = repository.blobs(repository.providers.row(None).key).index
    with monkeypatch.context() as patched:
        patched.setattr(index, "record_object", lambda *_: (_ for _ in ()).throw(ErrorKind.CANCELLED()))
        with fails(ErrorKind.CANCELLED):
            intake.finish(upload)
    for offset in (0, 5, 2 * MIB):
        with fails(ErrorKind.UPLOAD_OFFSET):
            intake.truncate(upload, offset)
    with fails(ErrorKind.UPLOAD_OFFSET):
        intake.append(upload, 2 * MIB, b"")
    assert intake.get(upload).offset == 2 * MIB
    intake.finish(upload)
    assert local.contents(reference) == {"a": content}
    assert local.service.verify(read_data=True).result().ok
