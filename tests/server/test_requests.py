"""The life of a request, whatever the handler: bodies, answers, errors, conditions, and clients that go."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.jupyter_server import TOKEN, JupyterServer, running_server
from tests.support.probe import PIECE, PROBE_ENVIRONMENT, PROBED

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    environment = {**PROBE_ENVIRONMENT, "GRADIENT_FAILED_LOGINS": "1000"}
    folder = tmp_path_factory.mktemp("probe")
    yield from running_server(folder, environment=environment, arguments=PROBED, base_url="/user/me/")


def facts(probe: JupyterServer) -> Any:
    return probe.get("/probe/facts").json


def eventually(probe: JupyterServer, condition: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 30
    while not condition(seen := facts(probe)):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def connect(probe: JupyterServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", probe.port), timeout=30)


def head_of(method: str, path: str, **headers: Any) -> bytes:
    lines = [f"{method} /user/me/gradient{path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


# --- long answers -----------------------------------------------------------------------------------------------------


def test_a_long_answer(probe: JupyterServer) -> None:
    answer = probe.get("/probe/stream?pieces=3")
    assert answer.data == PIECE * 3
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_an_answer_without_pieces_is_of_its_type_all_the_same(probe: JupyterServer) -> None:
    answer = probe.request("HEAD", "/probe/stream?pieces=3")
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("length", ["false", "true"])
def test_an_answer_that_fails_is_cut(probe: JupyterServer, length: str) -> None:
    logged = len(probe.log.read_text())
    with closing(http.client.HTTPConnection("127.0.0.1", probe.port, timeout=30)) as connection:
        path = f"/user/me/gradient/probe/stream?pieces=3&fails=true&length={length}"
        connection.request("GET", path, headers={"Authorization": f"token {TOKEN}"})
        response = connection.getresponse()
        if length == "true":  # what was announced had come before the failure
            assert response.read() == PIECE * 3
        else:
            with pytest.raises(http.client.IncompleteRead):
                response.read()
    said = "A blob in the store is damaged: a probe."
    probe.process.wait_until(lambda: said in probe.log.read_text()[logged:])  # the client may see the end first
    assert "Traceback" not in probe.log.read_text()[logged:]


def test_an_answer_ends_when_the_client_goes(probe: JupyterServer) -> None:
    before = facts(probe)
    with closing(connect(probe)) as connection:
        connection.sendall(head_of("GET", "/probe/stream", Authorization=f"token {TOKEN}"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    after = eventually(probe, lambda seen: seen["closed"] > before["closed"])
    assert eventually(probe, lambda seen: seen["made"] == after["made"])
    assert "StreamClosedError" not in probe.log.read_text()


def test_no_more_is_made_than_the_client_takes(probe: JupyterServer) -> None:
    before = facts(probe)["made"]
    with closing(connect(probe)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(head_of("GET", "/probe/stream", Authorization=f"token {TOKEN}"))
        connection.recv(1000)
        counts = [before, facts(probe)["made"]]
        while counts[-1] != counts[-2]:
            time.sleep(0.1)
            counts.append(facts(probe)["made"])
        assert 0 < counts[-1] - before < 200  # at 64 KiB each: what the system's buffers hold


# --- long bodies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, MIB, 9 * MIB + 1])
def test_a_long_body(probe: JupyterServer, size: int) -> None:
    assert probe.request("PUT", "/probe/receive", data=b"x" * size).json == size


def test_a_body_in_chunks(probe: JupyterServer) -> None:
    assert probe.request("PUT", "/probe/receive", data=iter([b"x" * MIB] * 5)).json == 5 * MIB


def test_a_client_that_goes_while_it_sends(probe: JupyterServer) -> None:
    before = facts(probe)["lost"]
    with closing(connect(probe)) as connection:
        connection.sendall(
            head_of("PUT", "/probe/receive", Authorization=f"token {TOKEN}", Content_Length=9 * MIB) + b"x" * 3 * MIB
        )
    eventually(probe, lambda seen: seen["lost"] == before + 1)
    assert "ConnectionResetError" not in probe.log.read_text()


def test_a_long_body_that_is_refused_is_read_to_its_end(probe: JupyterServer) -> None:
    headers = {"Authorization": f"token {TOKEN}"}
    with closing(http.client.HTTPConnection("127.0.0.1", probe.port, timeout=60)) as connection:
        for _ in range(2):  # twice on one connection
            connection.request("POST", "/user/me/gradient/probe/receive", b"x" * 12 * MIB, headers)
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())["code"]) == (413, "quota_exceeded")


# --- who is refused before anything is read ---------------------------------------------------------------------------


def test_whoever_is_refused_learns_why_and_may_go_on(probe: JupyterServer) -> None:
    body = b"x" * 2 * MIB
    with closing(http.client.HTTPConnection("127.0.0.1", probe.port, timeout=30)) as connection:
        for method, path in [("PUT", "/probe/receive"), ("PUT", "/probe/thing"), ("PATCH", "/probe/thing")]:
            connection.request(method, f"/user/me/gradient{path}", body, {"Authorization": "token wrong"})
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("headers", [{"Content_Length": 1 << 40}, {"Content_Length": 100, "Expect": "100-continue"}])
def test_a_body_that_is_not_worth_reading_is_not(probe: JupyterServer, headers: dict[str, Any]) -> None:
    with closing(connect(probe)) as connection:
        connection.sendall(head_of("PUT", "/probe/receive", Authorization="token wrong", **headers))
        assert read_answer(connection)[0] == 401
        assert connection.recv(1) == b""


def test_a_body_without_an_end_is_not_read_for_ever(probe: JupyterServer) -> None:
    chunk = b"100000\r\n" + b"x" * MIB + b"\r\n"
    with closing(connect(probe)) as connection:
        connection.sendall(head_of("PUT", "/probe/receive", Authorization="token wrong", Transfer_Encoding="chunked"))
        with pytest.raises(OSError):  # noqa: PT012  # some piece finds the connection closed
            for _ in range(100):
                connection.sendall(chunk)


def test_a_continuation_is_asked_for(probe: JupyterServer) -> None:
    with closing(connect(probe)) as connection:
        headers = {"Authorization": f"token {TOKEN}", "Content_Length": 5, "Expect": "100-continue"}
        connection.sendall(head_of("PUT", "/probe/receive", **headers))
        assert connection.recv(100) == b"HTTP/1.1 100 (Continue)\r\n\r\n"
        connection.sendall(b"12345")
        assert read_answer(connection) == (200, b"5")


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_a_body_of_some_size(probe: JupyterServer) -> None:
    body = {"name": "large", "extra": "x" * 3 * MIB}
    assert probe.request("PUT", "/probe/thing", body=body).json == body


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("size", [5 * MIB, 20 * MIB])
def test_a_body_that_is_too_long(probe: JupyterServer, size: int, in_chunks: bool) -> None:
    raw = json.dumps({"name": "x" * size}).encode()
    if size > 8 * MIB:  # it is not worth reading: the connection is closed, and the client may see no answer
        with closing(connect(probe)) as connection:
            connection.sendall(
                head_of("PUT", "/probe/thing", Authorization=f"token {TOKEN}", Content_Length=len(raw)) + raw[:100]
            )
            assert read_answer(connection)[0] == 413
        return
    data = iter([raw[at : at + MIB] for at in range(0, len(raw), MIB)]) if in_chunks else raw
    answer = probe.request("PUT", "/probe/thing", data=data)
    assert (answer.status, answer.json["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Expected `object`, got `null`"),
        (b"{", "truncated"),
        (b'{"name": "\xff"}', "UTF-8"),
        (b'{"name": "x", "extra": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"name": 5}', "$.name"),
        (b'{"name": "x", "unknown": 1}', "unknown"),
    ],
)
def test_bodies_that_make_no_sense(probe: JupyterServer, data: bytes, reason: str) -> None:
    answer = probe.request("PUT", "/probe/thing", data=data)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert reason in answer.json["message"]


@pytest.mark.parametrize("query", ["pieces=1&pieces=2", "unknown=1", "pieces=many", "pieces=%ff"])
def test_queries_that_make_no_sense(probe: JupyterServer, query: str) -> None:
    answer = probe.get(f"/probe/stream?{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")


# --- errors -----------------------------------------------------------------------------------------------------------


def test_what_is_unexpected_is_in_the_log_and_nowhere_else(probe: JupyterServer) -> None:
    answer = probe.request("DELETE", "/probe/thing")
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert "hunter2" not in answer.data.decode()
    (incident,) = re.findall(r"under ([0-9a-f]{8})", answer.json["message"])
    logged = probe.log.read_text().partition(f"incident {incident}: DELETE ThingHandler")[2]
    assert "Traceback" in logged[:200]
    assert "hunter2" in logged


def test_a_signed_operation_without_a_check_answers_nobody(probe: JupyterServer) -> None:
    for token in (None, TOKEN):
        answer = probe.get("/probe/signed?auth=x", token=token)
        assert (answer.status, answer.json["code"]) == (403, "url_invalid")


def test_other_verbs(probe: JupyterServer) -> None:
    answer = probe.request("PATCH", "/probe/thing")
    assert (answer.status, answer.json["code"]) == (405, "http_405")
    assert answer.headers["Allow"] == "GET, HEAD, POST, PUT, DELETE, OPTIONS"
    assert probe.request("PATCH", "/probe/thing", token=None).status == 401


def test_head_is_get_without_the_body(probe: JupyterServer) -> None:
    got, head = probe.get("/probe/thing"), probe.request("HEAD", "/probe/thing")
    assert (head.status, head.data) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag"):
        assert head.headers[name] == got.headers[name]


def test_a_page_from_elsewhere_asks_first(probe: JupyterServer) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "PUT"}
    answer = probe.request("OPTIONS", "/probe/thing", headers=headers, token=None)
    assert answer.status == 200
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "x-api-key", "if-match", "idempotency-key"} <= set(allowed)
    assert "Access-Control-Allow-Origin" not in answer.headers  # Jupyter's setting, and it is not set here
    refused = probe.get("/probe/thing", headers={"Origin": "https://example.org"}, token=None)
    assert refused.status == 401
    allowed_by_token = probe.get("/probe/thing", headers={"Origin": "https://example.org"})
    assert allowed_by_token.headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert "ETag" in allowed_by_token.headers["Access-Control-Expose-Headers"]


# --- conditions -------------------------------------------------------------------------------------------------------


def test_conditions(probe: JupyterServer) -> None:
    etag = probe.get("/probe/thing").headers["ETag"]
    unchanged = probe.get("/probe/thing", headers={"If-None-Match": etag})
    assert (unchanged.status, unchanged.data, unchanged.headers["ETag"]) == (304, b"", etag)
    assert probe.get("/probe/thing", headers={"If-None-Match": '"other"'}).status == 200
    for given, status in [(etag, 200), ("*", 200), ('"1"', 412), ("nonsense", 412)]:
        changed = probe.request("PUT", "/probe/thing", body={"name": "x"}, headers={"If-Match": given})
        assert changed.status == status
    # What is said of the thing may differ: the time is what counts.
    other = probe.request("PUT", "/probe/thing", body={"name": "x"}).headers["ETag"]
    assert other != etag
    assert probe.request("PUT", "/probe/thing", body={"name": "x"}, headers={"If-Match": other}).status == 200


# --- idempotency keys -------------------------------------------------------------------------------------------------


def test_a_request_that_is_sent_twice_is_done_once(probe: JupyterServer, name: str) -> None:
    before = facts(probe)["done"]
    answers = [probe.post("/probe/thing", {"name": "x"}, headers={"Idempotency-Key": name}) for _ in range(3)]
    assert {(answer.status, answer.data) for answer in answers} == {(201, answers[0].data)}
    assert facts(probe)["done"] == before + 1
    other = probe.post("/probe/thing", {"name": "y"}, headers={"Idempotency-Key": name})
    assert (other.status, other.json["code"]) == (409, "key_reused")


def test_a_request_that_failed_may_be_sent_again(probe: JupyterServer, name: str) -> None:
    for _ in range(2):
        answer = probe.post("/probe/thing", {"name": "bad"}, headers={"Idempotency-Key": name})
        assert (answer.status, answer.json["code"]) == (409, "name_taken")


def test_a_request_that_is_sent_again_too_early(probe: JupyterServer, name: str) -> None:
    before, answers = facts(probe)["done"], []

    def ask() -> None:
        answers.append(probe.post("/probe/thing", {"name": "slow"}, headers={"Idempotency-Key": name}))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} <= {201, 409}
    assert facts(probe)["done"] == before + 1


def test_a_key_has_an_end(probe: JupyterServer) -> None:
    assert probe.post("/probe/thing", {"name": "x"}, headers={"Idempotency-Key": "k" * 256}).status == 400


# --- where the server is ----------------------------------------------------------------------------------------------


def urls(server: JupyterServer, **headers: str) -> list[str]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    found: list[str] = server.get("/probe/facts", headers=sent).json["urls"]
    return found


def test_urls_are_those_that_the_client_used(probe: JupyterServer) -> None:
    root = f"http://127.0.0.1:{probe.port}/user/me/gradient"
    assert urls(probe) == [f"{root}/s3/x", root]
    assert urls(probe, Host="localhost:1234")[1] == "http://localhost:1234/user/me/gradient"
    assert urls(probe, X_Forwarded_Proto="https", X_Forwarded_Host="evil.org")[1] == root


def test_a_proxy_that_is_trusted_says_where_the_server_is(make_server: Callable[..., JupyterServer]) -> None:
    trusting = make_server(
        environment=PROBE_ENVIRONMENT, arguments=(*PROBED, "--ServerApp.trust_xheaders=True"), base_url="/hub/"
    )
    assert urls(trusting, X_Forwarded_Proto="https", X_Forwarded_Host="data.example.org") == [
        "https://data.example.org/hub/gradient/s3/x",
        "https://data.example.org/hub/gradient",
    ]
    assert urls(trusting, X_Scheme="https", Host="localhost")[1] == "https://localhost/hub/gradient"


# --- metrics ----------------------------------------------------------------------------------------------------------


def test_metrics(probe: JupyterServer) -> None:
    def value(line: str) -> float:
        text = probe.get(f"{probe.root}/metrics").data.decode()
        return sum(float(found) for found in re.findall(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE))

    counted = {
        'gradient_requests_total{operation="put_receive",status="200"}': 1,
        'gradient_requests_total{operation="put_receive",status="401"}': 1,
        'gradient_requests_total{operation="other",status="405"}': 1,
        'gradient_request_bytes_total{operation="put_receive"}': MIB + 10,
        'gradient_response_bytes_total{operation="get_stream"}': 2 * len(PIECE),
        'gradient_request_seconds_count{operation="get_stream"}': 1,
    }
    before = {line: value(line) for line in counted}
    probe.request("PUT", "/probe/receive", data=b"x" * MIB)
    probe.request("PUT", "/probe/receive", data=b"x" * 10, token="wrong")
    probe.request("PATCH", "/probe/thing")
    probe.get("/probe/stream?pieces=2")
    assert {line: value(line) - before[line] for line in counted} == counted
    probe.process.wait_until(lambda: value("gradient_tasks_running") == 0)  # those of other tests have to end
    text = probe.get(f"{probe.root}/metrics").data.decode()
    assert 'gradient_store_bytes_total{direction="in"}' in text
    assert TOKEN not in text


def test_a_client_that_goes_is_counted_once(probe: JupyterServer) -> None:
    def gone() -> float:
        text = probe.get(f"{probe.root}/metrics").data.decode()
        found = re.findall(
            r'^gradient_requests_total{operation="\w+_(?:receive|thing)",status="499"} (\S+)$', text, re.M
        )
        return sum(map(float, found))

    before = gone()
    for path in ("/probe/receive", "/probe/thing"):
        with closing(connect(probe)) as connection:
            connection.sendall(head_of("PUT", path, Authorization=f"token {TOKEN}", Content_Length=100) + b"x")
    deadline = time.monotonic() + 30
    while gone() != before + 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_delay_of_the_event_loop_is_measured_when_asked_for(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server(environment={"GRADIENT_LOOP_MILLISECONDS": "20"})
    deadline = time.monotonic() + 30
    while True:
        text = server.get(f"{server.root}/metrics").data.decode()
        (count,) = re.findall(r"^gradient_event_loop_delay_seconds_count (\S+)$", text, re.MULTILINE)
        if float(count) > 5:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_was_wrong_with_the_server(tmp_path: Path, make_server: Callable[..., JupyterServer]) -> None:
    """What a server logs when all is well: no warning, no traceback."""
    server = make_server(environment={"PYTHONWARNINGS": "error::ResourceWarning"})
    server.post("/api/datasets", {"name": "fine"})
    server.get("/api/openapi.json")
    log = server.log.read_text()
    assert "Traceback" not in log
    assert not re.findall(r"^\[[EC] .*$", log, re.MULTILINE)
