"""The Python API in a kernel of a real server: it works on that server, and paths are the fixed ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jupyter_server import JupyterServer, running_server
from tests.support.kernels import Kernel

CODE = """
import jupyter_gradient_data as jgd
ds = jgd.dataset("flowers", create=True)
with ds.new_version(message="First") as v:
    v.write("rose.txt", "a rose")
m = jgd.mount("flowers")
o = jgd.output("results")
(o / "model.txt").write_text("weights")
made = o.commit("First model")
print(m.path, (m / "rose.txt").read_text(), jgd.path("flowers/rose.txt"), o.path)
print([one["reference"] for one in made.metadata["provenance"]["inputs"]], type(ds._service).__name__)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JupyterServer]:
    yield from running_server(tmp_path)


def test_a_notebook_of_our_server(server: JupyterServer) -> None:
    kernel = Kernel(server)
    seen, made = kernel.run(CODE).splitlines()
    mode = server.get("/api/volumes").json["mode"]
    if mode == "namespace":
        assert seen == "/inputs/flowers a rose /inputs/flowers/rose.txt /outputs/results"
    assert made == "['flowers'] RemoteService"
    listed = {one["name"]: one["files"] for one in server.get("/api/datasets").json["items"]}
    assert listed == {"flowers": 1, "results": 1}
    assert kernel.run("jgd.dataset('trees')") == "NotFound: There is no dataset trees."
    kernel.shut_down()
