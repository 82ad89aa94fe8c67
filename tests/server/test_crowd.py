"""Many clients at once while large things go on: no error, no lost file.  How fast is for ``make bench`` to say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt

CLIENTS = 40
ROUNDS = 5
MIB = 1024 * 1024


def content(path: str) -> bytes:
    return hashlib.sha256(path.encode()).digest() * 16


def test_a_crowd(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server()
    version, large = VersionAt(server, "crowd"), VersionAt(server, "large")
    whole = bytes(range(256)) * (32 * MIB // 256)

    def client(number: int) -> None:
        for turn in range(ROUNDS):
            path = f"{number:03}/{turn}"
            put = version.put(path, content(path))
            assert put.status == 201, put
            assert version.files(path=f"{number:03}") == [f"{number:03}/{n}" for n in range(turn + 1)]
            assert version.get(path).data == content(path)

    def upload() -> None:
        put = large.put("large.bin", whole)
        assert put.status == 201, put
        assert large.commit()["files"] == 1
        assert large.get("large.bin").data == whole

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        for done in [pool.submit(upload), *(pool.submit(client, number) for number in range(CLIENTS))]:
            done.result()
    paths = [f"{number:03}/{turn}" for number in range(CLIENTS) for turn in range(ROUNDS)]
    assert version.commit()["files"] == len(paths)
    assert version.files(limit="1000") == paths
    assert all(version.get(path).data == content(path) for path in paths)
