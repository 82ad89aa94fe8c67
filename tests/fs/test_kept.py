"""What was read of a committed version stays, and then nothing is asked for it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.blobs.index import BlobIndex, Location
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.fs.keeping import KeptFolder
from jupyter_gradient_data.fs.pages import PAGE, SEGMENT, Pages
from jupyter_gradient_data.models import ProviderKind
from jupyter_gradient_data.service.opening import open_service
from tests.support.s3_servers import running_seaweedfs
from tests.support.served import Jupyter, Served

from .conftest import World

LARGE = random.Random(2).randbytes(2_500_000)
FILES = {"a/small.txt": b"small", "a/other.txt": b"", "large.bin": LARGE}

# What a program does with one pinned reference; it prints what it saw.
PROGRAM = """
import hashlib, json, sys
import fsspec
from jupyter_gradient_data.fs.filesystem import GradientFileSystem
fsspec.register_implementation("gradient", GradientFileSystem, clobber=True)
reference, options = sys.argv[1], json.loads(sys.argv[2])
fs = fsspec.filesystem("gradient", **options)
with fsspec.open(f"gradient://{reference}/large.bin", **options) as file:
    file.seek(1_000_000)
    part = file.read(100)
print(json.dumps([
    fs.find(reference),
    fs.ls(f"{reference}/a", detail=False),
    fs.info(f"{reference}/large.bin"),
    fs.cat(f"{reference}/a/small.txt").decode(),
    part.hex(),
    hashlib.md5(fs.cat(f"{reference}/large.bin")).hexdigest(),
]))
"""


def read(reference: str, options: dict[str, Any], cache: Path) -> list[Any]:
    """What a new process reads."""
    command = [sys.executable, "-c", PROGRAM, reference, json.dumps(options)]
    environment = {**os.environ, "GRADIENT_READ_CACHE_DIR": str(cache)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def pages(cache: Path) -> list[Path]:
    return [path for path in (cache / "pages").rglob("*") if path.is_file()]


def test_without_the_storage_provider(tmp_path: Path) -> None:
    cache, options = tmp_path / "cache", {"state_dir": str(tmp_path / "state")}
    config = Config(state_dir=tmp_path / "state")
    with running_seaweedfs(tmp_path / "s3") as server:
        service = open_service(config)
        service.create_provider("bucket", ProviderKind.S3_COMPATIBLE, server.config(), server.secret_key)
        world = World(config, service, "bucket", options)
        reference = world.committed(FILES)
        world.forget()
        first = read(reference, options, cache)
        assert len(pages(cache)) == 2
        sent = world.committed({**FILES, "large.bin": LARGE[::-1]})
        second = read(sent, options, cache)
        assert len(pages(cache)) == 2  # it was sent from here: the service has it, and it is not kept twice
        service.close()
    with pytest.raises(AssertionError, match="cannot be reached"):  # the server has gone, really
        read(reference, options, tmp_path / "another")
    assert read(reference, options, cache) == first
    assert read(sent, options, cache) == second


def test_without_the_server(tmp_path: Path, jupyter: Jupyter) -> None:
    served = Served(jupyter, Config(state_dir=tmp_path / "state"))
    options = {"url": served.url, "token": served.token}
    service = open_service(Config(state_dir=tmp_path / "client", **options))
    reference = World(Config(), service, None, options).committed(FILES)
    first = read(reference, options, tmp_path / "cache")
    service.close()
    served.close()
    assert read(reference, options, tmp_path / "cache") == first


def test_parts_of_small_files(bucket: World) -> None:
    noise, text = random.Random(8).randbytes(500_000), b"a line that is compressed\n" * 20_000
    reference = bucket.committed({"noise": noise, "text": text})
    bucket.forget()
    fs = bucket.fs()
    fs.info(f"{reference}/noise")
    stats = fs.session.service.stats
    before = stats()["bytes_in"]
    assert fs.cat_file(f"{reference}/noise", 200_000, 200_100) == noise[200_000:200_100]
    assert stats()["bytes_in"] - before == PAGE
    before = stats()["requests"]
    for start in (0, 200_000, 400_000):  # it comes as a whole anyway, once
        assert fs.cat_file(f"{reference}/text", start, start + 100) == text[start : start + 100]
    assert stats()["requests"] - before == 1
    assert fs.cat(f"{reference}/noise") == noise


def test_damage_is_noticed(bucket: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIENT_READ_CACHE_DIR", str(tmp_path))
    reference = bucket.committed(FILES)
    bucket.forget()
    assert bucket.fs().cat(f"{reference}/large.bin") == LARGE
    (large,) = (path for path in pages(tmp_path) if path.stat().st_size > PAGE)
    for damage in (lambda file: file.seek(70_000) and file.write(b"!"), lambda file: file.truncate(1_000_000)):
        with large.open("r+b") as file:
            damage(file)
        asked = bucket.fs()
        before = asked.session.service.stats()["requests"]
        assert asked.cat(f"{reference}/large.bin") == LARGE
        assert asked.session.service.stats()["requests"] > before
    for fact in (tmp_path / "facts").rglob("*"):
        if fact.is_file():
            fact.write_bytes(fact.read_bytes()[:-1] + b"!")
    assert bucket.fs().cat(f"{reference}/a/small.txt") == b"small"


def test_where_a_file_is_is_asked_for_its_neighbours_too(bucket: World, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"part-{number:03}.txt": b"%d of this test" % number for number in range(100)}
    reference = bucket.committed(files)
    bucket.forget()
    asked: list[int] = []
    find = BlobIndex.find

    def counted(index: BlobIndex, hashes: Sequence[bytes]) -> dict[bytes, Location]:
        asked.append(len(hashes))
        return find(index, hashes)

    fs = bucket.fs(keep=False)
    fs.info(f"{reference}/part-000.txt")
    monkeypatch.setattr(BlobIndex, "find", counted)
    assert {path: fs.cat_file(f"{reference}/{path}") for path in files} == files
    assert sorted(asked) == [36, 64]


def test_content_that_is_not_what_its_version_says(bucket: World, seaweedfs: Any) -> None:
    reference = bucket.committed({"large.bin": LARGE + b"of this test"})
    bucket.forget()
    info = bucket.fs(keep=False).info(f"{reference}/large.bin")
    client = seaweedfs.client()
    listed = client.get_paginator("list_objects_v2").paginate(Bucket=seaweedfs.bucket)
    keys = (found["Key"] for page in listed for found in page["Contents"])
    (key,) = (key for key in keys if key.endswith(info["hash"]))
    client.put_object(Bucket=seaweedfs.bucket, Key=key, Body=b"!" + LARGE[1:] + b"of this test")
    with pytest.raises(OSError, match="does not have the hash"):
        bucket.fs().cat(f"{reference}/large.bin")


def test_pages_in_any_order(tmp_path: Path) -> None:
    size = SEGMENT + 3 * PAGE + 5
    dice = random.Random(3)
    content = dice.randbytes(PAGE) * (size // PAGE) + b"12345"
    one, other = (Pages(KeptFolder(tmp_path), "ab" * 32, size) for _ in range(2))
    known: set[int] = set()
    for _ in range(60):
        start = dice.choice([dice.randrange(size), SEGMENT - PAGE, size - 1])
        low, high = Pages.bounds(start, min(size, start + dice.randrange(1, 4 * PAGE)), size)
        buffer = bytearray(high - low)
        missing = one.read_into(low, buffer)
        numbers = {number for at, end in missing for number in range(at // PAGE, -(-end // PAGE))}
        assert numbers == set(range(low // PAGE, -(-high // PAGE))) - known
        for at, end in missing:
            buffer[at - low : end - low] = content[at:end]
            (one if dice.random() < 0.5 else other).keep(at, content[at:end])
        assert buffer == content[low:high]
        known |= numbers


def test_a_folder_that_is_deleted_is_made_anew(tmp_path: Path) -> None:
    folder = KeptFolder(tmp_path / "cache")
    held = Pages(folder, "a" * 64, PAGE)
    for _ in range(2):
        held.keep(0, bytes(PAGE))
        folder.keep_fact(b"fact", "key")
        assert Pages(folder, "a" * 64, PAGE).read_into(0, bytearray(PAGE)) == []
        assert folder.fact("key") == b"fact"
        shutil.rmtree(folder.root)
    held.keep(0, bytes(PAGE))
    for file in held._files.values():
        os.close(file)
    assert held.read_into(0, bytearray(PAGE)) == [(0, PAGE)]  # what cannot be read is not here
    held._files.clear()


def test_the_limit_is_kept_and_what_was_used_last_stays(tmp_path: Path) -> None:
    folder = KeptFolder(tmp_path, limit=4 * 1024 * 1024)
    data = random.Random(4).randbytes(256 * 1024)
    for number in range(40):
        name = f"{number:064x}"
        Pages(folder, name, len(data)).keep(0, data)
        os.utime(folder.path("pages", f"{name}-0"), (number, number))
        assert folder.used() < folder.limit * 1.2
    assert Pages(folder, f"{39:064x}", len(data)).read_into(0, bytearray(len(data))) == []
    assert Pages(folder, f"{0:064x}", len(data)).read_into(0, bytearray(len(data))) != []
    assert folder.used() > folder.limit * 0.8


def test_a_folder_that_cannot_be_written(bucket: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GRADIENT_READ_CACHE_DIR", str(tmp_path / "file" / "below"))
    reference = bucket.committed(FILES)
    bucket.forget()
    assert bucket.fs().cat(f"{reference}/large.bin") == LARGE


def test_a_version_of_many_files(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not listed as a whole for each of its files."""
    monkeypatch.setattr("jupyter_gradient_data.fs.trees._AT_ONCE", 2)
    reference = embedded.committed(FILES)
    with monkeypatch.context() as patches:
        for _ in range(2):  # asked for, then kept
            fs = embedded.fs()
            assert fs.cat(f"{reference}/a/small.txt") == b"small"
            assert fs.ls(f"{reference}/a", detail=False) == [f"{reference}/a/other.txt", f"{reference}/a/small.txt"]
            assert fs.ls(f"{reference}/large.bin", detail=False) == [f"{reference}/large.bin"]
            assert fs.isdir(f"{reference}/a")
            assert not fs.exists(f"{reference}/b")
            assert fs.find(f"{reference}/a") == fs.ls(f"{reference}/a", detail=False)
            patches.setattr(fs.session.service, "list_files", None)
            patches.setattr(fs.session.service, "get_file", None)
    fs = embedded.fs()
    for number in range(101):
        assert not fs.exists(f"{reference}/{number}")
    fs = embedded.fs()  # for all of those the list of all was asked for
    monkeypatch.setattr(fs.session.service, "get_file", None)
    assert fs.info(f"{reference}/a/other.txt")["size"] == 0  # known by the list of all
