"""The demo notebook runs from top to bottom under `jupyter nbconvert --execute`, and again; Binder can build it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml

from jupyter_gradient_data.client.memory.documents import read_notebook

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"


def execute(folder: Path, notebook: str, **environment: str) -> Any:
    """The notebook, executed in place."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    own = {"HOME": str(folder / "home"), "GRADIENT_STATE_DIR": str(folder / "state"), "PYTHONPATH": path}
    program = [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "notebook", "--inplace", notebook]
    done = subprocess.run(
        program, cwd=folder, env={**os.environ, **own, **environment}, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    return nbformat.read(folder / notebook, 4)


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text_of(notebook: Any) -> str:
    return "".join(output.text for output in outputs_of(notebook) if output.output_type == "stream")


def test_it_runs_from_top_to_bottom_and_again(tmp_path: Path) -> None:
    folder = shutil.copytree(BINDER, tmp_path / "binder", ignore=shutil.ignore_patterns("photos", "corrected"))
    first = execute(folder, "demo.ipynb")
    outputs = outputs_of(first)
    assert [output for output in outputs if output.output_type == "error"] == []
    assert {output.name for output in outputs if output.output_type == "stream"} == {"stdout"}
    shown = [output.data for output in outputs if "data" in output]
    assert sum("application/vnd.jupyter.widget-view+json" in data for data in shown) == 3
    assert any("image/png" in data for data in shown)
    assert "exactly the data that this notebook used." in text_of(first)
    assert any(data["text/plain"].startswith("('committed', 'flowers:") for data in shown)

    lock = {entry.reference: entry for entry in read_notebook(folder / "demo.ipynb").entries}
    assert set(lock) == {"flowers", "flowers:latest", "flowers:usual", "flowers:corrected"}
    assert (lock["flowers"].path, lock["flowers"].files) == ("/inputs/flowers", 5)

    # Again, as it was saved, in a kernel that has /inputs: other versions, the same content, nothing sent.
    again = execute(folder, "demo.ipynb", JUPYTER_DEFAULT_PROVISIONER_NAME="gradient")
    assert "Put 1 file (3.8 KiB); 0 files (0 B) had to be sent." in text_of(again)
    locked = {entry.reference: entry for entry in read_notebook(folder / "demo.ipynb").entries}
    assert {name: entry.root for name, entry in locked.items()} == {name: entry.root for name, entry in lock.items()}
    assert locked["flowers"].version != lock["flowers"].version


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(BINDER / "demo.ipynb", 4)
    nbformat.validate(notebook)
    assert outputs_of(notebook) == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_binder_can_build_it() -> None:
    environment = yaml.safe_load((BINDER / "environment.yml").read_text())
    assert {line.partition("=")[0] for line in environment["dependencies"]} == {"python", "nodejs", "pip"}
    build = BINDER / "postBuild"
    assert os.access(build, os.X_OK)
    assert subprocess.run(["bash", "-n", str(build)], check=False).returncode == 0
