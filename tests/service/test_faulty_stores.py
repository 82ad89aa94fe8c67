"""A store that misbehaves in the middle of a put, commit or get: one clear error, and the same command finishes it."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ProviderKind, S3Config, VersionState
from jupyter_gradient_data.stores import providers
from jupyter_gradient_data.stores.retry import RetryingStore
from tests.service.place import Place, fails, read_tree, write_tree
from tests.support.faulty_http import (
    Answer,
    Fault,
    FaultyServer,
    HalfReply,
    LoseReply,
    Request,
    Reset,
    faulty_server,
    s3_error,
    times,
    web_page,
)
from tests.support.s3_servers import S3Server

MIB = 1024 * 1024


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


FILES = {f"{n}": noise(20_000, n) for n in range(5)} | {"large": noise(2 * MIB)}


@pytest.fixture
def proxied(local: Place, seaweedfs: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Place, FaultyServer]]:
    """Datasets at a bucket behind a server that can be told to misbehave."""
    # The waits between tries are not what is tested.
    monkeypatch.setattr(providers, "RetryingStore", lambda store: RetryingStore(store, sleep=lambda seconds: None))
    check = providers.check_bucket

    def check_behind(config: S3Config, secret: str, **options: str) -> object:
        return check(dataclasses.replace(config, endpoint=seaweedfs.endpoint), secret, **options)

    monkeypatch.setattr(providers, "check_bucket", check_behind)
    with faulty_server(lambda request: None, seaweedfs.endpoint) as proxy:
        config = seaweedfs.config(endpoint=proxy.endpoint)
        made = local.service.create_provider("mine", ProviderKind.S3_COMPATIBLE, config, seaweedfs.secret_key)
        local.provider = made.id
        local.dataset()
        yield local, proxy
        local.service.close()


def is_content(request: Request) -> bool:
    return "/packs/" in request.path or "/blobs/" in request.path


def writes_content(request: Request) -> bool:
    return is_content(request) and request.method in ("PUT", "POST")


def reads_content(request: Request) -> bool:
    return is_content(request) and request.method == "GET"


def whenever(fault: Fault, when: Callable[[Request], bool]) -> Callable[[Request], Fault | None]:
    return lambda request: fault if when(request) else None


LASTING: list[tuple[Fault, ErrorKind]] = [
    (s3_error(403, "AccessDenied"), ErrorKind.STORE_DENIED),
    (s3_error(403, "SignatureDoesNotMatch"), ErrorKind.STORE_DENIED),
    (s3_error(404, "NoSuchBucket"), ErrorKind.BUCKET_NOT_FOUND),
    (s3_error(500, "InternalError"), ErrorKind.STORE_ERROR),
    (s3_error(503, "SlowDown"), ErrorKind.STORE_ERROR),
    (Reset(), ErrorKind.STORE_ERROR),
    (LoseReply(), ErrorKind.STORE_ERROR),
    (web_page(404), ErrorKind.STORE_NOT_S3),
]


@pytest.mark.parametrize(("fault", "kind"), LASTING)
def test_after_failed_uploads_there_is_no_commit(
    proxied: tuple[Place, FaultyServer], tmp_path: Path, fault: Fault, kind: ErrorKind
) -> None:
    """The original exits 0 after failed uploads and then commits an empty version: ours cannot."""
    place, proxy = proxied
    source = write_tree(tmp_path / "source", FILES)
    version = place.version()
    proxy.rule = whenever(fault, writes_content)
    with fails(kind, proxy.endpoint):
        place.service.put_files(version.reference, [f"{source}/"]).result()
    assert place.files(version.reference) == []
    with fails(ErrorKind.UPLOADS_UNFINISHED, version.reference, str(source)):
        place.service.commit_version(version.reference).result()
    assert place.service.get_version(version.reference).state is VersionState.UNCOMMITTED
    proxy.rule = lambda request: None
    with fails(ErrorKind.UPLOADS_UNFINISHED):  # that the store is well again changes nothing
        place.service.commit_version(version.reference).result()
    place.service.put_files(version.reference, [f"{source}/"]).result()
    done = place.service.commit_version(version.reference).result()
    assert place.contents(done.reference) == FILES
    assert place.service.verify(read_data=True).result().ok


@pytest.mark.parametrize("fault", [s3_error(500, "InternalError"), s3_error(503, "SlowDown"), Reset(), LoseReply()])
def test_what_passes_is_tried_again(proxied: tuple[Place, FaultyServer], tmp_path: Path, fault: Fault) -> None:
    place, proxy = proxied
    source = write_tree(tmp_path / "source", FILES)
    version = place.version()
    proxy.rule = times(2, fault)
    place.service.put_files(version.reference, [f"{source}/"]).result()
    proxy.rule = times(2, fault)
    place.service.commit_version(version.reference).result()
    proxy.rule = times(2, fault)
    place.service.get_files(version.reference, [], tmp_path / "out").result()
    assert read_tree(tmp_path / "out") == FILES
    assert place.service.verify(read_data=True).result().ok


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (HalfReply(), (ErrorKind.STORE_ERROR, ErrorKind.STORE_CORRUPT)),
        (s3_error(403, "AccessDenied"), (ErrorKind.STORE_DENIED,)),
        (s3_error(503, "SlowDown"), (ErrorKind.STORE_ERROR,)),
        (Answer(200, b"x" * 100), (ErrorKind.STORE_NOT_S3,)),
        (s3_error(404, "NoSuchKey"), (ErrorKind.OBJECT_NOT_FOUND,)),
    ],
)
def test_a_get_that_fails_leaves_whole_files_only(
    proxied: tuple[Place, FaultyServer], tmp_path: Path, fault: Fault, kinds: tuple[ErrorKind, ...]
) -> None:
    place, proxy = proxied
    done = place.committed(FILES)
    place.forget_cache()
    out = tmp_path / "out"
    proxy.rule = whenever(fault, lambda request: reads_content(request) and "/blobs/" in request.path)
    with pytest.raises(GradientDataError) as caught:
        place.service.get_files(done.reference, [], out).result()
    assert caught.value.kind in kinds, caught.value.message
    assert caught.value.hint
    arrived = read_tree(out)
    assert arrived.items() <= FILES.items()
    assert "large" not in arrived
    proxy.rule = lambda request: None
    result = place.service.get_files(done.reference, [], out).result()
    assert result.files_sent == len(FILES) - len(arrived)
    assert read_tree(out) == FILES


@pytest.mark.parametrize("part", ["/packs/", "/versions/"])
def test_a_commit_that_fails_can_be_repeated(proxied: tuple[Place, FaultyServer], part: str) -> None:
    """The leaf cannot be written, or the commit record: files can still come and go."""
    place, proxy = proxied
    version = place.version(FILES)
    proxy.rule = whenever(s3_error(403, "AccessDenied"), lambda r: part in r.path and r.method == "PUT")
    with fails(ErrorKind.STORE_DENIED, proxy.endpoint):
        place.service.commit_version(version.reference).result()
    assert place.service.get_version(version.reference).state is VersionState.UNCOMMITTED
    assert place.contents(version.reference) == FILES
    proxy.rule = lambda request: None
    place.fill(version.reference, {"more": b"1"})
    done = place.service.commit_version(version.reference).result()
    assert place.contents(done.reference) == FILES | {"more": b"1"}
    assert place.service.verify(read_data=True).result().ok


def test_a_damaged_upload_is_refused_by_the_store(proxied: tuple[Place, FaultyServer], tmp_path: Path) -> None:
    place, proxy = proxied
    source = write_tree(tmp_path / "source", {"a": noise(5000)})
    version = place.version()
    proxy.damage = writes_content
    with fails(ErrorKind.CHECKSUM_REFUSED):
        place.service.put_files(version.reference, [f"{source}/"]).result()
    assert place.files(version.reference) == []
    proxy.damage = lambda request: False
    place.service.put_files(version.reference, [f"{source}/"]).result()
    assert place.contents(version.reference) == {"a": noise(5000)}


def test_names_change_even_when_the_card_cannot_be_written(proxied: tuple[Place, FaultyServer]) -> None:
    place, proxy = proxied
    done = place.committed({"a": b"1"})
    proxy.rule = whenever(s3_error(403, "AccessDenied"), lambda request: request.path.endswith("dataset.json"))
    place.service.set_tag(done.reference, "best")
    place.service.update_dataset("data", description="words")
    proxy.rule = lambda request: None
    assert place.service.verify().result().ok  # writes it
    card = place.repository.layout.card(done.dataset)
    assert place.server is None
    store = place.repository.blobs(place.repository.providers.row("mine").key)
    assert b"words" in store.objects.get(card)
    assert b"best" in store.objects.get(card)


# --- a full disk ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system with little room; where one may not be mounted, no file may become large instead."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


FULL = (ErrorKind.DISK_FULL, ErrorKind.STORE_ERROR, ErrorKind.TARGET_UNWRITABLE, ErrorKind.DATABASE_FAILED)


def test_the_disk_of_gradient_managed_is_full(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    source = write_tree(tmp_path / "source", {"small": b"1", "large": noise(6 * MIB)})
    with small_disk(tmp_path / "state", "4m"):
        place = Place(Config(state_dir=tmp_path / "state"))
        done = place.committed({"before": b"1"})
        version = place.version()
        with pytest.raises(GradientDataError) as caught:
            place.service.put_files(version.reference, [f"{source}/"]).result()
        assert caught.value.kind in FULL, caught.value.message
        with fails(ErrorKind.UPLOADS_UNFINISHED):
            place.service.commit_version(version.reference).result()
        assert place.contents(done.reference) == {"before": b"1"}
        (source / "large").unlink()
        place.service.put_files(version.reference, [f"{source}/"]).result()
        place.service.commit_version(version.reference).result()
        report = place.service.verify(read_data=True).result()
        assert report.ok, report.problems
        place.service.close()


def test_the_disk_of_the_target_is_full(local: Place, tmp_path: Path) -> None:
    done = local.committed({"small": b"1", "large": noise(6 * MIB)})
    out = tmp_path / "out"
    out.mkdir()
    with small_disk(out, "4m"):
        with pytest.raises(GradientDataError) as caught:
            local.service.get_files(done.reference, [], out / "in").result()
        assert caught.value.kind in FULL, caught.value.message
        assert str(out) in caught.value.message
        assert read_tree(out).keys() <= {"in/small"}
    assert local.service.get_files(done.reference, [], out / "in").result().files == 2


def test_an_error_of_the_disk_while_reading(local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_tree(tmp_path / "source", {"a": b"1"})
    version = local.version()
    real = os.read

    def failing(descriptor: int, count: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{descriptor}") == str(source / "a"):
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, count)

    monkeypatch.setattr(os, "read", failing)
    with fails(ErrorKind.SOURCE_UNREADABLE, "nput/output error", str(source / "a")):
        local.service.put_files(version.reference, [f"{source}/"]).result()
