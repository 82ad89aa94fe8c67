"""Content of files over HTTP: any size, any name, ranges, and no way to run as a page of ours."""

from __future__ import annotations

import hashlib
import random
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.server.confined import disposition, media_type
from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt

MIB = 1024 * 1024
SAMPLE = random.Random(7).randbytes(3 * MIB + 5)


@pytest.fixture
def place(server: JupyterServer, name: str) -> VersionAt:
    return VersionAt(server, name)


@pytest.fixture(scope="module")
def sample(server: JupyterServer) -> VersionAt:
    """A committed version with one file of a few MiB, one small, and one empty."""
    place = VersionAt(server, f"sample-{random.getrandbits(40):x}")
    for path, data in {"large.bin": SAMPLE, "small.bin": SAMPLE[:1000], "empty": b""}.items():
        assert place.put(path, data).status == 201
    place.commit()
    return place


@pytest.mark.parametrize("size", [0, 1, 1000, MIB - 1, MIB, MIB + 1, 5 * MIB + 3])
def test_what_is_put_comes_back(place: VersionAt, size: int) -> None:
    data = (SAMPLE * 2)[:size]
    put = place.put("folder/file.bin", data)
    assert put.status == 201
    assert put.json == {
        "path": "folder/file.bin",
        "size": size,
        "hash": blake3(data).hexdigest(),
        "executable": False,
        "is_folder": False,
    }
    found = place.get("folder/file.bin")
    assert (found.status, found.data) == (200, data)
    assert found.headers["ETag"] == f'"{blake3(data).hexdigest()}"'
    assert found.headers["Content-Length"] == str(size)
    assert found.headers["Accept-Ranges"] == "bytes"
    head = place.server.request("HEAD", place.content("folder/file.bin"))
    assert (head.status, head.data) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Content-Disposition", "Content-Security-Policy"):
        assert head.headers[name] == found.headers[name]
    assert place.server.get(f"{place.path}/file?path=folder/file.bin").json == put.json


def test_a_body_of_unknown_length(place: VersionAt) -> None:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(SAMPLE), 100_000):
            yield SAMPLE[start : start + 100_000]

    assert place.put("chunked", pieces()).json["size"] == len(SAMPLE)
    assert place.get("chunked").data == SAMPLE
    assert place.put("chunked", iter([b"sh", b"ort"])).json["size"] == 5
    assert place.get("chunked").data == b"short"


def test_programs_stay_programs(place: VersionAt) -> None:
    assert place.put("run.sh", b"#!/bin/sh", headers={"X-Executable": "true"}).json["executable"] is True
    assert place.get("run.sh").headers["X-Executable"] == "true"
    assert place.put("run.sh", b"#!/bin/sh").json["executable"] is False
    assert place.get("run.sh").headers["X-Executable"] == "false"


@pytest.mark.parametrize(
    "path",
    [
        "a b/c d.txt",
        "100%.txt",
        "%41.txt",
        "a+b",
        "a#b",
        "a?b=c&d",
        "größe/日本.csv",
        ".hidden/.file",
        "a;b,c",
        "'\"`",
        "\n\t",
    ],
)
def test_odd_paths(place: VersionAt, path: str) -> None:
    assert place.put(path, b"x").json["path"] == path
    found = place.get(path)
    assert (found.status, found.data) == (200, b"x")
    assert place.files() == [path]
    assert place.server.get(f"{place.path}/file?path={quote(path, safe='')}").json["path"] == path
    assert place.server.request("DELETE", place.content(path)).status == 204
    assert place.files() == []


@pytest.mark.parametrize("path", ["", "../x", "a/../b", "%2e%2e/x", "a//b", "a/./b", "a%00b", "%ff", "x" * 5000])
def test_paths_that_cannot_be(place: VersionAt, path: str) -> None:
    for method in ("PUT", "GET"):
        answer = _raw(place.server, method, f"{place.path}/content/{path}", b"x" if method == "PUT" else b"")
        assert answer in (400, 404), (method, path)
    assert place.files() == []


