"""What a start costs: modules, not seconds, because only the first can be counted on a busy machine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import ROOT

HEAVY = {"alembic", "blake3", "boto3", "botocore", "cryptography", "obstore", "psycopg", "rich", "sqlalchemy", "yaml"}
OURS_FOR_HELP = {"cli", "errors", "plain", "teaching", "_version"}

REPORT = """
import json, sys
{prepare}
from jupyter_gradient_data.cli.main import run
code = run({arguments!r})
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def modules_after(arguments: list[str], prepare: str = "") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(arguments=arguments, prepare=prepare)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code in (0, 2)
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["datasets", "--help"], ["datasets", "versions", "create", "--help"], ["datasts"]],
    ids=" ".join,
)
def test_help_needs_neither_the_service_nor_anything_heavy(arguments) -> None:
    modules = modules_after(arguments)
    assert not HEAVY & modules
    ours = {name.split(".")[1] for name in modules if name.startswith("jupyter_gradient_data.")}
    assert ours <= OURS_FOR_HELP


def test_help_of_the_root_imports_no_command() -> None:
    modules = modules_after(["--help"])
    commands = {"datasets", "versions", "tags", "files", "mounts", "outputs", "public", "providers", "upkeep"}
    commands |= {"completion", "progress"}
    assert not {f"jupyter_gradient_data.cli.{name}" for name in commands} & modules


def test_a_listing_draws_its_table_without_rich() -> None:
    prepare = "from tests.cli.double import Double; from jupyter_gradient_data.cli import session; "
    prepare += "session.open_service = lambda config: Double()"
    modules = modules_after(["datasets", "list"], prepare)
    assert not (HEAVY - {"boto3"}) & modules
    unneeded = {"versions", "tags", "files", "providers", "upkeep", "completion", "progress"}
    assert not {f"jupyter_gradient_data.cli.{name}" for name in unneeded} & modules
