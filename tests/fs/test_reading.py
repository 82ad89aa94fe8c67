"""Looking and reading: on an embedded state, with the bytes in S3, and on a server."""

from __future__ import annotations

import pickle
import random
import unicodedata
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

import fsspec
import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.fs.filesystem import GradientFileSystem
from jupyter_gradient_data.fs.pages import Pages
from tests.service.place import read_tree

from .conftest import World

LARGE = random.Random(1).randbytes(3_000_000)
FILES = {
    "a/b/c.txt": b"deep",
    "a/one.csv": b"x\n1\n",
    "a-b.txt": b"sorts before a/",
    "a0": b"",
    "empty": b"",
    "Ünï/日本.txt": b"names",
    "large": LARGE,
}


@pytest.fixture(scope="module")
def reference(world: World) -> str:
    return world.committed(FILES)


@pytest.fixture
def fs(world: World) -> GradientFileSystem:
    return world.fs()


def test_what_is_there(fs: GradientFileSystem, reference: str) -> None:
    name, _, version = reference.partition(":")
    below = sorted(f"{reference}/{path}" for path in FILES)
    assert name in fs.ls("", detail=False)
    assert fs.info("gradient://")["type"] == "directory"
    assert fs.ls(reference, detail=False) == [
        f"{reference}/{p}" for p in ("a-b.txt", "a", "a0", "empty", "large", "Ünï")
    ]
    assert fs.ls(f"gradient://{reference}/a/", detail=False) == [f"{reference}/a/b", f"{reference}/a/one.csv"]
    assert fs.ls(f"{reference}/a0", detail=False) == [f"{reference}/a0"]
    assert sorted(fs.find(reference)) == below
    assert fs.find(f"{reference}/a") == [f"{reference}/a/b/c.txt", f"{reference}/a/one.csv"]
    assert fs.find(f"{reference}/a0") == [f"{reference}/a0"]
    assert fs.find(f"{reference}/nothing") == []
    assert fs.find(reference, detail=True)[f"{reference}/large"]["size"] == len(LARGE)
    assert fs.glob(f"{reference}/**/*.txt") == [p for p in below if p.endswith(".txt")]
    assert [top for top, _, _ in fs.walk(f"{name}/a")] == [f"{name}/a", f"{name}/a/b"]
    assert fs.du(reference) == sum(map(len, FILES.values()))
    assert fs.info(f"{name}:latest/a/one.csv") == {
        "name": f"{name}:latest/a/one.csv",
        "size": 4,
        "type": "file",
        "hash": fs.ukey(f"{reference}/a/one.csv"),
        "executable": False,
        "dataset": fs.info(reference)["dataset"],
        "version": version,
        "is_committed": True,
    }
    assert fs.isdir(f"{name}/a/b")
    assert fs.isfile(f"{name}/a0")
    assert not fs.exists(f"{name}/a/b/d")
    assert not fs.exists("nothing-of-this-name")
    assert fs.checksum(f"{name}/empty") == fs.checksum(f"{name}/a0") != fs.checksum(f"{name}/large")
    assert fs.modified(f"{name}/a") == fs.created(name)


def test_names_that_look_like_something_else(world: World, fs: GradientFileSystem) -> None:
    names = ["b[1].csv", "b1.csv", "s*r.csv", "star.csv", "q?x.csv", "100%25.csv", "a#b.csv", "é.txt", " x "]
    draft = world.draft({name: name.encode() for name in names})
    for reference in (draft, world.committed({name: name.encode() for name in names})):
        for name in names:
            path = f"{reference}/{name}"
            assert fs.cat(path) == fs.cat([path])[path] == fs.cat_file(path) == name.encode()
            with fsspec.open(f"gradient://{path}", **world.options) as file:
                assert file.read() == name.encode()
        assert fs.cat(f"{reference}/{unicodedata.normalize('NFD', 'é.txt')}") == "é.txt".encode()
        assert fs.cat(f"{reference}//star.csv") == b"star.csv"
        assert fs.cat(PurePosixPath(reference, "star.csv")) == b"star.csv"
        assert fs.glob(f"{reference}/b[0-9].csv") == [f"{reference}/b1.csv"]
    for name in ("s*r.csv", "b[1].csv"):  # one file, not what it looks like
        fs.rm(f"{draft}/{name}")
        names.remove(name)
    assert [path.partition("/")[2] for path in fs.find(draft)] == sorted(names)


