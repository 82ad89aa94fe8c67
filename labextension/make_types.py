"""Write src/api/schema.ts, the types of what travels, from the OpenAPI document of the server.

``python labextension/make_types.py`` writes it; with ``--check`` it only says whether the file is as it should be.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyter_gradient_data.server.description import document

FOLDER = Path(__file__).parent
TARGET = FOLDER / "src" / "api" / "schema.ts"


def made() -> str:
    """The file's text."""
    described = document()
    paths = {path: verbs for path, verbs in described["paths"].items() if path.startswith("/api/")}
    schemas = _used(paths, described["components"]["schemas"])
    raw = json.dumps({**described, "paths": {}, "components": {"schemas": schemas}})
    program = [FOLDER / "node_modules" / ".bin" / "openapi-typescript", "--default-non-nullable=false"]
    done = subprocess.run(program, input=raw, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return done.stdout


def _used(described: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas that something refers to, and those that these refer to."""
    found: set[str] = set()
    waiting = [described]
    while waiting:
        names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(waiting.pop()))) - found
        found |= names
        waiting += [schemas[name] for name in names]
    return {name: schema for name, schema in schemas.items() if name in found}


if __name__ == "__main__":
    text = made()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        sys.exit("labextension/src/api/schema.ts is not what the server says: run make types")
