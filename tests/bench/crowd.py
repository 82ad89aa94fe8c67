"""200 clients at once: each puts small files into a version, lists it and reads back what it put, until told to stop.

Reads settings as JSON from the command line; stops when its standard input is closed; prints what it did as JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPResponse


@dataclass
class Crowd:
    """All clients and what they have seen."""

    url: str
    token: str
    references: list[str]
    clients: int
    errors: list[str] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=lambda: {"put": [], "list": [], "read": []})
    put: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stopped = asyncio.Event()
        self.http = AsyncHTTPClient(max_clients=self.clients + 10)

    async def run(self) -> None:
        work = [asyncio.create_task(self._client(number)) for number in range(self.clients)]
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        self.stopped.set()
        await asyncio.gather(*work)

    async def _client(self, number: int) -> None:
        reference = self.references[number % len(self.references)]
        dataset, version = reference.split(":")
        base = f"{self.url}/api/datasets/{dataset}/versions/{version}"
        count = 0
        while not self.stopped.is_set():
            path = f"client-{number:03}/{count:06}.bin"
            await self._ask("put", "PUT", f"{base}/content/{path}", content(path))
            count += 1
            self.put[reference] = self.put.get(reference, 0) + 1
            await self._ask("list", "GET", f"{base}/files?path=client-{number:03}&limit=100")
            if count % 5 == 0:
                answer = await self._ask("read", "GET", f"{base}/content/{path}")
                if answer is None or answer.body != content(path):
                    self.errors.append(f"{path} came back changed")

    async def _ask(self, kind: str, method: str, url: str, body: bytes | None = None) -> HTTPResponse | None:
        started = time.monotonic()
        headers = {"Authorization": f"token {self.token}"}
        try:
            answer = await self.http.fetch(
                url, method=method, body=body, headers=headers, request_timeout=120, connect_timeout=60
            )
        except Exception as error:
            self.errors.append(f"{method} {url.rsplit('/api/')[-1]}: {error!r}")
            return None
        self.waits[kind].append(time.monotonic() - started)
        return answer


def content(path: str) -> bytes:
    """4 KiB that no other file has."""
    return hashlib.blake2b(path.encode()).digest() * 64


async def _main(settings: dict[str, Any]) -> None:
    crowd = Crowd(**settings)
    await crowd.run()
    waits = {
        kind: {"count": len(times), "p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)]}
        for kind, found in crowd.waits.items()
        if (times := sorted(found))
    }
    print(json.dumps({"errors": crowd.errors, "waits": waits, "put": crowd.put}))


if __name__ == "__main__":
    asyncio.run(_main(json.loads(sys.argv[1])))
