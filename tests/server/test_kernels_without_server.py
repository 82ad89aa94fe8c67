"""``jupyter nbconvert --execute``: kernels that no server has started mount by themselves, and see it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.support import machine
from tests.support.jupyter_server import JupyterServer
from tests.support.kernels import Kernel
from tests.support.privileges import folder_for_all

ROOT = Path(__file__).parents[2]
CODE = """
import os
from jupyter_gradient_data.client.service import current_service
from jupyter_gradient_data.models import ViewMode

service = current_service()
shows = os.environ.get("GRADIENT_INPUTS") == "/inputs"
service.create_dataset("d")

def commit(text):
    version = service.create_version("d")
    service.write_file(version.reference, "a.txt", [text])
    service.commit_version(version.reference).result()

def read(mount):
    path = mount.path if shows else mount.local_path
    return open(path + "/a.txt").read() if os.path.exists(path) else "nothing"

commit(b"one")
for _ in range(5):  # what is mounted is there at once, each time
    mount = service.mount("d").result()
    seen = [read(mount)]
    commit(b"two")
    seen += [read(service.update_mount("d").result())]
    service.unmount("d")
    seen += [read(mount)]
    assert seen == ["one", "two", "nothing"], seen
    commit(b"one")

mount = service.mount("d", name="w", writable=True).result()
with open((mount.path if shows else mount.local_path) + "/a.txt", "a") as file:
    file.write(" and more")
service.commit_mount("w").result()
mount = service.update_mount("w").result()
with open((mount.path if shows else mount.local_path) + "/a.txt", "a") as file:
    file.write("!")
service.discard_changes("w")
print(read(mount), end=", ")
output = service.create_output("d", name="o")
with open((output.path if shows else output.local_path) + "/b.txt", "w") as file:
    file.write("an output")
committed = service.commit_output("o").result()
print(b"".join(service.read_file(committed.reference, "b.txt")).decode(), type(service).__name__, shows)
"""
MOUNT = """
from jupyter_gradient_data.client.service import current_service

service = current_service()
service.create_dataset("d")
version = service.create_version("d")
service.write_file(version.reference, "a.txt", [b"one"])
service.commit_version(version.reference).result()
print(open(service.mount("d").result().path + "/a.txt").read(), type(service).__name__)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_all() as folder:
        yield folder


def execute(folder: Path, code: str, *kinds: str, **environment: str) -> str:
    """What a notebook of one cell prints under ``jupyter nbconvert --execute``."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    path, done = folder / "a.ipynb", folder / "done.ipynb"
    nbformat.write(notebook, path)
    own = {"HOME": str(folder), "GRADIENT_STATE_DIR": str(folder / "state"), "PYTHONPATH": str(ROOT)}
    own |= {f"JUPYTER_{name}_DIR": f"{folder}/jupyter" for name in ("CONFIG", "DATA", "RUNTIME")}
    program = [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "notebook", str(path)]
    ran = subprocess.run(
        [*machine.command(*kinds), *program, "--output", str(done)],
        env={**os.environ, **own, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    assert "gradient" not in ran.stderr.lower(), ran.stderr
    (cell,) = nbformat.read(done, 4).cells
    return "".join(output.text for output in cell.outputs).strip()


@pytest.mark.parametrize(
    ("provisioner", "kinds"), [("gradient", ()), ("gradient", ("ordinary",)), ("local-provisioner", ())]
)
def test_a_notebook_mounts_and_commits(folder: Path, provisioner: str, kinds: tuple[str, ...]) -> None:
    if kinds and os.geteuid() != 0:
        pytest.skip("that is who runs the tests")
    shows = provisioner == "gradient"
    printed = execute(folder, CODE, *kinds, JUPYTER_DEFAULT_PROVISIONER_NAME=provisioner)
    assert printed == f"one and more, an output LocalService {shows}"


def test_where_a_server_shows_the_volumes_it_mounts(folder: Path) -> None:
    server = JupyterServer(folder)
    try:
        kernel = Kernel(server)
        if server.get("/api/info").json["view"]["mode"] != "namespace":
            pytest.skip("no mount namespaces here")
        own = {"JUPYTER_DEFAULT_PROVISIONER_NAME": "gradient", "JUPYTER_RUNTIME_DIR": f"{folder}/other"}
        assert execute(folder, MOUNT, **own) == "one RemoteService"
        assert kernel.run("print(open('/inputs/d/a.txt').read())") == "one"
        # Kernels of the server itself have the cache read-only.
        (cache,) = (server.state / "share-storage").glob("*/datasets")
        assert kernel.run(f"import os; print(os.access({str(cache)!r}, os.W_OK))") == "False"
    finally:
        server.close()
