"""Other sources than the web: local files and folders, and S3 with and without keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import PublicState
from jupyter_gradient_data.public.opened import SourceError
from jupyter_gradient_data.public.sources import Place, Sources
from tests.public.scene import MIB, Site, noise, sha256, zip_of
from tests.service.place import fails, write_tree
from tests.support.faulty_http import Request, faulty_server
from tests.support.s3_servers import S3Server

FILES = {"a.bin": noise(2 * MIB), "sub/ä b?.txt": b"x", "sub/deep/c.zip": zip_of({"d": b"d"})}


@pytest.fixture
def sources() -> Iterator[Sources]:
    sources = Sources()
    yield sources
    sources.close()


# --- local ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_local_file(site: Site, tmp_path: Path, prefix: str) -> None:
    write_tree(tmp_path / "from", {"one.zip": zip_of({"d/e": b"e"}), "plain.bin": b"p"})
    folder = tmp_path / "from"
    site.add("one", {"url": f"{prefix}{folder}/one.zip"}, {"url": f"{prefix}{folder}/plain.bin", "path": "x/y.bin"})
    site.fetch("one")
    assert site.tree("one") == {"d/e": b"e", "x/y.bin": b"p"}


def test_a_local_folder(site: Site, tmp_path: Path) -> None:
    """Whatever is in it is kept as it is."""
    write_tree(tmp_path / "from", FILES)
    (tmp_path / "from" / "link.txt").symlink_to("sub/deep/c.zip")
    site.add("top", {"url": f"{tmp_path}/from/"})
    found = site.fetch("top")
    assert site.tree("top") == {**FILES, "link.txt": FILES["sub/deep/c.zip"]}
    assert [(file.path, file.is_present) for file in found.files] == [("./", True)]
    site.add("below", {"url": f"file://{tmp_path}/from/", "path": "data/"}, {"url": f"{tmp_path}/from/a.bin"})
    site.fetch("below")
    assert set(site.tree("below")) == {"a.bin", "data/link.txt", *(f"data/{path}" for path in FILES)}


def test_some_of_a_local_folder(site: Site, tmp_path: Path) -> None:
    write_tree(tmp_path / "from", FILES)
    site.add("some", {"url": f"{tmp_path}/from/", "path": "data"})
    found = site.fetch("some", "data/sub/*")
    assert set(site.tree("some")) == {"data/sub/ä b?.txt", "data/sub/deep/c.zip"}
    assert found.state is PublicState.PARTIAL
    assert site.fetch("some", "data").state is PublicState.PRESENT
    assert set(site.tree("some")) == {f"data/{path}" for path in FILES}


def test_what_is_new_in_a_local_folder(site: Site, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "from", FILES)
    site.add("top", {"url": f"{tmp_path}/from/"})
    site.fetch("top")
    write_tree(source, {"new": b"new", "a.bin": b"another size"})
    site.fetch("top")
    assert site.tree("top") == {**FILES, "new": b"new", "a.bin": b"another size"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("none/", "no such file"),
        ("empty/", "no files"),
        ("linked/", "a link to a folder, which is not followed"),
        ("none", "no such file"),
        ("empty", "a folder; a URL of a folder ends with /"),
        ("pipe", "it is not a file"),
    ],
)
def test_local_things_that_cannot_be_had(site: Site, tmp_path: Path, url: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    write_tree(tmp_path / "linked", {"a": b"a"})
    (tmp_path / "linked" / "out").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    site.add("one", {"url": f"{tmp_path}/{url}", "path": "x"})
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, words):
        site.fetch("one")


def test_a_local_file_continues_only_when_it_is_the_same(sources: Sources, tmp_path: Path) -> None:
    place = Place(str(tmp_path / "file"))
    (tmp_path / "file").write_bytes(b"0123456789")
    opened = sources.open(place, 4, None)
    assert (opened.start, b"".join(opened.pieces)) == (4, b"456789")
    (tmp_path / "other").write_bytes(b"abcdefghij")
    os.replace(tmp_path / "other", tmp_path / "file")
    opened = sources.open(place, 4, opened.validator)
    assert (opened.start, b"".join(opened.pieces)) == (0, b"abcdefghij")


# --- S3 ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(seaweedfs: S3Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Files below a prefix of their own, and the keys to them in the environment."""
    prefix = f"public-{abs(hash(request.node.name))}"
    client = seaweedfs.client()
    for path, content in FILES.items():
        client.put_object(Bucket=seaweedfs.bucket, Key=f"{prefix}/{path}", Body=content)
    client.close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", seaweedfs.endpoint)
    return f"s3://{seaweedfs.bucket}/{prefix}/"


def test_a_prefix_of_a_bucket(site: Site, bucket: str) -> None:
    site.add("cloud", {"url": bucket})
    assert site.fetch("cloud").state is PublicState.PRESENT
    assert site.tree("cloud") == FILES


def test_an_object_of_a_bucket(site: Site, bucket: str, seaweedfs: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    zipped = FILES["sub/deep/c.zip"]
    own = {"endpoint": seaweedfs.endpoint, "region": "us-east-1"}
    site.add("cloud", {"url": f"{bucket}sub/deep/c.zip", "sha256": sha256(zipped), **own})
    site.fetch("cloud")
    assert site.tree("cloud") == {"d": b"d"}


def test_an_object_continues(site: Site, sources: Sources, bucket: str, seaweedfs: S3Server) -> None:
    place = Place(f"{bucket}a.bin")
    opened = sources.open(place, MIB, None)
    assert (opened.start, opened.size) == (MIB, 2 * MIB)
    assert b"".join(opened.pieces) == FILES["a.bin"][MIB:]
    assert sources.open(place, MIB, opened.validator).start == MIB
    assert sources.open(place, MIB, '"another"').start == 0
    assert sources.size(place) == 2 * MIB


@pytest.mark.parametrize("name", ["a.bin/none", "none/"])
def test_what_is_not_in_a_bucket(site: Site, bucket: str, name: str) -> None:
    site.add("cloud", {"url": bucket + name, "path": "x"})
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, name):
        site.fetch("cloud")


def test_wrong_keys(sources: Sources, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(SourceError, match="it answered 403"):
        sources.open(Place(f"{bucket}a.bin"), 0, None)
    with pytest.raises(SourceError, match="it answered 403"):
        sources.list(Place(bucket))


def test_without_keys_nothing_is_signed(sources: Sources, seaweedfs: S3Server) -> None:
    """A public bucket is asked as anybody would ask."""
    seen: list[Request] = []
    with faulty_server(lambda request: seen.append(request), seaweedfs.endpoint) as server:
        place = Place("s3://data/ready/now", server.endpoint, "us-east-1")
        with pytest.raises(SourceError, match="it answered 403"):  # this one is not public
            sources.open(place, 0, None)
    assert [(request.method, request.path) for request in seen] == [("HEAD", "/data/ready/now")]
    assert "authorization" not in seen[0].headers


def test_no_service(sources: Sources) -> None:
    with pytest.raises(SourceError) as caught:
        sources.open(Place("s3://data/x", "http://127.0.0.1:1", "us-east-1"), 0, None)
    assert caught.value.may_pass
