"""The command and a Jupyter server: how it is named, and what is said when it does not answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Result
from tests.cli.test_real import follow_the_transcript, rows
from tests.support.jupyter_server import JupyterServer
from tests.support.programs import free_ports
from tests.support.served import TOKEN, Config, Jupyter, Served

Gradient = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs; a state directory would show there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / "state"))
    data = tmp_path / "some-data"
    (data / "deep").mkdir(parents=True)
    (data / "hello.txt").write_text("hello world\n")
    return tmp_path


@pytest.fixture
def server(jupyter: Jupyter, tmp_path: Path) -> Iterator[Served]:
    """A server with a state of its own."""
    server = Served(jupyter, Config(state_dir=tmp_path / "server"))
    yield server
    server.close()


def test_the_transcript_with_the_url_that_jupyter_prints(gradient: Gradient, folder: Path) -> None:
    """On a whole Jupyter server, started as people start it."""
    server = JupyterServer(folder / "jupyter", base_url="/user/me/")
    try:
        url = f"{server.root}/lab/tree/notebook.ipynb?token={server.token}"

        def ok(*arguments: str) -> str:
            result = gradient("--url", url, *arguments)
            assert (result.code, result.err) == (0, ""), arguments
            return result.out

        managed = rows(ok("storageProviders", "list"))[1]
        follow_the_transcript(ok, folder, managed[0], managed[1])
    finally:
        server.close()
    assert not (folder / "state" / "metadata.sqlite").exists()


@pytest.mark.parametrize(
    ("options", "environment", "code"),
    [
        (["--url", "{url}", "--token", TOKEN], {}, 0),
        (["--url", "{url}?token=" + TOKEN], {}, 0),
        (["--url", "{url}lab?token=" + TOKEN, "--token", "other"], {}, 0),
        (["--token", TOKEN], {"GRADIENT_URL": "{url}"}, 0),
        ([], {"GRADIENT_URL": "{url}", "GRADIENT_TOKEN": TOKEN}, 0),
        (["--url", "{url}"], {"GRADIENT_TOKEN": "other"}, 5),
        (["--url", "{url}"], {}, 5),
        (["--url", "{url}", "--database-url", "sqlite:////tmp/x"], {}, 2),
    ],
)
def test_where_url_and_token_come_from(
    gradient: Gradient,
    server: Served,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    environment: dict[str, str],
    code: int,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(url=server.url))
    result = gradient(*(option.format(url=server.url) for option in options), "datasets", "list")
    assert (result.code, result.out) == (code, "" if code else "No data found\n")
    assert TOKEN not in result.err


def test_an_api_key_is_a_token_where_there_is_no_other(
    gradient: Gradient, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIENT_URL", server.url)
    assert gradient("datasets", "list", "--apiKey", TOKEN).code == 0
    assert gradient("datasets", "list", "--apiKey", "of the retired service").code == 5
    monkeypatch.setenv("GRADIENT_TOKEN", TOKEN)
    assert gradient("datasets", "list", "--apiKey", "of the retired service").code == 0


def test_who_names_a_state_gets_that_one(gradient: Gradient, server: Served, monkeypatch, folder) -> None:
    assert gradient("datasets", "create", "--name", "here").code == 0
    monkeypatch.setenv("GRADIENT_URL", server.url)
    monkeypatch.setenv("GRADIENT_TOKEN", TOKEN)
    assert gradient("datasets", "create", "--name", "there").code == 0
    assert rows(gradient("datasets", "list").out)[1][0] == "there"
    assert rows(gradient("--state-dir", str(folder / "state"), "datasets", "list").out)[1][0] == "here"


def test_an_api_token_opens_what_it_is_for(gradient: Gradient, server: Served) -> None:
    everything = ["--url", server.url, "--token", TOKEN]
    for name in ("mine", "theirs"):
        assert gradient(*everything, "datasets", "create", "--name", name).code == 0
    made = gradient(*everything, "tokens", "create", "--name", "ci", "--access", "write", "--dataset", "mine")
    limited = ["--url", server.url, "--token", made.out.strip()]
    assert [row[0] for row in rows(gradient(*limited, "datasets", "list").out)] == ["Name", "mine"]
    put = gradient(*limited, "datasets", "versions", "create", "--id", "mine", "--source-path", "some-data/")
    assert put.code == 0
    assert gradient(*limited, "datasets", "details", "--id", "theirs").code == 3
    assert gradient(*limited, "tokens", "list").code == 5


def test_failures(gradient: Gradient, server: Served) -> None:
    (port,) = free_ports(1)
    nobody = gradient("--url", f"http://127.0.0.1:{port}/lab?token=secret", "datasets", "list")
    assert (nobody.code, nobody.out) == (7, "")
    assert nobody.err.startswith(f"Failed to fetch data: The server http://127.0.0.1:{port} cannot be reached: ")
    assert "secret" not in nobody.err
    wrong = gradient("--url", server.url, "--token", "secret", "datasets", "list", "--json")
    assert wrong.code == 5
    assert json.loads(wrong.err)["error"]["code"] == "not_authenticated"
    bad = gradient("--url", "ftp://host/?token=secret", "datasets", "list")
    assert bad.code == 2
    assert "secret" not in bad.err


def test_completion_asks_the_server(server: Served, gradient: Gradient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gradient("--url", server.url, "--token", TOKEN, "datasets", "create", "--name", "flowers").code == 0
    monkeypatch.setenv("GRADIENT_TOKEN", TOKEN)
    for url, offered in ((server.url, ["flowers"]), ("http://127.0.0.1:9", []), ("no url at all:x", [])):
        line = f"gradient --url {url.replace(' ', '')} datasets details --id flo"
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_gradient_data.cli"],
            env={**os.environ, "_GRADIENT_COMPLETE": "zsh_complete", "COMP_WORDS": line},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert [answer.split("\t")[1] for answer in done.stdout.splitlines() if answer] == offered
        assert done.stderr == ""
