"""A stand-in for the retired service, just enough to measure the legacy client: it signs URLs and keeps no files.

Not a part of the product.  It answers at once and from memory, so the legacy client is shown at its best.
Prints the port it listens on, then runs until it is killed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config
from botocore.handlers import set_list_objects_encoding_type_url

_SIGNED = {
    "headObject": "head_object",
    "getObject": "get_object",
    "putObject": "put_object",
    "listObjectsV2": "list_objects_v2",
    "uploadPart": "upload_part",
}
_VERSION = r"/datasets/(?P<dataset>\w+)/versions/(?P<version>\w+)"


class Bucket:
    """Signs the S3 calls of one bucket, each version below a prefix of its own."""

    def __init__(self, endpoint: str, name: str) -> None:
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        self.client = boto3.client("s3", endpoint_url=endpoint, config=config)
        # The legacy client would take url-encoded keys literally.
        event = "before-parameter-build.s3.ListObjectsV2"
        self.client.meta.events.unregister(event, set_list_objects_encoding_type_url)
        self.name = name

    def call(self, version: str, method: str, params: dict[str, Any]) -> Any:
        """The signed URL of one call; multipart uploads are begun and completed here."""
        params = {**params, "Bucket": self.name}
        for key in ("Key", "Prefix"):
            if key in params:
                params[key] = f"legacy/{version}/{params[key].lstrip('/')}"
        if method == "createMultipartUpload":
            return {"UploadId": self.client.create_multipart_upload(**params)["UploadId"]}
        if method == "completeMultipartUpload":
            self.client.complete_multipart_upload(**params)
            return ""
        if method == "listObjectsV2":
            params.setdefault("Delimiter", "/")
        return self.client.generate_presigned_url(_SIGNED[method], Params=params, ExpiresIn=3600)


class Handler(BaseHTTPRequestHandler):
    """The few routes that uploading, committing and downloading need."""

    protocol_version = "HTTP/1.1"
    # Buffered: a reply in two writes would wait for the client's delayed acknowledgement.
    wbufsize = -1
    bucket: Bucket
    # Committed or not, by version; the newest is what `latest` means here.
    versions: dict[str, bool] = {}

    def do_GET(self) -> None:
        if match := re.fullmatch(r"/datasets/ref/(\w+):(\w+)", self.path):
            self._reply({**_dataset(match[1]), "version": {"version": self._resolve(match[2])}})
        elif match := re.fullmatch(_VERSION, self.path):
            self._reply({"version": match["version"], "isCommitted": self.versions[match["version"]], "tags": []})
        elif match := re.fullmatch(r"/datasets/(\w+)", self.path):
            self._reply(_dataset(match[1]))
        else:
            self._reply({"message": f"no such route: {self.path}"}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if match := re.fullmatch(_VERSION + "/s3/preSignedUrls", self.path):
            version = self._resolve(match["version"])
            urls = [self.bucket.call(version, call["method"], call["params"]) for call in body["calls"]]
            self._reply([{"url": url, "expiresIn": 3600} for url in urls])
        elif match := re.fullmatch(_VERSION, self.path):
            self.versions[match["version"]] = bool(body.get("isCommitted"))
            self._reply({})
        elif re.fullmatch(r"/datasets/(\w+)/versions", self.path):
            version = "".join(random.choices(string.ascii_lowercase + string.digits, k=7))
            self.versions[version] = False
            self._reply({"version": version})
        else:
            self._reply({"message": f"no such route: {self.path}"}, 404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""

    def _resolve(self, name: str) -> str:
        return list(self.versions)[-1] if name == "latest" else name

    def _reply(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _dataset(dataset: str) -> dict[str, Any]:
    provider = {"id": "spbench00000000", "name": "bench", "type": "s3"}
    return {"id": dataset, "name": "bench", "description": None, "storageProvider": provider}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--bucket", required=True)
    options = parser.parse_args()
    Handler.bucket = Bucket(options.endpoint, options.bucket)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
