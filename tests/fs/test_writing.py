"""Writing into uncommitted versions: on an embedded state, with the bytes in S3, and on a server."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest
from pyarrow.fs import FSSpecHandler, PyFileSystem

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.fs.writers import GradientWriter
from tests.service.place import write_tree

from .conftest import World

LARGE = random.Random(5).randbytes(5_000_000)


@pytest.fixture
def draft(world: World) -> str:
    return world.draft({"kept": b"kept", "folder/a": b"a", "folder/b": b"b"})


def test_a_file_is_seen_when_it_is_complete(world: World, draft: str) -> None:
    fs = world.fs()
    with fs.open(f"{draft}/large", "wb") as file:
        for start in range(0, len(LARGE), 300_000):
            file.write(LARGE[start : start + 300_000])
        assert file.tell() == len(LARGE)
        assert not fs.exists(f"{draft}/large")
    assert fs.cat(f"{draft}/large") == LARGE
    with fsspec.open(f"gradient://{draft}/text.txt", "w", encoding="utf-8", **world.options) as text:
        text.write("Grüße")
    assert fs.cat(f"{draft}/text.txt").decode() == "Grüße"
    for name in ("t.gz", "t.bz2", "t.xz"):
        with fs.open(f"{draft}/{name}", "w", compression="infer") as text:
            text.write("Grüße")
        with fs.open(f"{draft}/{name}", "r", compression="infer") as text:
            assert text.read() == "Grüße"
    with fs.open(f"{draft}/empty", "wb"):
        pass
    assert fs.info(f"{draft}/empty")["size"] == 0


def test_what_fails_is_not_seen(world: World, draft: str) -> None:
    fs = world.fs()

    def write_half() -> None:
        with fs.open(f"{draft}/kept", "wb") as file:
            file.write(LARGE)
            raise ZeroDivisionError

    def fail_in_transaction() -> None:
        with fs.transaction:
            with fs.open(f"{draft}/kept", "wb") as file:
                file.write(b"in a transaction")
            fs.pipe(f"{draft}/piped", b"as well")
            raise ZeroDivisionError

    def write_text(file: Any) -> None:
        with file as text:
            text.write("half")
            raise ZeroDivisionError

    def write_table() -> None:
        class Never:
            def __str__(self) -> str:
                raise ZeroDivisionError

        frame = pd.DataFrame({"a": ["x", Never()]})
        frame.to_csv(f"gradient://{draft}/kept", storage_options=world.options)

    def write_stream() -> None:
        with PyFileSystem(FSSpecHandler(fs)).open_output_stream(f"{draft}/kept") as stream:
            stream.write(b"half")
            raise ZeroDivisionError

    other, third = (fsspec.open(f"gradient://{draft}/kept", "w", **world.options) for _ in range(2))
    halves = [write_half, write_table, write_stream, partial(write_text, other), partial(write_text, third.open())]
    halves += [partial(write_text, fs.open(f"{draft}/kept", "w", compression=one)) for one in (None, "gzip")]
    for write in halves:
        with pytest.raises(ZeroDivisionError):
            write()
    for mode, data, compression in (("wb", LARGE, None), ("w", "half", None), ("wb", LARGE, "gzip"), ("w", "x", "xz")):
        with pytest.warns(RuntimeWarning, match="never closed, so it was not written"):
            fs.open(f"{draft}/kept", mode, compression=compression).write(data)  # and nobody closes it
    with pytest.raises(LookupError):
        fs.open(f"{draft}/kept", "w", encoding="no-such")
    assert fs.cat(f"{draft}/kept") == b"kept"
    with pytest.raises(ZeroDivisionError):
        fail_in_transaction()
    assert fs.cat(f"{draft}/kept") == b"kept"
    assert not fs.exists(f"{draft}/piped")
    with fs.transaction:
        with fs.open(f"{draft}/kept", "wb") as file:
            file.write(b"changed")
        assert fs.cat(f"{draft}/kept") == b"kept"
        fs.open(f"{draft}/open", "wb").write(LARGE[:1_500_001])  # the end of the transaction completes it
    assert fs.cat(f"{draft}/kept") == b"changed"
    assert fs.cat(f"{draft}/open") == LARGE[:1_500_001]


def test_what_is_written_while_an_exception_is_handled(world: World, draft: str) -> None:
    fs = world.fs()
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        with fs.open(f"{draft}/1", "wb") as file:
            file.write(b"x")
        with fs.open(f"{draft}/2", "w") as file:
            file.write("x")
        with fsspec.open(f"gradient://{draft}/3", "w", **world.options) as file:
            file.write("x")
        with PyFileSystem(FSSpecHandler(fs)).open_output_stream(f"{draft}/5") as file:
            file.write(b"x")
        pd.DataFrame({"x": []}).to_csv(f"gradient://{draft}/4", index=False, storage_options=world.options)
    assert [fs.cat(f"{draft}/{name}") for name in "12345"] == [b"x", b"x", b"x", b"x\n", b"x"]


def test_what_is_open_at_the_end_of_a_program_is_given_up(embedded: World) -> None:
    draft = embedded.draft()
    program = f"""
