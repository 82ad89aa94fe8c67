"""The catalogue: what is shipped is right, and what a site writes is read or refused with the place of the mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import check_folder_name
from jupyter_gradient_data.public.catalogue import SHIPPED, Dataset, File, load, without_ending
from tests.service.place import fails

ROOT = Path(__file__).parents[2]
ENTRIES = load()
ALL_FILES = [(name, file) for name, entry in ENTRIES.items() for file in entry.dataset.files]
# Files for which nobody has published a size or a hash: this list may only become shorter.
UNCHECKED = {
    *("coco/stuff_annotations_trainval2017.zip", "lsun/scenes/test_lmdb.zip", "fastai/modelzoo/wt103-fwd.tgz"),
    *("fastai/modelzoo/wt103-bwd.tgz", "fastai/grouplens/ml-100k.zip", "ogbn_arxiv/arxiv.zip"),
    *("ogbl_wikikg2_custom/wikikg-v2.zip", "pyg-qm9/qm9.zip", "pyg-qm9/uncharacterized.txt", "pyg-qm9/qm9_v3.zip"),
    *(f"pyg-cora/ind.cora.{part}" for part in ("x", "tx", "allx", "y", "ty", "ally", "graph", "test.index")),
    *(f"pyg-fb15k-237/{part}.txt" for part in ("train", "valid", "test")),
    *("pyg-reddit/reddit.zip", "swag/train.csv", "swag/val.csv", "swag/test.csv"),
    "sentiment140/trainingandtestdata.zip",
}


# --- what is shipped --------------------------------------------------------------------------------------------------


def test_the_datasets_of_gradient_are_there() -> None:
    assert len(ENTRIES) == 42
    assert {"mnist", "tiny-imagenet-200", "coco", "openslr", "lsun", "fastai"} <= set(ENTRIES)
    assert {entry.source for entry in ENTRIES.values()} == {"gradient"}


@pytest.mark.parametrize(("name", "file"), ALL_FILES, ids=lambda value: getattr(value, "path", value))
def test_a_shipped_file_can_be_asked_for_and_checked(name: str, file: File) -> None:
    assert check_folder_name(name, "public dataset") == name
    assert not file.is_folder
    for url in file.urls:
        assert urlsplit(url).scheme in ("http", "https")
        assert urlsplit(url).hostname
    checked = file.sha256 or file.md5 or file.md5_first_1mib or file.size
    assert (f"{name}/{file.place}" in UNCHECKED) == (checked is None)
    assert file.source  # each fact names where it is from


def test_unchecked_files_are_those_of_the_list() -> None:
    assert {f"{name}/{file.place}" for name, file in ALL_FILES} >= UNCHECKED


def test_a_hash_of_the_first_mib_is_that_of_the_whole_only_for_short_files() -> None:
    both = [file for _, file in ALL_FILES if file.md5 and file.md5_first_1mib]
    assert both
    assert all(file.size is not None and file.size <= 1024 * 1024 and file.md5 == file.md5_first_1mib for file in both)


def test_sizes_add_up() -> None:
    for entry in ENTRIES.values():
        sizes = [file.size for file in entry.dataset.files if file.size is not None]
        if entry.dataset.known_size is not None:
            assert sum(sizes) == entry.dataset.known_size, entry.dataset.name


def test_what_is_unpacked_and_what_is_kept() -> None:
    kinds = {f"{name}/{file.place}": ENTRIES[name].dataset.archive_kind(file) for name, file in ALL_FILES}
    assert kinds["mnist/train-images-idx3-ubyte.gz"] is None  # as people found it, and as loaders want it
    assert kinds["fashion-mnist/t10k-labels-idx1-ubyte.gz"] is None
    assert kinds["wmt16/opus/en-ro.tmx.gz"] is None
    assert kinds["fastai/sample/mnist_sample.tgz"] == "tar"
    assert kinds["openslr/dev-clean.tar.gz"] == "tar"
    assert kinds["tiny-imagenet-200/tiny-imagenet-200.zip"] == "zip"
    assert kinds["squad/dev-v1.1.json"] is None


def test_the_catalogue_goes_into_the_package() -> None:
    assert SHIPPED.is_relative_to(ROOT / "jupyter_gradient_data")  # all of which is packed, but for what git ignores
    ignored = subprocess.run(["git", "check-ignore", str(SHIPPED)], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 1


# --- a site's own -----------------------------------------------------------------------------------------------------


def write(path: Path, *datasets: dict[str, Any], **more: Any) -> Path:
    path.write_text(yaml.safe_dump({"datasets": list(datasets), **more}))
    return path


def test_a_site_adds_and_replaces(tmp_path: Path) -> None:
    own = write(tmp_path / "own.yaml", {"name": "mnist", "title": "Ours"}, {"name": "photos"})
    found = load(own)
    assert len(found) == 43
    assert list(found) == sorted(found)
    assert (found["mnist"].dataset.title, found["mnist"].source) == ("Ours", str(own))
    assert found["photos"].source == str(own)
    assert found["coco"].source == "gradient"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    own = write(tmp_path / "own.yaml", {"name": "one"})
    assert "one" in load(own)
    write(own, {"name": "other-one"})
    assert "one" not in load(own)
    assert "other-one" in load(own)


FILE = {"url": "https://example.org/a.zip"}


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ({"name": "../x"}, ["../x"]),
        ({"name": ".hidden"}, [".hidden"]),
        ({"name": "a", "licenze": "MIT"}, ["licenze"]),
        ({"name": "a", "files": [{**FILE, "size": -1}]}, ["size"]),
        ({"name": "a", "files": [{**FILE, "sha256": "abc"}]}, ["sha256"]),
        ({"name": "a", "files": [{"url": "ftp://example.org/a"}]}, ["ftp://example.org/a", "http"]),
        ({"name": "a", "files": [{"url": "relative/a"}]}, ["relative/a"]),
        ({"name": "a", "files": [{"url": "file://elsewhere/a"}]}, ["file:///"]),
        ({"name": "a", "files": [{"url": "s3:///key"}]}, ["bucket"]),
        ({"name": "a", "files": [{"url": "https:///x"}]}, ["host"]),
        ({"name": "a", "files": [{"url": "https://[::1/x"}]}, ["no URL"]),
        ({"name": "a", "files": [{"url": "https://user:secret@example.org/a"}]}, ["user or password"]),
        ({"name": "a", "files": [{"url": "https://example.org/folder/"}]}, ["list the files"]),
        ({"name": "a", "files": [{**FILE, "mirrors": ["gopher://x/y"]}]}, ["gopher"]),
        ({"name": "a", "files": [{**FILE, "path": "../../etc/passwd"}]}, ["'..'"]),
        ({"name": "a", "files": [{**FILE, "path": "/etc/passwd"}]}, ["absolute"]),
        ({"name": "a", "files": [FILE, FILE]}, ["two files"]),
        ({"name": "a", "files": [{**FILE, "path": "b"}, {**FILE, "path": "b/c"}]}, ["two files"]),
        ({"name": "a", "files": [{**FILE, "path": "b/c"}, {**FILE, "path": "b"}]}, ["two files"]),
        ({"name": "a", "files": [{"url": "https://example.org/"}]}, ["list the files"]),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, dataset: dict[str, Any], words: list[str]) -> None:
    own = write(tmp_path / "own.yaml", dataset)
    with fails(ErrorKind.CATALOGUE_UNREADABLE, str(own), *words):
        load(own)


@pytest.mark.parametrize(
    "url", ["https://user:hunter2@example.org/a", "ftp://a:p@hunter2@h/x", "http://a:hunter2/b@h/"]
)
def test_a_password_in_a_url_is_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(GradientDataError, match="…@") as caught:
        load(write(tmp_path / "own.yaml", {"name": "a", "files": [{"url": url}]}))
    assert "hunter2" not in f"{caught.value.message} {caught.value.details}"


@pytest.mark.parametrize("content", [b"", b"[]", b"datasets: 3", b"\xff\xfe\x00", b"datasets: [", b"a: &a [*a]"])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "own.yaml"
    own.write_bytes(content)
    with fails(ErrorKind.CATALOGUE_UNREADABLE, str(own)):
        load(own)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with fails(ErrorKind.CATALOGUE_UNREADABLE, "two datasets 'a'"):
        load(write(tmp_path / "own.yaml", {"name": "a"}, {"name": "a"}))


def test_another_schema_is_refused(tmp_path: Path) -> None:
    with fails(ErrorKind.CATALOGUE_UNREADABLE, "schema is 2"):
        load(write(tmp_path / "own.yaml", schema=2))


def test_a_catalogue_that_is_not_there_is_told(tmp_path: Path) -> None:
    with fails(ErrorKind.CATALOGUE_UNREADABLE, "no such file"):
        load(tmp_path / "none.yaml")


def test_no_code_in_yaml_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    own = tmp_path / "own.yaml"
    own.write_text(f"datasets: !!python/object/apply:os.mkdir ['{marker}']\n")
    with fails(ErrorKind.CATALOGUE_UNREADABLE):
        load(own)
    assert not os.path.exists(marker)


@pytest.mark.parametrize(
    ("layout", "path", "unpack", "kind"),
    [
        (None, "a.csv.gz", None, None),
        (["a.csv"], "a.csv.gz", None, "single"),
        (None, "a.csv.gz", True, "single"),
        (None, "a.zip", None, "zip"),
        (["a.zip"], "a.zip", None, None),
        (None, "a.zip", False, None),
        (None, "a.csv", True, None),
        (None, "A.TAR.XZ", None, "tar"),
    ],
)
def test_the_layout_decides_what_is_unpacked(
    layout: list[str] | None, path: str, unpack: bool | None, kind: str | None
) -> None:
    dataset = Dataset("a", layout_of_archives=layout)
    assert dataset.archive_kind(File(f"https://example.org/{path}", unpack=unpack)) == kind


def test_endings() -> None:
    assert [without_ending(path) for path in ("b/a.tar.gz", "a.tgz", "a.zip", "a.csv.gz", "a")] == [
        *("b/a", "a", "a", "a.csv", "a"),
    ]


def test_it_is_read_only_when_somebody_asks_for_it() -> None:
    program = "import sys; from jupyter_gradient_data.public import library; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
