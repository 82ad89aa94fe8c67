"""Imports point down only; outside libraries stay with the layers that own them (docs/developers/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "jupyter_gradient_data"
ROOT = Path(__file__).parent.parent / PACKAGE

# Imported by all, import only each other.
BASE = {"_version", "config", "config_file", "errors", "ids", "models", "plain", "progress", "teaching"}
# From the bottom to the top; what shares a step does not know its neighbours.
STEPS: list[set[str]] = [
    {"stores"},
    {"blobs"},
    {"datasets"},
    {"volumes", "public"},
    {"workflows"},
    {"service"},
    {"client"},
    {"cli", "server", "magics", "widgets", "fs"},
]
FRONT_ENDS = STEPS[-1]
LAYERS = set().union(*STEPS)

# An outside library that is not named here may be imported anywhere.
OWNERS = {
    "alembic": {"stores"},
    "boto3": {"stores"},
    "botocore": {"stores"},
    "obstore": {"stores"},
    "psycopg": {"stores"},
    "sqlalchemy": {"stores", "blobs", "datasets", "volumes"},
    "click": {"teaching", "cli", "magics"},
    "rich": {"cli"},
    "IPython": {"client", "magics", "widgets"},
    "ipywidgets": {"widgets"},
    "fsspec": {"fs"},
    "jupyter_server": {"server"},
    "tornado": {"server"},
}

MAX_LINES = 400
LONG_FILES = {
    "errors.py": "an append-only list: one error kind after the other, nothing to follow",
    "models.py": "a list of plain values: one after the other, nothing to follow",
}


def violations(root: Path) -> list[str]:
    """What breaks a rule in the package at ``root``, one sentence each."""
    found = []
    for file in sorted(root.rglob("*.py")):
        where = file.relative_to(root)
        layer = where.parts[0].removesuffix(".py")
        if layer not in BASE | LAYERS | {"__init__", "__main__"}:
            found.append(f"{where}: {layer} has no place in the layers")
            continue
        found += [f"{where}:{line}: {reason}" for line, reason in _bad_imports(file, where, layer)]
        length = len(file.read_text().splitlines())
        if length > MAX_LINES and str(where) not in LONG_FILES:
            found.append(f"{where}: {length} lines; {MAX_LINES} are allowed")
    return found


def _bad_imports(file: Path, where: Path, layer: str) -> Iterator[tuple[int, str]]:
    package = (PACKAGE, *where.parts[:-1])
    for node in ast.walk(ast.parse(file.read_text())):
        for name in _imported(node, package):
            top, _, rest = name.partition(".")
            reason = _own_reason(layer, rest.partition(".")[0]) if top == PACKAGE else _outside_reason(layer, top)
            if reason:
                yield node.lineno, reason


def _imported(node: ast.AST, package: tuple[str, ...]) -> list[str]:
    """Full names of what a statement imports; ``from package import name`` may mean a module, so the name counts."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        parts = package[: len(package) - node.level + 1] if node.level else ()
        source = ".".join([*parts, *([node.module] if node.module else [])])
        return [f"{source}.{alias.name}" for alias in node.names]
    return []


def _own_reason(layer: str, target: str) -> str | None:
    if target == layer or target in BASE or target not in LAYERS:  # the last: a name of the package itself
        return None
    if layer in BASE:
        return f"{layer} is imported by all and may not import {target}"
    if layer in FRONT_ENDS and target not in {"client", "service"}:
        return f"{layer} is a front end and may not import {target}, only service and client"
    if layer in LAYERS and _step(target) >= _step(layer):
        return f"{layer} may not import {target}, which is beside or above it"
    return None


def _outside_reason(layer: str, library: str) -> str | None:
    owners = OWNERS.get(library)
    if owners is None or layer in owners:
        return None
    return f"{layer} may not import {library}, which belongs to {', '.join(sorted(owners))}"


def _step(layer: str) -> int:
    return next(number for number, step in enumerate(STEPS) if layer in step)


def test_the_package_keeps_its_layers() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("blobs/a.py", "from jupyter_gradient_data.service import api", "blobs may not import service"),
        ("blobs/a.py", "from jupyter_gradient_data import datasets", "blobs may not import datasets"),
        ("blobs/a.py", "from ..datasets.tree import Tree", "blobs may not import datasets"),
        ("blobs/a.py", "from .. import datasets", "blobs may not import datasets"),
        ("blobs/a.py", "import jupyter_gradient_data.datasets.tree", "blobs may not import datasets"),
        ("blobs/a.py", "def late():\n    from ..cli import main", "blobs may not import cli"),
        ("blobs/a.py", "if TYPE_CHECKING:\n    from ..service import api", "blobs may not import service"),
        ("public/a.py", "from ..volumes import mounts", "public may not import volumes"),
        ("models.py", "from .stores import objects", "models is imported by all"),
        ("cli/a.py", "from jupyter_gradient_data.datasets import tree", "cli is a front end"),
        ("fs.py", "from .cli import main", "fs is a front end"),
        ("blobs/a.py", "import boto3", "blobs may not import boto3"),
        ("service/a.py", "from sqlalchemy import select", "service may not import sqlalchemy"),
        ("service/a.py", "from botocore.exceptions import ClientError", "service may not import botocore"),
        ("service/a.py", "import rich.table", "service may not import rich"),
        ("helpers/a.py", "", "helpers has no place in the layers"),
        ("blobs/a.py", "x = 1\n" * 401, "401 lines"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, file: str, text: str, reason: str) -> None:
    path = tmp_path / PACKAGE / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    (found,) = violations(tmp_path / PACKAGE)
    assert reason in found


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "cli/a.py",
            "import click\nfrom jupyter_gradient_data.service.api import DataService\nfrom ..errors import Invalid",
        ),
        (
            "datasets/a.py",
            "import sqlalchemy as sa\nfrom ..blobs import store\nfrom ..stores import objects\nfrom . import tree",
        ),
        ("stores/a.py", "import boto3, obstore\nfrom jupyter_gradient_data import __version__"),
        ("progress.py", "from .models import Phase"),
        ("blobs/a.py", "x = 1\n" * 400),
    ],
)
def test_what_the_layers_allow_is_not_a_violation(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / PACKAGE / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert violations(tmp_path / PACKAGE) == []
