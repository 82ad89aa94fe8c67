"""docs/format/v1.md is enough to read a repository: a reader written from it alone reads the frozen one."""

from __future__ import annotations

import ast
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from blake3 import blake3

from tests.frozen import reader

HERE = Path(__file__).parent


def test_the_reader_uses_nothing_of_ours() -> None:
    names = set()
    for node in ast.walk(ast.parse(Path(reader.__file__).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names.add(str(node.module).partition(".")[0])
    assert names - sys.stdlib_module_names == {"blake3", "zstandard"}


def test_it_reads_everything() -> None:
    expected = json.loads((HERE / "v1" / "expected.json").read_bytes())
    found = reader.read(HERE / "v1" / "managed")
    assert {name: _described(dataset) for name, dataset in found.items()} == expected


def _described(dataset: dict[str, Any]) -> dict[str, Any]:
    versions = {version: _version(record) for version, record in dataset["versions"].items()}
    return {**dataset, "created": _time(dataset["created"]), "versions": versions}


def _version(record: dict[str, Any]) -> dict[str, Any]:
    kept = {name: record[name] for name in ("message", "author", "metadata", "parent", "root")}
    files = {
        path: f"{len(content)} {blake3(content).hexdigest()}{' x' if executable else ''}"
        for path, (content, executable) in record["files"].items()
    }
    return {**kept, "committed": _time(record["committed"]), "files": files}


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).isoformat()
