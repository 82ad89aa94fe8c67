"""What a put reads, and the paths it gets."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.datasets.sources import SourcePlan, _is_within, plan_sources
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from tests.support.privileges import folder_for_all, without_privileges


def fill(folder: Path, *paths: str) -> None:
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.fsencode(path))


def paths(plan: SourcePlan) -> list[str]:
    return sorted(file.path.decode() for folder in plan.folders() for file in folder.files)


def refusal(action: Callable[[], object]) -> GradientDataError:
    with pytest.raises(GradientDataError) as caught:
        action()
    return caught.value


def scan_refusal(*sources: str | Path) -> GradientDataError:
    plan = plan_sources(sources, "/")
    return refusal(lambda: paths(plan))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with files in it."""
    folder = tmp_path / "here"
    fill(folder, "dir/a.txt", "dir/sub/b.txt", "file.txt")
    monkeypatch.chdir(folder)
    return folder


# --- the path rule ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        ("dir", ["dir/a.txt", "dir/sub/b.txt"]),
        ("./dir", ["dir/a.txt", "dir/sub/b.txt"]),
        ("dir/", ["a.txt", "sub/b.txt"]),
        ("dir//", ["a.txt", "sub/b.txt"]),
        ("dir/.", ["a.txt", "sub/b.txt"]),
        ("dir/sub/..", ["a.txt", "sub/b.txt"]),
        ("dir/sub/../", ["a.txt", "sub/b.txt"]),
        ("dir/sub", ["sub/b.txt"]),
        ("dir/../dir/sub", ["sub/b.txt"]),
        ("file.txt", ["file.txt"]),
        ("dir/sub/b.txt", ["b.txt"]),
        ("dir/../file.txt", ["file.txt"]),
        (".", ["dir/a.txt", "dir/sub/b.txt", "file.txt"]),
        ("./", ["dir/a.txt", "dir/sub/b.txt", "file.txt"]),
        ("..", ["here/dir/a.txt", "here/dir/sub/b.txt", "here/file.txt"]),
        ("../", ["here/dir/a.txt", "here/dir/sub/b.txt", "here/file.txt"]),
        ("../here", ["here/dir/a.txt", "here/dir/sub/b.txt", "here/file.txt"]),
    ],
)
@pytest.mark.parametrize(
    ("target", "prefix"),
    [
        ("/", ""),
        ("", ""),
        (".", ""),
        ("a/b", "a/b/"),
        ("/a/b/", "a/b/"),
        ("//x//y", "x/y/"),
        ("e\u0301", "\u00e9/"),
    ],
)
def test_where_sources_are_stored(here: Path, source: str, stored: list[str], target: str, prefix: str) -> None:
    assert paths(plan_sources([source], target)) == [prefix + path for path in stored]


def test_absolute_sources_and_path_objects(here: Path) -> None:
    assert paths(plan_sources([str(here / "dir") + "/"], "/")) == ["a.txt", "sub/b.txt"]
    assert paths(plan_sources([here / "dir", Path("file.txt")], "t")) == [
        "t/dir/a.txt",
        "t/dir/sub/b.txt",
        "t/file.txt",
    ]


def test_what_is_known_of_a_file(here: Path) -> None:
    (here / "dir/a.txt").chmod(0o755)
    (here / "dir/sub/b.txt").chmod(0o655)
    files = {file.path: file for folder in plan_sources(["dir"], "t").folders() for file in folder.files}
    status = (here / "dir/a.txt").stat()
    assert files[b"t/dir/a.txt"] == (
        str(here / "dir/a.txt"), b"t/dir/a.txt", status.st_size, status.st_mtime_ns, status.st_ino, True,
    )  # fmt: skip
    assert files[b"t/dir/sub/b.txt"].executable is False


def test_folders_come_one_by_one_with_their_files_in_order(here: Path) -> None:
    fill(here / "dir", "b", "B", "\U0001f600", "\uffee", "sub-x/c", "sub/a")
    found = list(plan_sources(["dir"], "/").folders())
    assert [folder.local for folder in found] == [str(here / name) for name in ("dir", "dir/sub", "dir/sub-x")]
    assert [file.path.decode() for file in found[0].files] == [
        f"dir/{name}" for name in ("B", "a.txt", "b", "\uffee", "\U0001f600")
    ]
    assert all(folder.complete for folder in found)


def test_files_that_were_named_are_no_complete_folder(here: Path) -> None:
    (folder,) = plan_sources(["dir/a.txt"], "/").folders()
    assert (folder.local, folder.complete) == (str(here / "dir"), False)


