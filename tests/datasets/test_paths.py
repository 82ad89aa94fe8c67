"""Which paths a dataset takes, and how one that it does not take is shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.datasets.paths import (
    ancestors,
    check_path,
    path_problem,
    show_path,
)
from jupyter_gradient_data.errors import ErrorKind, GradientDataError


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "it is empty"),
        ("/etc/passwd", "it is absolute"),
        ("/", "it is absolute"),
        ("a//b", "it has an empty part"),
        ("a/", "it has an empty part"),
        (".", "it has a part '.'"),
        ("./a", "it has a part '.'"),
        ("a/.", "it has a part '.'"),
        ("..", "it has a part '..'"),
        ("../a", "it has a part '..'"),
        ("a/../b", "it has a part '..'"),
        ("a/b/..", "it has a part '..'"),
        ("a\0b", "it has a NUL character"),
        ("a/\udcff", "it is not valid UTF-8"),
        ("x" * 4097, "it is longer than 4,096 bytes"),
        ("ä" * 2049, "it is longer than 4,096 bytes"),
    ],
)
def test_paths_that_are_refused(path: str, reason: str) -> None:
    with pytest.raises(GradientDataError) as caught:
        check_path(path)
    assert caught.value.kind is ErrorKind.INVALID_PATH
    assert caught.value.details["reason"] == reason
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "a/b",
        "...",
        ".hidden/..b/c..",
        "a\nb",
        "..\n",
        "a/.\n",
        "a\\b",
        "C:x",
        " ",
        "x" * 4096,
        "ä" * 2048,
        "\u0338x",
        "-",
        "~",
    ],
)
def test_paths_that_are_taken_as_they_are(path: str) -> None:
    assert check_path(path) == path.encode()


def test_two_unicode_forms_are_one_path() -> None:
    assert check_path("cafe\u0301") == check_path("caf\u00e9") == b"caf\xc3\xa9"


def test_length_counts_after_normalisation() -> None:
    assert len(check_path("e\u0301" * 2048)) == 4096


@given(st.text(st.characters(), max_size=20) | st.text("./\0aé\u0301\ud800", max_size=8))
def test_a_taken_path_keeps_every_rule(text: str) -> None:
    try:
        path = check_path(text)
    except GradientDataError as error:
        refused = error
    else:
        keeps_every_rule(path, text)
        return
    assert refused.kind is ErrorKind.INVALID_PATH


def keeps_every_rule(path: bytes, text: str) -> None:
    parts = path.split(b"/")
    assert not {b"", b".", b".."} & set(parts)
    assert b"\0" not in path
    assert path.decode() == unicodedata.normalize("NFC", text)
    assert check_path(path.decode()) == path
    assert path_problem((path,)) is None


PARTS = st.lists(st.sampled_from([b"", b".", b"..", b"...", b"a", b"b\0", b"\xff", b"\xc3", b"\xa9", b"/"]), max_size=4)


@given(st.lists(PARTS.map(b"/".join), max_size=5))
def test_a_batch_is_fine_when_each_path_is(paths: list[bytes]) -> None:
    assert (path_problem(paths) is None) == all(path_problem((path,)) is None for path in paths)


@pytest.mark.parametrize("path", [b"", b"/a", b"a/../b", b"a\0", b"\xff", b"x" * 4097, b"\xed\xa0\x80"])
def test_stored_paths_that_are_refused(path: bytes) -> None:
    assert path_problem((b"fine", path, b"fine/too")) is not None


def test_a_path_is_shown_on_one_short_line() -> None:
    assert show_path("a\nb\x1b[31m\udcff") == r"'a\nb\x1b[31m\udcff'"
    assert show_path(b"a\xff") == r"'a\\xff'"
    assert len(show_path("x" * 5000)) < 100


def test_ancestors_are_the_folders_above() -> None:
    assert ancestors(b"a/b/c") == [b"a", b"a/b"]
    assert ancestors(b"a") == []