from jupyter_gradient_data.fs.filesystem import GradientFileSystem
class Closer:
    def __init__(self, file): self.file = file
    def __del__(self): self.file.close()
file = GradientFileSystem(state_dir={str(embedded.config.state_dir)!r}).open("{draft}/x", "wb")
file.write(b"half")
import builtins
builtins.kept = Closer(file)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "was never closed, so it was not written" in done.stderr
    assert not embedded.fs().exists(f"{draft}/x")


def test_a_fork_leaves_an_open_file_to_its_parent(
    embedded: World, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    draft = embedded.draft()
    with embedded.fs().open(f"{draft}/x", "wb") as file:
        file.write(LARGE)
        copy = GradientWriter.__new__(GradientWriter)  # what a fork has of it
        copy.__dict__.update(file.__dict__)
        with monkeypatch.context() as patches:
            patches.setattr(os, "getpid", lambda: -1)
            copy.__del__()
    assert embedded.fs().cat(f"{draft}/x") == LARGE
    assert not recwarn.list


def test_a_version_that_is_committed_meanwhile(world: World, draft: str) -> None:
    fs = world.fs()
    file = fs.open(f"{draft}/late", "wb")
    file.write(LARGE)
    world.service.commit_version(draft, abandon_uploads=True).result()
    with pytest.raises(PermissionError) as caught:
        file.close()
    assert isinstance(caught.value, GradientDataError)
    assert caught.value.kind is ErrorKind.VERSION_COMMITTED
    assert not fs.exists(f"{draft}/late")


def test_appending_and_making_anew(world: World, draft: str) -> None:
    fs = world.fs()
    for _ in range(2):
        with fs.open(f"{draft}/log", "ab") as file:
            file.write(b"line\n")
    assert fs.cat(f"{draft}/log") == b"line\nline\n"
    with pytest.raises(OSError, match="cannot be opened so"):
        fs.open(f"{draft}/log", "r+b")
    for work in (lambda: fs.open(f"{draft}/log", "xb"), lambda: fs.pipe(f"{draft}/log", b"", mode="create")):
        with pytest.raises(FileExistsError, match="mode x"):
            work()
    fs.touch(f"{draft}/log", truncate=False)
    assert fs.cat(f"{draft}/log") == b"line\nline\n"
    fs.touch(f"{draft}/log")
    assert fs.cat(f"{draft}/log") == b""


def test_removing_moving_copying(world: World, draft: str) -> None:
    fs = world.fs()
    fs.mv(f"{draft}/kept", f"{draft}/moved")
    fs.mv(f"{draft}/folder", f"{draft}/other", recursive=True)
    fs.cp(f"{draft}/other/a", f"{draft}/copied")
    fs.cp(f"{draft}/other", f"{draft}/twice", recursive=True)
    expected = {"moved", "other/a", "other/b", "copied", "twice/a", "twice/b"}
    assert set(fs.find(draft)) == {f"{draft}/{path}" for path in expected}
    fs.rm(f"{draft}/twice", recursive=True)
    fs.rm([f"{draft}/moved", f"{draft}/copied"])
    assert set(fs.find(draft)) == {f"{draft}/other/a", f"{draft}/other/b"}
    with pytest.raises(IsADirectoryError):
        fs.rm(f"{draft}/other")
    with pytest.raises(FileNotFoundError):
        fs.rm(f"{draft}/nothing")
    with pytest.raises(FileNotFoundError):
        fs.mv(f"{draft}/nothing", f"{draft}/x")
    fs.cp(f"{draft}/other/b", f"{draft}/other/a")
    assert fs.cat(f"{draft}/other/a") == b"b"
    fs.mv(f"{draft}/other/a", f"{draft}/other/b")  # what is there is replaced, as everywhere in fsspec
    assert fs.find(draft) == [f"{draft}/other/b"]


def test_moving_to_where_it_is(world: World, draft: str) -> None:
    fs = world.fs()
    before = fs.cat(draft, recursive=True)
    dataset = fs.info(draft)["dataset"]
    other = f"{dataset}:{draft.partition(':')[2]}"
    fs.mv(f"{draft}/kept", f"gradient://{draft}/kept")
    fs.mv(f"{draft}/kept", f"{other}/kept")
    fs.mv(f"{draft}/folder/a", f"{draft}/folder")
    fs.mv(f"{draft}/folder/*", f"{draft}/folder/")
    fs.mv(f"{draft}/folder", f"{draft}/", recursive=True)
    assert fs.cat(draft, recursive=True) == before
    fs.mv([f"{draft}/folder/a", f"{draft}/folder/b"], [f"{draft}/folder/a", f"{draft}/b"])
    assert set(fs.find(draft)) == {f"{draft}/kept", f"{draft}/folder/a", f"{draft}/b"}


def test_what_cannot_be_done_is_not_half_done(world: World, draft: str) -> None:
    fixed = world.committed({"x": b"x"})
    fs = world.fs()
    with pytest.raises(PermissionError):
        fs.mv(f"{fixed}/x", f"{draft}/x")
    with pytest.raises(PermissionError):
        fs.rm([f"{draft}/kept", f"{fixed}/x"])
    with pytest.raises(IsADirectoryError):
        fs.mv(f"{draft}/folder", f"{draft}/kept")
    assert set(fs.find(draft)) == {f"{draft}/{path}" for path in ("kept", "folder/a", "folder/b")}


def test_from_one_version_to_another(world: World, draft: str) -> None:
    fixed = world.committed({"x": LARGE, "y/z": b"z"})
    fs = world.fs()
    fs.cp(f"{fixed}/", f"{draft}/from", recursive=True)
    assert fs.cat(f"{draft}/from/x") == LARGE
    fs.mv(f"{draft}/kept", f"{world.draft()}/kept")
    assert not fs.exists(f"{draft}/kept")


def test_from_local_files(world: World, draft: str, tmp_path: Path) -> None:
    files = {"one": b"1", "deep/er/two": b"22", "large": LARGE, "run.sh": b"#!/bin/sh\n"}
    write_tree(tmp_path, files)
    os.chmod(tmp_path / "run.sh", 0o755)
    fs = world.fs()
    fs.put(f"{tmp_path}/", f"{draft}/put/", recursive=True)
    found = fs.cat(f"{draft}/put", recursive=True)
    assert {path.removeprefix(f"{draft}/put/"): content for path, content in found.items()} == files
    assert fs.info(f"{draft}/put/run.sh")["executable"] is True
    fs.get(f"{draft}/put/", f"{tmp_path}/got/", recursive=True)
    assert os.access(tmp_path / "got/run.sh", os.X_OK)
    assert not os.access(tmp_path / "got/one", os.X_OK)
    fs.pipe({f"{draft}/p/1": b"one", f"{draft}/p/2": b"two"})
    assert fs.cat(f"{draft}/p", recursive=True) == {f"{draft}/p/1": b"one", f"{draft}/p/2": b"two"}
    items = fs.get_mapper(f"{draft}/map")
    items["a/b"] = b"value"
    assert dict(items) == {"a/b": b"value"}
    del items["a/b"]
    assert len(items) == 0
