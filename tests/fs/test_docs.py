"""The examples of docs/users/fsspec.md run, one after the other, as somebody tries them."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "users" / "fsspec.md"

# Done by entry points where the package is installed.
REGISTER = """
import fsspec
import upath.registry
from jupyter_gradient_data.fs.filesystem import GradientFileSystem
from jupyter_gradient_data.fs.upath import GradientPath
fsspec.register_implementation("gradient", GradientFileSystem, clobber=True)
upath.registry.register_implementation("gradient", GradientPath, clobber=True)
"""


def printing(example: str) -> str:
    """An example that shows what its lines give, as a notebook does."""
    program = ast.parse(example)
    for statement in program.body:
        if isinstance(statement, ast.Expr):
            statement.value = ast.Call(ast.Name("print"), [statement.value], [])
    return ast.unparse(ast.fix_missing_locations(program))


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(examples) == 9
    script = tmp_path / "examples.py"
    script.write_text("\n".join([REGISTER, *map(printing, examples)]))
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:upath", script],
        env={**os.environ, "GRADIENT_STATE_DIR": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    listed = "['part.parquet', 'part.parquet', 'part.parquet']"
    for expected in ("Bergen", "[('Bergen',), ('Rome',)]", listed, "b'city'", "[b'city', b'year']"):
        assert expected in done.stdout, done.stdout
    assert (tmp_path / "gradient.lock").read_text().count("weather") >= 1  # what a script read is recorded
