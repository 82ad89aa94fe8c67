"""Datasets over HTTP."""

from __future__ import annotations

from tests.support.jupyter_server import JupyterServer


def test_create_and_list(server: JupyterServer, name: str) -> None:
    made = server.post("/api/datasets", {"name": name})
    assert made.status == 201
    assert made.json["name"] == name
    listed = server.get("/api/datasets?limit=1000")
    assert name in [item["name"] for item in listed.json["items"]]
