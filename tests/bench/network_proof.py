"""Shows what the latency proxy does: ``python network_proof.py --direct URL --delayed URL`` prints JSON.

Needs boto3, so it runs in the tools' environment.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
import urllib.parse

import boto3
from botocore.config import Config
from places import BUCKET

_SIZE = 256 * 2**20
_HEADS = 21
_GETS = 3


def head_ms(endpoint: str) -> float:
    """Median time of a HEAD on an open connection, in milliseconds."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(endpoint).netloc)
    times = []
    for _ in range(_HEADS):
        started = time.perf_counter()
        connection.request("HEAD", "/")
        connection.getresponse().read()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[1:])


def get_mib_per_s(url: str) -> float:
    """Best throughput of a GET of 256 MiB over one connection, in MiB/s."""
    best = 0.0
    for _ in range(_GETS):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc)
        started = time.perf_counter()
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        received = 0
        while block := response.read(2**20):
            received += len(block)
        if received != _SIZE:
            raise SystemExit(f"the server answered {response.status} with {received} bytes")
        best = max(best, received / 2**20 / (time.perf_counter() - started))
    return best


def prove(direct: str, delayed: str) -> dict[str, float]:
    """Both figures for both endpoints of the same server."""
    client(direct).put_object(Bucket=BUCKET, Key="proof", Body=bytes(_SIZE))
    proof = {}
    for name, endpoint in (("direct", direct), ("delayed", delayed)):
        url = client(endpoint).generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "proof"})
        proof[f"head_ms_{name}"] = round(head_ms(endpoint), 2)
        proof[f"get_mib_per_s_{name}"] = round(get_mib_per_s(url), 1)
    return proof


def client(endpoint: str) -> boto3.client:
    """A client that signs for ``endpoint``."""
    return boto3.client("s3", endpoint_url=endpoint, config=Config(signature_version="s3v4"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--direct", required=True)
    parser.add_argument("--delayed", required=True)
    options = parser.parse_args()
    print(json.dumps(prove(options.direct, options.delayed)))