def test_a_plan_scans_when_asked_and_again(here: Path) -> None:
    plan = plan_sources(["dir"], "/")
    assert plan.measure() == (2, len("dir/a.txt") + len("dir/sub/b.txt"))
    fill(here, "dir/new")
    assert paths(plan) == ["dir/a.txt", "dir/sub/b.txt"]  # what was measured is not scanned a second time
    assert paths(plan) == paths(plan) == ["dir/a.txt", "dir/new", "dir/sub/b.txt"]
    assert plan.measure()[0] == 3


def test_too_many_files_to_keep_are_scanned_again(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_gradient_data.datasets.sources._KEPT_FILES", 1)
    plan = plan_sources(["dir"], "/")
    assert plan.measure()[0] == 2
    fill(here, "dir/new")
    assert paths(plan) == ["dir/a.txt", "dir/new", "dir/sub/b.txt"]


def test_empty_folders_have_no_files(tmp_path: Path) -> None:
    (tmp_path / "dir/sub").mkdir(parents=True)
    assert list(plan_sources([tmp_path / "dir"], "/").folders()) == []
    assert plan_sources([tmp_path / "dir"], "/").measure() == (0, 0)


def test_a_folder_deeper_than_python_recurses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = sys.getrecursionlimit() + 200
    monkeypatch.chdir(tmp_path)
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("file").touch()
    try:
        assert paths(plan_sources([f"{tmp_path}/"], "/")) == ["d/" * depth + "file"]
    finally:
        Path("file").unlink()
        for _ in range(depth):
            os.chdir("..")
            os.rmdir("d")


# --- bad sources and targets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["absent", "dir/absent", "file.txt/", "file.txt/x", "", "a\0b", "absent\n"])
def test_a_source_that_is_not_there(here: Path, source: str) -> None:
    error = refusal(lambda: plan_sources(["dir", source], "/"))
    assert error.kind is ErrorKind.SOURCE_NOT_FOUND
    assert "\n" not in error.message


@pytest.mark.parametrize("target", ["..", "a/../b", "a\0b", "x" * 4097, "\udcff"])
def test_a_target_that_is_no_path(here: Path, target: str) -> None:
    assert refusal(lambda: plan_sources(["dir"], target)).kind is ErrorKind.INVALID_PATH


def test_special_files(here: Path) -> None:
    os.mkfifo(here / "dir/pipe")
    assert refusal(lambda: plan_sources(["dir/pipe"], "/")).kind is ErrorKind.SOURCE_SPECIAL
    error = scan_refusal("dir")
    assert error.kind is ErrorKind.SOURCE_SPECIAL
    assert str(here / "dir/pipe") in error.message


def test_a_socket_behind_a_link(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "dir")  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sub/socket")
        os.symlink("sub/socket", "link")
        error = scan_refusal(".")
    assert error.kind is ErrorKind.SOURCE_SPECIAL
    assert str(here / "dir/link") in error.message


@pytest.mark.parametrize("name", ["folder", "file"])
def test_unreadable_sources_are_refused_at_once(name: str) -> None:
    with folder_for_all() as folder:
        fill(folder, "folder/x", "file")
        (folder / name).chmod(0)
        with without_privileges():
            error = refusal(lambda: plan_sources([folder / name], "/"))
    assert error.kind is ErrorKind.SOURCE_UNREADABLE
    assert error.message == f"{folder / name} cannot be read: permission denied."


@pytest.mark.parametrize("mode", [0, 0o400, 0o300])
def test_an_unreadable_folder_inside(mode: int) -> None:
    with folder_for_all() as folder:
        fill(folder, "dir/secret/x")
        folder.joinpath("dir").chmod(0o755)
        folder.joinpath("dir/secret").chmod(mode)
        if os.geteuid() == 0:
            os.chown(folder / "dir/secret", 65534, 65534)
        with without_privileges():
            error = scan_refusal(folder / "dir")
    assert error.kind is ErrorKind.SOURCE_UNREADABLE
    assert str(folder / "dir/secret") in error.message


def test_a_source_that_vanishes(here: Path) -> None:
    plan = plan_sources(["dir", "file.txt"], "/")
    (here / "file.txt").unlink()
    assert refusal(lambda: paths(plan)).kind is ErrorKind.SOURCE_NOT_FOUND
    shutil.rmtree(here / "dir")
    assert refusal(lambda: paths(plan)).kind is ErrorKind.SOURCE_NOT_FOUND


def test_a_folder_that_vanishes_while_others_are_scanned(here: Path) -> None:
    folders = plan_sources(["dir"], "/").folders()
    next(folders)
    shutil.rmtree(here / "dir/sub")
    assert refusal(lambda: next(folders)).kind is ErrorKind.SOURCE_NOT_FOUND


# --- names ------------------------------------------------------------------------------------------------------------


def test_names_are_stored_in_one_unicode_form(tmp_path: Path) -> None:
    fill(tmp_path, "cafe\u0301/e\u0301.txt")
    (folder,) = plan_sources([tmp_path / "cafe\u0301"], "/").folders()
    assert folder.files[0].path == "caf\u00e9/\u00e9.txt".encode()
    assert folder.files[0].local == str(tmp_path / "cafe\u0301/e\u0301.txt")


@pytest.mark.parametrize("suffix", ["", "/x"])
def test_two_forms_of_one_name(tmp_path: Path, suffix: str) -> None:
    fill(tmp_path, f"dir/e\u0301{suffix}", f"dir/\u00e9{suffix}")
    error = scan_refusal(tmp_path / "dir")
    assert error.kind is ErrorKind.PATHS_CLASH
    assert "both would be 'dir/\u00e9' in it" in error.message


def test_names_that_differ_in_case_are_two_names(tmp_path: Path) -> None:
    fill(tmp_path, "dir/a", "dir/A")
    assert paths(plan_sources([tmp_path / "dir"], "/")) == ["dir/A", "dir/a"]


@pytest.mark.parametrize("path", [b"dir/\xff", b"dir/\xff/x"])
def test_a_name_that_is_not_utf8(tmp_path: Path, path: bytes) -> None:
    fill(tmp_path, os.fsdecode(path))
    error = scan_refusal(tmp_path / "dir")
    assert error.kind is ErrorKind.INVALID_PATH
    error.message.encode()  # can be printed


def test_a_path_that_gets_too_long_in_the_version(tmp_path: Path) -> None:
    fill(tmp_path, "dir/" + "n" * 200)
    target = "/".join(["t" * 200] * 20)
    assert len(target) + 1 + len("dir/") <= 4096 - 70
    assert refusal(lambda: paths(plan_sources([tmp_path / "dir"], target))).kind is ErrorKind.INVALID_PATH
    assert paths(plan_sources([tmp_path / "dir/"], "/".join(["t" * 200] * 19)))


local_names = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)