def test_writing_only_where_there_is_nothing(place: VersionAt) -> None:
    first = place.put("a", b"1", headers={"If-None-Match": "*"})
    again = place.put("a", b"2", headers={"If-None-Match": "*"})
    assert (first.status, again.status, again.json["code"]) == (201, 412, "file_exists")
    assert place.get("a").data == b"1"


def test_deleting_one_file(place: VersionAt) -> None:
    place.put("folder/a", b"1")
    assert place.server.request("DELETE", place.content("folder")).json["code"] == "file_not_found"
    assert place.server.request("DELETE", place.content("folder/")).status in (400, 404)
    assert place.files() == ["folder/a"]
    assert place.server.request("DELETE", place.content("folder/a")).status == 204
    missing = place.server.request("DELETE", place.content("folder/a"))
    assert (missing.status, missing.json["code"]) == (404, "file_not_found")
    place.commit()
    assert place.server.request("DELETE", place.content("folder/a")).status in (404, 409)


def test_a_committed_version_takes_nothing(sample: VersionAt) -> None:
    for size in (10, 3 * MIB):
        refused = sample.put("new", SAMPLE[:size])
        assert (refused.status, refused.json["code"]) == (409, "version_committed")
    refused = sample.server.request("DELETE", sample.content("small.bin"))
    assert (refused.status, refused.json["code"]) == (409, "version_committed")


def test_an_upload_that_breaks_off_leaves_nothing(place: VersionAt) -> None:
    place.put("kept", b"before")
    for path in ("kept", "new"):
        with _connect(place.server) as connection:
            connection.sendall(_head(place.server, "PUT", place.content(path), 2 * MIB) + SAMPLE[: MIB + 1])
    assert place.put("after", b"x").status == 201
    assert place.files() == ["after", "kept"]
    assert place.get("kept").data == b"before"
    assert place.commit()["files"] == 2


# --- ranges -----------------------------------------------------------------------------------------------------------


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(["large.bin", "small.bin"]), data=st.data())
def test_ranges(sample: VersionAt, path: str, data: st.DataObject) -> None:
    content = SAMPLE if path == "large.bin" else SAMPLE[:1000]
    edges = st.sampled_from([0, 1, MIB - 1, MIB, len(content) - 1, len(content)])
    first = data.draw(st.integers(0, len(content) + 2) | edges)
    last = data.draw(st.integers(first, max(first, len(content)) + 10) | st.none())
    answer = sample.get(path, headers={"Range": f"bytes={first}-{'' if last is None else last}"})
    wanted = content[first : None if last is None else last + 1]
    if first >= len(content):
        assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(content)}")
        return
    assert (answer.status, answer.data) == (206, wanted)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(content)}"
    assert answer.headers["Content-Length"] == str(len(wanted))


def test_conditions(sample: VersionAt) -> None:
    etag = sample.get("small.bin").headers["ETag"]
    same = sample.get("small.bin", headers={"If-None-Match": etag})
    assert (same.status, same.data, same.headers["ETag"]) == (304, b"", etag)
    asked = {"Range": "bytes=-5"}
    part = sample.get("small.bin", headers={**asked, "If-Range": etag})
    assert (part.status, part.data) == (206, SAMPLE[995:1000])
    whole = sample.get("small.bin", headers={**asked, "If-Range": '"other"'})
    assert (whole.status, whole.data) == (200, SAMPLE[:1000])
    several = sample.get("small.bin", headers={"Range": "bytes=0-1,5-6"})
    assert (several.status, several.data) == (200, SAMPLE[:1000])
    head = sample.server.request("HEAD", sample.content("small.bin"), headers=asked)
    assert (head.status, head.headers["Content-Length"]) == (200, "1000")
    assert sample.server.request("HEAD", sample.content("small.bin"), headers={"If-None-Match": etag}).status == 304
    empty = sample.get("empty", headers={"Range": "bytes=0-"})
    assert (empty.status, empty.headers["Content-Range"]) == (416, "bytes */0")


