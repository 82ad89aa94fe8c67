"""Pre-signed URLs: what each of the eight calls does, and what a URL does not allow."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from tests.support.jupyter_server import Answer, JupyterServer

S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
PART = 5 * 1024 * 1024


class Signing:
    """An uncommitted version, and URLs for its files."""

    def __init__(self, server: JupyterServer, name: str) -> None:
        self.server = server
        self.dataset: str = server.post("/datasets", {"name": name}).json["id"]
        self.next_version()

    def next_version(self) -> None:
        self.version: str = self.server.post(f"/datasets/{self.dataset}/versions", {}).json["version"]

    def ask(self, *calls: tuple[str, dict[str, Any]], **options: Any) -> Answer:
        body = {"calls": [{"method": method, "params": params} for method, params in calls]}
        path = f"/datasets/{self.dataset}/versions/{self.version}/s3/preSignedUrls"
        return self.server.post(path, body, **options)

    def url(self, method: str, **params: Any) -> Any:
        answer = self.ask((method, params))
        assert answer.status == 200, answer
        (row,) = answer.json
        assert row["expiresIn"] == 900
        return row["url"]

    def put(self, key: str, data: bytes, kind: str = "text/plain") -> Answer:
        url = self.url("putObject", Key=f"/{key}", ContentType=kind)
        return self.use("PUT", url, data=data, headers={"Content-Type": kind})

    def use(self, method: str, url: str, **options: Any) -> Answer:
        return self.server.request(method, url, token=None, **options)

    def commit(self) -> Answer:
        return self.server.post(f"/datasets/{self.dataset}/versions/{self.version}", {"isCommitted": True})

    def list(self, **params: Any) -> ElementTree.Element:
        answer = self.use("GET", self.url("listObjectsV2", **params))
        assert answer.status == 200, answer
        assert answer.headers["Content-Type"] == "application/xml"
        return ElementTree.fromstring(answer.data)


@pytest.fixture
def signing(server: JupyterServer, name: str) -> Signing:
    return Signing(server, name)


def keys(listing: ElementTree.Element, tag: str = "Contents", field: str = "Key") -> list[str]:
    prefix = listing.findtext(f"{S3}Prefix") or ""
    return [(row.findtext(f"{S3}{field}") or "")[len(prefix) :] for row in listing.findall(f"{S3}{tag}")]


@pytest.mark.parametrize("size", [0, 5, 3_000_000])
def test_put_get_head(signing: Signing, size: int) -> None:
    data = bytes(range(1, 256)) * (size // 255 + 1)
    data = data[:size]
    put = signing.put("dir/a b.txt", data)
    assert (put.status, put.data) == (200, b"")
    assert put.headers["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = signing.use("GET", signing.url("getObject", Key="dir/a b.txt"))
    assert (got.status, got.data, got.headers["Content-Length"]) == (200, data, str(size))
    assert got.headers["Last-Modified"].endswith(" GMT")
    head = signing.use("HEAD", signing.url("headObject", Key="dir/a b.txt"))
    assert (head.status, head.headers["Content-Length"], head.headers["ETag"]) == (200, str(size), got.headers["ETag"])
    assert signing.use("HEAD", signing.url("headObject", Key="dir")).status == 404  # a folder is no file
    assert signing.use("HEAD", signing.url("headObject", Key="../a")).status == 404


def test_empty_file_as_the_client_sends_it(signing: Signing) -> None:
    url = signing.url("putObject", Key="/empty", ContentType="application/octet-stream")
    headers = {"Content-Type": "application/octet-stream", "Content-Length": "0", "Content-Size": "0"}
    assert signing.use("PUT", url, data=b"", headers=headers).status == 200
    assert signing.commit().json["isCommitted"] is True


def test_ranges_and_conditions(signing: Signing) -> None:
    signing.put("a.txt", b"0123456789")
    url = signing.url("getObject", Key="a.txt")
    part = signing.use("GET", url, headers={"Range": "bytes=2-4"})
    assert (part.status, part.data, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    same = signing.use("GET", url, headers={"If-None-Match": part.headers["ETag"]})
    assert (same.status, same.data) == (304, b"")
    assert signing.use("GET", url, headers={"Range": "bytes=10-"}).status == 416


def test_content_cannot_run_as_a_page_of_ours(signing: Signing) -> None:
    signing.put("page.html", b"<script>alert(1)</script>", "text/html")
    got = signing.use("GET", signing.url("getObject", Key="page.html"))
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Disposition"].startswith("attachment")


def test_listing_folder_by_folder_and_page_by_page(signing: Signing) -> None:
    names = ["b", "src/a.txt", "src/deep/x & <y>", "src/deep/z", "src/ü+%"]
    for name in names:
        signing.put(name, b"12")
    top = signing.list(Prefix="/", MaxKeys=20)
    assert top.findtext(f"{S3}Prefix") == f"datasets/{signing.dataset}/versions/{signing.version}/"
    assert keys(top) == ["b"]
    assert keys(top, "CommonPrefixes", "Prefix") == ["src/"]
    assert (top.findtext(f"{S3}Contents/{S3}Size"), top.findtext(f"{S3}KeyCount")) == ("2", "2")
    folder = signing.list(Prefix="/src/", MaxKeys=20)
    assert (keys(folder), keys(folder, "CommonPrefixes", "Prefix")) == (["a.txt", "ü+%"], ["deep/"])
    assert keys(signing.list(Prefix="/", MaxKeys=20, Delimiter="")) == sorted(names)
    found: list[str] = []
    token: dict[str, str] = {}
    for last in (False, False, True):
        page = signing.list(Prefix="/", MaxKeys=2, Delimiter="", **token)
        found += keys(page)
        assert page.findtext(f"{S3}IsTruncated") == ("false" if last else "true")
        token = {"ContinuationToken": page.findtext(f"{S3}NextContinuationToken") or ""}
        assert bool(token["ContinuationToken"]) is not last
    assert found == sorted(names)


def test_listing_what_is_not_there(signing: Signing) -> None:
    assert keys(signing.list(Prefix="/", MaxKeys=20)) == []
    refused = signing.ask(("listObjectsV2", {"Prefix": "/nowhere/", "MaxKeys": 20}))
    assert (refused.status, refused.json["error"]["code"]) == (404, "file_not_found")


def test_delete(signing: Signing) -> None:
    signing.put("a/b.txt", b"x")
    signing.put("a/c.txt", b"x")
    for key in ("a/b.txt", "a/b.txt", "a"):  # also what is gone already, and not a folder of that name
        assert signing.use("DELETE", signing.url("deleteObject", Key=key)).status == 204
    assert keys(signing.list(Prefix="/", Delimiter="")) == ["a/c.txt"]


def test_deleting_what_never_arrived_gives_it_up(signing: Signing) -> None:
    signing.put("here", b"x")
    signing.url("putObject", Key="/never", ContentType="text/plain")
    assert "never" in signing.commit().json["error"]["message"]
    assert signing.use("DELETE", signing.url("deleteObject", Key="never")).status == 204
    assert signing.commit().json["isCommitted"] is True


def test_parts_in_any_order(signing: Signing) -> None:
    parts = {1: b"1" * PART, 2: b"2" * PART, 3: b"3"}
    upload = signing.url("createMultipartUpload", Key="/big.bin")["UploadId"]
    etags = {}
    for number in (3, 1, 2):
        url = signing.url("uploadPart", Key="/big.bin", UploadId=upload, PartNumber=number)
        put = signing.use("PUT", url, data=parts[number], headers={"Content-Type": "application/octet-stream"})
        assert put.status == 200, put
        etags[number] = put.headers["ETag"].replace('"', "")
        assert etags[number] == hashlib.md5(parts[number]).hexdigest()
    assert signing.commit().json["error"]["code"] == "uploads_unfinished"
    complete = {"Parts": [{"ETag": etags[number], "PartNumber": number} for number in (1, 2, 3)]}
    assert signing.url("completeMultipartUpload", Key="/big.bin", UploadId=upload, MultipartUpload=complete) == ""
    got = signing.use("GET", signing.url("getObject", Key="big.bin"))
    assert got.data == b"".join(parts.values())
    assert signing.commit().json["isCommitted"] is True


def test_wrong_parts_are_refused(signing: Signing) -> None:
    upload = signing.url("createMultipartUpload", Key="/big.bin")["UploadId"]
    url = signing.url("uploadPart", Key="/big.bin", UploadId=upload, PartNumber=1)
    signing.use("PUT", url, data=b"1")
    complete = {"Parts": [{"ETag": "0" * 32, "PartNumber": 1}]}
    params = {"Key": "/big.bin", "UploadId": upload, "MultipartUpload": complete}
    assert signing.ask(("completeMultipartUpload", params)).status in (400, 409)
    assert signing.commit().json["error"]["code"] == "uploads_unfinished"


def test_upload_belongs_to_its_version(signing: Signing) -> None:
    upload = signing.url("createMultipartUpload", Key="/big.bin")["UploadId"]
    signing.next_version()
    params = {"Key": "/big.bin", "UploadId": upload, "PartNumber": 1}
    assert signing.ask(("uploadPart", params)).status == 404


def test_many_calls_are_answered_in_order_and_tags_are_resolved(signing: Signing) -> None:
    for key in ("a", "b"):
        signing.put(key, key.encode())
    signing.commit()
    tags = f"/datasets/{signing.dataset}/tags"
    signing.server.request("PUT", f"{tags}/prod", body={"version": signing.version})
    signing.version = "prod"
    rows = signing.ask(("getObject", {"Key": "b"}), ("headObject", {"Key": "a"}), ("getObject", {"Key": "a"})).json
    assert [signing.use("GET", row["url"]).status for row in rows] == [200, 403, 200]
    assert [signing.use("GET", rows[at]["url"]).data for at in (0, 2)] == [b"b", b"a"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("putObject", {}),
        ("putObject", {"Key": "/../a"}),
        ("putObject", {"Key": "/a//b"}),
        ("getObject", {"Key": "/"}),
        ("uploadPart", {"Key": "/a"}),
        ("uploadPart", {"Key": "/a", "UploadId": "x", "PartNumber": 0}),
        ("completeMultipartUpload", {"Key": "/a"}),
        ("listObjectsV2", {"Prefix": "/../"}),
        ("listObjectsV2", {"Prefix": "/", "MaxKeys": 0}),
        ("copyObject", {"Key": "/a"}),
    ],
)
def test_calls_that_make_no_sense_are_refused(signing: Signing, method: str, params: dict[str, Any]) -> None:
    answer = signing.ask((method, params))
    assert answer.status == 400, answer
    assert signing.commit().json["isCommitted"] is True  # nothing was promised


def test_promised_put_that_never_comes(signing: Signing) -> None:
    url = signing.url("putObject", Key="/late.txt", ContentType="text/plain")
    refused = signing.commit()
    assert (refused.status, refused.json["error"]["code"]) == (409, "uploads_unfinished")
    assert "'late.txt'" in refused.json["error"]["message"]
    signing.use("PUT", url, data=b"x", headers={"Content-Type": "text/plain"})
    assert signing.commit().json["isCommitted"] is True


def test_urls_that_write_end_with_the_commit(signing: Signing) -> None:
    put = signing.url("putObject", Key="/a", ContentType="text/plain")
    signing.use("PUT", put, data=b"first", headers={"Content-Type": "text/plain"})
    delete, get = signing.url("deleteObject", Key="a"), signing.url("getObject", Key="a")
    signing.commit()
    for answer in (
        signing.use("PUT", put, data=b"second", headers={"Content-Type": "text/plain"}),
        signing.use("DELETE", delete),
    ):
        assert answer.status == 409
        assert ElementTree.fromstring(answer.data).findtext("Code") == "OperationAborted"
    assert signing.use("GET", get).data == b"first"
    refused = signing.ask(("putObject", {"Key": "/b"}))
    assert refused.json["error"]["code"] == "version_committed"
    signing.server.request("DELETE", f"/datasets/{signing.dataset}/versions/{signing.version}")
    assert signing.use("GET", get).status == 404


def changed(url: str, **parameters: str | None) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    query = {**query, **{name: value for name, value in parameters.items() if value is not None}}
    query = {name: value for name, value in query.items() if parameters.get(name, "") is not None}
    return parts._replace(query=urlencode(query)).geturl()


def test_url_is_good_for_its_own_call_alone(signing: Signing) -> None:
    signing.put("a", b"a")
    signing.put("b", b"b")
    url = signing.url("getObject", Key="a")
    put = signing.url("putObject", Key="/a", ContentType="text/plain")
    version = signing.version
    signing.next_version()
    attempts = [
        ("GET", changed(url, path="b")),
        ("GET", changed(url, auth=None)),
        ("GET", changed(url, auth="A" * 43)),
        ("GET", changed(url, auth="ü")),
        ("GET", changed(url, expires=str(int(time.time()) + 9_000_000))),
        ("GET", url + "&path=b"),
        ("GET", url + "&more=1"),
        ("GET", url.replace(version, signing.version)),
        ("HEAD", url),
        ("PUT", url),
        ("DELETE", url),
        ("PUT", put),  # without the content type that was announced
    ]
    for method, attempt in attempts:
        answer = signing.use(method, attempt)
        assert answer.status == 403, (method, attempt)
        if method != "HEAD":
            assert ElementTree.fromstring(answer.data).findtext("Code") == "SignatureDoesNotMatch"
    assert signing.use("GET", url).data == b"a"


def test_expired_url(make_server: Callable[..., JupyterServer], name: str) -> None:
    server = make_server(environment={"GRADIENT_SIGNED_SECONDS": "0"})
    signing = Signing(server, name)
    (row,) = signing.ask(("putObject", {"Key": "/a"})).json
    deadline = time.monotonic() + 10
    while (answer := signing.use("PUT", row["url"], data=b"x")).status == 200:
        assert time.monotonic() < deadline
    assert answer.status == 403
    error = ElementTree.fromstring(answer.data)
    assert (error.findtext("Code"), error.findtext("Message")) == (
        "AccessDenied",
        "This URL has expired. Ask for a new one.",
    )


def test_servers_with_one_key_accept_each_others_urls(make_server: Callable[..., JupyterServer], name: str) -> None:
    first = make_server()
    second = make_server(environment={"GRADIENT_STATE_DIR": str(first.state)})
    signing = Signing(first, name)
    signing.put("a", b"a")
    url = signing.url("getObject", Key="a").replace(f":{first.port}/", f":{second.port}/")
    assert signing.use("GET", url).data == b"a"
    stranger = make_server()
    assert signing.use("GET", url.replace(f":{second.port}/", f":{stranger.port}/")).status == 403


def test_signatures_stay_out_of_the_log(make_server: Callable[..., JupyterServer], name: str) -> None:
    server = make_server(arguments=("--debug",))
    signing = Signing(server, name)
    signing.put("found.txt", b"x")
    url = signing.url("getObject", Key="found.txt")
    signing.use("GET", url)
    signing.use("GET", url + "&more=1")
    log = server.log.read_text()
    assert "path=found.txt" in log
    assert parse_qs(urlsplit(url).query)["auth"][0] not in log


def test_token_that_may_only_read_gets_no_url_that_writes(signing: Signing) -> None:
    signing.put("a", b"a")
    made = signing.server.post("/api/tokens", {"name": "reader", "access": "read"})
    secret = made.json["secret"]
    (row,) = signing.ask(("getObject", {"Key": "a"}), token=secret).json
    assert signing.use("GET", row["url"]).data == b"a"
    for call in (("putObject", {"Key": "/b"}), ("deleteObject", {"Key": "a"}), ("createMultipartUpload", {"Key": "c"})):
        assert signing.ask(call, token=secret).status == 403
    assert signing.commit().json["isCommitted"] is True
