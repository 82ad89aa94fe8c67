"""Query strings, JSON bodies and entity tags as values, or as an error that says what is wrong."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.errors import ChangedMeanwhile, Invalid
from jupyter_gradient_data.server.conditions import etag_of, time_of
from jupyter_gradient_data.server.parsing import parse_json, parse_query


class Query(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=9)] = 5
    after: str | None = None
    recursive: bool = False
    paths: list[str] = []
    mode: Literal["a", "b"] | None = None
    kind: str = msgspec.field(name="filter[kind]", default="")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, Query()),
        ({"after": [b"null"]}, Query(after="null")),
        ({"limit": [b"7"], "after": [b"x y"], "recursive": [b"true"]}, Query(7, "x y", True)),
        ({"paths": [b"a"]}, Query(paths=["a"])),
        ({"paths": [b"a", b"b"]}, Query(paths=["a", "b"])),
        ({"filter[kind]": ["ü".encode()]}, Query(kind="ü")),
        ({"token": [b"secret", b"secret"], "_xsrf": [b"x"], "no_track_activity": [b"1"]}, Query()),
        ({"1763868000000": [b""]}, Query()),  # JupyterLab's way round caches
    ],
)
def test_queries(raw: dict[str, list[bytes]], expected: Query) -> None:
    assert parse_query(raw, Query) == expected


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"limit": [b"1", b"2"]}, "limit is given more than once"),
        ({"limit": [b"0"]}, "limit"),
        ({"limit": [b"many"]}, "limit"),
        ({"after": [b"\xff"]}, "after is not in UTF-8"),
        ({"recursive": [b"perhaps"]}, "recursive"),
        ({"unknown": [b"x"]}, "unknown"),
        ({"123": [b"x"]}, "123"),
        ({"mode": [b"null"]}, "mode cannot be null"),
    ],
)
def test_queries_that_are_refused(raw: dict[str, list[bytes]], reason: str) -> None:
    with pytest.raises(Invalid, match="cannot be understood") as caught:
        parse_query(raw, Query)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"{", Query),
        (b"[]", Query),
        (b'{"limit": "x"}', Query),
        (b'{"unknown": 1}', Query),
        (b"", Query),
        (b'"\xff"', str),
        (b'"\\ud800"', str),
        (b"NaN", float),
        (b"[" * 100_000, Any),
        (b'{"a":' * 100_000, Any),
        (b"[" * 100_000 + b"]" * 100_000, Any),
    ],
)
def test_bodies_that_are_refused(raw: bytes, kind: Any) -> None:
    with pytest.raises(Invalid):
        parse_json(raw, kind)


def test_no_body_is_null() -> None:
    assert parse_json(b"", Query | None) is None


times = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000, tzinfo=timezone.utc)
)


@given(time=times, body=st.binary(max_size=20))
def test_a_tag_tells_the_time_it_was_made_of(time: datetime, body: bytes) -> None:
    assert time_of(etag_of(time, body)) == time


def test_a_tag_changes_with_time_and_with_what_is_answered() -> None:
    one, other = datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2026, 1, 2, tzinfo=timezone.utc)
    assert len({etag_of(one, b"a"), etag_of(one, b"b"), etag_of(other, b"a")}) == 3


@pytest.mark.parametrize("header", [None, "*", " * "])
def test_no_condition(header: str | None) -> None:
    assert time_of(header) is None


@pytest.mark.parametrize(
    "header", ["", "abc", '"xyz"', 'W/"19b75a0"', '"1", "2"', '"fffffffffffff"', '"' + "f" * 99 + '"']
)
def test_a_tag_that_is_not_ours_matches_nothing(header: str) -> None:
    with pytest.raises(ChangedMeanwhile):
        time_of(header)