def test_parts(fs: GradientFileSystem, reference: str) -> None:
    path = f"{reference}/large"
    assert fs.cat_file(path) == LARGE
    parts = [
        (0, 5),
        (65_535, 65_537),
        (1_000_000, 2_500_000),
        (-10, None),
        (5, -2_999_990),
        (2_999_999, 9_000_000),
        (7, 7),
    ]
    for start, end in parts:
        assert fs.cat_file(path, start, end) == LARGE[start:end]
    starts, ends = zip(*parts[:3], strict=True)
    assert fs.cat_ranges([path] * 3, list(starts), ends) == [LARGE[s:e] for s, e in parts[:3]]
    (missing,) = fs.cat_ranges([f"{reference}/no"], [0], [1])
    assert isinstance(missing, FileNotFoundError)
    assert type(missing).__name__ == "GradientFileNotFoundError"
    assert fs.cat(f"{reference}/a", recursive=True) == {
        f"{reference}/{p}": FILES[p] for p in ("a/b/c.txt", "a/one.csv")
    }
    assert fs.cat([f"{reference}/a0", f"{reference}/no"], on_error="omit") == {f"{reference}/a0": b""}
    assert fs.head(path, 10) == LARGE[:10]
    assert fs.tail(path, 10) == LARGE[-10:]


@pytest.mark.parametrize("cache_type", ["adaptive", "none", "readahead", "bytes", "blockcache"])
def test_an_open_file(world: World, reference: str, cache_type: str) -> None:
    fs = world.fs(keep=False)
    with fs.open(f"{reference}/large", "rb", block_size=100_000, cache_type=cache_type) as file:
        dice = random.Random(cache_type)
        for _ in range(30):
            start, length = dice.randrange(len(LARGE)), dice.choice([1, 100, 70_000, 400_000])
            file.seek(start)
            assert file.read(length) == LARGE[start : start + length]
        file.seek(1_234_567)
        again = pickle.loads(pickle.dumps(file))
        file.seek(0)
        assert b"".join(iter(lambda: file.read(50_000), b"")) == LARGE
        assert again.read(3) == LARGE[1_234_567:1_234_570]
    with fsspec.open(f"gradient://{reference}/a/one.csv", "rt", **fs.storage_options) as text:
        assert text.readlines() == ["x\n", "1\n"]


def test_to_local_files(reference: str, fs: GradientFileSystem, tmp_path: Path) -> None:
    fs.get(f"{reference}/", f"{tmp_path}/all/", recursive=True)
    assert read_tree(tmp_path / "all") == FILES


def test_errors_are_what_programs_expect(world: World, reference: str, fs: GradientFileSystem) -> None:
    name = reference.partition(":")[0]
    draft = world.draft({})
    expected = [
        (lambda: fs.open(f"{name}/no"), FileNotFoundError, ErrorKind.FILE_NOT_FOUND),
        (lambda: fs.modified(f"{name}/no"), FileNotFoundError, ErrorKind.FILE_NOT_FOUND),
        (lambda: fs.ls("no-such-dataset"), FileNotFoundError, ErrorKind.DATASET_NOT_FOUND),
        (lambda: fs.info(f"{name}:no-such-tag/x"), FileNotFoundError, ErrorKind.VERSION_NOT_FOUND),
        (lambda: fs.ls(draft.partition(":")[0]), FileNotFoundError, ErrorKind.NO_COMMITTED_VERSION),
        (lambda: fs.open(f"{reference}/new", "wb"), PermissionError, ErrorKind.VERSION_COMMITTED),
        (lambda: fs.pipe(f"{name}/new", b""), PermissionError, ErrorKind.VERSION_COMMITTED),
        (lambda: fs.rm(f"{name}:latest/a0"), PermissionError, ErrorKind.VERSION_COMMITTED),
        (lambda: fs.pipe(f"{draft}/a/../b", b""), OSError, ErrorKind.INVALID_PATH),
        (lambda: fs.ls("a:b:c"), OSError, ErrorKind.INVALID_REFERENCE),
    ]
    for work, kind, ours in expected:
        with pytest.raises(kind) as caught:
            work()
        error = caught.value
        assert isinstance(error, GradientDataError)
        assert error.kind is ours
        assert str(error) == f"{error.message} {error.hint}"
        assert error.errno
        other = pickle.loads(pickle.dumps(error))
        assert (type(other), str(other), other.errno) == (type(error), str(error), error.errno)
    for work, path in [
        (fs.open, f"{name}/a"),
        (fs.open, name),
        (fs.cat_file, draft),
        (fs.open, ""),
        (partial(fs.open, mode="wb"), draft),
    ]:
        with pytest.raises(IsADirectoryError):
            work(path)
    with pytest.raises(OSError, match="not a dataset reference"):
        fs.cat_file("a:b:c/x")


def test_references_stay_at_what_they_meant(world: World) -> None:
    first = world.committed({"x": b"1"})
    name = first.partition(":")[0]
    fs = world.fs(skip_instance_cache=False)  # as fsspec makes them
    assert fs.cat(f"{name}/x") == b"1"
    sent = pickle.dumps(fs)
    world.next_version(first, {"x": b"2"})
    assert fs.cat(f"{name}/x") == b"1"
    assert fs.cat(f"{name}:latest/x") == b"1"
    from jupyter_gradient_data.fs import session

    session.MEMORY.follow(name)
    assert fs.cat(f"{name}/x") == b"2"
    assert pickle.loads(sent).cat(f"{name}/x") == b"1"  # as a worker has it, which was sent to before


