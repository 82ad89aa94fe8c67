"""The page behind a link to a repository, in a browser: it asks, shows progress and goes on, or says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.jupyter_server import TOKEN, JupyterServer
from tests.support.repositories import Upstream, files_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JupyterServer]:
    server = JupyterServer(tmp_path / "server", base_url="/user/me/")
    yield server
    server.close()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Somebody who has not logged in."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    assert [one for one in problems if "Content Security Policy" in one and "gradient/workspace" in one] == []
    context.close()


def link(server: JupyterServer, **query: str) -> str:
    return f"{server.url}/workspace?{urlencode(query)}"


def test_a_link(server: JupyterServer, stranger: Page, tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "upstream", {"a.txt": b"a"})
    stranger.goto(link(server, repo=upstream.url, branch="main", urlpath="api/status"))
    stranger.get_by_label("Password or token").fill(TOKEN)
    stranger.get_by_role("button", name="Log in", exact=True).click()
    expect(stranger.get_by_role("heading")).to_have_text("Bring this repository into your workspace?")
    expect(stranger.get_by_text(upstream.url)).to_be_visible()
    assert server.get("/api/workspace").json["state"] == "none"
    stranger.get_by_role("button", name="Bring it in").click()
    stranger.wait_for_url(f"{server.root}/api/status")
    found = server.get("/api/workspace").json
    assert found["state"] == "ready"
    assert files_of(Path(found["local_path"])) == {"a.txt": b"a"}

    (Path(found["local_path"]) / "a.txt").write_bytes(b"mine")
    upstream.commit({"a.txt": b"theirs"})
    stranger.goto(link(server, repo=upstream.url, urlpath="api/status"))
    stranger.get_by_role("button", name="Bring it in").click()
    expect(stranger.get_by_role("listitem")).to_contain_text("a.txt: yours stays")
    stranger.get_by_role("link", name="Go on", exact=True).click()
    stranger.wait_for_url(f"{server.root}/api/status")


def test_a_link_that_fails(server: JupyterServer, stranger: Page, tmp_path: Path) -> None:
    stranger.goto(f"{server.root}/api/status?token={TOKEN}")
    stranger.goto(link(server, repo=f"file://{tmp_path}/nothing", urlpath="api/status"))
    stranger.get_by_role("button", name="Bring it in").click()
    expect(stranger.get_by_role("status")).to_contain_text("There is no repository")
    expect(stranger.get_by_role("button", name="Try again")).to_be_enabled()
    stranger.goto(link(server, repo="ext::sh -c id"))
    stranger.get_by_role("button", name="Bring it in").click()
    expect(stranger.get_by_role("status")).to_contain_text("is not the URL of a repository")
    on = stranger.get_by_role("link", name="Go on without it")
    expect(on).to_have_attribute("href", "/user/me/lab")  # which this server has not
