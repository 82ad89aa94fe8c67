"""The workspace over HTTP: its API, the link that asks first, and what a server does with it when it starts."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import WorkspaceState
from jupyter_gradient_data.server.workspace_link import target_of
from jupyter_gradient_data.service.opening import open_service
from tests.support.jupyter_server import TOKEN, Answer, JupyterServer
from tests.support.repositories import Upstream, files_of
from tests.support.rest import VersionAt, ended, result_of

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


SETTINGS = b"integrations:\n  roses:\n    type: dataset\n    ref: no-such-dataset:latest\n"
MOUNTED = [("roses", "failed")]


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream", {"a.txt": b"a\n", ".gradient/settings.yaml": SETTINGS})


def home(server: JupyterServer) -> Path:
    return Path(server.get("/api/workspace").json["local_path"])


def link(
    server: JupyterServer, headers: dict[str, str] | None = None, token: str | None = TOKEN, **query: str
) -> Answer:
    return server.get(
        f"/workspace?{urlencode(query)}", headers={**BROWSER, **(headers or {})}, token=token, redirect=False
    )


def _until(server: JupyterServer, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, server.log.read_text()[-3000:]
        time.sleep(0.1)


# --- the API ----------------------------------------------------------------------------------------------------------


def test_the_api(make_server: Callable[..., JupyterServer], upstream: Upstream) -> None:
    server = make_server(base_url="/user/me/")
    found = server.get("/api/workspace").json
    assert (found["url"], found["state"], found["commit"], found["notes"]) == (None, "none", None, [])
    assert (server.post("/api/workspace").status, server.post("/api/workspace", {}).status) == (404, 404)
    result = result_of(server, server.post("/api/workspace", {"url": upstream.url}))
    assert result == server.get("/api/workspace").json
    assert (result["state"], result["commit"]) == ("ready", upstream.head)
    assert files_of(home(server)) == upstream.files
    # What its settings list is mounted, as far as there is such a dataset.
    _until(server, lambda: [(mount["name"], mount["state"]) for mount in server.get("/api/mounts").json] == MOUNTED)
    failed = ended(server, server.post("/api/workspace", {"ref": "nothing"}))
    assert failed["error"]["code"] == "workspace_ref_not_found"
    assert server.get("/api/workspace").json["error"] == failed["error"]


@pytest.mark.parametrize(
    "body", [{"url": "ext::sh -c id"}, {"url": "https://a:b@h/x"}, {"ref": "-x", "url": "https://h/x"}]
)
def test_what_is_no_repository_is_refused_before_there_is_a_task(server: JupyterServer, body: dict[str, str]) -> None:
    answer = server.post("/api/workspace", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_option")
    assert ":b@" not in answer.data.decode()


def test_tokens(server: JupyterServer) -> None:
    secrets = {
        access: server.post("/api/tokens", {"name": access, "access": access}).json["secret"]
        for access in ("read", "write", "admin")
    }
    for access, secret in secrets.items():
        assert server.get("/api/workspace", token=secret).status == 200
        answer = server.post("/api/workspace", {"url": "no URL"}, token=secret)
        assert answer.status == (400 if access == "admin" else 403)


def test_a_service_of_the_server(make_server: Callable[..., JupyterServer], upstream: Upstream, tmp_path: Path) -> None:
    server = make_server()
    service = open_service(Config(url=server.root, token=TOKEN, state_dir=tmp_path / "client"))
    task = service.update_workspace(upstream.url, "main")
    phases = {event.phase.value for event in task}
    found = task.result()
    assert found == service.get_workspace()
    assert (found.state, found.commit, found.ref) == (WorkspaceState.READY, upstream.head, "main")
    assert phases
    with pytest.raises(GradientDataError) as caught:
        service.update_workspace(upstream.url, "nothing").result()
    assert caught.value.kind is ErrorKind.WORKSPACE_REF_NOT_FOUND
    with pytest.raises(GradientDataError) as caught:
        service.update_workspace("https://ann:hunter2@host/x")
    assert caught.value.kind is ErrorKind.INVALID_OPTION
    service.close()


# --- the start of a server --------------------------------------------------------------------------------------------


def test_a_server_starts_with_its_workspace_and_what_that_mounts(
    make_server: Callable[..., JupyterServer], tmp_path: Path
) -> None:
    state = {"GRADIENT_STATE_DIR": str(tmp_path / "state")}
    first = make_server(environment=state)
    place = VersionAt(first, "flowers")
    place.put("rose.txt", b"rose")
    place.commit()
    settings = "integrations:\n  roses:\n    type: dataset\n    ref: flowers:latest\n"
    upstream = Upstream(tmp_path / "up", {".gradient/settings.yaml": settings.encode(), "look.ipynb": b"{}"})
    first.close()
    server = make_server(environment={**state, "GRADIENT_WORKSPACE_URL": upstream.url})
    _until(server, lambda: server.get("/api/workspace").json["state"] == "ready")
    assert files_of(home(server)) == upstream.files

    def mounts() -> list[tuple[str, str]]:
        return [(mount["name"], mount["state"]) for mount in server.get("/api/mounts").json]

    _until(server, lambda: mounts() == [("roses", "mounted")])
    (home(server) / "look.ipynb").write_bytes(b'{"mine": 1}')
    commit = upstream.commit({"new.txt": b"new"})
    server.kill()
    server.start()
    _until(server, lambda: server.get("/api/workspace").json["commit"] == commit)
    assert (home(server) / "look.ipynb").read_bytes() == b'{"mine": 1}'


def test_a_server_whose_workspace_is_not_there_works_and_says_why(
    make_server: Callable[..., JupyterServer], tmp_path: Path
) -> None:
    for url, words in [(f"file://{tmp_path}/nothing", "There is no repository"), ("https://a:hunter2@b/c", "password")]:
        server = make_server(environment={"GRADIENT_WORKSPACE_URL": url})
        _until(server, lambda words=words, server=server: words in server.log.read_text())
        assert server.post("/api/datasets", {"name": "x"}).status == 201
        assert "hunter2" not in server.log.read_text()
        assert "hunter2" not in server.get("/api/workspace").data.decode()


# --- the link ---------------------------------------------------------------------------------------------------------


def test_a_link_asks_and_does_nothing(make_server: Callable[..., JupyterServer], upstream: Upstream) -> None:
    server = make_server(base_url="/user/me/")
    answer = link(server, repo=upstream.url, branch="main", urlpath="lab/tree/a b.ipynb?x=1#y")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.data.decode()
    assert f"<dd>{upstream.url}</dd>" in page
    assert 'data-next="/user/me/lab/tree/a b.ipynb?x=1#y"' in page
    assert 'data-api="/user/me/gradient/api"' in page
    assert server.get("/api/workspace").json["state"] == "none"
    assert all(task["kind"] != "workspace" for task in server.get("/api/tasks").json["items"])


def test_the_page_can_be_neither_framed_nor_made_to_run_anything_else(server: JupyterServer) -> None:
    answer = link(server, repo="https://host/x")
    policy = answer.headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == "'none'"
    page = answer.data.decode()
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inner,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["repo", "branch", "urlpath"])
def test_what_a_link_says_is_only_text(server: JupyterServer, name: str) -> None:
    bad = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
    page = link(server, **{"repo": "https://host/x", name: bad}).data.decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert html.escape(bad) in page


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript://x",
        "../../hub/logout",
        "lab/%2e%2e/%2e%2e/x",
        "lab/%252e%252e/x",
        "lab/./x",
        "lab/..",
        "x\ny",
        "/%2f/../x",
    ],
)
def test_a_link_does_not_lead_away(server: JupyterServer, path: str) -> None:
    answer = link(server, repo="https://host/x", urlpath=path)
    assert answer.status == 400
    assert "leads away" in answer.data.decode()
    assert "<script>" not in answer.data.decode()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (None, "/user/me/lab"),
        ("", "/user/me/lab"),
        ("lab/tree/x.ipynb", "/user/me/lab/tree/x.ipynb"),
        ("/tree", "/user/me/tree"),
        ("javascript:alert(1)", "/user/me/javascript:alert(1)"),
        ("lab?file-browser-path=a/../b", "/user/me/lab?file-browser-path=a/../b"),
        ("doc/tree/..x", "/user/me/doc/tree/..x"),
    ],
)
def test_where_a_link_leads(path: str | None, target: str) -> None:
    assert target_of("/user/me/", path) == target


def test_who_is_not_known_logs_in_first(server: JupyterServer) -> None:
    answer = link(server, repo="https://host/x", urlpath="lab", token=None)
    assert answer.status == 302
    back = quote("/user/me/gradient/workspace?repo=https%3A%2F%2Fhost%2Fx&urlpath=lab", safe="")
    assert answer.headers["Location"].startswith("/user/me/login?next=")
    assert answer.headers["Location"].endswith(back)
    assert server.get("/workspace?repo=x", token=None).status == 401


def test_who_may_not_is_told(server: JupyterServer) -> None:
    for query in ({}, {"repo": ""}, {"repo": "https://host/x", "depth": "1"}):
        answer = link(server, **query)
        assert answer.status == 400
        assert "This link does not work" in answer.data.decode()


def test_no_page_from_elsewhere_can_press_the_button(
    make_server: Callable[..., JupyterServer], upstream: Upstream
) -> None:
    server = make_server()
    cookies: dict[str, str] = {}

    def ask(method: str, url: str, **options: object) -> Answer:
        headers = {**BROWSER, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        headers |= options.pop("headers", {})  # type: ignore[arg-type]
        answer = server.request(method, url, token=None, headers=headers, redirect=False, **options)  # type: ignore[arg-type]
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            cookies[name] = value
        return answer

    ask("GET", f"{server.root}/api/status?token={TOKEN}")
    body = {"url": upstream.url}
    assert ask("POST", "/api/workspace", body=body).status == 403  # as a form elsewhere could
    page = ask("GET", f"/workspace?{urlencode({'repo': upstream.url})}").data.decode()
    (xsrf,) = re.findall('data-xsrf="([^"]+)"', page)
    elsewhere = {"X-XSRFToken": xsrf, "Origin": "https://evil.example"}
    assert ask("POST", "/api/workspace", body=body, headers=elsewhere).status in (403, 404)
    started = ask("POST", "/api/workspace", body=body, headers={"X-XSRFToken": xsrf})
    assert ended(server, started)["state"] == "succeeded"
    assert files_of(home(server)) == upstream.files