def test_uncommitted_files_are_as_they_are_now(world: World) -> None:
    draft = world.draft({"x": b"1"})
    fs = world.fs()
    opened = fs.open(f"{draft}/x")
    world.fill(draft, {"x": b"22", "y": b""})
    assert fs.cat(f"{draft}/x") == b"22"
    assert fs.info(f"{draft}/x")["size"] == 2
    assert len(fs.ls(draft)) == 2
    if world.served is None:
        assert opened.read() == b"1"
    else:  # a server does not keep what nobody names any more
        with pytest.raises(OSError, match="changed"):
            opened.read()


def test_many_threads(world: World, reference: str) -> None:
    fs = world.fs()
    paths = [f"{reference}/{path}" for path in FILES] * 10
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fs.cat_file, paths)) == list(FILES.values()) * 10


def test_what_cannot_be_asked_is_not_an_empty_folder(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = embedded.draft({"a/b/x.csv": b"1", "a/y.csv": b"2"})
    fs = embedded.fs()
    real = type(embedded.service).list_files

    def fails_in_b(self: object, reference: str, path: str = "", **options: object) -> object:
        if path == "a/b":
            raise ErrorKind.STORE_ERROR(store="it", action="list", reason="it is away")
        return real(self, reference, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(type(embedded.service), "list_files", fails_in_b)
    for work in (
        lambda: fs.glob(f"{reference}/**/*.csv"),
        lambda: fs.find(reference, withdirs=True),
        lambda: list(fs.walk(reference)),
        lambda: fsspec.open_files(f"gradient://{reference}/*/*/*.csv", **embedded.options),
    ):
        with pytest.raises(OSError, match="it is away"):
            work()
    assert list(fs.walk(f"{reference}/nothing")) == []
    assert not fs.isdir("a:b:c")
    nowhere = GradientFileSystem(url="http://127.0.0.1:1", skip_instance_cache=True)
    for ask in (nowhere.isdir, nowhere.isfile):
        with pytest.raises(ConnectionError):
            ask("name/x")


def test_sizes_are_not_asked_file_by_file(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = embedded.draft({"a/1": b"1", "a/22": b"22", "b": b"333"})
    fs = embedded.fs()
    monkeypatch.setattr(type(embedded.service), "get_file", None)
    assert fs.du(draft) == 6
    assert fs.du(f"{draft}/a", total=False) == {f"{draft}/a/1": 1, f"{draft}/a/22": 2}


def test_a_thread_finds_out_that_nothing_need_be_kept(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{embedded.committed({'x': LARGE})}/x"
    fs = embedded.fs()
    bounds = Pages.bounds

    def meanwhile(*given: int) -> tuple[int, int]:
        monkeypatch.setattr(Pages, "bounds", bounds)
        assert fs.cat_file(path, 5, 9) == LARGE[5:9]  # as another thread would
        return bounds(*given)

    monkeypatch.setattr(Pages, "bounds", meanwhile)
    assert fs.cat_file(path, 0, 10) == LARGE[:10]


def test_a_map(world: World, reference: str) -> None:
    items = world.fs().get_mapper(f"gradient://{reference}/a")
    assert sorted(items) == ["b/c.txt", "one.csv"]
    assert items["one.csv"] == FILES["a/one.csv"]
    assert items.getitems(["one.csv", "b/c.txt"]) == {"one.csv": FILES["a/one.csv"], "b/c.txt": b"deep"}
    assert len(items) == 2
    with pytest.raises(KeyError):
        items["no"]


def test_paths_of_pathlib(world: World, reference: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from upath import UPath
        from upath.registry import register_implementation

        from jupyter_gradient_data.fs.upath import GradientPath

        register_implementation("gradient", GradientPath, clobber=True)
        folder = UPath(f"gradient://{reference}/a", **world.options)
        assert isinstance(folder, GradientPath)
        assert sorted(path.name for path in folder.iterdir()) == ["b", "one.csv"]
        file = folder / "b" / "c.txt"
        assert (file.read_bytes(), file.suffix, file.is_file()) == (b"deep", ".txt", True)
        assert str(file.relative_to(folder)) == "b/c.txt"
        assert file.parent.parent == folder
        assert folder.joinpath("one.csv").read_text() == "x\n1\n"
        assert [str(path) for path in folder.rglob("*.txt")] == [str(file)]
        assert str(file) == f"gradient://{reference}/a/b/c.txt"
        draft = UPath(f"gradient://{world.draft()}/new.txt", **world.options)
        draft.write_text("text")
        assert draft.read_text() == "text"
        assert draft.stat().st_size == 4
        draft.unlink()
        assert not draft.exists()


def test_entry_points_name_what_there_is() -> None:
    import importlib

    from tests.test_docs import ROOT, tomllib

    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    for group in ("fsspec.specs", "universal_pathlib.implementations"):
        module, _, name = points[group]["gradient"].partition(":")
        assert getattr(importlib.import_module(module), name)
