"""Who may ask what: every verb of every route that there is, in every way that somebody can be known."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from jupyter_gradient_data.server.openapi import Entry, entries
from jupyter_gradient_data.server.operations import operation_of
from jupyter_gradient_data.server.routes import ROUTES
from tests.support.jupyter_server import TOKEN, Answer, JupyterServer, running_server

RESOURCES = {"contents", "datasets", "description", "mounts", "outputs", "providers", "public", "tasks"}
RESOURCES |= {"tokens", "upkeep", "volumes", "workspace"}
ADMIN = {"providers", "tokens", "upkeep", "workspace"}
VERBS = ("get", "head", "post", "put", "patch", "delete")
ENTRIES = [*entries(ROUTES)]
CASES = [(route, verb) for route in ROUTES for verb in VERBS if operation_of(route.handler, verb) is not None]


def label(value: Any) -> str | None:
    return f"{value.verb} {value.path}" if isinstance(value, Entry) else getattr(value, "path", None)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server of these tests: they give wrong tokens a thousand times."""
    environment = {"GRADIENT_FAILED_LOGINS": "100000"}
    yield from running_server(tmp_path_factory.mktemp("access"), environment=environment, base_url="/user/me/")


@pytest.fixture(scope="module")
def tokens(strict: JupyterServer) -> dict[str, str]:
    made = {access: strict.post("/api/tokens", {"name": access, "access": access}) for access in ("read", "write")}
    return {access: answer.json["secret"] for access, answer in made.items()}


def ask(server: JupyterServer, verb: str, path: str, **options: Any) -> Answer:
    return server.request(verb.upper(), re.sub(r"\{\w+\*?\}", "x", path), **options)


# --- every route ------------------------------------------------------------------------------------------------------


def test_every_verb_of_every_route_is_an_operation(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.support.routes_of", str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    served = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(served) >= len(ROUTES)
    assert {route["pattern"] for route in served} >= {f"/hub{route.pattern}$" for route in ROUTES}
    for route in served:
        assert route["verbs"], f"{route} answers nothing"
        for verb, operation in route["verbs"].items():
            assert operation is not None, f"{verb} of {route['pattern']} is no operation: nobody checks who asks"
            assert operation["wrapped"], f"{verb} of {route['pattern']} is called without checks"
            assert operation["resource"] in RESOURCES
            assert operation["action"] in ("read", "write")


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_what_changes_something_needs_write_access(entry: Entry) -> None:
    if entry.verb not in ("get", "head") and entry.operation.action == "read":
        # Questions that are too long for a URL; these were looked at.
        assert entry.id in {"post_pre_signed_urls", "post_read", "post_check_lock", "post_verify_lock"}


@pytest.mark.parametrize(("route", "verb"), CASES, ids=label)
def test_nobody_is_refused(strict: JupyterServer, route: Any, verb: str) -> None:
    operation = operation_of(route.handler, verb)
    for token, path in [(None, route.path), ("wrong", route.path), (None, f"{route.path}?token=wrong")]:
        answer = ask(strict, verb, path, token=token)
        assert answer.status == (403 if operation and operation.signed else 401), (token, path)


@pytest.mark.parametrize(("route", "verb"), CASES, ids=label)
def test_signed_routes_want_their_signature_of_everybody(strict: JupyterServer, route: Any, verb: str) -> None:
    operation = operation_of(route.handler, verb)
    if operation is not None and operation.signed:
        for query in ("", "?auth=", "?auth=AAAA&expires=9999999999&call=GET&path=x"):
            for token in (None, TOKEN):
                assert ask(strict, verb, route.path + query, token=token).status == 403


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_tokens_are_held_to_their_access(strict: JupyterServer, tokens: dict[str, str], entry: Entry) -> None:
    operation = entry.operation
    if operation.signed:
        return
    for access, secret in tokens.items():
        may = operation.action == "read" or (access == "write" and operation.resource not in ADMIN)
        may = may and operation.resource != "tokens"
        if may and operation.action == "write":
            continue  # it would be done
        answer = ask(strict, entry.verb, entry.route.path, token=secret, timeout=20)
        assert (answer.status == 403) != may, (access, answer)


# --- all the ways to be known -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"token {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"TOKEN   {TOKEN}"},
        {"X-API-Key": TOKEN},
    ],
)
def test_the_servers_token(strict: JupyterServer, headers: dict[str, str], name: str) -> None:
    assert strict.post("/api/datasets", {"name": name}, token=None, headers=headers).status == 201


def test_the_servers_token_in_the_url(strict: JupyterServer) -> None:
    assert strict.get(f"/api/datasets?token={TOKEN}", token=None).status == 200


@pytest.mark.parametrize("header", ["token {}", "Bearer {}", "X-API-Key"])
def test_a_token_of_ours(strict: JupyterServer, tokens: dict[str, str], header: str) -> None:
    secret = tokens["read"]
    headers = {"X-API-Key": secret} if header == "X-API-Key" else {"Authorization": header.format(secret)}
    assert strict.get("/api/datasets", token=None, headers=headers).status == 200
    assert strict.get(f"/api/datasets?token={secret}", token=None).status == 200


def test_a_token_that_was_revoked(strict: JupyterServer) -> None:
    made = strict.post("/api/tokens", {"name": "short"}).json
    assert strict.get("/api/datasets", token=made["secret"]).status == 200
    assert strict.request("DELETE", f"/api/tokens/{made['token']['id']}").status == 204
    assert strict.get("/api/datasets", token=made["secret"]).status == 401


