"""Byte ranges against a model: what Python's slices say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.server.ranges import Selection, has_tag, select

ETAG = '"abc"'
SIZES = st.integers(0, 40)
NUMBERS = st.integers(0, 50)


@given(SIZES, NUMBERS, NUMBERS)
def test_a_range_selects_what_a_slice_does(size: int, first: int, last: int) -> None:
    data = bytes(range(size))
    found = select({"Range": f"bytes={first}-{last}"}, ETAG, size)
    if first > last:
        assert found == Selection(200, 0, size)
    elif first >= size:
        assert found.status == 416
        assert found.content_range(size) == f"bytes */{size}"
    else:
        wanted = data[first : last + 1]
        assert (found.status, data[found.start : found.end]) == (206, wanted)
        assert found.content_range(size) == f"bytes {first}-{first + len(wanted) - 1}/{size}"


@given(SIZES, NUMBERS)
def test_an_open_range_goes_to_the_end(size: int, first: int) -> None:
    data = bytes(range(size))
    found = select({"Range": f"bytes={first}-"}, ETAG, size)
    if first >= size:
        assert found.status == 416
    else:
        assert (found.status, data[found.start : found.end]) == (206, data[first:])


@given(SIZES, NUMBERS)
def test_a_suffix_is_the_last_bytes(size: int, count: int) -> None:
    data = bytes(range(size))
    found = select({"Range": f"bytes=-{count}"}, ETAG, size)
    if count == 0:
        assert found.status == 416
    elif size == 0:
        assert found == Selection(200, 0, 0)
    else:
        assert (found.status, data[found.start : found.end]) == (206, data[-count:])


@given(st.text(max_size=30), SIZES)
def test_whatever_is_sent_selects_bytes_that_are_there(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        found = select({"Range": header}, ETAG, size)
        assert found.status in (200, 206, 416)
        assert 0 <= found.start <= found.end <= size


@pytest.mark.parametrize(
    "header", ["bytes=0-1,3-4", "bytes=", "bytes=-", "lines=0-1", "0-1", "bytes=a-b", "bytes=0-1x"]
)
def test_what_is_not_one_range_means_the_whole(header: str) -> None:
    assert select({"Range": header}, ETAG, 10) == Selection(200, 0, 10)


def test_conditions() -> None:
    asked = {"Range": "bytes=2-3"}
    assert select({**asked, "If-Range": ETAG}, ETAG, 10) == Selection(206, 2, 4)
    for other in ('"other"', 'W/"abc"', "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert select({**asked, "If-Range": other}, ETAG, 10) == Selection(200, 0, 10)
    assert select({**asked, "If-None-Match": ETAG}, ETAG, 10).status == 304
    assert select({"If-None-Match": '"x"'}, ETAG, 10).status == 200


@pytest.mark.parametrize(
    ("header", "matches"),
    [(None, False), ("", False), ("*", True), ('"abc"', True), ('W/"abc"', True), ('"x", "abc"', True), ("abc", False)],
)
def test_tags(header: str | None, matches: bool) -> None:
    assert has_tag(header, ETAG) is matches
