"""Scripts have their lock beside them; prompts and installed programs have none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from jupyter_gradient_data.client.memory.documents import read_lock
from jupyter_gradient_data.models import Version

ROOT = Path(__file__).parents[3]
USE = """\
import os
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.memory.provenance import provenance
from jupyter_gradient_data.client.service import current_service
os.chdir("/")
print(MEMORY.resolve(current_service(), "flowers").version)
if child := os.fork():
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    made = provenance(current_service())
    print(made["notebook"], made["kernel"]["name"], [entry["reference"] for entry in made["inputs"]], flush=True)
else:
    assert MEMORY.locked("flowers") is not None
    os._exit(0)
"""


def run(state: Path, folder: Path, *arguments: str, text: str | None = None) -> tuple[list[str], str]:
    """What a Python process printed, and what it said beside."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADIENT_STATE_DIR": str(state), "GRADIENT_VIEW": "off"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr


def test_a_script_goes_on_with_the_same_data(commit: Callable[..., Version], state: Path, tmp_path: Path) -> None:
    first = commit("flowers", "1")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "train.py").write_text(USE)
    provenance = "train.py None ['flowers']"
    assert run(state, folder, "train.py") == ([first.version, provenance], "")
    (entry,) = read_lock(folder)
    assert (entry.reference, entry.version, entry.dataset_name) == ("flowers", first.version, "flowers")

    second = commit("flowers", "2")
    written = (folder / "gradient.lock").stat().st_mtime_ns
    printed, beside = run(state, tmp_path, str(folder / "train.py"))
    assert printed == [first.version, provenance]
    assert beside.startswith(f"flowers:latest is {first.version} here, as gradient.lock says; newer: {second.version}.")
    assert (folder / "gradient.lock").stat().st_mtime_ns == written

    # A prompt has nothing beside it.
    printed, beside = run(state, tmp_path, "-", text=USE)
    assert printed == [second.version, "None None ['flowers']"]
    assert beside == ""
    assert [path.name for path in tmp_path.rglob("gradient.lock")] == ["gradient.lock"]