@pytest.mark.parametrize(
    "given", ["Basic dXNlcjpwYXNz", "token", "token ", TOKEN, f"token {TOKEN}x", f"token {TOKEN[:-1]}"]
)
def test_what_is_no_token(strict: JupyterServer, given: str) -> None:
    answer = strict.get("/api/datasets", token=None, headers={"Authorization": given})
    assert (answer.status, answer.json["code"]) == (401, "not_authenticated")
    assert TOKEN[:-1] not in answer.data.decode()


class Browser:
    """Somebody who has logged in to JupyterLab."""

    def __init__(self, server: JupyterServer) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}
        self.ask("GET", f"{server.root}/api/status?token={TOKEN}")
        self.ask("GET", f"{server.root}/some/page")  # sets the cookie against forged requests

    def ask(self, method: str, url: str, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookie, **(headers or {})}
        answer = self.server.request(method, url, token=None, headers=sent, redirect=False, **options)
        for set_cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def test_a_browser_is_known_by_its_cookie_and_says_that_it_means_it(strict: JupyterServer, name: str) -> None:
    browser = Browser(strict)
    assert browser.ask("GET", "/api/datasets").status == 200
    forged = browser.ask("POST", "/api/datasets", body={"name": name})
    assert (forged.status, forged.json["code"]) == (403, "http_403")
    assert "_xsrf" in forged.json["message"]
    header = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert browser.ask("POST", "/api/datasets", body={"name": name}, headers=header).status == 201
    elsewhere = {**header, "Origin": "https://example.org"}
    assert browser.ask("POST", "/api/datasets", body={"name": name + "2"}, headers=elsewhere).status in (403, 404)


def test_a_browser_with_an_old_token_is_still_known_by_its_cookie(strict: JupyterServer, name: str) -> None:
    browser = Browser(strict)
    assert browser.ask("GET", "/api/datasets?token=old").status == 200
    forged = browser.ask("POST", "/api/datasets", body={"name": name}, headers={"Authorization": "token old"})
    assert forged.status == 403  # a token that is not right makes no call one with a token


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_guessing_has_an_end(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server(environment={"GRADIENT_FAILED_LOGINS": "5"})
    statuses = [server.get("/api/datasets", token=f"guess {number}".replace(" ", "-")).status for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    refused = server.get("/api/datasets", token="gdt_x_guess")
    assert (refused.status, refused.json["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert server.get("/api/datasets").status == 200  # whoever was known before is let through


def test_requests_of_one_user_are_bounded(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server(environment={"GRADIENT_REQUESTS_PER_MINUTE": "30"})
    secret = server.post("/api/tokens", {"name": "job"}).json["secret"]
    statuses = {server.get("/api/datasets", token=secret).status for _ in range(40)}
    assert statuses == {200, 429}
    assert server.get("/api/datasets").status == 200  # another user


# --- nothing leaks ----------------------------------------------------------------------------------------------------


def test_no_secret_is_in_the_log(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server(arguments=("--ServerApp.log_level=DEBUG", "--GradientData.secret_key=hidden-passphrase"))
    secret = server.post("/api/tokens", {"name": "job"}).json["secret"]
    server.get(f"/api/datasets?token={secret}", token=None)
    server.get("/s3/x/y?X-Amz-Signature=some-signature&auth=some-signature", token=None)
    for wanted in (f"{TOKEN}x", secret + "x"):
        server.get("/api/datasets", token=wanted)
        server.get("/nothing/of/this/kind", token=wanted)
    log = server.log.read_text()
    for hidden in (secret, "hidden-passphrase", "some-signature"):
        assert hidden not in log


# --- other identity providers -----------------------------------------------------------------------------------------

HUB = '''
import json
from jupyter_server.auth import Authorizer, IdentityProvider, User

class Hub(IdentityProvider):
    """Knows users by a token that it asks somebody else about, as JupyterHub's provider does."""
    token = ""
    async def get_user(self, handler):
        user = {{"ann-token": "ann", "ben-token": "ben"}}.get(self.get_token(handler))
        if user is None:
            return None
        handler._token_authenticated = True
        return User(user)

class Rights(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return user.username == "ann" or action == "read"

c.ServerApp.identity_provider_class = Hub
c.ServerApp.authorizer_class = Rights
c.ServerApp.allow_unauthenticated_access = {allow}
'''


class HubServer(JupyterServer):
    """A server whose users are not its own."""

    def _answers(self) -> bool:
        try:
            return self.get("/api/datasets", token="ann-token").status == 200
        except urllib3.exceptions.HTTPError:
            return False


@pytest.mark.parametrize("allow", [True, False])
def test_an_identity_provider_as_that_of_a_hub(tmp_path: Path, name: str, allow: bool) -> None:
    config = tmp_path / "hub" / "jupyter-config" / "jupyter_server_config.py"
    config.parent.mkdir(parents=True)
    config.write_text(HUB.format(allow=allow))
    server = HubServer(tmp_path / "hub", base_url="/user/ann/")
    try:
        for number, key in enumerate([{"Authorization": "token ann-token"}, {"X-API-Key": "ann-token"}]):
            body = {"name": f"{name}-{number}"}
            assert server.post("/api/datasets", body, token=None, headers=key).status == 201
        refused = server.post("/api/datasets", {"name": "x"}, token="ben-token")
        assert (refused.status, refused.json["code"]) == (403, "not_allowed")
        assert server.get("/api/datasets", token="ben-token").status == 200
        assert server.get("/api/datasets", token="eve-token").status == 401
        assert server.get("/api/datasets", token=None).status == 401
        secret = server.post("/api/tokens", {"name": "job", "access": "write"}, token="ann-token").json["secret"]
        assert server.post("/api/datasets", {"name": name}, token=secret).status == 201
    finally:
        server.close()
