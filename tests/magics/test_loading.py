"""Loading the magics: cheap, repeatable, and undone without a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from tests.magics.conftest import Notebook

ROOT = Path(__file__).parents[2]

REPORT = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.extension_manager.load_extension("jupyter_gradient_data")
{then}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
HEAVY = {"alembic", "blake3", "boto3", "botocore", "cryptography", "obstore", "rich", "sqlalchemy", "yaml"}


def modules_after(then: str = "") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(then=then)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_loading_imports_two_small_modules() -> None:
    ours = {f"jupyter_gradient_data{name}" for name in ("", "._version", ".magics", ".magics.magic", ".magics.matcher")}
    assert modules_after() == ours


def test_help_needs_nothing_heavy() -> None:
    modules = modules_after("shell.run_cell('%dataset --help')")
    assert not HEAVY & modules
    assert "jupyter_gradient_data.magics.verbs_start" not in modules


def test_loading_twice_and_unloading(cell: Notebook, shell: InteractiveShell) -> None:
    matchers = len(shell.Completer.custom_matchers)
    cell("%load_ext jupyter_gradient_data\n%reload_ext jupyter_gradient_data")
    assert len(shell.Completer.custom_matchers) == matchers
    cell("%unload_ext jupyter_gradient_data")
    assert len(shell.Completer.custom_matchers) == matchers - 1
    assert "dataset" not in {**shell.magics_manager.magics["line"], **shell.magics_manager.magics["cell"]}
    cell("%load_ext jupyter_gradient_data")
    assert "no datasets yet" in cell("%dataset list").text
