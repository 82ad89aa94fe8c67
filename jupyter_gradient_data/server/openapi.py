"""The OpenAPI document, made from the routes and their operations: what it says is what is served."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, get_args

from jupyter_gradient_data import __version__
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import ErrorInfo

from .operations import Content, Operation, name_of, operation_of
from .route import Route
from .schemas import Schema, schemas_of, text_of

VERBS = ("get", "head", "post", "put", "patch", "delete")

_ABOUT = """\
Versioned datasets: immutable, verified, deduplicated. All paths are below the Jupyter server's base URL.

Send the Jupyter server's token, or an API token made here, as `Authorization: token …`, `Authorization: Bearer …` or
`X-API-Key: …`. Pages of JupyterLab itself are known by their cookie, and then send the `X-XSRFToken` header with what
changes something.

Lists come in pages: `next_token` of one is `after` of the next, and null on the last. Errors say what happened and what
to do next. Answers have an `ETag`: with `If-None-Match` nothing is sent again that you have, and with `If-Match` a
change is made only if nobody else has made one meanwhile."""

# What parameters are called, and mean wherever they are; models of queries may say more.
_PARAMETERS = {
    "dataset": "Id or name of a dataset.",
    "version": "Id or tag of a version, or `latest`.",
    "tag": "Name of a tag.",
    "notebook": "Name of a notebook run.",
    "measure": "Whether to measure what each volume takes, which may last.",
    "path": "Path of a file or folder.",
    "provider": "Id or name of a storage provider.",
    "task": "Id of a task.",
    "mount": "Name of a mount: its folder under `/inputs`.",
    "public": "Name of a public dataset: its folder under `/datasets`.",
    "output": "Name of an output: its folder under `/outputs`.",
    "token": "Id of an API token.",
    "upload": "Id of an upload.",
    "put": "Id of a put.",
    "old": "Reference of the version to compare with.",
    "committed": "Only versions that are committed, or that are not.",
    "recursive": "All files below the folder, not only what is directly in it.",
    "discard": "Whether changes that are not committed may be lost.",
    "search": "Characters in the path, in any case, or a pattern with `*` and `?`.",
    "disposition": "Whether a browser shows it or saves it.",
    "auth": "The signature.",
    "expires": "When the URL ends, in seconds since 1970.",
    "call": "What was signed.",
    "limit": "Rows of a page, at most.",
    "order": "Which way.",
    "orderBy": "By what.",
    "teamId": "Id of the team; that of another has none.",
    "privacy": "Only datasets that everybody, or only the team, may see.",
    "filter[limit]": "Rows of a page, at most.",
    "filter[skip]": "Rows before the page.",
    "filter[order][]": "By what, and which way.",
    "filter[where][isCommitted]": "Only versions that are committed, or that are not.",
}
# Where a path begins, and under which heading its operations are; the rest of ours is under its resource.
_HEADINGS = {
    "/api/": "",
    "/v1/": "Public API v1",
    "/s3/": "Pre-signed URLs",
    "/contents": "Drive for JupyterLab",
    "/": "Legacy API",
}
_WITHOUT_CONTENT = frozenset({204, 304, 416})
_ERRORS = {
    400: "The request is wrong; asking again the same way fails again.",
    401: "The server does not know who is asking.",
    403: "This is not allowed.",
    404: "What is asked for does not exist.",
    409: "The thing is not in a state that allows this.",
    412: "Somebody else has changed the thing since you looked (`If-Match`).",
    413: "Too long, or over the quota; nothing was changed.",
    429: "Too many requests; try again after the seconds in `Retry-After`.",
    500: "Something unexpected went wrong; the server's log has it.",
    502: "A store, database or disk failed; the same request may succeed later.",
    504: "It is not known whether it was done: look before trying again.",
}
_IDEMPOTENCY = {"Idempotency-Key": "Chosen by you: sent again with the same key, the request is done only once."}
_IF_NONE_MATCH = {"If-None-Match": "The `ETag` of what you have."}
_ETAG = {"ETag": "Changes with what is answered."}


class Entry(NamedTuple):
    """One verb of one route."""

    route: Route
    verb: str
    operation: Operation

    @property
    def id(self) -> str:
        """Names it in the document and in metrics: the verb, and the handler's name."""
        return name_of(self.route.handler, self.verb)

    @property
    def path(self) -> str:
        """As OpenAPI writes it; it knows no parts with slashes in them."""
        return self.route.path.replace("*}", "}")