def test_caches_keep_for_ever_what_cannot_change(sample: VersionAt, place: VersionAt) -> None:
    assert "immutable" in sample.get("small.bin").headers["Cache-Control"]
    moving = sample.server.get(f"/api/datasets/{sample.dataset}/versions/latest/content/small.bin")
    assert moving.headers["Cache-Control"] == "private, no-cache"
    place.put("a", b"1")
    assert place.get("a").headers["Cache-Control"] == "private, no-cache"


# --- confinement ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("page.html", "text/html; charset=utf-8"),
        ("picture.svg", "image/svg+xml"),
        ("paper.pdf", "application/pdf"),
        ("notes.ipynb", "application/x-ipynb+json"),
        ("script.js", "text/plain; charset=utf-8"),
        ("script.mjs", "text/plain; charset=utf-8"),
        ("table.csv", "text/csv; charset=utf-8"),
        ("table.csv.gz", "application/gzip"),
        ("unknown.xyzzy", "application/octet-stream"),
        ("html", "application/octet-stream"),
    ],
)
def test_nothing_can_run_as_our_page(place: VersionAt, path: str, kind: str) -> None:
    place.put(path, b"<script>alert(document.cookie)</script>")
    for query, how in (
        ("", "attachment"),
        ("?disposition=inline", "inline"),
        ("?disposition=attachment", "attachment"),
    ):
        answer = place.server.get(place.content(path) + query)
        assert answer.headers["Content-Type"] == kind
        policy = [part.strip() for part in answer.headers["Content-Security-Policy"].split(";")]
        assert "sandbox" in policy  # and nothing that it allows
        assert "default-src 'none'" in policy
        assert not any(part.startswith("script-src") for part in policy)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Content-Disposition"].split(";")[0] == how
    assert place.server.get(f"{place.content(path)}?disposition=evil").status == 400


def test_types_of_content() -> None:
    for name in ("a.cjs", "A.JS", "a.ES"):
        assert not any(word in media_type(name) for word in ("javascript", "ecmascript")), name
    assert media_type("archive.tar.xz") == "application/x-xz"
    assert media_type("a.html/b") == "application/octet-stream"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_names_travel_in_the_header(name: str) -> None:
    value = disposition(name)
    assert value.isascii()
    assert value.isprintable()
    if "filename*=" in value:
        assert unquote(value.partition("filename*=UTF-8''")[2]) == name
    else:
        assert value == f'attachment; filename="{name}"'


def test_an_error_is_json_without_the_headers_of_content(place: VersionAt) -> None:
    missing = place.get("nope.html")
    assert (missing.status, missing.json["code"]) == (404, "file_not_found")
    assert missing.headers["Content-Type"] == "application/json"
    assert "Content-Disposition" not in missing.headers


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat(make_server: Callable[..., JupyterServer], tmp_path: Path) -> None:
    server = make_server()
    place = VersionAt(server, "large")
    place.put("warm", SAMPLE)
    place.get("warm")
    before = _peak(server)
    size, block = 300 * MIB, random.Random(1).randbytes(MIB)
    expected = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        for number in range(size // MIB):
            piece = number.to_bytes(8, "big") + block[8:]
            expected.update(piece)
            yield piece

    assert place.put("large", pieces()).json["size"] == size
    found = hashlib.sha256()
    url = server.url + place.content("large")
    response = server.pool.request(
        "GET", url, headers={"Authorization": f"token {server.token}"}, preload_content=False
    )
    for piece in response.stream(MIB):
        found.update(piece)
    assert found.digest() == expected.digest()
    assert _peak(server) - before < 100 * MIB


def _peak(server: JupyterServer) -> int:
    """The most memory that the server ever had, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


# --- requests as no library would send them ---------------------------------------------------------------------------


def _connect(server: JupyterServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def _head(server: JupyterServer, method: str, path: str, length: int) -> bytes:
    target = server.url.partition(f":{server.port}")[2] + path
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Authorization: token {server.token}"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "Connection: close", "", ""]).encode()


def _raw(server: JupyterServer, method: str, path: str, body: bytes) -> int:
    """The status of a request whose path goes out as it is."""
    with _connect(server) as connection:
        connection.sendall(_head(server, method, path, len(body)) + body)
        return int(connection.makefile("rb").readline().split()[1])
