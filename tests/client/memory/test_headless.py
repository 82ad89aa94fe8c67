"""Notebooks that are executed without a front end carry their lock, and mean the same when they are executed again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from jupyter_gradient_data.client.memory.documents import read_lock
from jupyter_gradient_data.models import Version

ROOT = Path(__file__).parents[3]
USE = """\
from concurrent.futures import ThreadPoolExecutor
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.memory.provenance import provenance
from jupyter_gradient_data.client.service import current_service
with ThreadPoolExecutor(1) as pool:
    print(pool.submit(MEMORY.resolve, current_service(), "flowers").result().version)
made = provenance(current_service())
print(made["notebook"], len(made["notebook_hash"]), made["kernel"]["name"], made["packages"]["ipykernel"] > "")
"""


def write_notebook(path: Path, *sources: str) -> None:
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**code, "id": f"c{number}", "source": source} for number, source in enumerate(sources)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))


def printed(path: Path) -> list[str]:
    """What the cells of an executed notebook printed."""
    cells = json.loads(path.read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert {output["output_type"] for output in outputs} == {"stream"}
    return [line for output in outputs for line in "".join(output["text"]).splitlines()]


def execute(folder: Path, state: Path, *command: str) -> str:
    """Run a program that executes notebooks; what it logged."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADIENT_STATE_DIR": str(state)}
    # As from a cell of another notebook, whose variables are inherited.
    environment["JPY_SESSION_NAME"] = str(folder / "other.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_nbconvert_and_papermill_execute_with_the_same_data(
    commit: Callable[..., Version], state: Path, tmp_path: Path
) -> None:
    first = commit("flowers", "1")
    write_notebook(tmp_path / "n.ipynb", USE)

    log = execute(tmp_path, state, "jupyter", "nbconvert", "--execute", "--to", "notebook", "n.ipynb")
    executed = tmp_path / "n.nbconvert.ipynb"
    assert printed(executed) == [first.version, "n.ipynb 64 python3 True"]
    assert "comm target" not in log
    lock = read_lock(executed)
    assert [(entry.reference, entry.version) for entry in lock] == [("flowers", first.version)]

    second = commit("flowers", "2")
    log = execute(tmp_path, state, "papermill", executed.name, "out.ipynb", "-k", "python3")
    moved = f"flowers:latest is {first.version} here, as this notebook's lock says; newer: {second.version}."
    assert printed(tmp_path / "out.ipynb") == [
        f"{moved} `%dataset update flowers` follows what is there now.",
        first.version,
        "n.nbconvert.ipynb 64 python3 True",
    ]
    assert "comm target" not in log
    assert read_lock(tmp_path / "out.ipynb") == lock
