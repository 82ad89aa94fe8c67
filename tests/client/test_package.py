"""The names of the package: loaded when they are used, and no others."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import jupyter_gradient_data as jgd

SOURCE = Path(jgd.__file__)
HEAVY = {"sqlalchemy", "boto3", "obstore", "alembic", "IPython", "ipywidgets", "click", "rich"}


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parents[1]
    )
    return done.stdout


def test_importing_it_costs_nothing() -> None:
    code = "import sys; before = set(sys.modules); import jupyter_gradient_data, json; "
    code += "print(json.dumps([n for n in set(sys.modules) - before if n.startswith('jupyter_gradient')]))"
    assert set(json.loads(python(code))) == {"jupyter_gradient_data", "jupyter_gradient_data._version"}


def test_the_handles_need_neither_database_nor_stores() -> None:
    code = "import sys, jupyter_gradient_data as jgd; jgd.dataset, jgd.mount, jgd.open, jgd.output; "
    code += f"print({HEAVY} & set(sys.modules))"
    assert python(code).strip() == "set()"


def test_each_name_is_there_and_known_to_type_checkers() -> None:
    typed: set[str] = set()
    for node in ast.parse(SOURCE.read_text()).body:
        if isinstance(node, ast.If):
            for statement in ast.walk(node):
                if isinstance(statement, ast.ImportFrom):
                    typed |= {alias.asname or alias.name for alias in statement.names}
    assert set(jgd.__all__) - {"__version__"} <= typed
    assert set(dir(jgd)) >= set(jgd.__all__)
    assert list(jgd.__all__) == sorted(jgd.__all__)
    for name in jgd.__all__:
        value = getattr(jgd, name)
        assert callable(value) or isinstance(value, str)
        assert value.__doc__


def test_the_function_that_lists_datasets_is_there_whatever_was_imported() -> None:
    listed = "print(len(jgd.datasets()), callable(jgd.datasets)); "
    code = "import os, tempfile; os.environ['GRADIENT_STATE_DIR'] = tempfile.mkdtemp(); "
    code += (
        f"import jupyter_gradient_data as jgd; {listed} import jupyter_gradient_data.datasets.tree as tree; {listed}"
    )
    code += "from jupyter_gradient_data import datasets; print(datasets.tree is tree); "
    assert python(code).splitlines() == ["0 True", "0 True", "True"]


def test_an_unknown_name_is_none() -> None:
    assert not hasattr(jgd, "nothing")
