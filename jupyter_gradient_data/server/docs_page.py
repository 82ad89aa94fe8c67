"""The OpenAPI document as a page to read: plain HTML with its style inside, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

_VERBS = ("get", "head", "post", "put", "patch", "delete")
_CODE = re.compile(r"``([^`]+)``|`([^`]+)`")
_STYLE = (Path(__file__).parent / "docs_page.css").read_text(encoding="utf-8")

POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)


def render(document: dict[str, Any], root: str) -> str:
    """The page.

    Parameters
    ----------
    document : dict
        OpenAPI, as `openapi.describe` makes it.
    root : str
        URL below which its paths are.
    """
    groups: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                operation = item[verb]
                parameters = [*item.get("parameters", ()), *operation["parameters"]]
                groups[operation["tags"][0]].append(_operation(path, verb, operation, parameters))
    info = document["info"]
    models = [_model(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    errors = [_answer(name[-3:], answer, name) for name, answer in sorted(document["components"]["responses"].items())]
    contents = "".join(_entry(name, len(operations)) for name, operations in groups.items())
    sections = "".join(
        f'<section id="{_anchor(name)}"><h2>{escape(name)}</h2>{"".join(operations)}</section>'
        for name, operations in groups.items()
    )
    about = "".join(f"<p>{_text(paragraph)}</p>" for paragraph in info["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
        f'<nav aria-label="Contents"><strong>{escape(info["title"])} API</strong>'
        f'<span class="quiet">Version {escape(info["version"])}</span>'
        f"<ul>{contents}{_entry('Errors', len(errors))}{_entry('Models', len(models))}</ul>"
        f'<a href="{escape(root)}/api/openapi.json">openapi.json</a></nav>'
        f"<main><h1>{escape(info['title'])} API</h1><p><code>{escape(root)}</code></p>{about}{sections}"
        f'<section id="errors"><h2>Errors</h2>{_table("", errors)}</section>'
        f'<section id="models"><h2>Models</h2>{"".join(models)}</section></main></body></html>'
    )


def _entry(name: str, count: int) -> str:
    return f'<li><a href="#{_anchor(name)}">{escape(name)}<span>{count}</span></a></li>'


def _operation(path: str, verb: str, operation: dict[str, Any], parameters: list[dict[str, Any]]) -> str:
    shown = re.sub(r"(\{\w+\})", r"<b>\1</b>", escape(path))
    words = operation["description"]
    pieces = [] if words.rstrip(".") == operation["summary"] else [f"<p>{_text(words)}</p>"]
    for place, heading in (("path", "In the path"), ("query", "Query"), ("header", "Headers")):
        rows = [_parameter(one) for one in parameters if one["in"] == place]
        pieces.append(_table(heading, rows))
    if (body := operation.get("requestBody")) is not None:
        pieces.append(_table("Body", _media(body["content"])))
    pieces.append(_table("Answers", _answers(operation["responses"])))
    return (  # a link into closed details opens them
        f'<details><summary><span class="verb {verb}">{verb.upper()}</span>'
        f'<span class="path">{shown}</span><span class="what">{_text(operation["summary"])}</span></summary>'
        f'<div id="{operation["operationId"]}">{"".join(pieces)}</div></details>'
    )


def _parameter(parameter: dict[str, Any]) -> str:
    return _row(parameter["name"], parameter["schema"], parameter["description"], is_needed=parameter["required"])


def _answers(responses: dict[str, Any]) -> Iterator[str]:
    shared = {
        status: response["$ref"].rpartition("/")[2] for status, response in responses.items() if "$ref" in response
    }
    for status, response in responses.items():
        if status not in shared:
            yield _answer(status, response)
    links = " ".join(f'<a href="#answer-{_anchor(name)}">{status}</a>' for status, name in shared.items())
    yield f"<tr><th>Errors</th><td>{links}</td></tr>"


def _answer(status: str, response: dict[str, Any], anchor: str = "") -> str:
    kinds = " ".join(_media_text(response.get("content", {})))
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in response.get("headers", ()))
    headers = f' <span class="quiet">with {headers}</span>' if headers else ""
    place = f' id="answer-{_anchor(anchor)}"' if anchor else ""
    return f"<tr{place}><th><code>{status}</code></th><td>{_text(response['description'])} {kinds}{headers}</td></tr>"


def _media(content: dict[str, Any]) -> Iterator[str]:
    for kind in _media_text(content):
        yield f"<tr><td>{kind}</td></tr>"


def _media_text(content: dict[str, Any]) -> Iterator[str]:
    for media_type, entry in content.items():
        shown = "" if media_type == "application/json" else f"<code>{escape(media_type)}</code> "
        yield f"{shown}{_type(entry['schema']) if entry.get('schema') else ''}"


def _model(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", ())
    rows = [
        _row(field, one, one.get("description", ""), is_needed=field in needed)
        for field, one in schema.get("properties", {}).items()
    ]
    inner = _table("", rows) if rows else f"<p>{_type(schema)}</p>"
    return (
        f'<details class="model"><summary><span class="path">{escape(_short(name))}</span>'
        f'<span class="what">{_text(schema.get("description", ""))}</span></summary>'
        f'<div id="model-{_anchor(name)}">{inner}</div></details>'
    )


def _row(name: str, schema: dict[str, Any], words: str, *, is_needed: bool) -> str:
    mark = '<em title="required"> *</em>' if is_needed else ""
    default = schema.get("default")
    shown = f" Default: <code>{escape(str(default))}</code>." if default not in (None, "", [], {}) else ""
    return f"<tr><th><code>{escape(name)}</code>{mark}</th><td>{_type(schema)}</td><td>{_text(words)}{shown}</td></tr>"


def _table(heading: str, rows: Iterable[str]) -> str:
    inner = "".join(rows)
    title = f"<h3>{heading}</h3>" if heading else ""
    return f"{title}<table>{inner}</table>" if inner else ""


def _type(schema: dict[str, Any]) -> str:
    return f'<span class="type">{_kind(schema)}</span>'


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#model-{_anchor(name)}">{escape(_short(name))}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        items = schema.get("items")
        return f"list of {_kind(items)}" if items else "list"
    limits = [f"{word} {schema[key]:,}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    return escape(" ".join([str(schema.get("format", kind)), *limits]))


def _short(name: str) -> str:
    """The name of a model: without its module, and with the type that a page is of as Python writes it."""
    short = name.rpartition(".")[2]
    return re.sub(r"^(\w*Page)_(\w+)_$", r"\1[\2]", short)


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _text(words: str) -> str:
    """Words with code between backticks."""
    return _CODE.sub(lambda found: f"<code>{found[1] or found[2]}</code>", escape(words))
