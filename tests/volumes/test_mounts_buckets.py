"""Buckets of `type: s3`: snapshots of real ones, with what people have in them."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Mount, MountState
from jupyter_gradient_data.stores.buckets import BucketReader
from jupyter_gradient_data.volumes.mounts.mounts import Mounts
from tests.service.place import Place, fails
from tests.support.faulty_http import Answer, Request, faulty_server
from tests.support.s3_servers import S3Server
from tests.volumes.cached import cache_of
from tests.volumes.mounted import folders_of, seen, service_of, uses, write_settings


class Bucket:
    """Objects below a prefix of its own, and an entry that mounts them."""

    def __init__(self, server: S3Server, place: Place) -> None:
        self.server = server
        self.place = place
        self.client: Any = server.client()
        self.prefix = f"own-{secrets.token_hex(4)}"
        self.url = f"s3://{server.bucket}/{self.prefix}"

    def put(self, files: dict[str, bytes]) -> None:
        for key, body in files.items():
            self.client.put_object(Bucket=self.server.bucket, Key=f"{self.prefix}/{key}", Body=body)

    def delete(self, *keys: str) -> None:
        for key in keys:
            self.client.delete_object(Bucket=self.server.bucket, Key=f"{self.prefix}/{key}")

    def entry(self, **changes: str) -> None:
        says = {
            "type": "s3",
            "url": self.url,
            "accessKeyId": self.server.access_key,
            "secretAccessKey": "secret:bucket-key",
            "endpoint": self.server.endpoint,
            **changes,
        }
        write_settings(self.place, json.dumps({"integrations": {"data": says}}, indent=1))

    def restore(self) -> Mount:
        (found,) = service_of(self.place).restore_mounts().result()
        return found


@pytest.fixture(params=["seaweedfs", "rclone_s3"])
def server(request: pytest.FixtureRequest) -> S3Server:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def own(server: S3Server, make_place: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("GRADIENT_SECRET_BUCKET_KEY", server.secret_key)
    return Bucket(server, make_place("embedded"))


def test_a_prefix_is_mounted_as_it_is(own: Bucket) -> None:
    large = os.urandom(20 * 1024 * 1024 + 5)
    files = {"a.txt": b"1", "deep/er/b.bin": os.urandom(3000), "empty": b"", "large.bin": large}
    own.put({**files, "Ümläut ☃.txt": b"snow", "with space + plus.txt": b"x", "percent%20.txt": b"y"})
    own.entry()
    found = own.restore()
    assert (found.state, found.error) == (MountState.MOUNTED, None)
    assert (found.reference, found.dataset, found.version, found.newer) == (own.url, None, None, None)
    assert (found.files, found.bytes) == (7, sum(map(len, files.values())) + 6)
    assert seen(own.place)["data"] == {
        **files,
        "Ümläut ☃.txt": b"snow",
        "with space + plus.txt": b"x",
        "percent%20.txt": b"y",
    }
    assert Path(found.local_path, "a.txt").stat().st_mode & 0o777 == 0o444
    assert own.restore() == found


def test_an_update_fetches_only_what_changed(own: Bucket) -> None:
    own.put({f"{number:02}": os.urandom(100_000) for number in range(10)})
    own.entry()
    own.restore()
    kept = Path(own.restore().local_path, "03").stat()
    own.put({"00": b"new", "more/x": b"2"})
    own.delete("01")
    got: list[str] = []
    read = BucketReader.read

    def counted(reader: BucketReader, found: Any, start: int, end: int) -> bytes:
        got.append(found.key.removeprefix(f"{own.prefix}/"))
        return read(reader, found, start, end)

    BucketReader.read = counted  # type: ignore[method-assign]
    try:
        found = service_of(own.place).update_mount("data").result()
    finally:
        BucketReader.read = read  # type: ignore[method-assign]
    assert sorted(got) == ["00", "more/x"]
    files = seen(own.place)["data"]
    assert (files["00"], files["more/x"], "01" in files, len(files)) == (b"new", b"2", False, 10)
    assert os.path.samestat(kept, Path(found.local_path, "03").stat())
    assert len(uses(own.place)) == 1


def test_writing_is_refused_and_reading_works(own: Bucket) -> None:
    own.put({"a": b"1"})
    own.entry(permissions="rw")
    found = own.restore()
    assert (found.state, found.is_writable) == (MountState.MOUNTED, False)
    assert found.error is not None
    assert (found.error.code, "read-only" in found.error.message) == ("bucket_read_only", True)
    assert seen(own.place) == {"data": {"a": b"1"}}
    own.entry()
    assert own.restore().error is None


def test_the_secret_is_nowhere(own: Bucket, caplog: pytest.LogCaptureFixture) -> None:
    own.put({"a": b"1"})
    own.entry(secretAccessKey="a-wrong-secret", endpoint=own.server.endpoint)
    wrong = own.restore()
    own.entry()
    right = own.restore()
    assert right.state is MountState.MOUNTED
    secrets_known = [own.server.secret_key, "a-wrong-secret"]
    told = repr((wrong, right)) + caplog.text
    with closing(sqlite3.connect(own.place.config.state_path / "metadata.sqlite")) as connection:
        told += repr(connection.execute("SELECT * FROM mounts").fetchall())
    assert not [secret for secret in secrets_known if secret in told]


def test_one_object_and_nothing(own: Bucket) -> None:
    own.put({"folder/data.csv": b"a,b\n"})
    own.entry(url=f"{own.url}/folder/data.csv")
    own.restore()
    assert seen(own.place) == {"data": {"data.csv": b"a,b\n"}}
    own.entry(url=f"{own.url}/nowhere")
    found = own.restore()
    assert found.error is not None
    assert "there is nothing in it" in found.error.message
    assert seen(own.place) == {"data": {"data.csv": b"a,b\n"}}  # what was there stays


def test_a_bucket_that_is_not_there_or_refuses(own: Bucket) -> None:
    own.entry(url="s3://no-such-bucket-here")
    found = own.restore()
    assert (found.state, found.error is not None) == (MountState.FAILED, True)
    assert found.error is not None
    assert found.error.code == "bucket_unreadable"
    assert "s3://no-such-bucket-here cannot be mounted" in found.error.message
    assert "'data'" in found.error.hint
    own.entry(endpoint="http://127.0.0.1:1")
    found = own.restore()
    assert found.error is not None
    assert "cannot be reached" in found.error.message
    assert seen(own.place) == {}


def test_the_update_of_a_bucket_that_is_not_listed_any_more(own: Bucket) -> None:
    own.put({"a": b"1"})
    own.entry()
    own.restore()
    service_of(own.place).unmount("data")
    assert seen(own.place) == {}
    with fails(ErrorKind.MOUNT_NOT_FOUND):
        service_of(own.place).update_mount("data").result()
    own.entry()
    own.restore()
    write_settings(own.place, "")
    with fails(ErrorKind.SETTINGS_ENTRY, "not listed any more"):
        service_of(own.place).update_mount("data").result()


def test_a_bucket_cannot_be_mounted_by_its_url_alone(make_place: Callable[[str], Place]) -> None:
    with fails(ErrorKind.INVALID_OPTION, "s3://open") as caught:
        service_of(make_place("embedded")).mount("s3://open").result()
    assert "settings.yaml" in caught.value.hint


# --- what a real server does not do by itself -------------------------------------------------------------------------


def listing(*objects: tuple[str, int, str]) -> bytes:
    rows = "".join(
        f"<Contents><Key>{key}</Key><Size>{size}</Size><ETag>&quot;{etag}&quot;</ETag>"
        "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
        for key, size, etag in objects
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()


class Scripted:
    """A bucket that says what a test wants, to whoever asks; keeps the requests."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.listings: list[bytes] = []
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        path, _, query = request.path.partition("?")
        if "list-type=2" in query:
            body = self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]
            return Answer(200, body, {"Content-Type": "application/xml"})
        key = path.removeprefix("/open/")
        if key not in self.objects:
            body = b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
            return Answer(404, body, {"Content-Type": "application/xml"})
        body, etag = self.objects[key]
        headers = {"ETag": f'"{etag}"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        return Answer(200, body, headers)

    def mount(self, endpoint: str) -> Mount:
        write_settings(self.place, json.dumps({"integrations": {"data": {"url": "s3://open", "endpoint": endpoint}}}))
        repository, folders = self.place.repository, folders_of(self.place)
        mounts = Mounts(repository, folders, cache_of(self.place), can_overlay=lambda: False, environment={})
        from jupyter_gradient_data.progress import Progress

        (found,) = mounts.restore(Progress())
        return found


@pytest.fixture
def scripted(make_place: Callable[[str], Place]) -> Scripted:
    return Scripted(make_place("embedded"))


def test_a_public_bucket_is_asked_without_a_key(scripted: Scripted) -> None:
    scripted.listings = [listing(("a", 1, "e1"), ("two//x", 1, "e2"))]
    with faulty_server(scripted.answer) as server:
        assert "'two//x' cannot be a file" in str(scripted.mount(server.endpoint).error)
        scripted.listings = [listing(("a", 1, "e1"), ("folder/", 0, "e0"))]
        scripted.objects = {"a": (b"1", "e1")}
        assert scripted.mount(server.endpoint).error is None
    assert seen(scripted.place) == {"data": {"a": b"1"}}
    assert (folders_of(scripted.place).mounts("inputs") / "data" / "folder").is_dir()
    names = {name.lower() for request in scripted.requests for name in request.headers}
    assert "authorization" not in names


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/abs", "a//b", "x" * 300, "./x"])
def test_keys_that_lead_out_are_refused(scripted: Scripted, key: str) -> None:
    scripted.listings = [listing(("ok", 1, "e"), (key, 1, "e"))]
    with faulty_server(scripted.answer) as server:
        found = scripted.mount(server.endpoint)
    assert found.state is MountState.FAILED
    assert "cannot be a file" in str(found.error)
    assert seen(scripted.place) == {}


def test_a_file_and_a_folder_of_one_name(scripted: Scripted) -> None:
    scripted.listings = [listing(("a", 1, "e"), ("a/b", 1, "e"))]
    with faulty_server(scripted.answer) as server:
        assert "there is an object 'a', too" in str(scripted.mount(server.endpoint).error)


def test_an_object_that_changes_while_it_is_read_is_listed_again(scripted: Scripted) -> None:
    scripted.listings = [listing(("a", 1, "old")), listing(("a", 3, "new"))]
    scripted.objects = {"a": (b"new", "new")}
    with faulty_server(scripted.answer) as server:
        assert scripted.mount(server.endpoint).error is None
    assert seen(scripted.place) == {"data": {"a": b"new"}}
    assert len(uses(scripted.place)) == 1


def test_a_bucket_that_never_rests(scripted: Scripted) -> None:
    scripted.listings = [listing(("a", 1, "old"))]
    with faulty_server(scripted.answer) as server:
        assert "it changes while it is read" in str(scripted.mount(server.endpoint).error)
    assert seen(scripted.place) == {}
    assert uses(scripted.place) == set()
