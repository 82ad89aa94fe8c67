"""Resumable uploads by tus 1.0: what the protocol says, and the published client through kills and interruptions."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from blake3 import blake3
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.support.jupyter_server import Answer, JupyterServer
from tests.support.rest import VersionAt, ended, located, tus_metadata

MIB = 1024 * 1024
SAMPLE = random.Random(9).randbytes(4 * MIB + 7)
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def place(server: JupyterServer, name: str) -> VersionAt:
    return VersionAt(server, name)


def patch(server: JupyterServer, url: str, offset: int, data: Any, **headers: str) -> Answer:
    sent = {**BYTES, "Upload-Offset": str(offset), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return server.request("PATCH", url, data=data, headers=sent)


def head(server: JupyterServer, url: str) -> Answer:
    return server.request("HEAD", url, headers=TUS)


def checksum(algorithm: str, data: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


# --- the protocol -----------------------------------------------------------------------------------------------------


def test_what_the_server_can_do(server: JupyterServer) -> None:
    answer = server.request("OPTIONS", "/api/uploads", token=None)  # browsers ask without credentials
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    extensions = answer.headers["Tus-Extension"].split(",")
    assert {"creation", "creation-with-upload", "termination", "checksum", "expiration"} == set(extensions)
    assert {"sha1", "md5", "sha256"} == set(answer.headers["Tus-Checksum-Algorithm"].split(","))
    assert int(answer.headers["Tus-Max-Size"]) >= 5 * 1000**4


def test_life_of_an_upload(place: VersionAt) -> None:
    server, data = place.server, SAMPLE[:1000]
    begun = place.begin_upload("folder/größe.bin", len(data))
    assert begun.status == 201
    url = located(server, begun)
    assert url == f"{server.url}/api/uploads/{begun.json['id']}"
    for answer, offset in ((begun, 0), (head(server, url), 0)):
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.headers["Upload-Offset"] == str(offset)
        assert parsedate_to_datetime(answer.headers["Upload-Expires"]).year > 2000
    seen = head(server, url)
    assert (seen.status, seen.data) == (200, b"")
    assert seen.headers["Upload-Length"] == "1000"
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["Upload-Metadata"] == tus_metadata(reference=place.reference, path="folder/größe.bin")

    first = patch(server, url, 0, data[:400])
    assert (first.status, first.data, first.headers["Upload-Offset"]) == (204, b"", "400")
    assert "Upload-Expires" in first.headers
    assert place.files() == []
    assert head(server, url).headers["Upload-Offset"] == "400"
    last = patch(server, url, 400, data[400:])
    assert (last.status, last.headers["Upload-Offset"]) == (204, "1000")
    assert place.get("folder/größe.bin").data == data
    done = head(server, url)  # a client whose last answer was lost asks so
    assert (done.status, done.headers["Upload-Offset"]) == (200, "1000")
    assert place.commit()["files"] == 1


def test_all_in_one_request(place: VersionAt) -> None:
    for path, data in {"empty": b"", "small": SAMPLE[:1000], "large": SAMPLE}.items():
        made = place.begin_upload(path, len(data), data=data)
        assert (made.status, made.headers["Upload-Offset"]) == (201, str(len(data))), path
        assert "Location" in made.headers
        assert place.get(path).data == data
    assert place.commit()["files"] == 3


def test_a_first_piece_with_the_creation(place: VersionAt) -> None:
    made = place.begin_upload("a", 10, data=b"01234")
    assert (made.status, made.headers["Upload-Offset"]) == (201, "5")
    assert patch(place.server, located(place.server, made), 5, b"56789").status == 204
    assert place.get("a").data == b"0123456789"


def test_programs_stay_programs(place: VersionAt) -> None:
    for path, data, size in (("small", b"#!", 2), ("later", b"", 2)):
        metadata = tus_metadata(reference=place.reference, path=path, executable="true")
        made = place.begin_upload(path, size, data=data, Upload_Metadata=metadata)
        if not data:
            assert patch(place.server, located(place.server, made), 0, b"#!").status == 204
        assert place.get(path).headers["X-Executable"] == "true"


def test_the_hash_of_the_whole_is_held_to(place: VersionAt) -> None:
    data = SAMPLE[:5000]
    for path, digest, status in (("good", blake3(data).hexdigest(), 201), ("bad", blake3(b"other").hexdigest(), 400)):
        metadata = tus_metadata(reference=place.reference, path=path, hash=digest)
        made = place.begin_upload(path, len(data), data=data, Upload_Metadata=metadata)
        assert made.status == status, made
    assert made.json["code"] == "content_unexpected"
    assert place.files() == ["good"]
    assert place.commit()["files"] == 1


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha256"])
def test_checksums(place: VersionAt, algorithm: str) -> None:
    server = place.server
    first, second = SAMPLE[: 2 * MIB], SAMPLE[2 * MIB :]
    url = located(server, place.begin_upload("a", len(SAMPLE)))
    assert patch(server, url, 0, first, Upload_Checksum=checksum(algorithm, first)).status == 204
    bad = patch(server, url, len(first), second, Upload_Checksum=checksum(algorithm, first))
    assert (bad.status, bad.json["code"]) == (460, "upload_checksum")
    assert bad.headers["Tus-Resumable"] == "1.0.0"
    assert head(server, url).headers["Upload-Offset"] == str(len(first))
    assert patch(server, url, len(first), second, Upload_Checksum=checksum(algorithm, second)).status == 204
    assert place.get("a").data == SAMPLE


def test_checksums_of_creations(place: VersionAt) -> None:
    for size in (100, len(SAMPLE)):
        data = SAMPLE[:size]
        bad = place.begin_upload("a", size, data=data, Upload_Checksum=checksum("sha1", b"other"))
        assert (bad.status, bad.json["code"]) == (460, "upload_checksum")
        assert place.files() == []
        good = place.begin_upload("a", size, data=data, Upload_Checksum=checksum("sha1", data))
        assert good.status == 201
        assert place.server.request("DELETE", place.content("a")).status == 204
    assert place.commit()["files"] == 0  # what was refused is not waited for


def test_termination(place: VersionAt) -> None:
    server = place.server
    url = located(server, place.begin_upload("a", 10, data=b"123"))
    assert server.request("DELETE", url, headers=TUS).status == 204
    for method in ("HEAD", "PATCH", "DELETE"):
        answer = server.request(method, url, headers={**BYTES, "Upload-Offset": "3"})
        assert answer.status == 404
        assert "Upload-Offset" not in answer.headers
    assert place.commit()["files"] == 0


def test_what_is_wrong_is_refused(place: VersionAt) -> None:
    server = place.server
    url = located(server, place.begin_upload("a", 10, data=b"123"))
    for method in ("HEAD", "PATCH", "DELETE"):
        for version in ({}, {"Tus-Resumable": "0.2.2"}):
            answer = server.request(method, url, headers={**version, "Upload-Offset": "3"})
            assert (answer.status, answer.headers["Tus-Version"]) == (412, "1.0.0"), (method, version)
    assert place.begin_upload("b", 1, Tus_Resumable="2.0.0").status == 412
    assert server.request("PATCH", url, data=b"4", headers={**TUS, "Upload-Offset": "3"}).status == 415
    assert patch(server, url, 3, b"4", Content_Type="text/plain").status == 415
    assert place.begin_upload("b", 1, data=b"1", Content_Type="text/plain").status == 415
    for offset in (0, 2, 4):
        wrong = patch(server, url, offset, b"4")
        assert (wrong.status, wrong.json["code"]) == (409, "upload_offset")
    assert server.request("PATCH", url, data=b"4", headers=BYTES).status == 400  # no Upload-Offset
    assert patch(server, url, 3, b"4", Upload_Offset="-3").status == 400
    assert patch(server, url, 3, b"4", Upload_Checksum="crc32 AAAA").status == 400
    assert patch(server, url, 3, b"4", Upload_Checksum="sha1 !!").status == 400
    long = patch(server, url, 3, b"12345678")
    assert (long.status, long.json["code"]) == (413, "upload_too_long")
    chunked = patch(server, url, 3, iter([b"1234", b"5678"]))
    assert (chunked.status, chunked.json["code"]) == (413, "upload_too_long")
    assert head(server, url).headers["Upload-Offset"] == "3"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload_Length": ""}, 400),
        ({"Upload_Length": "-1"}, 400),
        ({"Upload_Length": "many"}, 400),
        ({"Upload_Length": "9" * 17}, 413),
        ({"Upload_Defer_Length": "1"}, 400),
        ({"Upload_Metadata": ""}, 400),
        ({"Upload_Metadata": "path !!!"}, 400),
        ({"Upload_Metadata": "path YQ==,path YQ=="}, 400),
        ({"Upload_Metadata": tus_metadata(path="a")}, 400),
        ({"Upload_Metadata": tus_metadata(path="a", reference="nope:latest")}, 404),
        ({"Upload_Metadata": tus_metadata(path="a", reference="nope")}, 400),
    ],
)
def test_a_creation_that_makes_no_sense(place: VersionAt, headers: dict[str, str], status: int) -> None:
    assert place.begin_upload("a", 5, **headers).status == status


def test_paths_that_cannot_be(place: VersionAt) -> None:
    for path in ("../a", "a/../b", "a//b", "a\0b", "x" * 5000):
        for data in (b"", b"12345"):
            refused = place.begin_upload(path, 5, data=data)
            assert (refused.status, refused.json["code"]) == (400, "invalid_path"), path
    assert place.commit()["files"] == 0


def test_a_committed_version_takes_no_uploads(place: VersionAt) -> None:
    url = located(place.server, place.begin_upload("a", 10, data=b"123"))
    failed = ended(place.server, place.server.post(f"{place.path}/commit"))
    assert failed["error"]["code"] == "uploads_unfinished"
    place.commit(abandon_uploads=True)
    late = patch(place.server, url, 3, b"4567890")
    assert (late.status, late.json["code"]) == (409, "version_committed")
    for data in (b"", b"12345"):
        refused = place.begin_upload("b", 5, data=data)
        assert (refused.status, refused.json["code"]) == (409, "version_committed")


def test_methods_behind_a_proxy_that_knows_only_post(place: VersionAt) -> None:
    server = place.server
    url = located(server, place.begin_upload("a", 3))
    headers = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert server.request("POST", url, data=b"123", headers=headers).status == 204
    assert place.get("a").data == b"123"
    other = located(server, place.begin_upload("b", 3))
    assert server.request("POST", other, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status == 204
    assert head(server, other).status == 404
    assert server.request("POST", other, headers={**TUS, "X-HTTP-Method-Override": "GET"}).status == 405


def test_unfinished_uploads_are_listed(place: VersionAt) -> None:
    server = place.server
    made = [place.begin_upload(f"folder/{number}", 10, data=b"12").json["id"] for number in range(3)]
    place.begin_upload("done", 2, data=b"12")
    listed = server.get(f"{place.path}/uploads").json
    assert [(item["id"], item["path"], item["offset"]) for item in listed["items"]] == [
        (each, f"folder/{number}", 2) for number, each in enumerate(made)
    ]
    page = server.get(f"{place.path}/uploads?limit=2").json
    rest = server.get(f"{place.path}/uploads", fields={"limit": "2", "after": page["next_token"]}).json
    assert page["items"] + rest["items"] == listed["items"]
    assert rest["next_token"] is None
    for each in made:
        assert server.request("DELETE", f"/api/uploads/{each}", headers=TUS).status == 204
    assert server.get(f"{place.path}/uploads").json["items"] == []


def test_who_may_not_write_may_not_upload(place: VersionAt, name: str) -> None:
    server = place.server
    url = located(server, place.begin_upload("a", 10, data=b"123"))
    other = VersionAt(server, f"{name}-other")
    for wish in ({"access": "read"}, {"access": "write", "datasets": [other.dataset]}):
        token = server.post("/api/tokens", {"name": name, **wish}).json["secret"]
        for method in ("HEAD", "PATCH", "DELETE"):
            answer = server.request(method, url, headers={**BYTES, "Upload-Offset": "3"}, token=token)
            assert answer.status in (403, 404), (method, wish)
        headers = {**TUS, "Upload-Length": "1", "Upload-Metadata": tus_metadata(reference=place.reference, path="b")}
        assert server.request("POST", "/api/uploads", headers=headers, token=token).status in (403, 404)
    assert head(server, url).headers["Upload-Offset"] == "3"
    token = server.post("/api/tokens", {"name": name, "access": "write", "datasets": [place.dataset]}).json["secret"]
    allowed = server.request("PATCH", url, data=b"4567890", headers={**BYTES, "Upload-Offset": "3"}, token=token)
    assert allowed.status == 204


# --- interruptions ----------------------------------------------------------------------------------------------------


def _break_off(server: JupyterServer, method: str, url: str, headers: dict[str, str], length: int, data: bytes) -> None:
    """Send the beginning of a request, then go away."""
    target = url[url.index("/user/") if "/user/" in url else url.index("/gradient/") :]
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Authorization: token {server.token}"]
    lines += [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(length)}.items()]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + data)


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
    raise AssertionError("it does not happen")


def test_what_arrived_before_the_client_went_is_kept(place: VersionAt) -> None:
    server = place.server
    url = located(server, place.begin_upload("a", len(SAMPLE)))
    _break_off(server, "PATCH", url, {**BYTES, "Upload-Offset": "0"}, len(SAMPLE), SAMPLE[: 2 * MIB])
    _wait_for(lambda: head(server, url).headers["Upload-Offset"] == str(2 * MIB))
    assert patch(server, url, 2 * MIB, SAMPLE[2 * MIB :]).status == 204
    assert place.get("a").data == SAMPLE


def test_what_could_not_be_verified_is_not_kept(place: VersionAt) -> None:
    server = place.server
    url = located(server, place.begin_upload("a", len(SAMPLE), data=SAMPLE[:100]))
    sent = {**BYTES, "Upload-Offset": "100", "Upload-Checksum": checksum("sha1", SAMPLE[100:])}
    _break_off(server, "PATCH", url, sent, len(SAMPLE) - 100, SAMPLE[100 : 2 * MIB])
    _wait_for(lambda: patch(server, url, 100, SAMPLE[100:]).status == 204)
    assert place.get("a").data == SAMPLE


def test_a_creation_that_broke_off_is_not_waited_for(place: VersionAt) -> None:
    sent = {**BYTES, "Upload-Length": str(len(SAMPLE))}
    sent["Upload-Metadata"] = tus_metadata(reference=place.reference, path="a")
    _break_off(place.server, "POST", f"{place.server.url}/api/uploads", sent, len(SAMPLE), SAMPLE[: 2 * MIB])
    # Whether the server has seen the request at all by now is its own affair; it must end without an upload.
    _wait_for(lambda: place.server.get(f"{place.path}/uploads").json["items"] == [])
    assert place.files() == []


# --- the published client ---------------------------------------------------------------------------------------------


def _client(server: JupyterServer) -> TusClient:
    return TusClient(f"{server.url}/api/uploads", headers={"Authorization": f"token {server.token}"})


def _uploader(server: JupyterServer, place: VersionAt, path: str, data: bytes, **options: Any) -> Any:
    metadata = {"reference": place.reference, "path": path}
    return _client(server).uploader(file_stream=io.BytesIO(data), metadata=metadata, **options)


def test_the_published_client(place: VersionAt) -> None:
    for path, data in {"large": SAMPLE, "folder/small": b"x", "empty": b""}.items():
        _uploader(place.server, place, path, data, chunk_size=500_000, upload_checksum=True).upload()
        assert place.get(path).data == data
    assert place.commit()["files"] == 3


def test_a_new_client_goes_on(place: VersionAt) -> None:
    first = _uploader(place.server, place, "a", SAMPLE, chunk_size=MIB)
    first.upload(stop_at=2 * MIB)
    (found,) = place.server.get(f"{place.path}/uploads").json["items"]
    assert found["offset"] == 2 * MIB
    second = _uploader(place.server, place, "a", SAMPLE, chunk_size=MIB, url=first.url)
    assert second.offset == 2 * MIB
    second.upload()
    assert place.get("a").data == SAMPLE


def test_a_killed_server_goes_on(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server()
    place = VersionAt(server, "data")
    first = _uploader(server, place, "a", SAMPLE, chunk_size=MIB)
    first.upload(stop_at=MIB)
    sent = {**BYTES, "Upload-Offset": str(MIB)}
    _break_off(server, "PATCH", first.url, sent, len(SAMPLE) - MIB, SAMPLE[MIB : 2 * MIB + 5])
    server.kill()
    with pytest.raises(TusCommunicationError):
        first.get_offset()
    server.start()
    second = _uploader(server, place, "a", SAMPLE, chunk_size=MIB, url=first.url)
    assert MIB <= second.offset <= 2 * MIB + 5
    second.upload(stop_at=3 * MIB + 1)
    server.kill()
    server.start()
    third = _uploader(server, place, "a", SAMPLE, chunk_size=MIB, url=first.url)
    assert third.offset >= 3 * MIB + 1
    third.upload()
    assert place.commit()["files"] == 1
    assert place.get("a").data == SAMPLE


def test_a_server_killed_before_it_finished_does_so_when_asked(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server()
    place = VersionAt(server, "data")
    uploader = _uploader(server, place, "a", SAMPLE)
    uploader.upload(stop_at=len(SAMPLE) - 1)
    server.kill()
    # The last byte arrives, and the server dies before it does anything with the file.
    (arrived,) = (server.state / "incoming").glob("*/data")
    with arrived.open("ab") as file:
        file.write(SAMPLE[-1:])
    server.start()
    resumed = _uploader(server, place, "a", SAMPLE, url=uploader.url)
    assert resumed.offset == len(SAMPLE)
    resumed.upload()  # the client has nothing to send
    assert place.get("a").data == SAMPLE
    assert place.commit()["files"] == 1
