"""``gradient public``, on the double and for real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import PublicState
from tests.cli.double import BIRDS
from tests.support.file_server import FileServer, Plan, running_file_server

HERE = replace(BIRDS, state=PublicState.PRESENT, files=tuple(replace(file, is_present=True) for file in BIRDS.files))
SOME = replace(BIRDS, state=PublicState.PARTIAL, files=(replace(BIRDS.files[0], is_present=True), BIRDS.files[1]))


def test_list(double, gradient) -> None:
    double.public = [BIRDS, replace(BIRDS, name="own", title="Ours", licence="", files=(), bytes=None)]
    assert gradient("public", "list").out.splitlines()[3:5] == [
        "| birds | Birds | 4.0 KiB or more | CC0-1.0 | absent           |",
        "| own   | Ours  | unknown         | unknown | no address known |",
    ]


def test_list_of_what_is_here(double, gradient) -> None:
    double.public = [BIRDS, replace(HERE, name="own")]
    out = gradient("public", "list", "--here").out
    assert "own" in out
    assert "birds" not in out
    double.public = [BIRDS]
    assert gradient("public", "list", "--here").out == "No data found\n"


def test_info_says_how_files_are_checked(double, gradient) -> None:
    out = gradient("public", "info", "gradient/birds").out
    assert double.calls[0] == ("get_public", ("gradient/birds",), {})
    assert "| images.zip | 4.0 KiB | no   | SHA-256" in out
    assert "| labels.tgz | unknown | no   | MD5 of the first MiB only |" in out
    assert "And the claws." in out
    assert "gradient/birds" in out


def test_fetch_shows_the_licence_first(double, gradient) -> None:
    double.fetched = HERE
    result = gradient("public", "fetch", "birds")
    assert result.out.splitlines() == [
        "Licence of birds: CC0-1.0",
        "Its terms are at https://example.org/birds",
        "The catalogue cannot prove each byte of 1 file; `gradient public info birds` shows how each is checked.",
        "Fetched birds: all of 2 files at /datasets/birds",
    ]
    assert [call[0] for call in double.calls[:2]] == ["get_public", "fetch_public"]
    assert double.calls[1] == ("fetch_public", ("birds", ()), {})


def test_an_unknown_licence_is_told(double, gradient) -> None:
    double.public = [replace(BIRDS, licence="", homepage="")]
    first = gradient("public", "fetch", "birds").out.splitlines()[0]
    assert first == "Licence of birds: unknown: ask whoever publishes it before you use it"


def test_fetch_of_some_files(double, gradient) -> None:
    double.fetched = SOME
    result = gradient("public", "fetch", "birds", "--file", "*.zip", "--file", "x/")
    assert result.out.splitlines()[-1] == "Fetched birds: 1 of 2 files at /datasets/birds"
    assert double.calls[1] == ("fetch_public", ("birds", ("*.zip", "x/")), {})


def test_nothing_to_fetch(double, gradient) -> None:
    double.public, double.fetched = [HERE], HERE
    result = gradient("public", "fetch", "birds")
    assert result.out.splitlines()[-1] == "Nothing to do: what you asked for of birds is here already."


def test_verify_and_remove(double, gradient) -> None:
    double.fetched = SOME
    assert gradient("public", "verify", "birds").out == "Verified birds: 1 of 2 files, no problems.\n"
    assert gradient("public", "remove", "birds").out == "Removed public dataset: birds\n"


# --- for real ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running_file_server() as server:
        yield server


@pytest.fixture
def state(tmp_path: Path, web: FileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory whose site has one dataset of its own."""
    from jupyter_gradient_data.public.folder import delete

    files = [{"url": web.add("a.csv", b"x,y\n"), "size": 4}, {"url": web.add("b.csv", b"1,2\n"), "size": 4}]
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"datasets": [{"name": "tables", "files": files}]}))
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GRADIENT_PUBLIC_CATALOGUE", str(tmp_path / "own.yaml"))
    yield tmp_path / "state"
    delete(tmp_path / "state")


def test_a_life(state: Path, gradient) -> None:
    assert "tables" in gradient("public", "list").out
    assert "Fetched tables: 1 of 2 files" in gradient("public", "fetch", "gradient/tables", "--file", "a*").out
    assert "Fetched tables: all of 2 files" in gradient("public", "fetch", "tables").out
    assert "Nothing to do" in gradient("public", "fetch", "tables").out
    assert (state / "public" / "tables" / "a.csv").read_bytes() == b"x,y\n"
    assert gradient("public", "verify", "tables").code == 0
    found = json.loads(gradient("public", "info", "tables", "--json").out)
    assert (found["state"], found["files"][0]["proof"]) == ("present", "size")
    assert gradient("public", "remove", "tables").code == 0
    assert not (state / "public" / "tables").exists()
    result = gradient("public", "remove", "tables")
    assert (result.code, result.err) == (
        3,
        "Nothing of tables is here.\n`gradient public fetch tables` fetches it.\n",
    )


def test_why_not(state: Path, web: FileServer, gradient) -> None:
    web.always["b.csv"] = Plan(status=410)
    result = gradient("public", "fetch", "tables")
    assert result.code == 7
    assert f"b.csv ({web.url}b.csv: it answers 410)" in result.err
    assert gradient("public", "info", "none").code == 3
    assert (
        ErrorKind.PUBLIC_NO_MATCH.sentence.format(name="tables", pattern="c*")
        in gradient("public", "fetch", "tables", "--file", "c*").err
    )