@given(st.sets(local_names, min_size=1, max_size=8))
def test_all_names_of_a_file_system(names: set[str]) -> None:
    forms = {unicodedata.normalize("NFC", name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            Path(folder, name).write_bytes(b"")
        plan = plan_sources([folder + "/"], "/")
        if len(forms) < len(names):
            assert refusal(lambda: paths(plan)).kind is ErrorKind.PATHS_CLASH
        else:
            (found,) = plan.folders()
            assert [file.path for file in found.files] == sorted(form.encode() for form in forms)
            assert {os.path.basename(file.local) for file in found.files} == names


# --- several sources --------------------------------------------------------------------------------------------------


def test_folders_of_several_sources_merge(tmp_path: Path) -> None:
    fill(tmp_path, "a/x/1", "b/x/2", "c/3")
    plan = plan_sources([tmp_path / "a/x", f"{tmp_path}/b/", tmp_path / "c/3"], "t")
    assert paths(plan) == ["t/3", "t/x/1", "t/x/2"]
    assert plan.measure() == (3, len("a/x/1" + "b/x/2" + "c/3"))


@pytest.mark.parametrize(
    "sources",
    [("a/x", "b/x"), ("a/", "b/"), ("a/x", "b/"), ("a", "c/a")],
)
def test_two_files_with_one_path(here: Path, sources: tuple[str, str]) -> None:
    fill(here, "a/x", "b/x", "c/a/x")
    error = scan_refusal(*sources)
    assert error.kind is ErrorKind.PATHS_CLASH
    assert {error.details["path"], error.details["other"]} < {str(here / path) for path in ("a/x", "b/x", "c/a/x")}


def test_a_file_and_a_folder_with_one_path(here: Path) -> None:
    fill(here, "a/x", "b/x/y")
    for sources in (("a/", "b/"), ("b/", "a/"), ("a/x", "b/x")):
        assert scan_refusal(*sources).kind is ErrorKind.PATHS_CLASH


@pytest.mark.parametrize(
    "sources",
    [("dir", "dir"), ("dir", "./dir"), ("file.txt", "../here/file.txt"), ("./", "dir"), ("dir/", "dir/a.txt")],
)
def test_a_source_that_is_named_twice_is_put_once(here: Path, sources: tuple[str, str]) -> None:
    found = paths(plan_sources(sources, "/"))
    assert len(found) == len(set(found)) > 0
    assert paths(plan_sources(sources[::-1], "/")) == found


# --- symbolic links ---------------------------------------------------------------------------------------------------


def test_links_inside_a_source_are_followed(here: Path) -> None:
    (here / "dir/to-file").symlink_to("sub/b.txt")
    (here / "dir/to-folder").symlink_to(here / "dir/sub")
    (here / "dir/sub/up-and-down").symlink_to("../a.txt")
    files = {file.path: file for folder in plan_sources(["dir/"], "/").folders() for file in folder.files}
    assert sorted(files) == [
        b"a.txt", b"sub/b.txt", b"sub/up-and-down", b"to-file", b"to-folder/b.txt", b"to-folder/up-and-down",
    ]  # fmt: skip
    assert files[b"to-file"][2:] == files[b"sub/b.txt"][2:]
    assert Path(files[b"to-folder/b.txt"].local).read_text() == "dir/sub/b.txt"


def test_a_source_that_is_a_link_is_followed_wherever_it_leads(tmp_path: Path) -> None:
    fill(tmp_path, "far/away/x", "far/y")
    (tmp_path / "far/away/link").symlink_to("x")
    (tmp_path / "folder").symlink_to("far/away")
    (tmp_path / "file").symlink_to("far/y")
    assert paths(plan_sources([tmp_path / "folder", tmp_path / "file"], "/")) == ["file", "folder/link", "folder/x"]
    assert paths(plan_sources([f"{tmp_path}/folder/"], "/")) == ["link", "x"]
    assert paths(plan_sources([f"{tmp_path}/folder/.."], "/")) == ["away/link", "away/x", "y"]


@pytest.mark.parametrize("target", ["../file.txt", "..", "/", "/etc/passwd", "../dir-and-more", "sub/../../file.txt"])
def test_a_link_that_leads_out(here: Path, target: str) -> None:
    fill(here, "dir-and-more/x")
    (here / "dir/sub/c").mkdir()
    (here / "dir/link").symlink_to(target)
    error = scan_refusal("dir")
    assert error.kind is ErrorKind.SOURCE_LINK_OUTSIDE
    assert str(here / "dir/link") in error.message


def test_a_link_into_another_source_leads_out(here: Path) -> None:
    (here / "dir/link").symlink_to("../file.txt")
    assert scan_refusal("dir", "file.txt").kind is ErrorKind.SOURCE_LINK_OUTSIDE


@pytest.mark.parametrize("target", ["nowhere", "../nowhere/x", "a.txt/x"])
def test_a_link_that_leads_to_nothing(here: Path, target: str) -> None:
    (here / "dir/link").symlink_to(target)
    error = scan_refusal("dir")
    assert error.kind is ErrorKind.SOURCE_LINK_BROKEN
    assert str(here / "dir/link") in error.message


@pytest.mark.parametrize(
    "links",
    [
        {"dir/link": "."},
        {"dir/sub/link": ".."},
        {"dir/sub/link": "../../dir"},
        {"dir/one": "two", "dir/two": "one"},
        {"dir/self": "self"},
        {"dir/sub/to-other": "../other", "dir/other/to-sub": "../sub"},
        {"dir/to-inner": "sub/inner", "dir/sub/inner/to-sub": ".."},
    ],
    ids=str,
)
def test_links_in_a_circle(here: Path, links: dict[str, str]) -> None:
    fill(here, "dir/other/c.txt", "dir/sub/inner/d.txt")
    for link, target in links.items():
        (here / link).symlink_to(target)
    assert scan_refusal("dir").kind is ErrorKind.SOURCE_LINK_LOOP


def test_two_links_to_one_folder_are_no_circle(here: Path) -> None:
    for name in ("one", "two"):
        (here / "dir" / name).symlink_to("sub")
    assert paths(plan_sources(["dir/"], "/")) == ["a.txt", "one/b.txt", "sub/b.txt", "two/b.txt"]


@pytest.mark.parametrize(
    ("path", "folder", "within"),
    [("/a", "/a", True), ("/a/b", "/a", True), ("/ab", "/a", False), ("/", "/a", False), ("/a", "/", True)],
)
def test_what_lies_within_a_folder(path: str, folder: str, within: bool) -> None:
    assert _is_within(path, folder) is within