def entries(routes: Iterable[Route]) -> Iterator[Entry]:
    """Every verb of every route that is an operation; ``HEAD`` only where it is one of its own."""
    for route in routes:
        for verb in VERBS:
            operation = operation_of(route.handler, verb)
            if operation is not None and operation.function.__name__ == verb:
                yield Entry(route, verb, operation)


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI document of some routes."""
    found = list(entries(routes))
    schemas = _Types(found)
    paths: dict[str, dict[str, Any]] = {}
    names: dict[str, int] = {}
    for entry in found:
        count = names[entry.id] = names.get(entry.id, 0) + 1
        described = _describe(entry, schemas)
        described["operationId"] = entry.id if count == 1 else f"{entry.id}_{count}"
        item = paths.setdefault(entry.path, {"parameters": _path_parameters(entry.route)})
        item[entry.verb] = described
    headings = dict.fromkeys(_heading(entry) for entry in found)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gradient Data", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/gradient"}],
        "security": [{"token": []}, {"bearer": []}, {"key": []}],
        "tags": [{"name": heading} for heading in headings],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": schemas.responses,
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token …`, as Jupyter's own clients send it.",
                },
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


class _Types:
    """Schemas of all types that operations name."""

    def __init__(self, found: list[Entry]) -> None:
        self.responses: dict[str, Any] = {}
        queries = {repr(entry.operation.query): entry.operation.query for entry in found if entry.operation.query}
        kinds = {repr(kind): kind for entry in found for named in _named(entry) for kind in _alternatives(named)}
        schemas, self.components = schemas_of([*kinds.values(), *queries.values()])
        self._schemas = dict(zip([*kinds, *queries], schemas, strict=True))
        # A query string is no thing that anybody sends as JSON.
        self._queries = {name: self.components.pop(self._schemas[name]["$ref"].rpartition("/")[2]) for name in queries}

    def schema(self, kind: Any) -> Schema:
        """Of a body or an answer."""
        schemas = [self._schemas[repr(one)] for one in _alternatives(kind)]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def error(self, entry: Entry, code: int, words: str) -> dict[str, Any]:
        """Of an answer that many operations give."""
        answer = entry.route.handler.error_answer
        kind = _subtype(answer).upper() if isinstance(answer, Content) else answer.__name__
        name = f"{'HEAD' if entry.verb == 'head' else kind}-{code}"
        if name not in self.responses:
            if answer is ErrorInfo and entry.verb != "head" and (codes := _codes_of(code)):
                words = f"{words} Codes: {', '.join(f'`{one}`' for one in codes)}."
            self.responses[name] = _response(entry, code, words, self)
        return {"$ref": f"#/components/responses/{name}"}

    def query(self, kind: type) -> Schema:
        """Of all parameters of a query string together."""
        return self._queries[repr(kind)]


def _subtype(content: Content) -> str:
    return content.media_type.partition(";")[0].rpartition("/")[2]


def _named(entry: Entry) -> Iterator[Any]:
    """The types that an operation names."""
    operation = entry.operation
    if operation.body is not None and operation.body is not bytes:
        yield operation.body
    for answer in (operation.answer, entry.route.handler.error_answer):
        if answer is not None and not isinstance(answer, Content):
            yield answer


def _codes_of(status: int) -> list[str]:
    return sorted(kind.code for kind in ErrorKind if kind.error_class.http_status == status)


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """The types of a union, which msgspec cannot tell apart when it reads, but which it can write."""
    return get_args(kind) if isinstance(kind, types.UnionType) else (kind,)


def _describe(entry: Entry, schemas: _Types) -> dict[str, Any]:
    operation = entry.operation
    summary, _, more = text_of(operation.function).partition("\n\n")
    described: dict[str, Any] = {
        "tags": [_heading(entry)],
        "summary": " ".join(summary.split()).rstrip("."),
        "description": " ".join(more.split()) or " ".join(summary.split()),
        "parameters": [*_query_parameters(operation, schemas), *_header_parameters(entry)],
        "responses": _responses(entry, schemas),
    }
    if operation.body is not None:
        is_file = operation.body is bytes or operation.body_media_type != "application/json"
        schema: Schema = {} if is_file else schemas.schema(operation.body)
        is_optional = is_file or {"type": "null"} in schema.get("anyOf", ())
        described["requestBody"] = {
            "required": not is_optional,
            "content": {operation.body_media_type: {"schema": schema} if schema else {}},
        }
    if operation.signed:
        described["security"] = []
    return described


def _heading(entry: Entry) -> str:
    heading = next(heading for start, heading in _HEADINGS.items() if entry.route.path.startswith(start))
    return heading or entry.operation.resource.capitalize()


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS.get(name, f"Which {name}."),
            "schema": {"type": "string", "minLength": 0 if rest else 1},
        }
        for name, rest in re.findall(r"\{(\w+)(\*?)\}", route.path)
    ]


def _query_parameters(operation: Operation, schemas: _Types) -> Iterator[dict[str, Any]]:
    if operation.query is None:
        return
    described = schemas.query(operation.query)
    for name, schema in described.get("properties", {}).items():
        schema = dict(schema)
        words = schema.pop("description", "")
        if schema.get("default", "") is None:
            del schema["default"]
        alternatives = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
        if len(alternatives) == 1:  # in a query string, null is a parameter that is not there
            words = words or alternatives[0].get("description", "")
            schema = {**{key: value for key, value in schema.items() if key != "anyOf"}, **alternatives[0]}
            schema.pop("description", None)
        required = name in described.get("required", ())
        words = words or _PARAMETERS.get(name, "")
        yield {"name": name, "in": "query", "required": required, "description": words, "schema": schema}


def _header_parameters(entry: Entry) -> Iterator[dict[str, Any]]:
    operation = entry.operation
    headers = dict(operation.request_headers)
    if operation.is_idempotent:
        headers |= _IDEMPOTENCY
    if _is_cacheable(entry):
        headers |= _IF_NONE_MATCH
    for name, words in headers.items():
        yield {"name": name, "in": "header", "required": False, "description": words, "schema": {"type": "string"}}


def _responses(entry: Entry, schemas: _Types) -> dict[str, Any]:
    operation = entry.operation
    status = 204 if operation.answer is None and operation.status == 200 else operation.status
    good = {status: "Done.", **({304: "You have it already."} if _is_cacheable(entry) else {})}
    bad = dict(_ERRORS)
    if "If-Match" not in operation.request_headers:
        del bad[412]
    if operation.action == "read":
        del bad[504]
    responses: dict[str, Any] = {}
    for code, words in bad.items():
        responses[str(code)] = schemas.error(entry, code, words)
    for code, words in {**good, **operation.other_answers}.items():
        responses[str(code)] = _response(entry, code, words, schemas)
    return dict(sorted(responses.items()))


def _response(entry: Entry, code: int, words: str, schemas: _Types) -> dict[str, Any]:
    answer = entry.operation.answer if code < 300 else entry.route.handler.error_answer
    response: dict[str, Any] = {"description": words}
    if answer is not None and code not in _WITHOUT_CONTENT and entry.verb != "head":
        response["content"] = _content(answer, schemas)
    headers = dict(entry.operation.response_headers) if code < 400 else {}
    if _is_cacheable(entry) and code < 400:
        headers |= _ETAG
    if code == 429:
        headers["Retry-After"] = "Seconds."
    if headers:
        response["headers"] = {name: _header(words) for name, words in headers.items()}
    return response


def _header(words: str) -> dict[str, Any]:
    return {"description": words, "schema": {"type": "string"}}


def _content(answer: Any, schemas: _Types) -> dict[str, Any]:
    if isinstance(answer, Content):
        return {answer.media_type: {}}
    return {"application/json": {"schema": schemas.schema(answer)}}


def _is_cacheable(entry: Entry) -> bool:
    answer = entry.operation.answer
    return entry.verb == "get" and answer is not None and not isinstance(answer, Content)
