"""Routes, models and document agree, and the page shows all of it."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.server import docs_page
from jupyter_gradient_data.server.description import document
from jupyter_gradient_data.server.openapi import Entry, entries
from jupyter_gradient_data.server.operations import Content
from jupyter_gradient_data.server.routes import ROUTES
from tests.support.chromium import running_chromium
from tests.support.jupyter_server import TOKEN, JupyterServer

ENTRIES = [*entries(ROUTES)]


def label(entry: Entry) -> str:
    return f"{entry.verb} {entry.path}"


@pytest.fixture(scope="module")
def described() -> Any:
    return json.loads(json.dumps(document()))


def test_the_document_is_openapi(described: Any) -> None:
    OpenAPIV31SpecValidator(described).validate()


def test_it_has_every_operation_and_no_other(described: Any) -> None:
    found = {(path, verb) for path, item in described["paths"].items() for verb in item if verb != "parameters"}
    assert found == {(entry.path, entry.verb) for entry in ENTRIES}


def test_names_are_unique(described: Any) -> None:
    ids = Counter(
        operation["operationId"]
        for item in described["paths"].values()
        for verb, operation in item.items()
        if verb != "parameters"
    )
    assert ids.most_common(1)[0][1] == 1
    assert Counter(route.path for route in ROUTES).most_common(1)[0][1] == 1


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_an_operation_takes_what_it_is_documented_to_take(entry: Entry) -> None:
    operation = entry.operation
    parameters = set(inspect.signature(operation.function).parameters) - {"self"}
    in_path = set(re.findall(r"\{(\w+)\*?\}", entry.route.path))
    wanted = in_path | ({"query"} if operation.query else set())
    wanted |= {"body"} if operation.body is not None and not operation.streams else set()
    assert wanted <= parameters
    optional = {
        name
        for name, parameter in inspect.signature(operation.function).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    assert parameters - wanted <= optional


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_an_operation_returns_what_it_is_documented_to_return(entry: Entry) -> None:
    operation = entry.operation
    returned = inspect.get_annotations(operation.function, eval_str=True)["return"]
    if operation.answer is None or isinstance(operation.answer, Content):
        assert returned is None
    elif returned != operation.answer:  # a status without a body is the only other possibility
        assert returned == operation.answer | None


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_an_operation_says_what_it_does(entry: Entry, described: Any) -> None:
    operation = described["paths"][entry.path][entry.verb]
    assert operation["summary"]
    assert "\n" not in operation["summary"]
    assert len(operation["summary"]) < 130
    for parameter in operation["parameters"]:
        assert parameter["description"], f"{parameter['name']} says nothing of itself"


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_if_match_is_documented_where_it_counts(entry: Entry) -> None:
    uses = "unchanged_since" in entry.operation.function.__code__.co_names
    assert uses == ("If-Match" in entry.operation.request_headers)


def test_every_error_has_its_place(described: Any) -> None:
    errors = " ".join(
        response["description"]
        for name, response in described["components"]["responses"].items()
        if "ErrorInfo" in name
    )
    documented = {kind.error_class.http_status for kind in ErrorKind} - {499}  # a client that goes sees no answer
    for kind in ErrorKind:
        if kind.error_class.http_status in documented:
            assert f"`{kind.code}`" in errors


def test_models_are_named_once(described: Any) -> None:
    names = [name for name in described["components"]["schemas"] if "." in name]
    assert names == [], "two models have the same name, so both are shown with their modules"


def test_the_document_is_served_with_its_place(server: JupyterServer) -> None:
    answer = server.get("/api/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["servers"] == [{"url": server.url}]
    assert answer.json["paths"].keys() == document()["paths"].keys()


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_needs_nothing_from_elsewhere(server: JupyterServer) -> None:
    answer = server.get("/api/docs")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == docs_page.POLICY
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    text = answer.data.decode()
    assert not re.search(r"<script|<img|<link|<iframe|\son\w+=|\sstyle=|javascript:", text)
    assert {re.sub("#.*", "", url) for url in re.findall(r'(?:href|src)="([^"]*)"', text)} == {
        "",
        f"{server.url}/api/openapi.json",
    }


def test_the_page_escapes_what_it_is_given() -> None:
    bad = "<script>alert(1)</script>"
    given = document()
    shown = docs_page.render({**given, "info": {"title": bad, "version": bad, "description": bad}}, f'"{bad}')
    assert "<script" not in shown


def test_links_in_the_page_lead_somewhere() -> None:
    page = docs_page.render(document(), "http://localhost/gradient")
    places = re.findall(r'id="([^"]+)"', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(places)


def test_the_page_in_a_browser(server: JupyterServer) -> None:
    problems: list[str] = []
    with running_chromium() as browser:
        page = browser.new_page(color_scheme="dark", extra_http_headers={"Authorization": f"token {TOKEN}"})
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{server.url}/api/docs#post_versions")
        assert page.get_by_role("heading", name="Gradient Data API").is_visible()
        assert page.locator("#post_versions").is_visible()  # a link opens what it leads to
        assert page.locator("#get_datasets").is_hidden()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
        page.locator("#post_versions").get_by_role("link", name="NewVersion").click()
        assert page.locator("#model-newversion").is_visible()
    assert [text for text in problems if "favicon" not in text] == []
