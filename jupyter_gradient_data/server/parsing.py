"""What a client sent, as the values that handlers want; whatever cannot be understood is refused in one sentence."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

_OTHERS = frozenset({"token", "_xsrf", "no_track_activity"})  # parameters that are Jupyter's own
_HINT = "The API's description is at gradient/api/docs."


def parse_query(given: Mapping[str, Sequence[bytes]], kind: type) -> Any:
    """The parameters of a query string as a Struct.

    Raises
    ------
    Invalid
        One is unknown, given twice, not in UTF-8, or not what it must be.
    """
    repeatable = _repeatable(kind)
    values: dict[str, Any] = {}
    for name, raw in given.items():
        if name in _OTHERS or _is_cache_buster(name, raw):
            continue
        if len(raw) > 1 and name not in repeatable:
            raise refusal(f"{name} is given more than once")
        try:
            texts = [value.decode() for value in raw]
        except UnicodeDecodeError:
            raise refusal(f"{name} is not in UTF-8") from None
        values[name] = texts if name in repeatable else texts[0]
    try:
        query: Any = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise refusal(str(error)) from None
    for field in msgspec.structs.fields(kind):
        if field.encode_name in values and getattr(query, field.name) is None:  # msgspec takes the word for it
            raise refusal(f"{field.encode_name} cannot be null; leave it out")
    return query


def parse_json(raw: bytes, kind: Any) -> Any:
    """A JSON body as what it must be; an empty one is ``null``.

    Raises
    ------
    Invalid
        It is not JSON, or not what it must be.
    """
    try:
        return msgspec.json.decode(raw or b"null", type=kind)
    except msgspec.DecodeError as error:  # ValidationError is one of them
        raise refusal(str(error)) from None
    except UnicodeDecodeError:
        raise refusal("it is not in UTF-8") from None
    except RecursionError:
        raise refusal("it is nested too deeply") from None


def refusal(reason: str) -> GradientDataError:
    """The error of a request that makes no sense."""
    return ErrorKind.INVALID_REQUEST(reason=reason, hint=_HINT)


@functools.cache
def _repeatable(kind: type) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind) if _is_list(field.type))


def _is_list(kind: Any) -> bool:
    if typing.get_origin(kind) is typing.Annotated:
        return _is_list(typing.get_args(kind)[0])
    return kind in (list, tuple) or typing.get_origin(kind) in (list, tuple)


def _is_cache_buster(name: str, raw: Sequence[bytes]) -> bool:
    """JupyterLab adds the time to each GET, so that no cache answers it."""
    return name.isdigit() and not any(raw)
